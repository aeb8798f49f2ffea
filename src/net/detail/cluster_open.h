// net/detail/cluster_open.h - a link to every primary of a Cluster, all of which agree on who serves what.
//
// One node is asked for the shape (the configured one, else another that is known), then each primary is connected to
// and asked for the shape as well: a node that was cut off from the others, or has not heard of a failover yet, still
// tells of the old one. While they disagree, or one of them is not reached, there is time until the deadline; a slot
// that nobody serves does not mend itself and ends it at once.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/deadline.h"
#include "net/endpoint.h"
#include "net/runtime.h"
#include "net/server_info.h"
#include "net/topology.h"

namespace understudy::net::detail {

// What one node says of itself and of the whole.
struct node_sight {
    own_line own;
    topology shape;
    bool state_ok = false;  // cluster_state of CLUSTER INFO
};

// CLUSTER SLOTS, NODES and INFO through a link of any kind. `at`: where it goes to.
template <class Link>
[[nodiscard]] result<node_sight> look_at_node(Link& link, const server_address& at, deadline until) {
    node_sight out;
    UNDERSTUDY_LET(slots, link.call({"CLUSTER", "SLOTS"}, until));
    UNDERSTUDY_LET(shape, topology::read(slots, at, link.where()));
    out.shape = std::move(shape);
    UNDERSTUDY_LET(nodes, link.call({"CLUSTER", "NODES"}, until));
    UNDERSTUDY_LET(own, own_line_of(nodes.as_text().value_or(""), link.where()));
    out.own = std::move(own);
    UNDERSTUDY_LET(told, link.call({"CLUSTER", "INFO"}, until));
    UNDERSTUDY_LET(facts, info_from(told, link.where()));
    out.state_ok = facts.text("cluster_state") == "ok";
    return out;
}

template <class Link>
struct open_node {
    std::unique_ptr<Link> link;
    server_facts facts;
    std::vector<std::uint16_t> moving = {};  // slots that it gives away or takes over
};

template <class Link>
struct open_cluster {
    topology shape;
    std::vector<open_node<Link>> nodes;  // as shape.primaries()
};

// Connects to one node; only the address of the endpoint differs from node to node.
template <class Link>
using node_opener = std::function<result<open_node<Link>>(const redis_endpoint& node, deadline until)>;

// The endpoint's own host and port first, then its others.
[[nodiscard]] result<topology> find_shape(runtime& on, const redis_endpoint& to, deadline until);
// The endpoint of one node.
[[nodiscard]] redis_endpoint node_endpoint(const redis_endpoint& of, const server_address& at);
// Whether to look again: what failed may be a failover that is under way.
[[nodiscard]] bool may_pass(const error& wrong);
// Whether this node is who it should be and sees the same; errc::cluster_changed, cluster_unsettled.
[[nodiscard]] status agrees(const node_sight& seen, const topology& shape, const cluster_primary& expected);
[[nodiscard]] error not_reached(error wrong, const cluster_primary& primary);
// Waits before the next look; an error when there is no time for one: `last`.
[[nodiscard]] status wait_to_look_again(runtime& on, deadline until, const error& last);

template <class Link>
[[nodiscard]] result<open_cluster<Link>> open_primaries(const redis_endpoint& to, const topology& shape,
                                                        const node_opener<Link>& open, deadline until) {
    open_cluster<Link> out;
    out.shape = shape;
    for (const auto& primary : shape.primaries()) {
        auto node = open(node_endpoint(to, primary.at), until);
        if (!node) return std::unexpected(not_reached(std::move(node).error(), primary));
        if (node->facts.role != "master")
            return fail(errc::cluster_changed, "this primary has become a replica", primary.at.text(), true);
        auto seen = look_at_node(*node->link, primary.at, until);
        if (!seen) return std::unexpected(not_reached(std::move(seen).error(), primary));
        UNDERSTUDY_TRY(agrees(*seen, shape, primary));
        node->moving = std::move(seen->own.moving);
        out.nodes.push_back(std::move(*node));
    }
    return out;
}

template <class Link>
[[nodiscard]] result<open_cluster<Link>> open_whole_cluster(runtime& on, redis_endpoint to,
                                                            const node_opener<Link>& open, deadline until) {
    for (std::optional<error> last;;) {
        auto shape = find_shape(on, to, until);
        if (!shape && (!last || shape.error().code == errc::interrupted)) return pass(std::move(shape));
        if (shape) {
            add_nodes(to, *shape);
            auto made = open_primaries(to, *shape, open, until);
            if (made || !may_pass(made.error())) return made;
            // A turn that time cut short says less than the one before it.
            if (!last || made.error().code != errc::timed_out) last = std::move(made).error();
        }
        UNDERSTUDY_TRY(wait_to_look_again(on, until, *last));
    }
}

}  // namespace understudy::net::detail
