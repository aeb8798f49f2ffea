// rehearse/checks.h - the production checklist as decisions: what was seen of an environment -> checks.
//
// Pure: rehearse/checklist.h asks, this decides. One function makes the checks of one id; docs/checklist.md has a row
// for each id, report/checklist.cpp an explanation.
//
// An answer "came from a cache" where a cache on its way says so (http/cache_status.h): the application's own page
// cache counts too, where it tells. "May be stored" is what the headers allow to a shared cache (RFC 9111 3).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "measure/visitor.h"
#include "model/checklist.h"
#include "model/environment.h"

namespace understudy::rehearse {

// One request as it went, in the order in which they were made.
struct page_look {
    std::string as;
    int visitor = 0;         // two visitors may be one identity, with cookies of their own
    std::string previously;  // who asked for the page just before; empty: nobody
    measure::look got;
};

// What a bypass was answered, asked twice: the first may have found no copy and left one, which the second gets.
struct bypass_look {
    model::bypass_condition by;
    std::vector<measure::look> got;
};

struct page_looks {
    std::string target;
    bool must_not = false;  // an example of what must not be cached
    std::vector<page_look> looks;
    std::vector<bypass_look> bypasses;
};

// The keys that match a route's patterns now.
struct key_share {
    std::uint64_t keys = 0;
    std::map<std::string, std::uint64_t> shared;  // other routes -> how many of these keys are theirs too
    bool whole = true;                            // else the walk was ended at its limit
};

struct route_looks {
    const model::route* route = nullptr;
    std::vector<page_looks> pages;  // the first is the route's own first input
    std::optional<key_share> keys;  // empty: no patterns declared, or Redis could not be asked
    std::string keys_unknown;       // why not
};

// What the newest rehearsal that ended with a proof has shown.
struct last_proof {
    std::string evidence, change, environment;
    wall_time at{};
    bool complete = false;
    // Median of the cold requests before the change: route -> identity -> time.
    std::map<std::string, std::map<std::string, std::chrono::nanoseconds>> cold;
};

struct environment_looks {
    const model::environment* environment = nullptr;
    wall_time at{};
    std::map<std::string, std::string> logins;  // member -> why it could not log in; empty: it could
    std::vector<std::string> markers_seen;      // members whose own marker was on a page of theirs
    std::vector<route_looks> routes;
    std::optional<std::uint64_t> flushes;  // FLUSHALL and FLUSHDB since the server started; empty: not told
    std::optional<last_proof> proof;
    std::string open_journal;  // a rehearsal that was not rolled back
};

// Ordered by line.
[[nodiscard]] std::vector<model::check> checks_of(const environment_looks& seen);

}  // namespace understudy::rehearse
