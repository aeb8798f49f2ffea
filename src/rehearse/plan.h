// rehearse/plan.h - which routes are measured, as whom, how often, and in which order the arms follow. Pure.
#pragma once

#include <string>
#include <vector>

#include "measure/arm.h"
#include "model/change.h"
#include "model/environment.h"

namespace understudy::rehearse {

struct arm_slot {
    std::string arm;  // "A", "A'" or "B"
    int block = 0;    // from 1
};

// A A', A' A, …: the order changes from block to block, so that "first" is no property of one arm. As many blocks as
// there will be of before and after, but eight at most: what noise there is shows in so many.
[[nodiscard]] std::vector<arm_slot> noise_order(int blocks);
// B A, A B, B A, A B …: half of the switches of a plain alternation, and the last arm is an after.
// Not switchable: all A, then all B.
[[nodiscard]] std::vector<arm_slot> block_order(int blocks, bool switchable);

// A change that cannot be undone by a command or a setting cannot go back and forth.
[[nodiscard]] bool can_switch(const model::change& change);

// The change's route and those that its expectations name: cold (where it declares key patterns) and warm. Its
// controls: warm. Every other route that two identities share: only looked at for leaks.
[[nodiscard]] std::vector<measure::route_plan> routes_of(const model::project& project, const model::change& change,
                                                         const model::environment& on);

}  // namespace understudy::rehearse
