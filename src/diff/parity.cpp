#include "diff/parity.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "base/units.h"
#include "diff/detail/answers.h"
#include "diff/detail/mix.h"
#include "diff/detail/server_side.h"
#include "diff/drift.h"
#include "diff/hazards.h"
#include "stats/distributions.h"
#include "stats/proportion.h"
#include "stats/sketch.h"

namespace understudy::diff {

namespace {

using model::drift_finding;
using model::drift_group;
using model::drift_state;
using model::family_profile;
using model::profile;
using namespace detail;

// How much a difference of the whole, at distance 1, takes.
namespace weight {
constexpr double version = 0.15;         // another major or minor version: commands, encodings, defaults
constexpr double patch = 0.01;           // another patch release
constexpr double eviction = 0.15;        // maxmemory-policy, maxmemory: what is in the cache at all
constexpr double setting = 0.05;         // one of the others that matter
constexpr double lesser_setting = 0.01;  // one that does not change what a cache holds
constexpr double missing_family = 0.5;   // keys that one side has and the other has not
constexpr double count = 0.25;           // fewer or more of them than the scale says
constexpr double type = 0.5;             // another type under the same name
constexpr double expiry = 0.4;           // how long they live
constexpr double size = 0.25;            // what they hold
constexpr double encoding = 0.25;        // how they are stored
constexpr double idle = 0.05;            // how long ago they were used
constexpr double modules = 0.05;
constexpr double hit_ratio = 0.1;
constexpr double commands = 0.05;
constexpr double evictions = 0.05;
constexpr double fragmentation = 0.02;
}  // namespace weight

constexpr double octaves_of_note = 0.4;      // values are a third larger on average
constexpr double idle_octaves_of_note = 2;   // four times as long
constexpr std::uint64_t idle_of_note = 600;  // seconds, of the middle key: what is used again within minutes is in use
constexpr std::uint64_t enough = 20;         // keys of a family on each side, for a distribution
constexpr double share_of_note = 0.05;       // of a family's keys
constexpr double level_of_chance = 0.01;
constexpr double deviations = 3;
constexpr double counts_apart = 1.5;  // times as many
constexpr double enough_lookups = 1000;
constexpr double hit_ratio_of_note = 0.05;
constexpr double commands_of_note = 0.2;       // of a mix, by Jensen and Shannon
constexpr double fragmentation_of_note = 1.5;  // times as much
constexpr double fragments_from = 64 << 20;    // bytes; below, the allocator's own are most of it

// What an application asks of its data; not what programs like ours ask of a server (lengths among it).
bool is_of_data(std::string_view command) {
    constexpr std::array others{
        "info",    "config", "scan",   "ping", "hello", "auth",        "select",    "client",  "command", "cluster",
        "memory",  "object", "type",   "ttl",  "pttl",  "pexpiretime", "latency",   "slowlog", "strlen",  "hlen",
        "llen",    "scard",  "zcard",  "xlen", "debug", "dbsize",      "acl",       "time",    "psync",   "replconf",
        "monitor", "save",   "bgsave", "exec", "multi", "dump",        "expiretime"};
    const auto name = command.substr(0, command.find('|'));
    return std::ranges::find(others, name) == others.end();
}

// Calls that look a key up to learn of it and not of its value: a snapshot's own, and such as no application makes in
// numbers. Each counts as a hit; INFO is read before the walk, but it may not have been the first walk.
double looks_at_keys(const profile& of) {
    constexpr std::array looks{
        "type",        "ttl", "pttl", "expiretime", "pexpiretime", "object|encoding", "object|idletime",
        "object|freq", "dump"};
    double out = 0;
    for (const auto* name : looks)
        if (const auto found = of.commands.find(name); found != of.commands.end())
            out += static_cast<double>(found->second);
    return out;
}

std::uint64_t weight_of(const family_profile& of) {
    const auto& sizes = of.memory.empty() ? of.bytes : of.memory;
    return static_cast<std::uint64_t>(
        static_cast<double>(sizes.sum()) *
        (of.counted == 0 ? 1 : static_cast<double>(of.keys) / static_cast<double>(of.counted)));
}

std::string middle_and_end(const stats::sketch& of, const auto& show_one) {
    return fmt::format("{} / {}", show_one(*of.quantile(0.5)), show_one(*of.quantile(0.99)));
}

constexpr std::uint64_t most_milliseconds = 9'000'000'000'000;  // 285 years: a server may say anything

std::string time_text(std::uint64_t milliseconds) {
    return show(std::chrono::milliseconds{std::min(milliseconds, most_milliseconds)});
}

class comparer {
public:
    comparer(const profile& reference, const profile& other, const parity_options& options)
        : reference_(reference), other_(other), options_(options) {}

