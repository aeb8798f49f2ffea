// rehearse/checklist.h - asks an environment what the production checklist wants to know. Read only, GET only.
//
// Each page is asked in one walk in which every visitor follows every other once: k (k - 1) + 1 requests show the
// second answer of each, and a leak in any order. Anonymous walks twice, as two visitors with cookies of their own: a
// cookie that both get was stored. Then each declared bypass once. Nothing is purged, so all of it is warm; cold times
// come from the newest evidence.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "model/checklist.h"
#include "model/environment.h"
#include "net/runtime.h"

namespace understudy::rehearse {

struct checklist_options {
    std::vector<std::string> routes;  // empty: all
    std::function<void(const std::string& what, std::uint64_t done, std::uint64_t total)> progress;
};

// The order in which `count` visitors ask so that each follows each other one once; for one visitor, twice itself. The
// walk of two ends with the second again, so that both are asked twice.
[[nodiscard]] std::vector<int> walk_of(int count);

// Errors: unknown_name for a route; unreachable and its kin where the site gives no answer at all; interrupted. What
// Redis, a login or a page refuses is a check, not an error.
[[nodiscard]] result<model::checklist> examine_checklist(net::runtime& on, const model::project& project,
                                                         const model::environment& where,
                                                         const checklist_options& options);

}  // namespace understudy::rehearse
