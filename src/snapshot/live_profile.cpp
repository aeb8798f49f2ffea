#include "snapshot/live_profile.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "apply/settings.h"
#include "net/read_only_cluster.h"
#include "net/server_info.h"
#include "snapshot/key_walk.h"
#include "snapshot/probe.h"

namespace understudy::snapshot {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{10};
constexpr std::chrono::seconds replica_patience{2};
constexpr int quiet_pings = 30;
constexpr std::chrono::milliseconds between_quiet_pings{5};
constexpr std::int64_t in_step_bytes = 1 << 20;  // a replica that is further behind is not walked

net::deadline soon() {
    return net::deadline::after(patience);
}

// What a server says of itself that tells how a cache fares. Counts are summed over the primaries of a Cluster.
constexpr std::array counts{"keyspace_hits",         "keyspace_misses",   "expired_keys",     "evicted_keys",
                            "total_commands_processed", "connected_clients", "blocked_clients", "rejected_connections",
                            "instantaneous_ops_per_sec", "used_memory",     "used_memory_peak"};
constexpr std::array words{"mem_fragmentation_ratio", "mem_allocator", "redis_mode", "role", "uptime_in_seconds",
                           "aof_enabled"};

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
        for (auto& primary : seen_->primaries())
            UNDERSTUDY_TRY(open_node(primary));
        read_settings();
        return {};
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
        net::governor pace(options_.limits);
        collector families(now());
        const auto started = clock::now();
        for (const auto& one : nodes_)
            expected_ += keys_of(one);
        live_profile out;
        bool whole = true;
        for (auto& one : nodes_) {
            UNDERSTUDY_TRY(listen(one, pace));
            for (const auto& database : one.databases) {
                auto walked = walk_database(one, database.database, pace, families, started);
                vanished_ += walked.vanished;
                refused_ += walked.refused;
                whole = whole && walked.whole;
                out.spent = walked.spent;
                out.ended = std::move(walked.ended);
                if (!walked.whole) break;
            }
            if (!whole) break;
        }
        describe(families, whole);
        out.profile = std::move(profile_);
        return out;
    }

private:
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
        UNDERSTUDY_LET(can, probe(one.link, {primary.facts.maxmemory_policy, one.replica}, soon()));
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
        return {};
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
            const bool in_step = said && said->text("role") == "slave" && said->text("master_link_status") == "up" &&
                                 said->number("slave_read_repl_offset").value_or(0) -
                                         said->number("slave_repl_offset").value_or(0) <=
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

    // Once, however many servers say it.
    void miss(std::string fact, std::string why) {
        for (const auto& one : profile_.degraded)
            if (one.fact == fact) return;
        profile_.degraded.push_back({std::move(fact), std::move(why)});
    }

    // Its latency while nothing of ours goes on.
    status listen(node& one, net::governor& pace) {
        if (!options_.limits.governed) return {};
        pace.begin_server();
        for (int i = 0; i < quiet_pings; ++i) {
            const auto begun = clock::now();
            UNDERSTUDY_TRY(one.link.call({"PING"}, soon()));
            pace.quiet_ping(clock::now() - begun);
            UNDERSTUDY_TRY(runtime_.sleep(between_quiet_pings));
        }
        return {};
    }

    walk_outcome walk_database(node& one, int database, net::governor& pace, collector& into, clock::time_point started) {
        const auto seen_before = into.keys();
        if (database != one.endpoint.database) {
            auto selected = one.link.call({"SELECT", std::to_string(database)}, soon());
            if (!selected) {
                walk_outcome out;
                out.ended = selected.error();
                return out;
            }
            one.endpoint.database = database;
        }
        key_walk walk(runtime_, one.link, one.can, pace, into);
        return walk.run(database, started, [&](const walk_outcome& so_far) -> status {
            if (!options_.progress) return {};
            return options_.progress({seen_before + so_far.seen, expected_, pace.why()});
        });
    }

    void describe(const collector& families, bool whole) {
        profile_.to = now();
        profile_.partial = !whole;
        profile_.keys = whole ? families.keys() : std::max(expected_, families.keys());
        profile_.rate = whole || expected_ == 0
                            ? 1.0
                            : std::min(1.0, static_cast<double>(families.keys()) / static_cast<double>(expected_));
        profile_.families = families.families(whole ? std::nullopt : std::optional(profile_.keys));
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
