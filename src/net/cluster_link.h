// net/cluster_link.h - a Redis Cluster that is written to: one checked link for each of its primaries.
//
// A Cluster is opened as a whole or not at all: every slot has a primary, every primary is reached, passes the checks
// of its own link type, and they all agree (detail/cluster_open.h).
//
// Commands are sorted by the slot of their keys, and each primary gets its own in one pipeline, one primary after
// another. A redirection is not followed: MOVED, ASK, TRYAGAIN and CLUSTERDOWN say that the command did not take place,
// so the whole call is errc::cluster_changed, and whoever called decides from what is there then. A connection that is
// lost in the middle leaves later primaries without their part; nothing is sent twice.
//
// Thread rule: that of its runtime. Not movable, so that references to it last over look_again.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/endpoint.h"
#include "net/production_write_link.h"
#include "net/runtime.h"
#include "net/topology.h"
#include "net/writable_link.h"
#include "net/write_link.h"

namespace understudy::net {

namespace detail {
template <class Link>
struct open_node;
template <class Link>
struct open_cluster;
}  // namespace detail

// Opens the checked link to one primary.
using primary_opener = std::function<result<std::unique_ptr<write_link>>(const redis_endpoint& node, deadline until)>;

class cluster_link final : public write_link {
public:
    ~cluster_link() override;
    cluster_link(const cluster_link&) = delete;
    cluster_link& operator=(const cluster_link&) = delete;

    [[nodiscard]] result<resp::value> call(const command& words, deadline until) override;
    // One command that may not be sent, and nothing is.
    [[nodiscard]] result<std::vector<resp::value>> pipeline(std::span<const command> commands, deadline until) override;
    [[nodiscard]] status allowed(const command& words) const override;
    [[nodiscard]] const server_facts& facts() const noexcept override { return facts_; }
    [[nodiscard]] bool alive() const noexcept override;
    [[nodiscard]] const std::string& where() const noexcept override { return where_; }
    [[nodiscard]] const server_address& address() const noexcept override;
    [[nodiscard]] std::span<write_link* const> primaries() noexcept override { return primaries_; }
    [[nodiscard]] std::size_t owner_of(std::string_view key) const noexcept override;
    [[nodiscard]] const topology* shape() const noexcept override;
    [[nodiscard]] status look_again(deadline until) override;

private:
    friend result<std::unique_ptr<write_link>> open_cluster_link(runtime& on, const redis_endpoint& to,
                                                                 primary_opener open, deadline until);
    cluster_link(runtime& on, redis_endpoint to, primary_opener open);
    void take(detail::open_cluster<write_link> opened);

    runtime& runtime_;
    redis_endpoint endpoint_;  // with every node that was ever known
    primary_opener open_;
    std::unique_ptr<detail::open_cluster<write_link>> cluster_;
    std::vector<write_link*> primaries_;
    server_facts facts_;
    std::string where_;
};

// Staging or scratch, whichever shape it has: the checks of writable_link, for each primary of a Cluster. Further
// errors of a Cluster: cluster_unsettled (a slot that nobody serves), cluster_changed (its nodes do not agree, until
// the deadline), config_bad_value (a database that is not 0).
[[nodiscard]] result<std::unique_ptr<write_link>> open_writable(runtime& on, const redis_endpoint& to,
                                                                const write_permission& permission, deadline until);

// Makes the permit for one server, by its run_id.
using permit_maker = std::function<result<production_permit>(const std::string& run_id)>;

// Production, whichever shape it has: a production_write_link with a permit of its own for each primary.
[[nodiscard]] result<std::unique_ptr<write_link>> open_production_writable(runtime& on, const redis_endpoint& to,
                                                                           permit_maker permit, deadline until);

// Whether nothing of a Cluster's shape is on its way: all primaries agree on it as it was on open, and no slot moves.
// Errors: cluster_unsettled, cluster_changed. Always for a single server.
[[nodiscard]] status is_at_rest(write_link& link, deadline until);

// What each primary says the shape is now, where it differs from the one that was on open, in words; empty where
// nothing changed. The first primary that tells of a change is believed.
[[nodiscard]] result<std::vector<std::string>> changes_of_shape(write_link& link, deadline until);

}  // namespace understudy::net
