// stats/proportion.h - shares of requests, such as error rates, with bounds that hold for rare events and for none.
//
// One share: the exact interval of Clopper and Pearson (1934). Two shares pooled over blocks: Fisher's exact test
// (1935, two-sided by the sum of the tables no more likely than the one seen). Requests of one block fail together, so
// the pooled test alone is too sure; compare_rates therefore also flips the signs of the blocks' differences and takes
// the larger p of the two. Both choices err on the side of "not shown".
//
// Pure functions, safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "stats/interval.h"

namespace understudy::stats {

struct tally {
    std::uint64_t events = 0;  // errors, hits
    std::uint64_t trials = 0;
};

// Exact two-sided interval of a share. Empty optional for no trials, more events than trials, or a confidence outside
// (0, 1). Some hundred evaluations of the incomplete beta function.
[[nodiscard]] std::optional<interval> clopper_pearson(tally counts, double confidence = 0.95);

// One-sided upper bound of a share of which no event was seen: 1 - (1 - confidence)^(1/trials), about 3 / trials at
// 95 % (Hanley and Lippman-Hand 1983). 1 for no trials.
[[nodiscard]] double upper_bound_of_none(std::uint64_t trials, double confidence = 0.95);

// Two-sided p for "both shares are the same". 1 if either has no trials, or more events than trials. Cost: linear in
// the rarer outcome's count.
[[nodiscard]] double fisher_exact(tally before, tally after);

struct paired_tally {
    tally before, after;  // of one block
};

struct rate_comparison {
    tally before, after;  // summed over the blocks
    interval range;       // after - before, at least 95 %: from two exact intervals of 97.5 % each (Bonferroni)
    double p_pooled = 1;  // Fisher
    double p_blocks = 1;  // sign-flip over the blocks' differences of shares
    double p = 1;         // the larger
};

// Empty optional where an arm has no trials, or a tally more events than trials. A block with an arm without trials
// counts in the sums only. `seed` matters above 16 blocks.
[[nodiscard]] std::optional<rate_comparison> compare_rates(std::span<const paired_tally> blocks,
                                                           std::uint64_t seed = 1);

}  // namespace understudy::stats
