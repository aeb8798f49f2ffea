// model/checklist.h - the production checklist of one environment, as it was found: five lines, each with its checks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/units.h"

namespace understudy::model {

// The five lines of the list, in order.
enum class check_line : std::uint8_t { cache_headers, logged_in_traffic, purge, response_time, rollback };
// required: the list fails without it. recommended: a fault that is worth mending. informational: what was seen.
enum class check_weight : std::uint8_t { required, recommended, informational };
enum class check_state : std::uint8_t { ok, not_ok, unknown };

struct check {
    check_line line = check_line::cache_headers;
    std::string id;  // "vary-star": names the explanation, and never changes its meaning
    check_weight weight = check_weight::informational;
    check_state state = check_state::unknown;
    std::string route, identity;        // empty: of the environment, of all identities
    std::string text;                   // one sentence: what was found
    std::vector<std::string> evidence;  // what was asked and what came; no value of a user in it
    std::string mend;                   // what would mend it; empty where it is ok
};

struct checklist {
    std::string environment;
    wall_time at{};
    std::uint64_t requests = 0;
    std::vector<check> checks;  // ordered by line, then as they were made
};

// The gravest of what is required decides: exit 1 for one that is not ok, else 6 for one that is unknown, else 0.
[[nodiscard]] int exit_code_of(const checklist& list);

}  // namespace understudy::model