    model::drift compare() {
        out_.reference = reference_.environment;
        out_.other = other_.environment;
        out_.at = std::max(reference_.to, other_.to);
        out_.scale = options_.scale;
        server();
        families();
        traffic();
        for (auto& found : differing_answers(reference_, other_))
            accept(std::move(found));
        unknown();
        for (const auto* one : {&reference_, &other_})
            for (auto& hazard : hazards_of(*one))
                out_.hazards.push_back(std::move(hazard));
        settle();
        return std::move(out_);
    }

private:
    // A finding takes `cost` of parity, weight × share × distance.
    drift_finding& add(drift_group group, std::string id, std::string subject, double cost) {
        drift_finding one;
        one.group = group;
        one.id = std::move(id);
        one.subject = std::move(subject);
        one.points = cost;
        return accept(std::move(one));
    }

    drift_finding& accept(drift_finding one) {
        if (const auto found = options_.accepted.find(one.id); found != options_.accepted.end()) {
            one.state = drift_state::accepted;
            one.reason = found->second;
        }
        out_.findings.push_back(std::move(one));
        return out_.findings.back();
    }

    void server() {
        for (auto& found : drift_of({reference_.environment, reference_.version, reference_.settings},
                                    {other_.environment, other_.version, other_.settings, options_.scale}, {})) {
            if (found.verdict == model::verdict::inconclusive) continue;  // unknown() says so
            const bool version = found.metric == "server version";
            const bool matters = found.verdict == model::verdict::worse;
            const bool evicts = found.metric == "maxmemory-policy" || found.metric == "maxmemory";
            const double cost = version   ? (matters ? weight::version : weight::patch)
                                : evicts  ? weight::eviction
                                : matters ? weight::setting
                                          : weight::lesser_setting;
            auto& one = add(version ? drift_group::server : drift_group::settings, version ? "version" : found.metric,
                            found.metric, cost);
            one.reference = found.reference_text;
            one.other = found.candidate_text;
            one.distance = 1;
            one.method = "exact";
            one.effect = found.why;
            one.close = found.advice;
            if (found.metric == "maxmemory") expect_scale(one);
        }
        for (const auto& [name, why] : expected_settings()) {
            const auto left = reference_.settings.find(std::string(name)),
                       right = other_.settings.find(std::string(name));
            if (left == reference_.settings.end() || right == other_.settings.end() || left->second == right->second)
                continue;
            auto& one = add(drift_group::settings, std::string(name), std::string(name), 0);
            one.reference = left->second;
            one.other = right->second;
            one.distance = 1;
            one.method = "exact";
            one.state = drift_state::expected;
            one.reason = why;
        }
        for (auto& found : contradicted_settings(reference_, other_, weight::setting))
            accept(std::move(found));
        modules();
        for (auto& found : differing_users(reference_, other_))
            accept(std::move(found));
        if (reference_.software != other_.software && !reference_.software.empty() && !other_.software.empty()) {
            auto& one = add(drift_group::server, "software", "software", weight::version);
            one.reference = reference_.software;
            one.other = other_.software;
            one.distance = 1;
            one.method = "exact";
            one.effect = "commands, encodings, defaults";
            one.close = "run the same software on both";
        }
    }

    // INFO tells of them; an RDB file does not.
    void modules() {
        const auto told = [](const profile& of) { return of.facts.contains("redis_mode"); };
        if (!told(reference_) || !told(other_) || reference_.modules == other_.modules) return;
        const auto text = [](const std::vector<std::string>& all) {
            std::string out;
            for (const auto& one : all)
                out += (out.empty() ? "" : ", ") + one;
            return out.empty() ? "none" : out;
        };
        auto& one = add(drift_group::server, "modules", "modules", weight::modules);
        one.reference = text(reference_.modules);
        one.other = text(other_.modules);
        one.distance = 1;
        one.method = "exact";
        one.effect = "which commands and types there are";
        one.close = "load the same modules on both";
    }

    // A tenth of the keys wants a tenth of the memory.
    void expect_scale(drift_finding& one) const {
        if (options_.scale == 1 || !is_scaled_memory(one.reference, one.other, options_.scale)) return;
        one.state = drift_state::expected;
        one.reason = fmt::format("{} is meant to hold {:.3g} of {}", out_.other, options_.scale, out_.reference);
    }

