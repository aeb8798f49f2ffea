// report/detail/sketch_chart.h - two distributions of one quantity drawn over each other, as inline SVG. Pure.
//
// The axis is logarithmic, for what a cache holds goes over powers: bytes, milliseconds, numbers of elements. Each side
// is as high at its highest, so that shapes are compared and not how many keys there are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "stats/sketch.h"

namespace understudy::report::detail {

enum class quantity : std::uint8_t { bytes, milliseconds, seconds, elements };

// Empty where either side is. `subject` is escaped here; names of the sides are the page's.
[[nodiscard]] std::string overlay(const stats::sketch& before, const stats::sketch& after, quantity of,
                                  std::string_view subject);

// "1.50 KB", "90 s", "12".
[[nodiscard]] std::string show_quantity(std::uint64_t value, quantity of);

}  // namespace understudy::report::detail
