#include "diff/settings_plan.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace understudy::diff {

namespace {

class planner {
public:
    planner(const server_side& production, const server_side& here, const settings_plan_options& options)
        : production_(production), here_(here), options_(options) {}

    settings_plan plan() {
        for (const auto& row : compared_settings())
            decide(row);
        for (const auto& [setting, why] : expected_settings()) {
            const auto there = setting_of(production_, setting), is = setting_of(here_, setting);
            if (there && is && there->value != is->value)
                out_.left.push_back({is->name, there->value, is->value, std::string(why), true});
        }
        return std::move(out_);
    }

private:
    void decide(const drift_row& row) {
        const auto there = setting_of(production_, row.setting), is = setting_of(here_, row.setting);
        if (!there || !is) return only_one(there, is);
        const auto becomes = wanted(row, there->value, is->value);
        if (becomes == is->value) return;
        if (const auto why = why_left(row); !why.empty()) return leave(*there, *is, why);
        (row.restart ? out_.restart : out_.set).push_back({is->name, is->value, becomes, std::string(row.effect)});
    }

    // A server of another version lacks some.
    void only_one(const std::optional<named_setting>& there, const std::optional<named_setting>& is) {
        if (there)
            leave(*there, {there->name, "no such setting"}, here_.name + " runs a version that does not have it");
        if (is) leave({is->name, "no such setting"}, *is, production_.name + " runs a version that does not have it");
    }

    std::string wanted(const drift_row& row, const std::string& there, const std::string& is) const {
        if (row.setting != "maxmemory") return there;
        if (is_scaled_memory(there, is, here_.scale)) return is;
        const auto scaled = scaled_memory(there, here_.scale);
        return scaled ? std::to_string(*scaled) : there;
    }

    std::string why_left(const drift_row& row) const {
        const auto accepted = options_.accepted.find(std::string(row.setting));
        if (accepted != options_.accepted.end()) return "accepted: " + accepted->second;
        if (row.setting == "cluster-enabled") return "a Cluster is made of nodes and slots, and not by a setting";
        if (!row.matters && !options_.all) return "it does not change what is cached; --all brings it over";
        return {};
    }

    void leave(const named_setting& there, const named_setting& is, std::string reason) {
        out_.left.push_back({is.name, there.value, is.value, std::move(reason)});
    }

    const server_side& production_;
    const server_side& here_;
    const settings_plan_options& options_;
    settings_plan out_;
};

}  // namespace

std::map<std::string, std::string> settings_plan::becoming() const {
    std::map<std::string, std::string> out;
    for (const auto& one : set)
        out.emplace(one.setting, one.becomes);
    return out;
}

settings_plan plan_settings(const server_side& production, const server_side& here,
                            const settings_plan_options& options) {
    return planner(production, here, options).plan();
}

std::string redis_conf(const settings_plan& plan, const std::string& production) {
    std::string out;
    for (const auto& one : plan.restart)
        out += fmt::format("# {}; {} has it so, here it was {}\n{} {}\n", one.effect, production,
                           quoted_setting(one.was), one.setting, quoted_setting(one.becomes));
    return out;
}

}  // namespace understudy::diff
