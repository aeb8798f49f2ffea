// stats/permutation.h - is the mean of paired differences other than 0, with no assumption but symmetry.
//
// The paired sign-flip test (Fisher, The Design of Experiments, 1935, section 21): where before and after do not
// differ, each pair's difference could as well have had the other sign. p is the share of sign patterns whose mean is
// as far from 0 as the one seen, or farther. All 2^K patterns are tried up to 16 pairs; above that patterns are drawn
// from a seeded generator and the pattern seen counts as one of them (Phipson and Smyth 2010), so p is never 0.
//
// Pure, safe from any thread. Cost: 2^K additions, or draws * K.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace understudy::stats {

// Below this many pairs no data whatever gives p <= 0.05: 2 / 2^5 = 0.0625, 2 / 2^6 = 0.031.
inline constexpr std::size_t fewest_pairs = 6;
inline constexpr std::size_t most_exact_pairs = 16;

struct permutation_result {
    double mean = 0;        // the statistic
    double p = 1;           // two-sided
    bool exact = true;      // all patterns were tried
    double smallest_p = 1;  // the least p that this many pairs can give
};

// Two-sided p for "the mean is 0". No pairs, or a difference that is not finite: p = 1. `draws` of 1 or more; only
// used, like the seed, above most_exact_pairs.
[[nodiscard]] permutation_result sign_flip_test(std::span<const double> differences, std::uint64_t seed = 1,
                                                std::uint32_t draws = 20'000);

// 2 / 2^pairs up to 16 pairs, 1 / (draws + 1) above; 1 for no pairs.
[[nodiscard]] double smallest_p(std::size_t pairs, std::uint32_t draws = 20'000);

}  // namespace understudy::stats
