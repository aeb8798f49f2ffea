// snapshot/live_profile.h - a running server, or all primaries of a Redis Cluster -> profile, by SCAN.
//
// What it does to the server: docs/snapshot.md tells its users. In short: reads only; as fast as a governor lets it;
// INFO first, so that our own lookups are not in what it says; nothing that touches where uses of a key decide what is
// evicted; and on a primary SCAN removes keys whose expiry has passed, as any access would.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "model/profile.h"
#include "net/endpoint.h"
#include "net/governor.h"
#include "net/runtime.h"

namespace understudy::snapshot {

struct live_progress {
    std::uint64_t keys = 0, expected = 0;
    std::string why;  // it is slowed down; empty: it is not
};

struct live_options {
    net::governor_limits limits;                                 // of each server; budgets are for all of them together
    model::profile_source source = model::profile_source::scan;  // or rdb_stream
    bool replicas = true;  // walk a replica where one can be reached, and is in step
    bool users = false;    // ask for the access control list; where that is not granted it leaves an entry in ACL LOG
    // How the name of a key that stands out is written: a digest, or itself. Empty: such keys are left out.
    std::function<std::string(std::string_view name)> name_key;
    std::function<status(const live_progress&)> progress;
};

// What a walk would be, told before it begins.
struct live_plan {
    struct node {
        std::string at;  // of the server that is walked
        bool replica = false;
        std::uint64_t keys = 0;
        std::size_t commands = 0;  // a key
    };
    std::string software, version;
    std::vector<node> nodes;
    bool deletes_expired = false;  // a primary is walked
    bool leaves_uses = true;       // idle times and frequencies stay as they are
    std::vector<model::degraded_fact> degraded;
};

// Errors: those of connecting, cluster_unsettled, no_permission where SCAN is refused.
[[nodiscard]] result<live_plan> plan_of_server(net::runtime& on, const net::redis_endpoint& to,
                                               const live_options& options = {});

struct live_profile {
    model::profile profile;
    net::budget spent = net::budget::none;  // the budget at which it stopped
    std::optional<error> ended;             // why it ended before its end; the profile is of what came before
};

// Errors: as above; of an RDB stream not_writable where a primary has no memory to spare for a fork, or a child is
// running already. A server that goes away in the middle gives a partial profile.
[[nodiscard]] result<live_profile> profile_of_server(net::runtime& on, const net::redis_endpoint& to,
                                                     const live_options& options = {});

}  // namespace understudy::snapshot
