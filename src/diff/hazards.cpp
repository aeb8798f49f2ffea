#include "diff/hazards.h"

#include <fmt/format.h>

#include "base/units.h"
#include "keyspace/framework.h"

namespace understudy::diff {

namespace {

using model::profile;

bool evicts_anything(const profile& of) {
    const auto found = of.settings.find("maxmemory-policy");
    return found != of.settings.end() && found->second.starts_with("allkeys");
}

}  // namespace

std::vector<model::drift_hazard> hazards_of(const profile& of) {
    constexpr std::uint64_t big = 1 << 20;
    constexpr std::uint64_t many = 100;
    const auto policy = of.settings.find("maxmemory-policy");
    const bool limited = of.settings.contains("maxmemory") && of.settings.at("maxmemory") != "0";
    std::vector<model::drift_hazard> out;
    std::vector<std::string> patterns;
    for (const auto& family : of.families)
        patterns.push_back(family.pattern);
    const auto known = keyspace::frameworks_of(patterns);
    for (std::size_t i = 0; i < of.families.size(); ++i) {
        const auto& family = of.families[i];
        const auto& sizes = family.memory.empty() ? family.bytes : family.memory;
        if (!sizes.empty() && *sizes.max() >= big)
            out.push_back({of.environment, family.pattern,
                           fmt::format("the largest of its keys takes {}", show_bytes(*sizes.max())),
                           "split it: one command on it keeps all other clients waiting"});
        const bool forever = family.persistent == family.counted && family.keys >= many;
        if (forever && limited && policy != of.settings.end() && policy->second.starts_with("volatile"))
            out.push_back(
                {of.environment, family.pattern,
                 fmt::format("{} keys never expire, and {} evicts only keys that do", family.keys, policy->second),
                 "give them an expiry, or the memory fills up with them"});
        if (forever && limited && policy != of.settings.end() && policy->second == "noeviction")
            out.push_back(
                {of.environment, family.pattern,
                 fmt::format("{} keys never expire, and with noeviction writes fail once memory is full", family.keys),
                 "give them an expiry, or another maxmemory-policy"});
        if (family.same_second >= many && family.same_second * 10 >= family.counted)
            out.push_back({of.environment, family.pattern,
                           fmt::format("about {} of its keys expire in one and the same second", family.same_second),
                           "spread their expiries by a random part, or all are made anew at once"});
        if (keyspace::is_precious(known[i].role) && limited && evicts_anything(of))
            out.push_back({of.environment, family.pattern,
                           fmt::format("by its name a {}, in a database that evicts any key", name_of(known[i].role)),
                           "keep them in a server of their own, with noeviction"});
    }
    return out;
}

}  // namespace understudy::diff
