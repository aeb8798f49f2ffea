// snapshot/likeness.h - how near one environment's cache is to another's, at a glance: both are walked, governed, for a
// few seconds at most, and held against each other. Where that does not reach, `diff` looks at every key.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "base/error.h"
#include "model/drift.h"
#include "model/environment.h"
#include "net/runtime.h"

namespace understudy::snapshot {

struct likeness {
    model::drift drift;
    double seen_of_reference = 1, seen_of_other = 1;  // shares of their keys
};

// Each of the two for `most`. Errors: those of reading either (no_permission where SCAN is not granted).
[[nodiscard]] result<likeness> look_at_likeness(net::runtime& on, const model::environment& reference,
                                                const model::environment& other,
                                                const std::map<std::string, std::string>& accepted,
                                                std::chrono::milliseconds most);

// The headline of the drift, and where it was a part of the keys, how large that was.
[[nodiscard]] std::string text_of(const likeness& seen);

}  // namespace understudy::snapshot
