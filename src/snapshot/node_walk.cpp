#include "snapshot/node_walk.h"

#include <mutex>
#include <numeric>
#include <thread>

namespace understudy::snapshot {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{10};
constexpr int quiet_pings = 30;
constexpr std::chrono::milliseconds between_quiet_pings{5};

net::deadline soon() {
    return net::deadline::after(patience);
}

void hear_load(net::read_only_link& link, net::governor& pace) {
    (void)pace.load_due(clock::now().time_since_epoch());  // the next one in a second
    const auto said = net::read_info(link, soon());
    if (said) pace.load(net::load_of(*said, clock::now().time_since_epoch()));
}

// The server's latency, and how busy it is, while nothing of ours goes on.
status listen(net::runtime& on, net::read_only_link& link, net::governor& pace) {
    link.stamp_arrivals();
    hear_load(link, pace);
    for (int i = 0; i < quiet_pings; ++i) {
        UNDERSTUDY_TRY(link.call({"PING"}, soon()));
        pace.quiet_ping(link.last_round_trip());
        UNDERSTUDY_TRY(on.sleep(between_quiet_pings));
    }
    hear_load(link, pace);
    return {};
}

net::governor_limits part_of(net::governor_limits limits, std::size_t parts) {
    // A budget that is there stays one.
    const auto part = [parts](std::uint64_t whole) {
        return whole == 0 ? 0 : std::max<std::uint64_t>(1, whole / parts);
    };
    limits.operations = part(limits.operations);
    limits.bytes = part(limits.bytes);
    return limits;
}

// One of several, on a link that it opens itself.
node_outcome walk_alone(const walk_target& target, const net::governor_limits& limits, wall_time at,
                        const walk_listener& told) {
    node_outcome failed(at);
    failed.whole = false;
    net::runtime on;
    auto link = net::read_only_link::connect(on, target.endpoint, soon());
    if (!link) {
        failed.ended = link.error();
        return failed;
    }
    if (target.of_cluster_replica)
        if (auto said = link->call({"READONLY"}, soon()); !said) {
            failed.ended = said.error();
            return failed;
        }
    return walk_node(on, *link, target, limits, at, told);
}

}  // namespace

node_outcome walk_node(net::runtime& on, net::read_only_link& link, const walk_target& target,
                       const net::governor_limits& limits, wall_time at, const walk_listener& told) {
    node_outcome out(at);
    net::governor pace(limits);
    const auto fail_with = [&](const error& wrong) {
        out.whole = false;
        out.ended = wrong;
    };
    if (limits.governed)
        if (const auto heard = listen(on, link, pace); !heard) {
            fail_with(heard.error());
            return out;
        }
    const auto started = clock::now();
    int selected = target.endpoint.database;
    for (const auto& database : target.databases) {
        if (database.database != selected)
            if (const auto done = link.call({"SELECT", std::to_string(database.database)}, soon()); !done) {
                fail_with(done.error());
                return out;
            }
        selected = database.database;
        const auto before = out.families.keys();
        key_walk walk(on, link, target.can, pace, out.families);
        if (!target.slots.empty()) walk.take_slots(target.slots, database.keys / target.slots.size());
        auto walked = walk.run(selected, started, [&](const walk_outcome& so_far) {
            return told ? told(before + so_far.seen, pace.why()) : status{};
        });
        out.vanished += walked.vanished;
        out.refused += walked.refused;
        out.whole = out.whole && walked.whole;
        out.spent = walked.spent;
        out.ended = std::move(walked.ended);
        if (!walked.whole) break;
    }
    return out;
}

std::vector<node_outcome> walk_nodes(const std::vector<walk_target>& targets, const net::governor_limits& limits,
                                     wall_time at, const walk_listener& told) {
    std::vector<node_outcome> out;
    for (std::size_t i = 0; i < targets.size(); ++i)
        out.emplace_back(at);
    std::vector<std::uint64_t> seen(targets.size(), 0);
    std::mutex guard;
    const auto each = part_of(limits, targets.size());
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < targets.size(); ++i)
            threads.emplace_back([&, i] {
                out[i] = walk_alone(targets[i], each, at, [&, i](std::uint64_t keys, const std::string& why) -> status {
                    const std::lock_guard lock(guard);
                    seen[i] = keys;
                    return told ? told(std::accumulate(seen.begin(), seen.end(), std::uint64_t{0}), why) : status{};
                });
            });
    }
    return out;
}

}  // namespace understudy::snapshot