    // The part of its cache that a family is, on the side where it is more.
    double share(const family_profile* left, const family_profile* right) const {
        double out = 0;
        for (const auto& [one, of] : {std::pair{left, &reference_}, std::pair{right, &other_}}) {
            if (one == nullptr) continue;
            std::uint64_t weight = 0;
            for (const auto& family : of->families)
                weight += weight_of(family);
            out = std::max({out, share_of(one->keys, of->keys), share_of(weight_of(*one), weight)});
        }
        return std::min(1.0, out);
    }

    static std::string name_of(const family_profile& one) {
        return one.database == 0 ? one.pattern : fmt::format("db{} {}", one.database, one.pattern);
    }

    void families() {
        const auto place = [](const family_profile& of) { return std::tie(of.database, of.pattern); };
        auto left = reference_.families.begin();
        auto right = other_.families.begin();
        while (left != reference_.families.end() || right != other_.families.end()) {
            if (right == other_.families.end() || (left != reference_.families.end() && place(*left) < place(*right)))
                missing(*left++, out_.other, options_.scale);
            else if (left == reference_.families.end() || place(*right) < place(*left))
                missing(*right++, out_.reference, 1 / options_.scale);
            else
                both(*left++, *right++);
        }
    }

    // One key in a hundred is nothing to miss in a tenth of a cache, nor in a small sample of one.
    void missing(const family_profile& family, const std::string& where, double scale) {
        const bool here = where == out_.other;
        const double seen = here ? other_.rate : reference_.rate;
        const double expected = static_cast<double>(family.keys) * std::min(1.0, scale) * seen;
        if (expected < 3 && (scale < 1 || seen < 1)) return;
        const double part = here ? share(&family, nullptr) : share(nullptr, &family);
        auto& one =
            add(drift_group::families, "family " + name_of(family), name_of(family), weight::missing_family * part);
        const std::string text = fmt::format("{} {}", family.keys, family.keys == 1 ? "key" : "keys");
        one.reference = here ? text : "none";
        one.other = here ? "none" : text;
        one.distance = 1;
        one.method = "exact";
        one.effect = here ? "what the application does with these keys is never rehearsed"
                          : "a rehearsal works on keys that production does not have";
        one.close = here ? fmt::format("send {} the requests that write them", where)
                         : fmt::format("understudy purge {} --pattern, once nothing writes them", out_.other);
    }

    void both(const family_profile& left, const family_profile& right) {
        const double part = share(&left, &right);
        const std::string name = name_of(left);
        counts(left, right, name, part);
        mix(drift_group::encodings, "types ", left.types, right.types, name, weight::type * part,
            "commands fail with WRONGTYPE on one side", "find which code writes them");
        expiries(left, right, name, part);
        sizes(left, right, name, part);
        uses(left, right, name, part);
        mix(drift_group::encodings, "encodings ", left.encodings, right.encodings, name, weight::encoding * part,
            "memory and speed of these keys", closing_encoding(left));
    }

    void counts(const family_profile& left, const family_profile& right, const std::string& name, double part) {
        const double expected = static_cast<double>(left.keys) * options_.scale, got = static_cast<double>(right.keys);
        const double spread = std::sqrt(expected * options_.scale + got + 1);
        const double apart = std::max(expected, got) / std::max(1.0, std::min(expected, got));
        if (apart < counts_apart || std::abs(expected - got) < deviations * spread) return;
        // What a sample leaves open is no difference.
        if (left.keys_range && static_cast<double>(left.keys_range->low) * options_.scale <= got &&
            got <= static_cast<double>(left.keys_range->high) * options_.scale)
            return;
        if (right.keys_range && static_cast<double>(right.keys_range->low) <= expected &&
            expected <= static_cast<double>(right.keys_range->high))
            return;
        const double distance = 1 - 1 / apart;
        auto& one = add(drift_group::families, "count " + name, name, weight::count * part * distance);
        one.reference = fmt::format("{} keys", left.keys);
        one.other = options_.scale == 1 ? fmt::format("{} keys", right.keys)
                                        : fmt::format("{} keys, {:.0f} by the scale", right.keys, expected);
        one.distance = distance;
        one.range = apart_between(left, right);
        one.method = "1 - smaller / larger";
        one.effect =
            got < expected ? "evictions and misses are rarer than in production" : "more memory than in production";
        one.close = "send both the same mix of requests, or declare the scale of the smaller one";
    }

