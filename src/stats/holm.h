// stats/holm.h - p values of several tests, corrected so that one false alarm among all of them stays as rare as asked.
//
// Holm's step-down (Holm 1979): needs no independence, and finds at least what Bonferroni finds. Pure.
#pragma once

#include <span>
#include <vector>

namespace understudy::stats {

// The adjusted p values in the order given; each to be compared with the family's level. A NaN counts as 1, and others
// are clamped to [0, 1]. Cost: a sort.
[[nodiscard]] std::vector<double> holm_adjusted(std::span<const double> p);

}  // namespace understudy::stats
