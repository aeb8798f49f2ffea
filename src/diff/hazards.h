// diff/hazards.h - what one profile shows by itself, without another to hold it against: keys that never leave, keys
// that hold everybody up, data that an eviction would lose. Pure.
#pragma once

#include <vector>

#include "model/drift.h"
#include "model/profile.h"

namespace understudy::diff {

[[nodiscard]] std::vector<model::drift_hazard> hazards_of(const model::profile& of);

}  // namespace understudy::diff