    // Where a side is a sample: the least and the most that its interval allows.
    std::optional<model::interval> apart_between(const family_profile& left, const family_profile& right) const {
        if (!left.keys_range && !right.keys_range) return std::nullopt;
        const auto ends = [](const family_profile& of, double scale) {
            const auto exact = static_cast<double>(of.keys) * scale;
            if (!of.keys_range) return std::pair{exact, exact};
            return std::pair{static_cast<double>(of.keys_range->low) * scale,
                             static_cast<double>(of.keys_range->high) * scale};
        };
        const auto distance = [](double one, double other) {
            return 1 - std::min(one, other) / std::max(1.0, std::max(one, other));
        };
        const auto [left_low, left_high] = ends(left, options_.scale);
        const auto [right_low, right_high] = ends(right, 1);
        const bool apart = left_high < right_low || right_high < left_low;
        const double least = !apart                  ? 0
                             : left_high < right_low ? distance(left_high, right_low)
                                                     : distance(left_low, right_high);
        return model::interval{least, std::max(distance(left_low, right_high), distance(left_high, right_low)),
                               (left.keys_range ? *left.keys_range : *right.keys_range).confidence};
    }

    void mix(drift_group group, const std::string& what, const std::map<std::string, std::uint64_t>& left,
             const std::map<std::string, std::uint64_t>& right, const std::string& name, double cost,
             const std::string& effect, const std::string& close) {
        if (left.contains("unknown") || right.contains("unknown") || left.empty() || right.empty()) return;
        const double distance = total_variation(left, right);
        if (distance < share_of_note || !mixes_differ(left, right, level_of_chance)) return;
        auto& one = add(group, what + name, name, cost * distance);
        one.reference = mix_text(left);
        one.other = mix_text(right);
        one.distance = distance;
        one.method = "total variation";
        if (reference_.rate < 1 || other_.rate < 1) {
            const double half = total_variation_error(left, reference_.rate, right, other_.rate);
            one.range = model::interval{std::max(0.0, distance - half), std::min(1.0, distance + half), 0.95};
        }
        one.effect = effect;
        one.close = close;
    }

    // The threshold that decides it, where it is not the same on both.
    std::string closing_encoding(const family_profile& of) const {
        static constexpr std::array prefixes{std::pair{"hash", "hash-max-"}, std::pair{"set", "set-max-"},
                                             std::pair{"zset", "zset-max-"}, std::pair{"list", "list-max-"}};
        for (const auto& [type, prefix] : prefixes) {
            if (!of.types.contains(type)) continue;
            for (const auto& [setting, value] : reference_.settings) {
                const auto here = other_.settings.find(setting);
                if (setting.starts_with(prefix) && here != other_.settings.end() && here->second != value)
                    return fmt::format("CONFIG SET {} {} on {}", setting, value, out_.other);
            }
        }
        return "the values differ in size; see sizes";
    }

    void expiries(const family_profile& left, const family_profile& right, const std::string& name, double part) {
        const double was = share_of(left.persistent, left.counted), is = share_of(right.persistent, right.counted);
        if (std::abs(was - is) >= share_of_note &&
            stats::fisher_exact({left.persistent, left.counted}, {right.persistent, right.counted}) <=
                level_of_chance) {
            const double distance = std::abs(was - is);
            auto& one = add(drift_group::expiry, "persistent " + name, name, weight::expiry * part * distance);
            one.reference = fmt::format("{:.0f} % never expire", was * 100);
            one.other = fmt::format("{:.0f} % never expire", is * 100);
            one.distance = distance;
            one.range = range_of_shares(was, left.counted, is, right.counted);
            one.method = "difference of shares";
            one.effect = "what leaves by itself, and what only an eviction removes";
            one.close = "find which code or revision writes them with another expiry";
        }
        spread(drift_group::expiry, "expiry ", left.lifetime, right.lifetime, name, weight::expiry * part, time_text,
               "how long what is cached stays, and how often it is made anew",
               "find which code or revision writes them with another expiry");
    }

    // Likewise, of two shares (Wald's).
    std::optional<model::interval> range_of_shares(double was, std::uint64_t left, double is,
                                                   std::uint64_t right) const {
        if (reference_.rate >= 1 && other_.rate >= 1) return std::nullopt;
        const auto variance = [](double share, std::uint64_t count, double rate) {
            return rate >= 1
                       ? 0
                       : share * (1 - share) / static_cast<double>(std::max<std::uint64_t>(1, count)) * (1 - rate);
        };
        const double half = stats::normal_quantile(0.975) *
                            std::sqrt(variance(was, left, reference_.rate) + variance(is, right, other_.rate));
        const double apart = std::abs(was - is);
        return model::interval{std::max(0.0, apart - half), std::min(1.0, apart + half), 0.95};
    }

