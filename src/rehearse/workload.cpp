#include "rehearse/workload.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include <fmt/format.h>

#include "keyspace/family.h"
#include "net/deadline.h"

namespace understudy::rehearse {

namespace {

constexpr std::chrono::seconds patience{10};
constexpr std::size_t best_of_each = 10;
constexpr std::size_t most_commands = 20;

net::deadline soon() {
    return net::deadline::after(patience);
}

// Commands whose first argument is a key. What is not among them shows no key: an argument of another kind (a script, a
// channel) must never be taken for one.
constexpr auto with_key_first = std::to_array<std::string_view>(
    {"APPEND",       "BITCOUNT",  "BITFIELD", "BITFIELD_RO", "BITPOS",    "BLMOVE",      "BRPOPLPUSH",    "COPY",
     "DECR",         "DECRBY",    "DEL",      "DUMP",        "EXISTS",    "EXPIRE",      "EXPIREAT",      "GEOADD",
     "GEODIST",      "GEOHASH",   "GEOPOS",   "GEORADIUS",   "GEOSEARCH", "GET",         "GETBIT",        "GETDEL",
     "GETEX",        "GETRANGE",  "GETSET",   "HDEL",        "HEXISTS",   "HGET",        "HGETALL",       "HINCRBY",
     "HINCRBYFLOAT", "HKEYS",     "HLEN",     "HMGET",       "HMSET",     "HRANDFIELD",  "HSCAN",         "HSET",
     "HSETNX",       "HSTRLEN",   "HVALS",    "INCR",        "INCRBY",    "INCRBYFLOAT", "LINDEX",        "LINSERT",
     "LLEN",         "LMOVE",     "LPOP",     "LPOS",        "LPUSH",     "LPUSHX",      "LRANGE",        "LREM",
     "LSET",         "LTRIM",     "MGET",     "MSET",        "MSETNX",    "PERSIST",     "PEXPIRE",       "PEXPIREAT",
     "PFADD",        "PFCOUNT",   "PSETEX",   "PTTL",        "RENAME",    "RPOP",        "RPUSH",         "RPUSHX",
     "SADD",         "SCARD",     "SDIFF",    "SET",         "SETBIT",    "SETEX",       "SETNX",         "SETRANGE",
     "SINTER",       "SISMEMBER", "SMEMBERS", "SMISMEMBER",  "SORT",      "SPOP",        "SRANDMEMBER",   "SREM",
     "SSCAN",        "STRLEN",    "SUNION",   "TTL",         "TYPE",      "UNLINK",      "XADD",          "XLEN",
     "XRANGE",       "ZADD",      "ZCARD",    "ZCOUNT",      "ZINCRBY",   "ZRANGE",      "ZRANGEBYSCORE", "ZREM",
     "ZSCORE"});

// Upper case; "?" where it is no name of a command.
std::string command_name(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '-' ||
                            (c >= '0' && c <= '9');
        if (!letter || out.size() == 32) return "?";
        out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    }
    return out.empty() ? "?" : out;
}

std::string key_of(const std::string& name, const std::vector<resp::value>& words) {
    std::size_t at = 0;
    if (std::ranges::find(with_key_first, name) != with_key_first.end()) at = 1;
    if (name == "EVAL" || name == "EVALSHA" || name == "FCALL" || name == "EVAL_RO" || name == "EVALSHA_RO" ||
        name == "FCALL_RO")
        at = words.size() > 2 && words[2].as_integer().value_or(0) > 0 ? 3 : 0;
    if (at == 0 || at >= words.size()) return {};
    return keyspace::key_template(words[at].as_text().value_or(""));
}

using totals = std::unordered_map<std::string_view, const database::statement_total*>;

totals by_id(const database::statement_list& list) {
    totals out;
    for (const auto& one : list.all)
        out.emplace(one.id, &one);
    return out;
}

// A total never falls, and a statement never leaves the list, unless the database began anew.
bool counted_anew(const database::statement_list& before, const database::statement_list& after) {
    if (before.all.empty()) return false;
    const auto is = by_id(after);
    return before.epoch != after.epoch || std::ranges::any_of(before.all, [&](const auto& was) {
               const auto found = is.find(was.id);
               return found == is.end() || found->second->calls < was.calls;
           });
}

}  // namespace

statement_costs costs_between(const database::statement_list& before, const database::statement_list& after) {
    if (before.cut || after.cut)
        return std::unexpected(model::unknown_reason{
            fmt::format("the database knows more than {} statements, and no more are read", database::max_statements),
            "let it count anew before: pg_stat_statements_reset(), or TRUNCATE "
            "performance_schema.events_statements_summary_by_digest"});
    if (counted_anew(before, after))
        return std::unexpected(
            model::unknown_reason{"the database counted its statements anew meanwhile, or forgot some for want of room",
                                  "let nobody reset them; in PostgreSQL a larger pg_stat_statements.max"});
    const auto was = by_id(before);
    std::vector<model::statement_cost> all;
    for (const auto& one : after.all) {
        const auto found = was.find(one.id);
        const auto calls = found == was.end() ? 0 : found->second->calls;
        const auto spent = found == was.end() ? 0.0 : found->second->milliseconds;
        if (one.calls > calls) all.push_back({one.text, one.calls - calls, std::max(0.0, one.milliseconds - spent)});
    }
    std::vector<model::statement_cost> out;
    std::set<std::size_t> taken;
    const auto take = [&](auto greater) {
        std::vector<std::size_t> order(all.size());
        for (std::size_t i = 0; i < order.size(); ++i)
            order[i] = i;
        std::ranges::sort(order, [&](auto left, auto right) { return greater(all[left], all[right]); });
        for (std::size_t i = 0; i < std::min(order.size(), best_of_each); ++i)
            taken.insert(order[i]);
    };
    const auto more_calls = [](const auto& left, const auto& right) {
        return std::tie(right.calls, right.milliseconds, left.text) <
               std::tie(left.calls, left.milliseconds, right.text);
    };
    take(more_calls);
    take([](const auto& left, const auto& right) { return left.milliseconds > right.milliseconds; });
    for (const auto i : taken)
        out.push_back(all[i]);
    std::ranges::sort(out, more_calls);
    return out;
}

