// report/detail/cases.h - an evidence as a list of checks, each passed or not: what CI systems understand. Pure.
//
// design  Every part of a rehearsal that can go wrong is one check: that the run is valid, each expectation, each
//         control, the leaks, each part of the proof. What was judged and is bad has failed. What should have been
//         judged and could not be is an error and never a pass: an unknown expectation, a control that moved, a run
//         that was disturbed or stopped. What was not asked for or cannot be told here is skipped: it says so and stops
//         nobody. So there is a failed check or an error exactly where the exit code of the rehearsal is not 0.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/evidence.h"

namespace understudy::report::detail {

enum class check_state : std::uint8_t { passed, failed, error, skipped };

struct check {
    std::string group;  // "run", "expectation", "control", "leak", "proof"
    std::string name;   // no other check of its group has it
    check_state state = check_state::passed;
    std::string message;  // one sentence: what was found, and why that is so
    std::string advice;   // what would mend it; may be empty
};

[[nodiscard]] std::vector<check> checks_of(const model::evidence&);

struct check_counts {
    std::size_t all = 0, failed = 0, errors = 0, skipped = 0;
};
[[nodiscard]] check_counts counts_of(const std::vector<check>&);

}  // namespace understudy::report::detail
