// report/tone.h - colours of a terminal, by what they say. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace understudy::report {

enum class tone : std::uint8_t { plain, good, bad, warn, dim, strong };

// The text in its colour, or as it is.
[[nodiscard]] std::string paint(std::string_view text, tone, bool coloured);

}  // namespace understudy::report