std::vector<model::slow_command> slow_commands_in(const resp::value& reply, std::int64_t last) {
    std::map<std::pair<std::string, std::string>, model::slow_command> found;
    for (const auto& entry : reply.elements) {
        // id, time, microseconds, words, and from 4.0 on address and name of the client
        const auto& parts = entry.elements;
        if (parts.size() < 4 || parts[3].elements.empty()) continue;
        const auto id = parts[0].as_integer(), took = parts[2].as_integer();
        if (!id || !took || *id <= last || *took < 0) continue;
        if (parts.size() > 5 && parts[5].as_text() == "understudy") continue;
        const auto name = command_name(parts[3].elements[0].as_text().value_or(""));
        const auto key = key_of(name, parts[3].elements);
        auto& one = found[{name, key}];
        one.name = name;
        one.key = key;
        ++one.times;
        one.longest_ms = std::max(one.longest_ms, static_cast<double>(*took) / 1000);
    }
    std::vector<model::slow_command> out;
    for (auto& [what, one] : found)
        out.push_back(std::move(one));
    return together(std::move(out));
}

std::vector<model::slow_command> together(std::vector<model::slow_command> of_each) {
    std::map<std::pair<std::string, std::string>, model::slow_command> found;
    for (auto& one : of_each) {
        auto& sum = found[{one.name, one.key}];
        sum.name = one.name;
        sum.key = one.key;
        sum.times += one.times;
        sum.longest_ms = std::max(sum.longest_ms, one.longest_ms);
    }
    std::vector<model::slow_command> out;
    for (auto& [what, one] : found)
        out.push_back(std::move(one));
    std::ranges::sort(out, [](const auto& left, const auto& right) {
        return std::tie(right.longest_ms, left.name, left.key) < std::tie(left.longest_ms, right.name, right.key);
    });
    if (out.size() > most_commands) out.resize(most_commands);
    return out;
}

status workload_watch::begin() {
    out_ = {};
    UNDERSTUDY_TRY(begin_slow_log());
    if (!database_) {
        out_.statements_unknown = {"no database is declared for this environment", "`database` in understudy.toml"};
        return {};
    }
    auto statements = database_->statements();
    if (statements) {
        before_ = *std::move(statements);
        return {};
    }
    if (statements.error().code == errc::interrupted) return pass(std::move(statements));
    out_.statements_unknown = database_->reason_of(statements.error());
    return {};
}

status workload_watch::begin_slow_log() {
    if (threshold_.starts_with('-')) {
        out_.slow_commands_unknown = {"Redis keeps no slow log: slowlog-log-slower-than is negative",
                                      "CONFIG SET slowlog-log-slower-than 10000"};
        return {};
    }
    last_.clear();
    for (auto* primary : link_.primaries()) {
        const auto reply = primary->call({"SLOWLOG", "GET", "1"}, soon());
        if (!reply) {
            if (reply.error().code == errc::interrupted) return std::unexpected(reply.error());
            out_.slow_commands_unknown = {"Redis's slow log cannot be read: " + reply.error().what,
                                          "grant +slowlog|get"};
            return {};
        }
        const bool any = !reply->elements.empty() && !reply->elements[0].elements.empty();
        last_.push_back(any ? reply->elements[0].elements[0].as_integer().value_or(-1) : -1);
    }
    return {};
}

status workload_watch::end_slow_log() {
    if (out_.slow_commands_unknown) return {};
    std::vector<model::slow_command> all;
    for (std::size_t i = 0; i < last_.size() && i < link_.primaries().size(); ++i) {
        const auto reply = link_.primaries()[i]->call({"SLOWLOG", "GET", "128"}, soon());
        if (!reply) {
            if (reply.error().code == errc::interrupted) return std::unexpected(reply.error());
            out_.slow_commands_unknown = {"Redis's slow log cannot be read: " + reply.error().what, ""};
            return {};
        }
        for (auto& one : slow_commands_in(*reply, last_[i]))
            all.push_back(std::move(one));
    }
    out_.slow_commands = together(std::move(all));
    return {};
}

status workload_watch::end_statements() {
    if (out_.statements_unknown) return {};
    auto statements = database_->statements();
    if (!statements) {
        if (statements.error().code == errc::interrupted) return pass(std::move(statements));
        out_.statements_unknown = database_->reason_of(statements.error());
        return {};
    }
    out_.database = database_->server();
    auto costs = costs_between(before_, *statements);
    if (costs)
        out_.statements = *std::move(costs);
    else
        out_.statements_unknown = std::move(costs).error();
    return {};
}

result<model::workload> workload_watch::end() {
    UNDERSTUDY_TRY(end_slow_log());
    UNDERSTUDY_TRY(end_statements());
    return std::move(out_);
}

}  // namespace understudy::rehearse
