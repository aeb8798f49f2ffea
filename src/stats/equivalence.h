// stats/equivalence.h - better, worse, the same, or not to be told: the one rule by which paired blocks are judged.
//
// "Not significant" is not "the same". Sameness has to be shown: two one-sided tests at 5 % (Schuirmann 1987), which is
// to say that the 90 % interval lies inside the margin. And a significant change below the margin is no improvement.
//
// The rule, over K differences after - before (of logarithms where the ratio matters, plain for counts):
//   improved      the 95 % t interval excludes 0 on the better side, and the sign-flip p is at most 0.05, and the
//                 estimate is at least the margin
//   worse         the same on the other side
//   same          the 90 % t interval lies strictly inside (-margin, margin)
//   inconclusive  anything else; always with fewer than six pairs, which cannot reach p <= 0.05
// Exact counts (the caller says that a count was constant within each arm) need no statistics: all differences are
// equal, one pair is enough, and 0 is the same, the margin or more is a move, less is the same. If the differences are
// not equal after all, the rule above is used.
//
// Pure functions, safe from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "stats/interval.h"

namespace understudy::stats {

enum class equivalence : std::uint8_t { same, different, unclear };

// same: the interval lies strictly inside (-margin, margin). different: it lies wholly outside of [-margin, margin],
// on one side. For a test at 5 % give the 90 % interval. A negative or NaN margin is unclear.
[[nodiscard]] equivalence equivalent(const interval& range, double margin);

enum class direction : std::uint8_t { lower_is_better, higher_is_better };
enum class decision : std::uint8_t { improved, worse, same, inconclusive };
enum class decision_reason : std::uint8_t {
    exact,           // constant counts, no test needed
    moved,           // interval, permutation and margin agree
    inside_margin,   // shown to be the same
    bad_input,       // a difference that is not finite, or a margin below 0
    too_few_pairs,   // fewer than six
    too_noisy,       // the interval holds 0 and reaches beyond the margin
    below_margin,    // other than 0, but neither at least the margin nor surely inside it
    not_significant  // the interval excludes 0, the permutation test does not
};

struct paired_question {
    std::span<const double> differences;  // after - before, one a block
    double margin = 0;                    // >= 0, in the unit of the differences; at 0 nothing noisy is ever the same
    direction better = direction::lower_is_better;
    bool exact_counts = false;  // the count was constant within each arm
    std::uint64_t seed = 1;     // for more than 16 pairs only
};

struct paired_answer {
    decision verdict = decision::inconclusive;
    decision_reason reason = decision_reason::bad_input;
    std::size_t pairs = 0;
    double estimate = 0;              // mean difference, trimmed where it is noisy (interval.h)
    std::optional<interval> range;    // 95 %
    std::optional<interval> range90;  // the one that shows sameness
    std::optional<double> p;          // of the sign-flip test; empty where none was made
    double smallest_p = 1;            // the least that this many pairs can give
};

[[nodiscard]] paired_answer decide(const paired_question& question);

// "improved" and so on, and a short clause that says why: "the interval holds 0 and reaches beyond the margin".
[[nodiscard]] std::string_view word(decision verdict);
[[nodiscard]] std::string_view text(decision_reason reason);

}  // namespace understudy::stats
