// `sync --settings`: production's settings for a staging: the plan, then --execute.
#include <boost/json.hpp>
#include <fmt/format.h>

#include "apply/rollback.h"
#include "apply/settings.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "diff/settings_plan.h"
#include "net/read_only_cluster.h"
#include "store/file.h"
#include "store/run_folder.h"
#include "sync/settings.h"

namespace understudy::cli {

namespace {

constexpr std::chrono::seconds patience{10};

// Its settings now; of a profile, as they were when it was taken.
result<diff::server_side> settings_of_server(net::runtime& on, const model::environment& one) {
    UNDERSTUDY_LET(endpoint, apply::endpoint_of(one));
    UNDERSTUDY_LET(look, net::read_only_cluster::connect(on, endpoint, net::deadline::after(patience)));
    UNDERSTUDY_LET(settings, apply::read_agreed_settings(look, net::deadline::after(patience)));
    return diff::server_side{one.name, look.facts().version, std::move(settings)};
}

result<diff::server_side> settings_from(net::runtime& on, const model::project& project, const options& given) {
    if (given.from.empty()) {
        const auto* production = project.with_role(model::role::production);
        if (production) return settings_of_server(on, *production);
        return fail(errc::config_missing_key,
                    "there is no environment of role production; say with --from whose settings are brought over",
                    project.file);
    }
    if (const auto* one = project.find(given.from)) return settings_of_server(on, *one);
    std::error_code wrong;
    if (!std::filesystem::exists(given.from, wrong))
        return fail(errc::unknown_name,
                    known_names("environment", given.from, project.environments) + "; and there is no such file");
    UNDERSTUDY_LET(profile, read_profile_file(given.from));
    if (profile.settings.empty())
        return fail(errc::no_permission, "this profile holds no settings: the server kept CONFIG back", given.from);
    return diff::server_side{profile.environment, profile.version, profile.settings};
}

result<const model::environment*> target_of(const model::project& project, const options& given) {
    if (!given.names.empty()) return environment_of(project, given.names.front());
    if (const auto* staging = project.with_role(model::role::staging)) return staging;
    return fail(errc::config_missing_key, "there is no environment of role staging", project.file);
}

std::string shown(const std::string& value) {
    return diff::quoted_setting(value);
}

std::string changes_text(const std::vector<diff::setting_change>& changes, std::string_view now) {
    table rows({"setting", std::string(now), "becomes", "what it decides"});
    for (const auto& one : changes)
        rows.row({one.setting, shown(one.was), shown(one.becomes), one.effect});
    return rows.text(stdout_is_coloured());
}

std::string left_text(const std::vector<diff::setting_left>& left, const std::string& production,
                      const std::string& here) {
    table rows({"setting", production, here, "why it is left"});
    std::string own;
    std::size_t told = 0;
    for (const auto& one : left) {
        if (one.expected) {
            own += (own.empty() ? "" : ", ") + one.setting;
            continue;
        }
        rows.row({one.setting, shown(one.production), shown(one.here), one.reason});
        ++told;
    }
    std::string out = told > 0 ? rows.text(stdout_is_coloured()) : "";
    if (!own.empty()) out += fmt::format("{}Each server has its own: {}\n", told > 0 ? "\n" : "", own);
    return out;
}

std::string keys_text(const sync::settings_look& look, const options& given) {
    if (!look.evicts) return "No key is touched: none of these settings can evict one.\n";
    if (!given.no_key_backup.empty()) return "Keys that this evicts are not backed up: " + given.no_key_backup + "\n";
    if (!look.not_saved.empty()) return "It would be refused as it stands: " + look.not_saved + ".\n";
    return "This can evict keys: all are backed up first, and a rollback brings back every one as it was.\n";
}

void print_plan(const sync::settings_look& look, const diff::server_side& production, const options& given) {
    const auto& plan = look.plan;
    if (plan.empty())
        print(fmt::format("{} is set as {} is, in all that is compared.\n", look.here.name, production.name));
    if (!plan.set.empty())
        print(fmt::format("To be set on {}:\n\n{}\n", look.here.name, changes_text(plan.set, look.here.name)));
    if (!plan.restart.empty())
        print(fmt::format("Read at the start of the server only, so for its redis.conf:\n\n{}\n",
                          changes_text(plan.restart, look.here.name)));
    if (!plan.left.empty())
        print(fmt::format("{}Left as they are:\n\n{}\n", plan.empty() ? "\n" : "",
                          left_text(plan.left, production.name, look.here.name)));
    if (plan.empty()) return;
    print(fmt::format("Parity by version and settings: {:.1f} of 100 now, {:.1f} then.\n", look.before.parity,
                      look.after.parity));
    if (!plan.set.empty()) print(keys_text(look, given));
}

boost::json::array json_of(const std::vector<diff::setting_change>& changes) {
    boost::json::array out;
    for (const auto& one : changes)
        out.push_back({{"setting", one.setting}, {"was", one.was}, {"becomes", one.becomes}, {"effect", one.effect}});
    return out;
}

boost::json::object json_of(const sync::settings_look& look, const diff::server_side& production) {
    boost::json::array left;
    for (const auto& one : look.plan.left)
        left.push_back(
            {{"setting", one.setting}, {"production", one.production}, {"here", one.here}, {"reason", one.reason}});
    return {{"format", "understudy/sync"},
            {"version", 1},
            {"from", production.name},
            {"environment", look.here.name},
            {"scale", look.here.scale},
            {"set", json_of(look.plan.set)},
            {"restart", json_of(look.plan.restart)},
            {"left", left},
            {"evicts", look.evicts},
            {"parity", look.before.parity},
            {"parity_then", look.after.parity}};
}

result<std::string> write_conf(const options& given, const model::project& project, const sync::settings_look& look,
                               const diff::server_side& production) {
    const auto text = diff::redis_conf(look.plan, production.name);
    if (text.empty()) return std::string();
    if (!given.output.empty()) {
        UNDERSTUDY_TRY(store::write_file(given.output, text));
        return given.output;
    }
    UNDERSTUDY_LET(folder,
                   store::run_folder::create(std::filesystem::path(project.folder) / project.runs, "sync-settings"));
    UNDERSTUDY_TRY(folder.write("redis.conf", text));
    return (folder.path() / "redis.conf").string();
}

void print_done(const options& given, const sync::settings_done& done, const diff::server_side& production,
                const std::string& conf) {
    const auto& look = done.look;
    if (given.json) {
        auto out = json_of(look, production);
        out["parity_after"] = done.after.parity;
        out["journal"] = done.journal.string();
        out["backup"] = done.backup.string();
        out["redis_conf"] = conf;
        return print(boost::json::serialize(out) + "\n");
    }
    if (look.plan.set.empty())
        print(fmt::format("Nothing was set: {} is set as {} is, in all that CONFIG SET can change.\n", look.here.name,
                          production.name));
    else
        print(fmt::format("Set {} of {}:\n\n{}\n",
                          look.plan.set.size() == 1 ? "one setting" : fmt::format("{} settings", look.plan.set.size()),
                          look.here.name, changes_text(look.plan.set, "was")));
    if (!look.plan.left.empty()) print(fmt::format("{} left as they are; the plan says why.\n", look.plan.left.size()));
    print(fmt::format("Parity by version and settings: {:.1f} of 100 before, {:.1f} after.\n", look.before.parity,
                      done.after.parity));
    if (!conf.empty()) print(fmt::format("For the server's own file, before its next start: {}\n", conf));
    if (!done.journal.empty())
        print(fmt::format("A restart of the server undoes it, and so does: understudy rollback {}\n",
                          done.journal.string()));
}

result<int> plan_only(const options& given, net::runtime& runtime, const model::project& project,
                      const model::environment& where, const diff::server_side& production,
                      const sync::settings_options& how) {
    UNDERSTUDY_LET(look, sync::look_at_settings(runtime, project, where, production, how));
    if (given.json) {
        print(boost::json::serialize(json_of(look, production)) + "\n");
        return 0;
    }
    print_plan(look, production, given);
    if (look.plan.empty()) return 0;
    if (where.access != model::access::read_write)
        print(fmt::format("\nNothing was done, and nothing can be: {} is read-only here.\n", where.name));
    else
        print("\nNothing was done. To do it, give the same command with --execute.\n");
    return 0;
}

}  // namespace

result<int> run_sync(const options& given) {
    if (!given.settings)
        return fail(errc::usage, "expected --settings: what else could be brought over is not there yet");
    UNDERSTUDY_LET(project, load_project(given));
    UNDERSTUDY_LET(where, target_of(project, given));
    net::runtime runtime;
    UNDERSTUDY_LET(production, settings_from(runtime, project, given));
    sync::settings_options how;
    how.all = given.all;
    how.no_key_backup = given.no_key_backup;
    if (!given.execute) return plan_only(given, runtime, project, *where, production, how);
    progress shown(given.quiet, given.log);
    how.log = shown.sink();
    how.progress = [&](std::string_view stage, std::uint64_t done, std::uint64_t total) {
        shown.show(stage, done, total);
    };
    auto done = sync::bring_settings(runtime, project, *where, production, how);
    shown.clear();
    if (!done) return pass(std::move(done));
    UNDERSTUDY_LET(conf, write_conf(given, project, done->look, production));
    print_done(given, *done, production, conf);
    return 0;
}

}  // namespace understudy::cli
