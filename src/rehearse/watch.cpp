#include "rehearse/watch.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "net/cluster_link.h"
#include "net/server_info.h"
#include "stats/summary.h"

namespace understudy::rehearse {

namespace {

constexpr std::chrono::seconds patience{10};

// For servers before 7.0, which cannot list commands by category.
const std::set<std::string> common_writes{
    "set",    "setex", "psetex", "setnx", "mset",  "getset",  "del",     "unlink",  "expire", "pexpire", "incr",
    "incrby", "decr",  "append", "hset",  "hmset", "hdel",    "hincrby", "lpush",   "rpush",  "lpop",    "rpop",
    "ltrim",  "sadd",  "srem",   "zadd",  "zrem",  "zincrby", "rename",  "restore", "eval",   "evalsha"};

net::deadline soon() {
    return net::deadline::after(patience);
}

// CONFIG GET * lists a setting under its old name too (hash-max-ziplist-entries, min-slaves-to-write).
std::string current_name(std::string name) {
    constexpr std::pair<std::string_view, std::string_view> renamed[] = {{"ziplist", "listpack"}, {"slave", "replica"}};
    for (const auto& [old, now] : renamed)
        if (const auto at = name.find(old); at != std::string::npos) name.replace(at, old.size(), now);
    return name == "lua-time-limit" ? "busy-reply-threshold" : name;
}

bool names_one_of(const std::set<std::string>& settings, const std::string& name) {
    return std::any_of(settings.begin(), settings.end(),
                       [&](const auto& one) { return current_name(one) == current_name(name); });
}

}  // namespace

status server_watch::learn_writes() {
    auto names = link_.primaries().front()->call({"COMMAND", "LIST", "FILTERBY", "ACLCAT", "write"}, soon());
    if (!names) {
        if (names.error().code != errc::server_error && names.error().code != errc::no_permission)
            return pass(std::move(names));
        writes_ = common_writes;
        return {};
    }
    for (const auto& name : names->elements)
        writes_.insert(name.text);
    return {};
}

status server_watch::look_at(net::write_link& primary, server_sight& into) const {
    UNDERSTUDY_LET(facts, net::read_info(primary, soon(), "everything"));
    into.run_id += (into.run_id.empty() ? "" : ",") + facts.text("run_id");
    if (facts.text("role") != "master" && into.master) {
        into.master = false;
        into.server = primary.where();
    }
    into.evicted += static_cast<std::uint64_t>(facts.number("evicted_keys").value_or(0));
    bool tells_config = false;
    for (const auto& command : facts.commands()) {
        into.calls += command.calls;
        tells_config = tells_config || command.name.starts_with("config|");
        if (command.name == "flushall" || command.name == "flushdb") into.flushes += command.calls;
        if (command.name == "config|set") into.config_sets += command.calls;
        if (command.name == "config|resetstat") into.stat_resets += command.calls;
        if (writes_.contains(command.name)) into.writes += command.calls;
    }
    into.tells_config = into.tells_config && tells_config;
    return {};
}

result<server_sight> server_watch::look(bool with_release) {
    server_sight out;
    out.server = link_.where();
    for (auto* primary : link_.primaries())
        UNDERSTUDY_TRY(look_at(*primary, out));
    // After the roles: a primary that became a replica by then tells who took over, and that says more.
    UNDERSTUDY_LET(reshaped, net::changes_of_shape(link_, soon()));
    out.reshaped = std::move(reshaped);
    UNDERSTUDY_LET(settings, apply::settings_of_each(link_, soon()));
    out.settings = apply::joined(settings);
    if (with_release) {
        UNDERSTUDY_LET(release, apply::read_release(environment_));
        if (release) {
            out.release = release->all;
            command_seconds_ += release->seconds;
        }
    }
    return out;
}

std::optional<std::uint64_t> deploy_serial(std::string_view release) {
    constexpr std::string_view label = "\ndeploy-serial ";
    const auto at = release.find(label);
    if (at == std::string_view::npos) return std::nullopt;
    const auto digits = release.substr(at + label.size());
    std::uint64_t serial = 0;
    const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), serial);
    const bool whole = wrong == std::errc{} && (end == digits.data() + digits.size() || *end == '\n');
    return whole ? std::optional(serial) : std::nullopt;
}

namespace {

// A deploy by hand that overlaps with ours is put away by it, or puts ours away: only a count still tells of it.
bool another_deploy(const std::string& before, const std::string& after, bool ours) {
    if (before.empty() || after.empty()) return false;
    if (!ours) return before != after;
    const auto was = deploy_serial(before), is = deploy_serial(after);
    return was && is && *is != *was + 1;
}

}  // namespace

std::vector<std::string> what_disturbed(const server_sight& before, const server_sight& after,
                                        const expected_changes& expected) {
    std::vector<std::string> out = after.reshaped;
    if (!out.empty()) return out;
    if (before.server != after.server && after.master) {
        out.push_back(fmt::format("the primary failed over from {} to {}", before.server, after.server));
        return out;
    }
    if (before.master && !after.master) {
        out.push_back(fmt::format("the Redis server {} became a replica", after.server));
        return out;
    }
    if (before.run_id != after.run_id) {
        out.emplace_back(after.run_id.find(',') == std::string::npos ? "the Redis server was restarted"
                                                                     : "a server of the Redis Cluster was restarted");
        return out;  // its counters began anew, so nothing else can be said
    }
    if (after.flushes > before.flushes && !expected.flushes)
        out.emplace_back("somebody flushed the database (FLUSHALL or FLUSHDB)");
    if (after.stat_resets > before.stat_resets || after.config_sets < before.config_sets ||
        after.writes < before.writes || after.calls < before.calls)
        out.emplace_back("somebody reset the server's statistics (CONFIG RESETSTAT)");
    else if (after.tells_config && after.config_sets - before.config_sets != expected.config_sets)
        out.emplace_back("somebody changed a setting (CONFIG SET)");
    for (const auto& [name, value] : after.settings) {
        const auto was = before.settings.find(name);
        if (names_one_of(expected.settings, name) || (was != before.settings.end() && was->second == value)) continue;
        out.push_back(fmt::format("the setting {} was changed", name));
    }
    if (another_deploy(before.release, after.release, expected.release)) out.emplace_back("another deploy took place");
    return out;
}

std::vector<model::disturbance> foreign_writes(const std::vector<arm_writes>& arms) {
    std::map<std::string, std::vector<double>> by_kind;
    for (const auto& arm : arms)
        by_kind[arm.arm].push_back(static_cast<double>(arm.writes));
    std::vector<model::disturbance> out;
    for (const auto& arm : arms) {
        const auto& like = by_kind[arm.arm];
        if (like.size() < 3) continue;
        const double usual = stats::median(like).value_or(0);
        // Sessions that renew and entries that expire move the number a little from arm to arm.
        if (static_cast<double>(arm.writes) <= usual * 1.5 + 50) continue;
        out.push_back(
            {fmt::format("foreign writes: {} calls of write commands, usually {:.0f}", arm.writes, usual), arm.name});
    }
    return out;
}

}  // namespace understudy::rehearse
