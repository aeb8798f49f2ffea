// The decision (may_write) is pure and takes facts that INFO gave; open() does nothing on the server but ask for those.
#include "net/writable_link.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "net/detail/permitted.h"
#include "net/detail/redis_connection.h"

namespace understudy::net {

namespace {

using namespace std::string_view_literals;

// Of CLUSTER, what tells its shape.
constexpr std::array cluster_reads{"CLUSTER INFO"sv, "CLUSTER NODES"sv, "CLUSTER SLOTS"sv};

// Whole commands, and subcommands of commands that are fine otherwise.
constexpr std::array never{
    "SHUTDOWN"sv,     "DEBUG"sv,           "FLUSHALL"sv, "FLUSHDB"sv,  "KEYS"sv,      "MIGRATE"sv,    "REPLICAOF"sv,
    "SLAVEOF"sv,      "MODULE"sv,          "SWAPDB"sv,   "MONITOR"sv,  "SUBSCRIBE"sv, "PSUBSCRIBE"sv, "SSUBSCRIBE"sv,
    "SYNC"sv,         "PSYNC"sv,           "REPLCONF"sv, "FAILOVER"sv, "RESET"sv,     "CLUSTER"sv,    "CLIENT REPLY"sv,
    "CLIENT PAUSE"sv, "CLIENT TRACKING"sv,
};

bool same_known(std::string_view left, std::string_view right) {
    return !left.empty() && left == right && left.find_first_not_of('0') != std::string_view::npos;
}

bool same_history(const server_facts& facts, const server_identity& of) {
    return same_known(facts.replid, of.replid) || same_known(facts.replid2, of.replid) ||
           same_known(facts.replid, of.replid2) || same_known(facts.replid2, of.replid2);
}

std::string_view plain_host(std::string_view host) {
    return host == "localhost" || host == "::1" ? "127.0.0.1"sv : host;
}

bool same_address(std::string_view host, std::uint16_t port, const server_identity& of) {
    return port != 0 && port == of.port && !host.empty() && plain_host(host) == plain_host(of.host);
}

bool tied_to(const server_facts& facts, const server_identity& of) {
    return same_address(facts.master_host, facts.master_port, of) ||
           std::ranges::any_of(facts.replicas,
                               [&of](const auto& one) { return same_address(one.first, one.second, of); });
}

}  // namespace

server_identity identity_of(const server_facts& facts, const server_address& at) {
    return {.run_id = facts.run_id, .replid = facts.replid, .replid2 = facts.replid2, .host = at.host, .port = at.port};
}

status may_write_node(const server_facts& facts, const write_permission& permission, const std::string& where) {
    if (!permission.environment_is_read_write)
        return fail(errc::not_writable, "the environment is declared read-only", where);
    for (const server_identity& production : permission.production) {
        if (same_known(facts.run_id, production.run_id))
            return fail(errc::unsafe_target, "this is production's own server (the same run_id)", where);
        if (same_history(facts, production))
            return fail(errc::unsafe_target,
                        "this server shares production's replication history: it is or was a replica of it, or was "
                        "started from its RDB file (then SAVE and restart it once)",
                        where);
        if (tied_to(facts, production))
            return fail(errc::unsafe_target, "this server replicates with production's", where);
    }
    if (facts.role != "master") return fail(errc::not_writable, "this server is a replica", where);
    return {};
}

status may_write(const server_facts& facts, const write_permission& permission, const std::string& where) {
    UNDERSTUDY_TRY(may_write_node(facts, permission, where));
    if (facts.cluster)
        return fail(errc::unsafe_target,
                    "this server is a node of a Redis Cluster, which is written to as a whole or not at all", where);
    return {};
}

bool never_sent(const command& words) {
    if (words.empty()) return true;
    const std::string name = name_of(words);
    if (std::ranges::find(cluster_reads, name) != cluster_reads.end()) return false;
    return std::ranges::any_of(
        never, [&name](std::string_view one) { return name == one || name.starts_with(std::string(one) + " "); });
}

writable_link::writable_link(std::unique_ptr<detail::redis_connection> connection, server_facts facts)
    : server_link(std::move(connection), std::move(facts)) {}

result<writable_link> writable_link::open(runtime& on, const redis_endpoint& to, const write_permission& permission,
                                          deadline until) {
    if (!permission.environment_is_read_write)
        return fail(errc::not_writable, "the environment is declared read-only", to.text());
    UNDERSTUDY_LET(connection, detail::redis_connection::open(on.engine(), to, until, {}));
    UNDERSTUDY_LET(facts, read_server_facts(*connection, until));
    return take(std::move(connection), std::move(facts), permission);
}

result<writable_link> writable_link::take(std::unique_ptr<detail::redis_connection> connection, server_facts facts,
                                          const write_permission& permission) {
    UNDERSTUDY_TRY(may_write(facts, permission, connection->where()));
    if (facts.loading)
        return fail(errc::server_loading, "the server is still loading its data", connection->where(), true);
    return writable_link(std::move(connection), std::move(facts));
}

result<writable_link> writable_link::open_node(runtime& on, const redis_endpoint& to,
                                               const write_permission& permission, deadline until) {
    UNDERSTUDY_LET(connection, detail::redis_connection::open(on.engine(), to, until, {}));
    UNDERSTUDY_LET(facts, read_server_facts(*connection, until));
    UNDERSTUDY_TRY(may_write_node(facts, permission, connection->where()));
    if (facts.loading)
        return fail(errc::server_loading, "the server is still loading its data", connection->where(), true);
    return writable_link(std::move(connection), std::move(facts));
}

status writable_link::allowed(const command& words) const {
    if (!never_sent(words)) return {};
    return std::unexpected(detail::forbidden(words, "a command that is never sent; nothing was sent", where()));
}

}  // namespace understudy::net