    void sizes(const family_profile& left, const family_profile& right, const std::string& name, double part) {
        const bool memory = !left.memory.empty() && !right.memory.empty();
        spread(drift_group::sizes, "size ", memory ? left.memory : left.bytes, memory ? right.memory : right.bytes,
               name, weight::size * part, show_bytes, "memory, time on the wire, and which encoding fits",
               "make what is cached from data as large as production's");
        spread(
            drift_group::sizes, "elements ", left.elements, right.elements, name, weight::size * part,
            [](std::uint64_t count) { return std::to_string(count); }, "the cost of commands that walk a collection",
            "make what is cached from data as large as production's");
    }

    // Where nobody asks for what a cache holds, an eviction or an expiry is not felt.
    void uses(const family_profile& left, const family_profile& right, const std::string& name, double part) {
        const auto middle = [](const stats::sketch& of) { return of.quantile(0.5).value_or(0); };
        const auto octaves = stats::octaves_apart(left.idle, right.idle);
        if (!octaves || *octaves < idle_octaves_of_note) return;
        if (std::max(middle(left.idle), middle(right.idle)) < idle_of_note) return;
        spread(
            drift_group::traffic, "idle ", left.idle, right.idle, name, weight::idle * part,
            [](std::uint64_t seconds) { return time_text(std::min(seconds, most_milliseconds / 1000) * 1000); },
            "which keys an LRU policy evicts, and whether anybody would notice", "send both the same mix of requests");
    }

    void spread(drift_group group, const std::string& what, const stats::sketch& left, const stats::sketch& right,
                const std::string& name, double cost, const auto& show_one, const std::string& effect,
                const std::string& close) {
        if (left.count() < enough || right.count() < enough) return;
        const auto octaves = stats::octaves_apart(left, right);
        if (!octaves || *octaves < octaves_of_note) return;
        const double distance = 1 - std::exp2(-*octaves);
        auto& one = add(group, what + name, name, cost * distance);
        one.range = range_of(left, right, *octaves);
        one.reference = middle_and_end(left, show_one) + " (p50 / p99)";
        one.other = middle_and_end(right, show_one);
        one.distance = distance;
        one.method = "log2 Wasserstein";
        one.effect = effect;
        one.close = close;
    }

    // Where a side is a sample: as far as the means of the logarithms may be off, by their standard errors.
    std::optional<model::interval> range_of(const stats::sketch& left, const stats::sketch& right,
                                            double octaves) const {
        if (reference_.rate >= 1 && other_.rate >= 1) return std::nullopt;
        const auto variance = [](const stats::sketch& of, double rate) {
            if (rate >= 1) return 0.0;
            const double spread = *stats::octaves_spread(of);
            return spread * spread / static_cast<double>(of.count()) * (1 - rate);  // of a part of a finite whole
        };
        const double half =
            stats::normal_quantile(0.975) * std::sqrt(variance(left, reference_.rate) + variance(right, other_.rate));
        const auto distance = [](double apart) { return 1 - std::exp2(-std::max(0.0, apart)); };
        return model::interval{distance(octaves - half), distance(octaves + half), 0.95};
    }

    std::optional<double> fact(const profile& of, const std::string& name) const {
        const auto found = of.facts.find(name);
        if (found == of.facts.end()) return std::nullopt;
        char* end = nullptr;
        const double value = std::strtod(found->second.c_str(), &end);
        return end != found->second.c_str() && std::isfinite(value) ? std::optional(value) : std::nullopt;
    }

    void traffic() {
        const auto ratio = [&](const profile& of) -> std::optional<double> {
            const auto told = fact(of, "keyspace_hits"), misses = fact(of, "keyspace_misses");
            if (!told || !misses) return std::nullopt;
            const double hits = std::max(0.0, *told - looks_at_keys(of));
            if (hits + *misses < enough_lookups) return std::nullopt;
            return hits / (hits + *misses);
        };
        const auto was = ratio(reference_), is = ratio(other_);
        if (was && is && std::abs(*was - *is) >= hit_ratio_of_note) {
            const double distance = std::abs(*was - *is);
            auto& one = add(drift_group::traffic, "hit-ratio", "hit ratio", weight::hit_ratio * distance);
            one.reference = fmt::format("{:.1f} %", *was * 100);
            one.other = fmt::format("{:.1f} %", *is * 100);
            one.distance = distance;
            one.method = "difference of shares";
            one.effect = "how often the database is asked";
            one.close = "send both the same mix of requests";
        }
        commands();
        evictions();
        fragmentation();
    }

