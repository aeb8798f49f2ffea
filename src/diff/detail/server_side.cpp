#include "diff/detail/server_side.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/units.h"
#include "diff/drift.h"

namespace understudy::diff::detail {

namespace {

using model::drift_finding;
using model::drift_group;
using model::profile;

constexpr double cost_of_user = 0.02;  // docs/diff.md

// What is known of a setting: told, or shown.
struct known_setting {
    std::uint64_t least = 0, most = 0;
    bool told = false;
    std::string text;
};

std::optional<known_setting> known(const profile& of, std::string_view setting) {
    if (const auto told = setting_of({of.environment, of.version, of.settings}, setting)) {
        const auto number = parse_bytes(told->value);
        if (!number) return std::nullopt;
        return known_setting{*number, *number, true, told->value};
    }
    const auto shown = std::ranges::find(of.thresholds, setting, &model::shown_threshold::setting);
    if (shown == of.thresholds.end()) return std::nullopt;
    return known_setting{shown->least, shown->most.value_or(std::numeric_limits<std::uint64_t>::max()), false,
                         model::text_of(*shown)};
}

using rules = std::map<std::string, std::string>;

template <class Each>
void for_words(std::string_view text, const Each& each) {
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        if (end > 0) each(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

bool is_of_channels(std::string_view word) {
    return word.starts_with('&') || word == "resetchannels" || word == "allchannels";
}

bool knows_channels(const rules& users) {
    bool out = false;
    for (const auto& [name, text] : users)
        for_words(text, [&](std::string_view word) { out = out || is_of_channels(word); });
    return out;
}

std::string compared(const std::string& text, bool channels) {
    std::string out;
    for_words(text, [&](std::string_view word) {
        if (channels || !is_of_channels(word)) out.append(word) += ' ';
    });
    return out;
}

// As ACL SETUSER wants them.
std::string to_type(const std::string& text) {
    std::string out;
    for_words(text, [&](std::string_view word) { out.append(" ").append(word == "password" ? ">PASSWORD" : word); });
    return out;
}

}  // namespace

std::vector<drift_finding> contradicted_settings(const profile& reference, const profile& other, double cost) {
    std::vector<drift_finding> out;
    for (const auto& row : compared_settings()) {
        const auto left = known(reference, row.setting), right = known(other, row.setting);
        if (!left || !right || (left->told && right->told)) continue;
        if (left->least <= right->most && right->least <= left->most) continue;
        drift_finding one;
        one.group = drift_group::settings;
        one.id = one.subject = row.setting;
        one.points = cost;
        one.reference = left->text;
        one.other = right->text;
        one.distance = 1;
        one.method = "encodings of keys";
        one.effect = row.effect;
        // Under which name is not known of a server that keeps CONFIG back.
        one.close = left->told ? fmt::format("set {} to {} on {}", row.setting, left->text, other.environment)
                               : fmt::format("find {}'s {}, and set it on {}", reference.environment, row.setting,
                                             other.environment);
        out.push_back(std::move(one));
    }
    return out;
}

std::vector<drift_finding> differing_users(const profile& reference, const profile& other) {
    std::vector<drift_finding> out;
    if (reference.users.empty() || other.users.empty()) return out;
    const bool channels = knows_channels(reference.users) && knows_channels(other.users);
    std::set<std::string> names;
    for (const auto* side : {&reference.users, &other.users})
        for (const auto& [name, text] : *side)
            names.insert(name);
    for (const auto& name : names) {
        const auto was = reference.users.find(name), is = other.users.find(name);
        const bool here = was != reference.users.end(), there = is != other.users.end();
        if (here && there && compared(was->second, channels) == compared(is->second, channels)) continue;
        drift_finding one;
        one.group = drift_group::server;
        one.id = one.subject = "user " + name;
        one.points = cost_of_user;
        one.reference = here ? was->second : "no such user";
        one.other = there ? is->second : "no such user";
        one.distance = 1;
        one.method = "exact";
        one.effect = "which commands are refused, and on which keys";
        const bool alike = one.reference.find(" | ") == std::string::npos;
        one.close = !alike ? fmt::format("give {} the same rules on all primaries of {}", name, reference.environment)
                    : here ? fmt::format("ACL SETUSER {} reset{} on {}", name, to_type(was->second), other.environment)
                           : fmt::format("ACL DELUSER {} on {}", name, other.environment);
        out.push_back(std::move(one));
    }
    return out;
}

}  // namespace understudy::diff::detail
