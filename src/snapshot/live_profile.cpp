#include "snapshot/live_profile.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "apply/settings.h"
#include "base/random.h"
#include "net/rdb_stream.h"
#include "net/read_only_cluster.h"
#include "net/server_info.h"
#include "snapshot/acl.h"
#include "snapshot/node_walk.h"
#include "snapshot/probe.h"
#include "snapshot/rdb_profile.h"

namespace understudy::snapshot {

namespace {

constexpr std::chrono::seconds patience{10};
constexpr std::chrono::seconds replica_patience{2};
constexpr std::int64_t in_step_bytes = 1 << 20;  // a replica that is further behind is not walked

net::deadline soon() {
    return net::deadline::after(patience);
}

// What a server says of itself that tells how a cache fares. Counts are summed over the primaries of a Cluster.
constexpr std::array counts{"keyspace_hits",   "keyspace_misses",          "expired_keys",
                            "evicted_keys",    "total_commands_processed", "connected_clients",
                            "blocked_clients", "rejected_connections",     "instantaneous_ops_per_sec",
                            "used_memory",     "used_memory_peak"};
constexpr std::array words{"mem_fragmentation_ratio", "mem_allocator", "redis_mode", "role",
                           "uptime_in_seconds",       "aof_enabled"};

std::uint64_t number_in(std::string_view text) {
    std::uint64_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

// One server whose keys are walked, and all that was found out before.
struct node {
    net::redis_endpoint endpoint;  // of the server that is walked
    net::read_only_link link;
    bool replica = false;
    powers can;
    std::vector<net::database_stat> databases;
    std::vector<std::uint16_t> slots = {};  // of a Cluster, where they are walked one by one
};

class survey {
public:
    survey(net::runtime& on, const net::redis_endpoint& to, const live_options& options)
        : runtime_(on), to_(to), options_(options) {}

    // Everything but the walk.
    status open() {
        profile_.source = model::profile_source::scan;
        auto seen = net::read_only_cluster::connect(runtime_, to_, soon());
        if (!seen && is_refusal(seen.error())) return open_without_info();
        if (!seen) return std::unexpected(seen.error());
        seen_.emplace(std::move(*seen));
        profile_.software = seen_->facts().software;
        profile_.version = seen_->facts().version;
        profile_.from = now();
        for (std::size_t i = 0; i < seen_->primaries().size(); ++i) {
            UNDERSTUDY_TRY(open_node(seen_->primaries()[i]));
            nodes_.back().slots = slots_of(i);
        }
        read_settings();
        std::vector<net::read_only_link*> primaries;
        for (auto& one : seen_->primaries())
            primaries.push_back(&one.link);
        return read_users(primaries);
    }

    live_plan plan() const {
        live_plan out{profile_.software, profile_.version, {}, false, true, profile_.degraded};
        for (const auto& one : nodes_) {
            out.nodes.push_back({one.link.where(), one.replica, keys_of(one), one.can.commands_a_key()});
            out.deletes_expired = out.deletes_expired || !one.replica;
        }
        return out;
    }

    result<live_profile> walk() {
        for (const auto& one : nodes_)
            expected_ += keys_of(one);
        return options_.source == model::profile_source::rdb_stream ? stream_all() : walk_all();
    }

private:
    // As each server gives it to a new replica. Not governed: the server sends it from a child of its own.
    result<live_profile> stream_all() {
        profile_.source = model::profile_source::rdb_stream;
        std::erase_if(profile_.degraded,
                      [](const auto& one) { return one.fact == "encoding" || one.fact == "elements"; });
        collector families(now());
        live_profile out;
        for (auto& one : nodes_) {
            UNDERSTUDY_TRY(may_fork(one));
            UNDERSTUDY_LET(stream, net::rdb_stream::open(runtime_, one.endpoint, soon()));
            rdb_options how;
            how.into = &families;
            how.progress = [&](std::uint64_t keys) -> status {
                return options_.progress ? options_.progress({keys, expected_, {}}) : status{};
            };
            auto read = profile_of_rdb(stream, how);
            if (!read) return pass(std::move(read));
            for (const auto& fact : read->profile.degraded)
                if (fact.fact == "memory" || fact.fact == "elements") miss(fact.fact, fact.why);
            out.ended = std::move(read->ended);
            if (out.ended) break;
        }
        describe(families, !out.ended);
        out.profile = std::move(profile_);
        return out;
    }

    // A fork may come to need as much memory again as is written while it runs. On a primary that has not half of its
    // data to spare, or whose child is at work already, it is not asked for.
    status may_fork(node& one) {
        if (one.replica) return {};
        UNDERSTUDY_LET(said, net::read_info(one.link, soon()));
        const auto number = [&](std::string_view name) { return said.number(name).value_or(0); };
        if (number("rdb_bgsave_in_progress") > 0 || number("aof_rewrite_in_progress") > 0)
            return fail(errc::not_writable, "a child of this primary is saving already; try again later",
                        one.link.where(), true);
        const auto used = number("used_memory"), resident = number("used_memory_rss"),
                   system = number("total_system_memory");
        if (system > 0 && system - resident < used / 2)
            return fail(
                errc::not_writable,
                fmt::format("this primary holds {} and has {} to spare: not enough for a fork",
                            show_bytes(static_cast<std::uint64_t>(used)),
                            show_bytes(static_cast<std::uint64_t>(std::max<std::int64_t>(0, system - resident)))),
                one.link.where());
        return {};
    }

    // One server on the link that is there, several at once.
    result<live_profile> walk_all() {
        const auto at = now();
        const walk_listener told = [this](std::uint64_t keys, const std::string& why) -> status {
            return options_.progress ? options_.progress({keys, expected_, why}) : status{};
        };
        std::vector<node_outcome> walked;
        if (nodes_.size() == 1) {
            walked.push_back(walk_node(runtime_, nodes_[0].link, target_of(nodes_[0]), options_.limits, at, told));
        } else {
            std::vector<walk_target> targets;
            for (const auto& one : nodes_)
                targets.push_back(target_of(one));
            walked = walk_nodes(targets, options_.limits, at, told);
        }
        collector families(at);
        live_profile out;
        bool whole = true;
        for (auto& one : walked) {
            families.merge(one.families);
            vanished_ += one.vanished;
            refused_ += one.refused;
            whole = whole && one.whole;
            if (one.spent != net::budget::none) out.spent = one.spent;
            if (one.ended && !out.ended) out.ended = std::move(one.ended);
        }
        describe(families, whole);
        out.profile = std::move(profile_);
        return out;
    }

    walk_target target_of(const node& one) const {
        return {one.endpoint, one.can, one.databases, one.replica && seen_ && seen_->is_cluster(), one.slots};
    }

    // Where a budget may end the walk of a Cluster that is scanned slot by slot, the slots are drawn by chance.
    std::vector<std::uint16_t> slots_of(std::size_t primary) {
        const auto& limits = options_.limits;
        const bool may_end = limits.operations != 0 || limits.bytes != 0 || limits.time.count() != 0;
        const bool apart = !net::older_version(profile_.version, profile_.software == "valkey" ? "8.0" : "7.4");
        if (!may_end || !apart || !seen_->is_cluster()) return {};
        std::vector<std::uint16_t> out;
        for (const auto& range : seen_->shape()->primaries()[primary].slots)
            for (std::uint32_t slot = range.from; slot <= range.to; ++slot)
                out.push_back(static_cast<std::uint16_t>(slot));
        if (profile_.seed == 0) profile_.seed = std::random_device{}() | 1U;
        seeded_random chance(profile_.seed + primary);
        for (std::size_t i = out.size(); i > 1; --i)
            std::swap(out[i - 1], out[chance.below(i)]);
        return out;
    }

    static std::uint64_t keys_of(const node& one) {
        std::uint64_t out = 0;
        for (const auto& database : one.databases)
            out += database.keys;
        return out;
    }

    status open_node(net::read_only_node& primary) {
        const auto said = net::read_info(primary.link, soon(), "everything");
        if (said)
            read_facts(*said);
        else if (is_refusal(said.error()))
            miss("facts", "INFO is not granted");
        else
            return std::unexpected(said.error());
        const auto replica = options_.replicas ? reach_replica(primary) : std::nullopt;
        net::redis_endpoint at = to_;
        at.sentinels.reset();
        if (to_.unix_path.empty() || seen_->is_cluster()) {
            const auto& place = replica ? *replica : primary.link.address();
            at.unix_path.clear();
            at.host = place.host;
            at.port = place.port;
        }
        UNDERSTUDY_LET(link, net::read_only_link::connect(runtime_, at, soon()));
        node one{at, std::move(link), replica.has_value(), {}, {}};
        if (replica && seen_->is_cluster()) UNDERSTUDY_TRY(one.link.call({"READONLY"}, soon()));
        UNDERSTUDY_LET(
            can,
            probe(one.link, {primary.facts.maxmemory_policy, one.replica, said && said->modules().empty()}, soon()));
        one.can = std::move(can);
        for (const auto& fact : one.can.degraded)
            miss(fact.fact, fact.why);
        UNDERSTUDY_TRY(read_databases(one, said ? &*said : nullptr));
        nodes_.push_back(std::move(one));
        return {};
    }

    static bool is_refusal(const error& wrong) {
        return wrong.code == errc::no_permission || wrong.code == errc::server_error;
    }

    // A server that says nothing of itself: one node, of which only its keys can be known.
    status open_without_info() {
        UNDERSTUDY_LET(link, net::read_only_link::connect(runtime_, to_, soon()));
        node one{to_, std::move(link), false, {}, {}};
        profile_.from = now();
        miss("facts", "INFO is not granted");
        UNDERSTUDY_LET(can, probe(one.link, {}, soon()));
        one.can = std::move(can);
        for (const auto& fact : one.can.degraded)
            miss(fact.fact, fact.why);
        if (const auto settings = apply::read_settings(one.link, soon()))
            profile_.settings = *settings;
        else
            miss("settings", "CONFIG GET is not granted");
        UNDERSTUDY_TRY(read_databases(one, nullptr));
        nodes_.push_back(std::move(one));
        return read_users({&nodes_.back().link});
    }

    // Without INFO keyspace only the database of the address is known.
    status read_databases(node& one, const net::info* said) {
        if (said != nullptr) one.databases = said->databases();
        if (said != nullptr) return {};
        auto size = one.link.call({"DBSIZE"}, soon());
        const auto keys = size ? size->as_integer().value_or(0) : 0;
        one.databases.push_back({to_.database, static_cast<std::uint64_t>(std::max<std::int64_t>(0, keys)), 0});
        miss("databases", fmt::format("INFO is not granted: only database {} was walked", to_.database));
        return {};
    }

    // A replica that can be reached under the address that its primary knows, with the same user, and is in step.
    std::optional<net::server_address> reach_replica(const net::read_only_node& primary) {
        for (const auto& [host, port] : primary.facts.replicas) {
            net::redis_endpoint at = to_;
            at.sentinels.reset();
            at.unix_path.clear();
            at.others.clear();
            at.host = host;
            at.port = port;
            const auto until = net::deadline::after(replica_patience);
            auto link = net::read_only_link::connect(runtime_, at, until);
            if (!link) continue;
            if (seen_->is_cluster() && !link->call({"READONLY"}, until)) continue;
            const auto said = net::read_info(*link, until, "replication");
            const bool in_step =
                said && said->text("role") == "slave" && said->text("master_link_status") == "up" &&
                said->number("slave_read_repl_offset").value_or(0) - said->number("slave_repl_offset").value_or(0) <=
                    in_step_bytes;
            if (in_step) return net::server_address{host, port};
        }
        return std::nullopt;
    }

    void read_facts(const net::info& said) {
        for (const auto* name : counts)
            if (const auto text = said.find(name)) {
                auto& sum = profile_.facts[name];
                sum = std::to_string(number_in(sum) + number_in(*text));
            }
        for (const auto* name : words)
            if (const auto text = said.find(name)) profile_.facts.emplace(name, *text);
        for (auto& module : said.modules())
            if (std::ranges::find(profile_.modules, module) == profile_.modules.end())
                profile_.modules.push_back(std::move(module));
        for (const auto& one : said.commands())
            if (one.calls > 0) profile_.commands[one.name] += one.calls;
    }

    void read_settings() {
        const auto each = apply::settings_of_each(*seen_, soon());
        if (each)
            profile_.settings = apply::joined(*each);
        else
            miss("settings", "CONFIG GET is not granted");
    }

    status read_users(const std::vector<net::read_only_link*>& primaries) {
        if (!options_.users) return {};
        std::vector<apply::settings> of_each;
        for (auto* primary : primaries) {
            auto users = users_of(*primary, soon());
            if (!users && !is_refusal(users.error())) return std::unexpected(std::move(users).error());
            if (!users) miss("users", "ACL USERS or ACL GETUSER is not granted");
            if (users) of_each.push_back(*std::move(users));
        }
        profile_.users = apply::joined(of_each);
        return {};
    }

    // Once, however many servers say it.
    void miss(std::string fact, std::string why) {
        for (const auto& one : profile_.degraded)
            if (one.fact == fact) return;
        profile_.degraded.push_back({std::move(fact), std::move(why)});
    }

    void describe(const collector& families, bool whole) {
        profile_.to = now();
        profile_.partial = !whole;
        profile_.keys = whole ? families.keys() : std::max(expected_, families.keys());
        profile_.rate = whole || expected_ == 0
                            ? 1.0
                            : std::min(1.0, static_cast<double>(families.keys()) / static_cast<double>(expected_));
        auto all = families.sum_up(whole ? std::nullopt : std::optional(profile_.keys));
        profile_.families = std::move(all.families);
        if (profile_.settings.empty()) profile_.thresholds = std::move(all.thresholds);
        note_keys(families, options_.name_key, profile_);
        if (vanished_ > 0) miss("keys", fmt::format("{} keys vanished while they were looked at", vanished_));
        if (refused_ > 0) miss("keys", fmt::format("{} keys may not be looked at by this user", refused_));
    }

    net::runtime& runtime_;
    const net::redis_endpoint& to_;
    const live_options& options_;
    std::optional<net::read_only_cluster> seen_;
    std::vector<node> nodes_;
    model::profile profile_;
    std::uint64_t expected_ = 0, vanished_ = 0, refused_ = 0;
};

}  // namespace

result<live_plan> plan_of_server(net::runtime& on, const net::redis_endpoint& to, const live_options& options) {
    survey seen(on, to, options);
    UNDERSTUDY_TRY(seen.open());
    return seen.plan();
}

result<live_profile> profile_of_server(net::runtime& on, const net::redis_endpoint& to, const live_options& options) {
    survey seen(on, to, options);
    UNDERSTUDY_TRY(seen.open());
    return seen.walk();
}

}  // namespace understudy::snapshot