    void commands() {
        const auto of_data = [](const profile& of) {
            std::map<std::string, std::uint64_t> out;
            for (const auto& [name, calls] : of.commands)
                if (is_of_data(name)) out.emplace(name, calls);
            return out;
        };
        const auto left = of_data(reference_), right = of_data(other_);
        const double distance = jensen_shannon(left, right, enough_lookups);
        if (distance < commands_of_note) return;
        auto& one = add(drift_group::traffic, "commands", "commands", weight::commands * distance);
        one.reference = mix_text(most_of(left));
        one.other = mix_text(most_of(right));
        one.distance = distance;
        one.method = "Jensen-Shannon";
        one.effect = "which code paths of the application are exercised";
        one.close = "send both the same mix of requests";
    }

    void evictions() {
        const auto was = fact(reference_, "evicted_keys"), is = fact(other_, "evicted_keys");
        if (!was || !is || (*was > 0) == (*is > 0)) return;
        auto& one = add(drift_group::traffic, "evictions", "evictions", weight::evictions);
        one.reference = fmt::format("{:.0f} keys evicted", *was);
        one.other = fmt::format("{:.0f} keys evicted", *is);
        one.distance = 1;
        one.method = "some or none";
        one.effect = "whether what is cached is there when it is asked for";
        one.close = "bring maxmemory to the same share of what the keys take";
    }

    void fragmentation() {
        const auto ratio = [&](const profile& of) -> std::optional<double> {
            if (fact(of, "used_memory").value_or(0) < fragments_from) return std::nullopt;
            return fact(of, "mem_fragmentation_ratio");
        };
        const auto was = ratio(reference_), is = ratio(other_);
        if (!was || !is || *was <= 0 || *is <= 0) return;
        const double apart = std::max(*was, *is) / std::min(*was, *is);
        if (apart < fragmentation_of_note) return;
        auto& one =
            add(drift_group::traffic, "fragmentation", "fragmentation", weight::fragmentation * (1 - 1 / apart));
        one.reference = fmt::format("{:.2f}", *was);
        one.other = fmt::format("{:.2f}", *is);
        one.distance = 1 - 1 / apart;
        one.method = "1 - smaller / larger";
        one.effect = "memory that the server holds and no key uses";
        one.close = "CONFIG SET activedefrag yes, or restart the server that has more";
    }

    // What could not be compared must not look like what agrees.
    void unknown() {
        if (!reference_.digest_key.empty() && !other_.digest_key.empty() && reference_.digest_key != other_.digest_key)
            out_.unknown.emplace_back(
                "hidden values: the two profiles were made with different keys "
                "(UNDERSTUDY_PROFILE_KEY shares one)");
        if (reference_.routes.empty() != other_.routes.empty())
            out_.unknown.emplace_back("pages: only one of the two profiles was made with --application");
        for (const auto* one : {&reference_, &other_})
            for (const auto& fact : one->degraded)
                out_.unknown.push_back(fmt::format("{} of {}: {}", fact.fact, one->environment, fact.why));
    }

    // The costliest first, then what is accepted, then what is expected; and what each open one costs.
    void settle() {
        double left = 1;
        for (const auto& one : out_.findings)
            if (one.state == drift_state::open) left *= 1 - one.points;
        out_.parity = 100 * left;
        for (auto& one : out_.findings) {
            const double cost = one.state == drift_state::open ? one.points : 0;
            one.points = 100 * left * cost / (1 - cost);
        }
        std::ranges::sort(out_.findings, [](const auto& one, const auto& other) {
            return std::tie(one.state, other.points, one.group, one.id) <
                   std::tie(other.state, one.points, other.group, other.id);
        });
    }

    const profile& reference_;
    const profile& other_;
    const parity_options& options_;
    model::drift out_;
};

}  // namespace

model::drift drift_between(const profile& reference, const profile& other, const parity_options& options) {
    return comparer(reference, other, options).compare();
}

bool beyond_tolerance(const model::drift& drift) {
    return std::ranges::any_of(drift.findings, [](const auto& one) { return one.points >= 1; });
}

}  // namespace understudy::diff
