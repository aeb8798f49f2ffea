#include "model/project_file.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "base/near_name.h"
#include "base/units.h"
#include "model/detail/project_parts.h"
#include "model/detail/toml_format.h"

namespace understudy::model {

namespace {

using namespace detail;

std::string read_runs(toml_table& root) {
    const auto runs = root.text("runs");
    if (!runs) return project{}.runs;
    const std::filesystem::path path(runs->value);
    const bool up = std::ranges::find(path, "..") != path.end();
    if (path.empty() || path.is_absolute() || up)
        root.refuse(errc::config_bad_value, "runs", "expected a folder below the one of this file");
    return runs->value;
}

backup_policy read_backups(toml_table& root, const std::string& folder) {
    using namespace std::chrono_literals;
    backup_policy out;
    auto table = root.table("backups");
    if (!table) return out;
    if (const auto keep = table->text("keep")) {
        const auto time = parse_duration(keep->value);
        if (!time || *time <= 0ms || *time > 24h * 3650)
            table->refuse(errc::config_bad_value, "keep", "expected a time like \"7d\" or \"12h\"");
        else
            out.keep = *time;
    }
    out.key = read_secret(*table, "key", folder);
    table->finish();
    return out;
}

void read_drift(toml_table& root, project& out) {
    using namespace std::chrono_literals;
    auto table = root.table("drift");
    if (!table) return;
    for (const auto& [setting, reason] : table->text_map("accept")) {
        if (reason.value.empty())
            table->report().add(errc::config_bad_value, reason.at, "expected the reason why this drift is accepted");
        out.accepted_drift.emplace(setting, reason.value);
    }
    if (const auto look = table->text("look")) {
        out.drift_look = parse_duration(look->value);
        if (!out.drift_look || *out.drift_look < 1s || *out.drift_look > 1h)
            table->refuse(errc::config_bad_value, "look", "expected a time from \"1s\" to \"1h\"");
    }
    table->finish();
}

void read_environments(toml_table& root, project& out) {
    if (!root.need("environments")) return;
    auto table = root.table("environments");
    if (!table) return;
    for (const auto& name : table->keys())
        if (auto one = table->table(name.value)) out.environments.push_back(read_environment(*one, name, out.folder));
    if (out.environments.empty())
        root.refuse(errc::config_bad_value, "environments", "expected at least one [environments.NAME]");
}

void read_routes(toml_table& root, project& out) {
    auto table = root.table("routes");
    if (!table) return;
    for (const auto& name : table->keys())
        if (auto one = table->table(name.value)) out.routes.push_back(read_route(*one, name));
}

std::vector<std::string> all_identities(const project& all) {
    std::vector<std::string> names;
    for (const auto& one : all.environments)
        for (const auto& who : one.identities)
            if (std::ranges::find(names, who.name) == names.end()) names.push_back(who.name);
    return names;
}

// A rule speaks of those who ask for the route.
void check_rule(toml_table& route, const model::route& read) {
    auto cache = route.table("cache");
    if (!cache) return;
    for (const auto& who : cache->texts("stored_for"))
        if (std::ranges::find(read.identities, who.value) == read.identities.end())
            route.report().add(
                errc::unknown_name, who.at,
                fmt::format("this identity does not ask for the route{}", did_you_mean(who.value, read.identities)));
}

// Each identity of a route exists in at least one environment: production need not know those of staging.
void check_routes(toml_table& root, const project& all) {
    auto routes = root.table("routes");
    if (!routes) return;
    const auto known = all_identities(all);
    for (const auto& name : routes->keys()) {
        auto route = routes->table(name.value);
        for (const auto& who : route->texts("as"))
            if (std::ranges::find(known, who.value) == known.end())
                root.report().add(errc::unknown_name, who.at,
                                  fmt::format("no environment has this identity{}", did_you_mean(who.value, known)));
        check_rule(*route, *all.find_route(name.value));
    }
}

}  // namespace

result<project> read_project(std::string_view text, const std::string& path) {
    UNDERSTUDY_LET(tree, parse_toml(text, path));
    toml_report report(path);
    toml_table root(tree, "", {}, report);
    UNDERSTUDY_TRY(check_format(root));
    project out;
    out.file = path;
    out.folder = std::filesystem::path(path).parent_path().string();
    out.runs = read_runs(root);
    out.backups = read_backups(root, out.folder);
    read_drift(root, out);
    read_environments(root, out);
    read_routes(root, out);
    root.finish();
    UNDERSTUDY_TRY(report.outcome());
    check_routes(root, out);
    UNDERSTUDY_TRY(report.outcome());
    return out;
}

}  // namespace understudy::model
