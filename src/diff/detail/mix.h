// diff/detail/mix.h - counts of kinds (types, encodings, commands) as shares of a whole, and how far two are apart.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace understudy::diff::detail {

using kind_counts = std::map<std::string, std::uint64_t>;

// 0 where the whole is 0.
[[nodiscard]] double share_of(std::uint64_t part, std::uint64_t whole);

// "listpack 80 %, hashtable 20 %"; of one kind only its name.
[[nodiscard]] std::string mix_text(const kind_counts& counts);

// Half the sum of the differences of shares: 0 to 1.
[[nodiscard]] double total_variation(const kind_counts& left, const kind_counts& right);

// By how much that may be off where the counts are a sample of so large a part: half the sum of what each kind's
// difference may be off (normal, 95 %). They are not all off at once, so it is rather too wide.
[[nodiscard]] double total_variation_error(const kind_counts& left, double left_rate, const kind_counts& right,
                                           double right_rate);

// The square root of the divergence in base 2 (Endres and Schindelin 2003): 0 to 1, and a metric. 0 where one counts
// less than `enough`.
[[nodiscard]] double jensen_shannon(const kind_counts& left, const kind_counts& right, double enough);

// The four most frequent; the others together.
[[nodiscard]] kind_counts most_of(const kind_counts& counts);

// Whether two mixes differ by more than chance: each kind against all others, by Fisher's test at `level`.
[[nodiscard]] bool mixes_differ(const kind_counts& left, const kind_counts& right, double level);

}  // namespace understudy::diff::detail
