#include "diff/drift.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace understudy::diff {

namespace {

constexpr std::array<drift_row, 24> rows{{
    {"maxmemory-policy", "which keys are evicted, and whether writes fail instead", true},
    {"maxmemory", "how much fits before keys are evicted", true},
    {"maxmemory-samples", "how close to true LRU or LFU eviction is", true},
    {"maxmemory-clients", "whether clients' buffers are limited", true},
    {"lfu-decay-time", "how fast LFU forgets", true},
    {"lfu-log-factor", "how LFU counts", true},
    {"active-expire-effort", "how fast expired keys leave memory", true},
    {"lazyfree-lazy-eviction", "whether eviction blocks", true},
    {"lazyfree-lazy-expire", "whether expiry blocks", true},
    {"lazyfree-lazy-user-del", "whether DEL blocks", true},
    {"hash-max-listpack-entries", "memory and speed of small hashes", true},
    {"hash-max-listpack-value", "memory and speed of small hashes", true},
    {"set-max-intset-entries", "memory and speed of small sets", true},
    {"zset-max-listpack-entries", "memory and speed of small sorted sets", true},
    {"zset-max-listpack-value", "memory and speed of small sorted sets", true},
    {"list-max-listpack-size", "memory and speed of lists", true},
    {"activedefrag", "CPU spent on fragmentation", true},
    {"hz", "how often expiry and other background work runs", true},
    {"timeout", "when idle clients are closed", true},
    {"maxclients", "when new clients are refused", false},
    {"appendonly", "disk writes beside each command", false},
    {"appendfsync", "disk writes beside each command", false},
    {"save", "forks for snapshots", false},
    {"io-threads", "how many threads serve clients", false},
}};

// As it has to be typed.
std::string quoted(const std::string& value) {
    return value.empty() || value.find(' ') != std::string::npos ? "\"" + value + "\"" : value;
}

std::string value_of(const server_side& side, std::string_view setting) {
    const auto found = side.settings.find(std::string(setting));
    return found == side.settings.end() ? "unknown" : found->second;
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

}  // namespace

std::span<const drift_row> compared_settings() {
    return rows;
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
    for (const auto& [setting, effect, matters] : rows) {
        const auto there = value_of(production, setting), here = value_of(staging, setting);
        if (there == here) continue;
        auto found = difference(setting, there, here, effect);
        const bool known = there != "unknown" && here != "unknown";
        if (there != "unknown")
            found.advice = fmt::format("CONFIG SET {} {} on {}", setting, quoted(there), staging.name);
        add(std::move(found), setting, matters && known);
        if (!known) out.back().verdict = model::verdict::inconclusive;
    }
    return out;
}

bool beyond_tolerance(const std::vector<model::finding>& drift) {
    return std::any_of(drift.begin(), drift.end(),
                       [](const auto& one) { return one.verdict == model::verdict::worse; });
}

}  // namespace understudy::diff
