#include "net/detail/cluster_open.h"

#include <algorithm>

#include <fmt/format.h>

#include "net/read_only_link.h"

namespace understudy::net::detail {

namespace {

constexpr std::chrono::seconds node_patience{2};  // with one of several
constexpr std::chrono::milliseconds pause{200};

// From one node; without its flags and its name, for nothing but this is asked.
result<topology> ask_shape(runtime& on, const redis_endpoint& at, deadline until) {
    UNDERSTUDY_LET(link, read_only_link::connect(on, at, until, {.ask_flags = false, .no_touch = false}));
    UNDERSTUDY_LET(facts, read_server_facts(link, until));
    if (!facts.cluster) return fail(errc::unsafe_target, "this server is no node of a Redis Cluster", link.where());
    const server_address there = link.address().host.empty() ? server_address{"127.0.0.1", 0} : link.address();
    UNDERSTUDY_LET(reply, link.call({"CLUSTER", "SLOTS"}, until));
    UNDERSTUDY_LET(shape, topology::read(reply, there, link.where()));
    if (const auto holes = shape.uncovered(); !holes.empty())
        return fail(errc::cluster_unsettled,
                    fmt::format("nobody serves the slots {} of this Redis Cluster", text_of(holes)), link.where());
    return std::move(shape);
}

}  // namespace

redis_endpoint node_endpoint(const redis_endpoint& of, const server_address& at) {
    redis_endpoint out = of;
    out.host = at.host;
    out.port = at.port;
    out.unix_path.clear();
    out.sentinels.reset();
    out.others.clear();
    return out;
}

result<topology> find_shape(runtime& on, const redis_endpoint& to, deadline until) {
    const auto soon = [&] {
        return to.others.empty() ? until : deadline::earlier(until, deadline::after(node_patience));
    };
    redis_endpoint first = to;
    first.others.clear();
    auto out = ask_shape(on, first, soon());
    for (auto other = to.others.begin(); !out && other != to.others.end() && !until.expired(); ++other) {
        if (out.error().code == errc::interrupted) return out;
        if (auto next = ask_shape(on, node_endpoint(to, *other), soon());
            next || next.error().code == errc::interrupted)
            out = std::move(next);
    }
    return out;
}

bool may_pass(const error& wrong) {
    switch (wrong.code) {
        case errc::unreachable:
        case errc::timed_out:
        case errc::connection_lost:
        case errc::server_loading:
        case errc::not_writable:
        case errc::cluster_changed:
            return true;
        case errc::cluster_unsettled:
            return wrong.retry_safe;
        default:
            return false;
    }
}

status agrees(const node_sight& seen, const topology& shape, const cluster_primary& expected) {
    const auto where = expected.at.text();
    if (seen.own.id != expected.id)
        return fail(errc::cluster_changed, "another node of the Cluster answers here than the one that was named",
                    where, true);
    if (!seen.shape.same_owners(shape))
        return fail(errc::cluster_changed,
                    "the nodes of the Cluster do not agree on who serves which slots: a failover or a resharding is "
                    "under way, or one of them is cut off",
                    where, true);
    if (!seen.state_ok)
        return fail(errc::cluster_unsettled, "this node says that its Cluster is down (cluster_state)", where, true);
    return {};
}

error not_reached(error wrong, const cluster_primary& primary) {
    if (wrong.code == errc::unreachable || wrong.code == errc::timed_out || wrong.code == errc::connection_lost)
        wrong.what = fmt::format("the primary of slots {} is not reached: {}", text_of(primary.slots), wrong.what);
    return wrong;
}

status wait_to_look_again(runtime& on, deadline until, const error& last) {
    if (until.remaining() <= pause) return std::unexpected(last);
    return on.sleep(pause);
}

}  // namespace understudy::net::detail
