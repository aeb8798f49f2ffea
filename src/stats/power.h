// stats/power.h - how small an effect could be seen, told before the run.
//
// MDE = (t[1 - alpha/2, h-1] + t[power, h-1]) * s / sqrt(K), with s the standard deviation of A/A differences (Bloom
// 1995, with t for z) and h the pairs that trimming leaves (interval.h); from 8 pairs on 3 % more, which trimming costs
// in normal noise. It speaks of the interval. decide() also asks for the sign-flip test, which is coarse with few
// pairs: at an effect of MDE in normal noise it finds the change in some 61 % of runs with 6 pairs, and in 75 to 80 %
// with 8 to 12.
//
// Pure functions, safe from any thread.
#pragma once

#include <cstddef>
#include <optional>

namespace understudy::stats {

struct power_options {
    double alpha = 0.05;  // two-sided
    double power = 0.80;
};

// In the unit of sd. 0 for an sd of 0. Empty optional for fewer than 2 pairs, a negative or not finite sd, or options
// outside (0, 1).
[[nodiscard]] std::optional<double> smallest_visible(double sd, std::size_t pairs, const power_options& options = {});

// The fewest pairs, at least fewest_pairs (six), with which `effect` (its sign does not matter) is visible. Empty
// optional for an effect of 0, for bad input as above, or where a million pairs are not enough.
[[nodiscard]] std::optional<std::size_t> pairs_needed(double sd, double effect, const power_options& options = {});

}  // namespace understudy::stats
