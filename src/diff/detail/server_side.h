// diff/detail/server_side.h - what two servers' keys show of settings that were not told, and what their users may do.
#pragma once

#include <vector>

#include "model/drift.h"
#include "model/profile.h"

namespace understudy::diff::detail {

// Settings that one side keeps back at least, where the encodings of its keys contradict what the other side has, or
// shows. `points` of each is `cost`.
[[nodiscard]] std::vector<model::drift_finding> contradicted_settings(const model::profile& reference,
                                                                      const model::profile& other, double cost);

// Where both were asked for: users that only one side has, or that may do something else there. Passwords are no part
// of it, but whether there is one; channels are none where one of the servers does not know them (before 6.2).
[[nodiscard]] std::vector<model::drift_finding> differing_users(const model::profile& reference,
                                                                const model::profile& other);

}  // namespace understudy::diff::detail
