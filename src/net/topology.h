// net/topology.h - which server serves which slots of a Redis Cluster, as one of its nodes says. Pure.
//
// Read from CLUSTER SLOTS, which every version has, names one owner for each slot, and gives the port that fits the
// connection it was asked over (TLS or not). CLUSTER SHARDS (7.0) does not: from 7.2 on it puts a primary that failed
// and the one that took over into one shard, both as masters.
//
// All of it is the other side's bytes: at most 16384 ranges and 1000 nodes, ids of 40 hexadecimal digits, hosts of
// plain characters; anything else is errc::protocol.
//
// Source: Redis src/cluster.c (clusterReplyMultiBulkSlots, clusterGenNodeDescription); redis.io, CLUSTER SLOTS and
// CLUSTER NODES.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/endpoint.h"
#include "resp/value.h"

namespace understudy::net {

struct slot_range {
    std::uint16_t from = 0, to = 0;  // both are in it
    friend bool operator==(const slot_range&, const slot_range&) = default;
};

// "0-5460, 10923", and after four ranges "and N more".
[[nodiscard]] std::string text_of(std::span<const slot_range> slots);

struct cluster_node {
    std::string id;  // 40 hexadecimal digits
    server_address at;
    friend bool operator==(const cluster_node&, const cluster_node&) = default;
};

struct cluster_primary : cluster_node {
    std::vector<slot_range> slots;       // in order; never empty
    std::vector<cluster_node> replicas;  // those that the node which was asked takes for alive
    friend bool operator==(const cluster_primary&, const cluster_primary&) = default;
};

class topology {
public:
    // From the reply to CLUSTER SLOTS. `asked`: where it was asked; a node that names no host is there.
    [[nodiscard]] static result<topology> read(const resp::value& reply, const server_address& asked,
                                               const std::string& where);

    [[nodiscard]] const std::vector<cluster_primary>& primaries() const noexcept { return primaries_; }  // by id
    // Index of the primary that serves a slot (below keyspace::slot_count); empty where nobody does.
    [[nodiscard]] std::optional<std::size_t> owner(std::uint16_t slot) const noexcept;
    // The slots that nobody serves; empty: every slot has exactly one primary.
    [[nodiscard]] std::vector<slot_range> uncovered() const;
    [[nodiscard]] const cluster_primary* find(std::string_view id) const noexcept;
    // Whether every slot has the same primary at the same address. Replicas may differ.
    [[nodiscard]] bool same_owners(const topology& other) const noexcept;

private:
    static constexpr std::uint16_t nobody = 0xffff;

    std::vector<cluster_primary> primaries_;
    std::vector<std::uint16_t> owners_;  // of each slot, an index into primaries_
};

// "3 primaries, 3 replicas".
[[nodiscard]] std::string size_of(const topology& shape);

// Adds what the shape names to the nodes that an endpoint may be asked for, 64 at most.
void add_nodes(redis_endpoint& to, const topology& shape);

// What is another one now, in words; empty where same_owners holds.
[[nodiscard]] std::vector<std::string> changed(const topology& before, const topology& after);

// What a node says of itself in CLUSTER NODES.
struct own_line {
    std::string id;
    std::vector<std::uint16_t> moving;  // slots that it gives away or takes over
};

[[nodiscard]] result<own_line> own_line_of(std::string_view cluster_nodes, const std::string& where);

// "MOVED 3999 10.0.0.2:6379": the slot is served there. "ASK …": this one key is to be asked for there, after ASKING.
struct redirection {
    bool ask = false;
    std::uint16_t slot = 0;
    server_address to;
};

// Empty for any other reply, and for one that names no place. `answered`: who said so; a host that is empty is there.
[[nodiscard]] std::optional<redirection> redirection_of(const resp::value& reply, const server_address& answered);

}  // namespace understudy::net
