#include "rehearse/plan.h"

#include <algorithm>

namespace understudy::rehearse {

namespace {

bool holds(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_expected(const model::change& change, const std::string& route) {
    return std::any_of(change.expect.begin(), change.expect.end(), [&](const auto& one) { return one.route == route; });
}

}  // namespace

std::vector<arm_slot> noise_order(int blocks) {
    constexpr int most = 8;
    std::vector<arm_slot> out;
    for (int block = 1; block <= std::min(blocks, most); ++block) {
        const bool first = block % 2 == 1;
        out.push_back({first ? "A" : "A'", block});
        out.push_back({first ? "A'" : "A", block});
    }
    return out;
}

std::vector<arm_slot> block_order(int blocks, bool switchable) {
    std::vector<arm_slot> out;
    if (!switchable) {
        for (int block = 1; block <= blocks; ++block)
            out.push_back({"A", block});
        for (int block = 1; block <= blocks; ++block)
            out.push_back({"B", block});
        return out;
    }
    for (int block = 1; block <= blocks; ++block) {
        const bool after_first = block % 2 == 1;
        out.push_back({after_first ? "B" : "A", block});
        out.push_back({after_first ? "A" : "B", block});
    }
    return out;
}

bool can_switch(const model::change& change) {
    return std::holds_alternative<model::redis_config_step>(change.step) ||
           std::holds_alternative<model::expire_step>(change.step) || !change.rollback.command.empty();
}

std::vector<measure::route_plan> routes_of(const model::project& project, const model::change& change,
                                           const model::environment& on) {
    std::vector<measure::route_plan> out;
    for (const auto& route : project.routes) {
        measure::route_plan plan;
        plan.route = &route;
        for (const auto& name : route.identities)
            if (on.who(name)) plan.identities.push_back(name);
        const bool control = holds(change.controls, route.name);
        const bool affected = route.name == change.route || is_expected(change, route.name);
        if (route.name == change.route) plan.input = change.input;
        plan.cold = affected && !control && !change.purge.empty() ? change.effort.cold : 0;
        plan.warm = affected || control ? change.effort.warm : 0;
        plan.apart = control;
        plan.purge_for_leaks = !change.purge.empty();
        if (plan.warm > 0 || plan.identities.size() > 1) out.push_back(std::move(plan));
    }
    return out;
}

}  // namespace understudy::rehearse
