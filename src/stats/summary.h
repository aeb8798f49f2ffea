// stats/summary.h - what to say of a small sample.
//
// Pure functions, safe from any thread. A sample that is empty, or holds a NaN, gives an empty optional.
#pragma once

#include <optional>
#include <span>

#include "stats/interval.h"

namespace understudy::stats {

[[nodiscard]] std::optional<double> mean(std::span<const double> sample);
// Standard deviation with n - 1; needs 2 numbers. Exactly 0 where all are equal.
[[nodiscard]] std::optional<double> standard_deviation(std::span<const double> sample);

// q clamped to [0, 1]; linear between the order statistics around rank 1 + q * (n - 1): definition 7 of Hyndman and Fan
// (1996), the default of R, NumPy and spreadsheets. (A histogram's quantile is a rank without interpolation.)
[[nodiscard]] std::optional<double> quantile(std::span<const double> sample, double q);
[[nodiscard]] std::optional<double> median(std::span<const double> sample);
// Median of the distances to the median, not scaled: times 1.4826 it estimates the sd of normal data.
[[nodiscard]] std::optional<double> median_absolute_deviation(std::span<const double> sample);

// Distribution-free interval of the median from two order statistics (Conover 1999, section 3.2; what benchstat
// prints): the narrowest symmetric pair of ranks whose coverage is at least the confidence. `confidence` of the answer
// is what was in fact reached. Empty optional where even the extremes do not reach it: fewer than 6 numbers at 95 %.
[[nodiscard]] std::optional<interval> median_interval(std::span<const double> sample, double confidence = 0.95);

}  // namespace understudy::stats
