// diff/compare.h - two sets of measurements -> what differs, which expectations are met, and the verdict with its
// reason.
//
// The verdict, in this order:
//   invalid        a negative control moved by more than its margin (5 % after Holm's correction over the controls); of
//                  response time also by half a millisecond, below which it is the machine's own
//   worse          a marker leaked that did not leak while nothing was changed; more errors after the change, over all
//                  rows together, or a row that fails always and never did, or a page or login of the leak pass; the
//                  metric of a critical expectation, of one of errors or of the primary one is worse
//   inconclusive   more errors, but in some blocks only; the primary expectation's metric cannot be judged
//   improved, same by the primary expectation's metric
// Loss, lag and disturbance are for the caller, who has seen them. Pure.
#pragma once

#include <cstdint>
#include <span>

#include "model/change.h"
#include "model/finding.h"
#include "model/measurement.h"

namespace understudy::diff {

struct compare_options {
    bool switchable = true;
    std::uint64_t seed = 1;
    std::span<const model::measurement> noise = {};  // arms with nothing changed: which leaks were there before
};

// `arms`: those named "A" and "B", paired by block number.
[[nodiscard]] model::comparison compare(const model::change& what, std::span<const model::measurement> arms,
                                        const compare_options& options);

// Noise of an unchanged environment, from arms "A" and "A'". Judged over the declared metrics and the controls only:
// of 96 independent intervals of 95 % all hold in less than 1 % of good runs.
[[nodiscard]] model::noise judge_noise(const model::change& what, std::span<const model::measurement> arms,
                                       const compare_options& options);

// The exit code of a finished comparison: 0 all expectations met and nothing critical worse; 1 unmet or worse;
// 6 unknown, inconclusive or invalid.
[[nodiscard]] int exit_code_of(const model::comparison&);

}  // namespace understudy::diff
