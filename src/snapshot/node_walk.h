// snapshot/node_walk.h - all databases of one server, walked under a governor of its own. For a Redis Cluster one for
// each server, in a thread and a runtime of its own each.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "net/endpoint.h"
#include "net/governor.h"
#include "net/read_only_link.h"
#include "net/runtime.h"
#include "net/server_info.h"
#include "snapshot/collector.h"
#include "snapshot/key_walk.h"
#include "snapshot/probe.h"

namespace understudy::snapshot {

struct walk_target {
    net::redis_endpoint endpoint;
    powers can;
    std::vector<net::database_stat> databases;
    bool of_cluster_replica = false;        // READONLY is said first
    std::vector<std::uint16_t> slots = {};  // to be walked one by one, in this order; empty: as SCAN finds them
};

struct node_outcome {
    explicit node_outcome(wall_time at) : families(at) {}

    collector families;
    std::uint64_t vanished = 0, refused = 0;
    bool whole = true;
    net::budget spent = net::budget::none;
    std::optional<error> ended;
};

// Hears of each burst how many keys this server has given so far, and what slows it down; an error ends the walk.
using walk_listener = std::function<status(std::uint64_t keys, const std::string& why)>;

// The link is of the target's endpoint. `at`: against which expiries are counted.
[[nodiscard]] node_outcome walk_node(net::runtime& on, net::read_only_link& link, const walk_target& target,
                                     const net::governor_limits& limits, wall_time at, const walk_listener& told);

// All of them at once. Budgets are shared out evenly. `told` is called from their threads, one at a time, with the keys
// of all.
[[nodiscard]] std::vector<node_outcome> walk_nodes(const std::vector<walk_target>& targets,
                                                   const net::governor_limits& limits, wall_time at,
                                                   const walk_listener& told);

}  // namespace understudy::snapshot
