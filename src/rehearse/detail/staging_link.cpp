#include "rehearse/detail/staging_link.h"

#include <utility>

#include <fmt/format.h>

#include "apply/rollback.h"
#include "net/cluster_link.h"
#include "net/primary.h"
#include "net/server_info.h"
#include "net/topology.h"

namespace understudy::rehearse::detail {

namespace {

constexpr std::chrono::seconds patience{10};
constexpr std::chrono::seconds reopen_patience{30};

}  // namespace

result<bool> staging_link::still_named() {
    if (!set_.staging->redis.sentinels) return true;
    UNDERSTUDY_LET(endpoint, apply::endpoint_of(*set_.staging));
    UNDERSTUDY_LET(named, net::named_primary(runtime_, endpoint, net::deadline::after(patience)));
    return named == set_.link->address();
}

bool staging_link::answers() {
    for (auto* primary : set_.link->primaries()) {
        const auto now = net::read_info(*primary, net::deadline::after(patience), "replication");
        if (!now || now->text("role") != "master") return false;
    }
    const auto changes = net::changes_of_shape(*set_.link, net::deadline::after(patience));
    return changes && changes->empty() && still_named().value_or(false);
}

std::vector<std::string> staging_link::what_became(const std::string& run_id) {
    auto& was = *retired_.back();
    auto& is = *set_.link;
    if (was.shape() && is.shape())
        if (auto changes = net::changed(*was.shape(), *is.shape()); !changes.empty()) return changes;
    if (!was.shape() && is.where() != was.where())
        return {fmt::format("the primary failed over from {} to {}", was.where(), is.where())};
    const bool restarted = net::run_ids_of(is) != run_id;
    if (is.shape())
        return {restarted ? "a server of the Redis Cluster was restarted"
                          : "the connection to a server of the Redis Cluster was cut"};
    return {restarted ? "the Redis server was restarted" : "the connection to Redis was cut"};
}

bool staging_link::reopen() {
    auto endpoint = apply::endpoint_of(*set_.staging);
    if (!endpoint) return false;
    if (const auto* shape = set_.link->shape()) net::add_nodes(*endpoint, *shape);
    const net::write_permission permission{true, set_.productions};
    const auto until = net::deadline::after(reopen_patience);
    while (!until.expired()) {
        // A Cluster waits by itself for a failover that is under way.
        const auto turn = set_.link->shape() ? until : net::deadline::after(patience);
        auto link = net::open_writable(runtime_, *endpoint, permission, turn);
        if (link && ((*link)->shape() != nullptr) != (set_.link->shape() != nullptr)) break;
        if (link) {
            retired_.push_back(std::exchange(set_.link, std::move(*link)));
            return true;
        }
        if (link.error().code == errc::unsafe_target || !runtime_.sleep(std::chrono::milliseconds{200})) break;
    }
    return false;
}

}  // namespace understudy::rehearse::detail
