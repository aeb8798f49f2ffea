#include "diff/drift.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "base/units.h"

namespace understudy::diff {

namespace {

constexpr std::array rows{
    // What is in the cache at all.
    drift_row{"maxmemory-policy", "which keys are evicted, and whether writes fail instead", true},
    drift_row{"maxmemory", "how much fits before keys are evicted", true},
    drift_row{"maxmemory-samples", "how close to true LRU or LFU eviction is", true},
    drift_row{"maxmemory-eviction-tenacity", "how long a command waits for evictions", true},
    drift_row{"maxmemory-clients", "whether clients' buffers are limited", true},
    drift_row{"lfu-decay-time", "how fast LFU forgets", true},
    drift_row{"lfu-log-factor", "how LFU counts", true},
    drift_row{"active-expire-effort", "how fast expired keys leave memory", true},
    drift_row{"databases", "which numbers SELECT takes", true, true},
    drift_row{"cluster-enabled", "whether commands on several keys need one slot", false, true},
    drift_row{"notify-keyspace-events", "what subscribers hear of keys", true},
    // Who waits for it.
    drift_row{"lazyfree-lazy-eviction", "whether eviction blocks", true},
    drift_row{"lazyfree-lazy-expire", "whether expiry blocks", true},
    drift_row{"lazyfree-lazy-server-del", "whether it blocks to overwrite a large value", true},
    drift_row{"lazyfree-lazy-user-del", "whether DEL blocks", true},
    drift_row{"lazyfree-lazy-user-flush", "whether FLUSHDB blocks", true},
    // How keys are stored.
    drift_row{"hash-max-listpack-entries", "memory and speed of small hashes", true},
    drift_row{"hash-max-listpack-value", "memory and speed of small hashes", true},
    drift_row{"set-max-intset-entries", "memory and speed of small sets", true},
    drift_row{"set-max-listpack-entries", "memory and speed of small sets", true},
    drift_row{"set-max-listpack-value", "memory and speed of small sets", true},
    drift_row{"zset-max-listpack-entries", "memory and speed of small sorted sets", true},
    drift_row{"zset-max-listpack-value", "memory and speed of small sorted sets", true},
    drift_row{"list-max-listpack-size", "memory and speed of lists", true},
    drift_row{"list-compress-depth", "memory and speed of lists", true},
    drift_row{"hll-sparse-max-bytes", "memory and speed of HyperLogLogs", true},
    drift_row{"stream-node-max-bytes", "memory and speed of streams", true},
    drift_row{"stream-node-max-entries", "memory and speed of streams", true},
    // What the server does beside.
    drift_row{"activedefrag", "CPU spent on fragmentation", true},
    drift_row{"activerehashing", "CPU spent on growing tables", true},
    drift_row{"hz", "how often expiry and other background work runs", true},
    drift_row{"dynamic-hz", "how often expiry and other background work runs", true},
    // Its clients.
    drift_row{"timeout", "when idle clients are closed", true},
    drift_row{"proto-max-bulk-len", "how large a value may be", true},
    drift_row{"client-output-buffer-limit", "when slow clients are closed", false},
    drift_row{"client-query-buffer-limit", "when clients that send too much are closed", false},
    drift_row{"maxclients", "when new clients are refused", false},
    drift_row{"tcp-keepalive", "when dead clients are noticed", false},
    drift_row{"tracking-table-max-keys", "how much is remembered for client-side caching", false},
    drift_row{"io-threads", "how many threads serve clients", false, true},
    drift_row{"io-threads-do-reads", "whether those threads also read", false, true},
    // Its disk.
    drift_row{"appendonly", "disk writes beside each command", false},
    drift_row{"appendfsync", "disk writes beside each command", false},
    drift_row{"no-appendfsync-on-rewrite", "disk writes beside each command", false},
    drift_row{"auto-aof-rewrite-percentage", "forks to rewrite the log", false},
    drift_row{"auto-aof-rewrite-min-size", "forks to rewrite the log", false},
    drift_row{"save", "forks for snapshots", false},
    drift_row{"stop-writes-on-bgsave-error", "whether a full disk makes writes fail", false},
};

// Names that Redis 7.0 gave up.
struct former_name {
    std::string_view now, before;
};
constexpr std::array former_names{
    former_name{"hash-max-listpack-entries", "hash-max-ziplist-entries"},
    former_name{"hash-max-listpack-value", "hash-max-ziplist-value"},
    former_name{"zset-max-listpack-entries", "zset-max-ziplist-entries"},
    former_name{"zset-max-listpack-value", "zset-max-ziplist-value"},
    former_name{"list-max-listpack-size", "list-max-ziplist-size"},
};

constexpr std::string_view own_address = "each server has its own address";
constexpr std::string_view own_files = "each server has its own files";
constexpr std::array expected{
    expected_row{"bind", own_address},
    expected_row{"port", own_address},
    expected_row{"tls-port", own_address},
    expected_row{"unixsocket", own_address},
    expected_row{"cluster-announce-ip", own_address},
    expected_row{"replica-announce-ip", own_address},
    expected_row{"dir", own_files},
    expected_row{"dbfilename", own_files},
    expected_row{"logfile", own_files},
    expected_row{"pidfile", own_files},
    expected_row{"aclfile", own_files},
    expected_row{"replicaof", "staging replicates from nobody"},
};

constexpr std::string_view unknown = "unknown";            // its settings could not be read
constexpr std::string_view not_there = "no such setting";  // in this version of the server

std::string value_of(const server_side& side, std::string_view setting) {
    if (const auto found = setting_of(side, setting)) return found->value;
    return std::string(side.settings.empty() ? unknown : not_there);
}

bool is_value(std::string_view text) {
    return text != unknown && text != not_there;
}

// "7.0.15" -> "7.0"
std::string_view minor_of(std::string_view version) {
    const auto dot = version.find('.');
    return dot == std::string_view::npos ? version : version.substr(0, version.find('.', dot + 1));
}

model::finding difference(std::string_view what, std::string_view production, std::string_view staging,
                          std::string_view effect) {
    model::finding out;
    out.metric = what;
    out.subject = "redis";
    out.reference_text = production.empty() ? "\"\"" : std::string(production);
    out.candidate_text = staging.empty() ? "\"\"" : std::string(staging);
    out.method = "exact";
    out.why = effect;
    return out;
}

std::string how_to_close(const drift_row& row, const std::string& there, const server_side& staging) {
    const auto known = setting_of(staging, row.setting);
    const auto name = known ? known->name : std::string(row.setting);
    const auto scaled = row.setting == "maxmemory" ? scaled_memory(there, staging.scale) : std::nullopt;
    const auto value = scaled ? std::to_string(*scaled) : quoted_setting(there);
    if (row.restart) return fmt::format("{} {} in the redis.conf of {}, and a restart", name, value, staging.name);
    return fmt::format("CONFIG SET {} {} on {}", name, value, staging.name);
}

}  // namespace

std::span<const drift_row> compared_settings() {
    return rows;
}

std::span<const expected_row> expected_settings() {
    return expected;
}

std::optional<named_setting> setting_of(const server_side& side, std::string_view setting) {
    const auto find = [&](std::string_view name) -> std::optional<named_setting> {
        const auto found = side.settings.find(std::string(name));
        if (found == side.settings.end()) return std::nullopt;
        return named_setting{found->first, found->second};
    };
    if (auto found = find(setting)) return found;
    const auto former = std::ranges::find(former_names, setting, &former_name::now);
    return former == former_names.end() ? std::nullopt : find(former->before);
}

std::string quoted_setting(const std::string& value) {
    return value.empty() || value.find(' ') != std::string::npos ? "\"" + value + "\"" : value;
}

std::optional<std::uint64_t> scaled_memory(const std::string& production, double scale) {
    const auto limit = parse_bytes(production);
    if (!limit || *limit == 0) return std::nullopt;
    return static_cast<std::uint64_t>(std::llround(static_cast<double>(*limit) * scale));
}

bool is_scaled_memory(const std::string& production, const std::string& other, double scale) {
    const auto wanted = scaled_memory(production, scale), is = parse_bytes(other);
    if (!wanted || !is) return false;
    return std::abs(static_cast<double>(*is) - static_cast<double>(*wanted)) <= 0.01 * static_cast<double>(*wanted);
}

std::vector<model::finding> drift_of(const server_side& production, const server_side& staging,
                                     const std::map<std::string, std::string>& accepted) {
    std::vector<model::finding> out;
    const auto add = [&](model::finding found, std::string_view name, bool matters) {
        const auto reason = accepted.find(std::string(name));
        found.verdict = matters && reason == accepted.end() ? model::verdict::worse : model::verdict::same;
        if (reason != accepted.end()) found.why = "accepted: " + reason->second;
        out.push_back(std::move(found));
    };
    if (production.version != staging.version) {
        auto found = difference("server version", production.version, staging.version, "commands, encodings, defaults");
        found.advice = "run the same version on both";
        add(std::move(found), "version", minor_of(production.version) != minor_of(staging.version));
    }
    for (const auto& row : rows) {
        const auto there = value_of(production, row.setting), here = value_of(staging, row.setting);
        if (there == here || (!is_value(there) && !is_value(here))) continue;
        auto found = difference(row.setting, there, here, row.effect);
        const bool known = is_value(there) && is_value(here);
        const bool scaled =
            row.setting == "maxmemory" && staging.scale != 1 && is_scaled_memory(there, here, staging.scale);
        if (scaled) found.why = fmt::format("expected: {} is meant to hold {:.3g} of it", staging.name, staging.scale);
        if (is_value(there) && here != not_there && !scaled) found.advice = how_to_close(row, there, staging);
        add(std::move(found), row.setting, row.matters && known && !scaled);
        if (!known) out.back().verdict = model::verdict::inconclusive;
    }
    return out;
}

bool beyond_tolerance(const std::vector<model::finding>& drift) {
    return std::any_of(drift.begin(), drift.end(),
                       [](const auto& one) { return one.verdict == model::verdict::worse; });
}

}  // namespace understudy::diff
