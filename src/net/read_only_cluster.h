// net/read_only_cluster.h - production, or any other environment that is only read: a read_only_link to its server, or
// to each primary of its Redis Cluster.
//
// A Cluster is looked at as a whole or not at all: what one of its nodes says of settings, keys or identity is not what
// the whole is. So an error is cluster_unsettled where a slot has nobody, and no_permission where the user may not ask
// (+cluster|slots +cluster|nodes +cluster|info).
//
// Thread rule: that of its runtime. Movable.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/command.h"
#include "net/deadline.h"
#include "net/endpoint.h"
#include "net/read_only_link.h"
#include "net/runtime.h"
#include "net/server_info.h"
#include "net/topology.h"
#include "net/writable_link.h"
#include "resp/value.h"

namespace understudy::net {

struct read_only_node {
    read_only_link link;
    server_facts facts;
    std::vector<std::uint16_t> moving = {};  // slots of a Cluster that it gives away or takes over
};

class read_only_cluster {
public:
    // Errors: those of read_only_link::connect, and above; config_bad_value for a database of a Cluster that is not 0.
    [[nodiscard]] static result<read_only_cluster> connect(runtime& on, const redis_endpoint& to, deadline until,
                                                           const link_options& options = {});

    [[nodiscard]] bool is_cluster() const noexcept { return shape_.has_value(); }
    // Never empty; one that is no Cluster has one. By id.
    [[nodiscard]] std::span<read_only_node> primaries() noexcept { return nodes_; }
    // Null where it is no Cluster; its primaries are in the order of primaries().
    [[nodiscard]] const topology* shape() const noexcept { return shape_ ? &*shape_ : nullptr; }
    // The lowest version, and what else the first primary says.
    [[nodiscard]] const server_facts& facts() const noexcept { return facts_; }
    // As write_link's run_ids_of: of each primary, with commas between them.
    [[nodiscard]] std::string run_ids() const;
    // All servers that it is made of; replicas by their address alone.
    [[nodiscard]] std::vector<server_identity> identities() const;
    [[nodiscard]] const std::string& where() const noexcept { return where_; }

    // Commands with keys, each to the server that holds its key; the replies in the order of the commands. A Cluster's
    // redirections are followed, at most five for one command: MOVED to the node that it names, ASK with ASKING, for
    // that command alone. Errors: cluster_changed where that does not end.
    [[nodiscard]] result<std::vector<resp::value>> pipeline(std::span<const command> commands, deadline until);

private:
    read_only_cluster(runtime& on, redis_endpoint to, const link_options& options)
        : runtime_(&on), endpoint_(std::move(to)), options_(options) {}
    [[nodiscard]] result<resp::value> follow(const command& words, resp::value reply, server_address from,
                                             deadline until);
    [[nodiscard]] result<read_only_link*> link_to(const server_address& at, deadline until);

    runtime* runtime_;
    redis_endpoint endpoint_;
    link_options options_;
    std::optional<topology> shape_;
    std::vector<read_only_node> nodes_;
    std::map<std::string, std::unique_ptr<read_only_link>> elsewhere_;  // nodes that redirections named, by address
    server_facts facts_;
    std::string where_;
};

}  // namespace understudy::net
