#include <algorithm>

#include <fmt/format.h>

#include "apply/rollback.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "measure/arm.h"
#include "measure/pacer.h"
#include "model/json.h"
#include "net/read_only_cluster.h"
#include "net/server_info.h"
#include "rehearse/preflight.h"
#include "report/text.h"

namespace understudy::cli {

namespace {

constexpr std::chrono::seconds patience{10};

result<std::vector<measure::route_plan>> plan_of(const options& given, const model::project& project,
                                                 const model::environment& where) {
    const std::vector<std::string> wanted(given.names.begin() + 1, given.names.end());
    for (const auto& name : wanted)
        if (!project.find_route(name))
            return fail(errc::unknown_name, known_names("route", name, project.routes), project.file);
    std::vector<measure::route_plan> out;
    for (const auto& route : project.routes) {
        if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), route.name) == wanted.end()) continue;
        measure::route_plan plan;
        plan.route = &route;
        for (const auto& name : route.identities)
            if (where.who(name)) plan.identities.push_back(name);
        plan.warm = given.warm > 0 ? given.warm : where.role == model::role::production ? 3 : 10;
        if (!plan.identities.empty()) out.push_back(std::move(plan));
    }
    if (out.empty()) return fail(errc::config_missing_key, "no route of this environment to measure", project.file);
    return out;
}

std::vector<std::string> identities_of(const std::vector<measure::route_plan>& routes) {
    std::vector<std::string> out;
    for (const auto& route : routes)
        for (const auto& name : route.identities)
            if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
    return out;
}

}  // namespace

result<int> run_measure(const options& given) {
    UNDERSTUDY_LET(project, load_project(given));
    UNDERSTUDY_LET(where, environment_of(project, given.names.front()));
    UNDERSTUDY_LET(routes, plan_of(given, project, *where));
    net::runtime runtime;
    progress shown(given.quiet, given.log);
    measure::pacer pace(runtime, where->limits.requests_per_second);
    UNDERSTUDY_LET(visitors,
                   rehearse::visitors_of(runtime, *where, identities_of(routes), [&] { return pace.wait(); }));
    measure::arm_hooks hooks;
    hooks.progress = [&](std::uint64_t done, std::uint64_t total) {
        shown.show("measuring " + where->name, done, total);
    };
    // Production's counters are everybody's: what these requests hit cannot be told from them.
    std::optional<net::read_only_cluster> redis;
    if (where->role != model::role::production) {
        UNDERSTUDY_LET(endpoint, apply::endpoint_of(*where));
        UNDERSTUDY_LET(opened, net::read_only_cluster::connect(runtime, endpoint, net::deadline::after(patience)));
        redis = std::move(opened);
        hooks.redis = [&]() -> result<measure::redis_counts> {
            measure::redis_counts out{};
            for (auto& primary : redis->primaries()) {
                UNDERSTUDY_LET(stats, net::read_info(primary.link, net::deadline::after(patience), "stats"));
                out.hits += static_cast<std::uint64_t>(stats.number("keyspace_hits").value_or(0));
                out.misses += static_cast<std::uint64_t>(stats.number("keyspace_misses").value_or(0));
            }
            return out;
        };
    }
    // The same goes for the database's.
    std::optional<measure::call_counter> counter;
    if (where->database && where->role != model::role::production) hooks.database = &counter.emplace(runtime, *where);
    measure::arm_plan plan;
    plan.routes = std::move(routes);
    measure::arm_runner runner(visitors, hooks);
    auto measured = runner.run(plan);
    shown.clear();
    if (!measured) return pass(std::move(measured));
    measured->environment = where->name;
    if (given.json) {
        print(model::to_json(*measured));
    } else {
        report::text_options look;
        look.colour = stdout_is_coloured();
        look.width = stdout_columns();
        print(report::text(*measured, look));
    }
    return static_cast<int>(measured->leaks.empty() ? exit_code::ok : exit_code::unmet);
}

}  // namespace understudy::cli
