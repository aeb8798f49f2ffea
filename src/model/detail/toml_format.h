// model/detail/toml_format.h - `format = 1`, which stands on top of every TOML file of ours.
#pragma once

#include <fmt/format.h>

#include "model/detail/toml_reader.h"

namespace understudy::model::detail {

inline constexpr std::int64_t toml_format = 1;

// To be checked before anything else: a newer file may hold keys that we do not know.
[[nodiscard]] inline status check_format(toml_table& root) {
    if (!root.need("format")) return {};
    const auto format = root.integer("format", 1, std::numeric_limits<std::int64_t>::max());
    if (!format) return root.report().outcome();
    if (format->value == toml_format) return {};
    root.refuse(errc::newer_format, "format",
                fmt::format("this file is of format {}, newer than what this program knows ({}); update the program",
                            format->value, toml_format));
    return root.report().outcome();
}

}  // namespace understudy::model::detail
