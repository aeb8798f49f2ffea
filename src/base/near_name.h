// base/near_name.h - "did you mean": the known name that a mistyped one is nearest to.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace understudy {

// Insertions, deletions, substitutions and swaps of neighbours that lead from one to the other (optimal string
// alignment: no part is edited twice). O(|a| |b|).
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

// `; did you mean "url"?` for the nearest of the known names, the first of equals. Empty where none is near: more than
// a third of the letters differ. Names longer than 64 bytes are near to nothing.
[[nodiscard]] std::string did_you_mean(std::string_view name, const std::vector<std::string>& known);

// `"production", "staging" or "scratch"`; at most eight of them.
[[nodiscard]] std::string listed(const std::vector<std::string>& names);

}  // namespace understudy
