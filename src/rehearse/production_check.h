// rehearse/production_check.h - production's own signals after a change, held against the picture from right before it.
// Pure.
//
// There are no blocks here: the change is applied once and stays. So a number has to miss its bound by more than its
// margin, in two rounds running, before it is a breach: one slow second of a machine is none. A marker of one identity
// under another is a breach at once.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/change.h"
#include "model/finding.h"
#include "model/measurement.h"

namespace understudy::rehearse {

// One thing that is looked at in each round.
struct signal {
    std::string name;  // "database_calls of category as ada, warm: <= -50%"
    model::outcome outcome = model::outcome::unknown;
    std::optional<double> before, after;
    std::string unit;
    std::string why;        // of unmet and unknown
    bool at_once = false;   // a breach in its first round
    bool declared = false;  // an expectation of the change file; else errors of a row, or a leak
};

// The expectations that production can show (warm ones; a cold one is unknown, and says where it was proven), then the
// errors of every row and the leaks. `before` and `after` are merged arms of production.
[[nodiscard]] std::vector<signal> judge_round(const model::change& change, const model::measurement& before,
                                              const model::measurement& after);

// Counts rounds; which signals are a breach by now.
class breach_watch {
public:
    [[nodiscard]] std::vector<signal> take(const std::vector<signal>& round);

private:
    std::map<std::string, int> unmet_;  // rounds running
};

}  // namespace understudy::rehearse
