#include "rehearse/preflight.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "apply/journal_log.h"
#include "apply/rollback.h"
#include "apply/steps.h"
#include "base/units.h"
#include "diff/drift.h"

namespace understudy::rehearse {

namespace {

constexpr std::chrono::seconds patience{10};

net::deadline soon() {
    return net::deadline::after(patience);
}

error at(error wrong, const std::string& environment) {
    wrong.what = environment + ": " + wrong.what;
    return wrong;
}

// An earlier rehearsal of the same staging that was not rolled back would be taken for the state before this one.
status no_open_journal(const store::state_folder& state, const model::environment& staging) {
    std::error_code wrong;
    for (const auto& entry : std::filesystem::directory_iterator(state.journals(), wrong)) {
        if (entry.path().extension() != ".journal") continue;
        const auto journal = apply::read_journal(entry.path());
        if (!journal)
            return fail(errc::needs_rollback, "a journal cannot be read: " + journal.error().what,
                        entry.path().string());
        const auto& other = journal->begin.environment.redis;
        const bool same = other.host == staging.redis.host && other.port == staging.redis.port &&
                          other.unix_path == staging.redis.unix_path && other.database == staging.redis.database;
        if (!same || !journal->open()) continue;
        // The kernel knows whether somebody still writes it: then it is no leftover, and not to be rolled back.
        if (const auto mine = apply::journal_log::reopen(entry.path(), *journal);
            !mine && mine.error().code == errc::locked)
            return fail(errc::locked,
                        fmt::format("staging is in use by rehearsal {} (pid {} on host {}, since {})", journal->begin.id,
                                    journal->begin.pid, journal->begin.host, show(journal->begin.at)),
                        staging.name, true);
        return fail(errc::needs_rollback,
                    fmt::format("an earlier rehearsal was not rolled back; first run: understudy rollback {}",
                                entry.path().string()),
                    staging.name);
    }
    return {};
}

status check_step(const model::environment& staging, const model::change& change, const stage_set& set) {
    if (const auto* config = std::get_if<model::redis_config_step>(&change.step)) {
        if (!set.settings.contains(config->setting))
            return fail(errc::unknown_name, fmt::format("this server has no setting {}", config->setting),
                        set.link->where());
        return {};
    }
    const auto& deploy = std::get<model::deploy_step>(change.step);
    UNDERSTUDY_TRY(apply::command_line(staging, deploy.command, deploy.arguments, set.release));
    if (!change.rollback.command.empty())
        UNDERSTUDY_TRY(apply::command_line(staging, change.rollback.command, change.rollback.arguments, set.release));
    return {};
}

result<double> check_health(const model::environment& staging) {
    if (!staging.command("health")) return 0.0;
    UNDERSTUDY_LET(run, apply::ask_command(staging, "health"));
    if (run.exit_code != 0)
        return fail(errc::command_failed, fmt::format("the command health exited {}", run.exit_code), staging.name,
                    true);
    return run.seconds;
}

// Every identity that the change's routes name, and every other that could see or show a marker.
std::vector<std::string> identities_of(const model::environment& where) {
    std::vector<std::string> out;
    for (const auto& who : where.identities)
        out.push_back(who.name);
    return out;
}

status check_pages(const model::project& project, const model::change& change,
                   std::vector<measure::visitor>& visitors) {
    for (auto& who : visitors)
        UNDERSTUDY_TRY(who.prove());
    const auto* route = project.find_route(change.route);
    for (auto& who : visitors) {
        if (std::find(route->identities.begin(), route->identities.end(), who.name()) == route->identities.end())
            continue;
        const auto input = !change.input.empty() || route->inputs.empty() ? change.input : route->inputs.front();
        UNDERSTUDY_LET(page, who.fetch(route->target(input)));
        if (page.status == 404)
            return fail(errc::http_failed,
                        fmt::format("{} as {} answered HTTP 404 before anything was changed", route->name, who.name()),
                        route->target(input));
    }
    return {};
}

}  // namespace

result<production_side> see_production(net::runtime& on, const model::environment& environment) {
    production_side out;
    out.environment = &environment;
    UNDERSTUDY_LET(endpoint, apply::endpoint_of(environment));
    auto link = net::read_only_link::connect(on, endpoint, soon());
    if (!link) return std::unexpected(at(link.error(), environment.name));
    UNDERSTUDY_LET(facts, net::read_server_facts(*link, soon()));
    out.facts = facts;
    out.identity = net::identity_of(facts, endpoint);
    if (auto settings = apply::read_settings(*link, soon())) out.settings = std::move(*settings);
    return out;
}

result<std::vector<measure::visitor>> visitors_of(net::runtime& on, const model::environment& where,
                                                  const std::vector<std::string>& names, const std::string& run_id,
                                                  const std::function<status()>& before_request) {
    std::vector<measure::marker> markers;
    for (const auto& who : where.identities)
        if (!who.marker.empty()) markers.push_back({who.name, who.marker});
    std::vector<measure::visitor> out;
    for (const auto& name : names) {
        const auto* who = where.who(name);
        if (!who) return fail(errc::unknown_name, fmt::format("{} has no identity {}", where.name, name));
        measure::visitor_options options;
        options.run_id = run_id;
        options.before_request = before_request;
        UNDERSTUDY_LET(visitor, measure::visitor::make(on, where, *who, markers, options));
        out.push_back(std::move(visitor));
    }
    return out;
}

result<stage_set> preflight(net::runtime& on, const model::project& project, const model::change& change,
                            const preflight_options& options) {
    const auto* production = project.with_role(model::role::production);
    const auto* staging = project.with_role(model::role::staging);
    if (!production || !staging)
        return fail(errc::config_missing_key,
                    "a rehearsal needs an environment of role production and one of role staging", project.file);
    if (production->url == staging->url)
        return fail(errc::unsafe_target, "production and staging have the same url", project.file);
    stage_set set;
    set.staging = staging;
    UNDERSTUDY_LET(state, store::open_state_folder());
    set.state = state;
    UNDERSTUDY_TRY(no_open_journal(set.state, *staging));

    UNDERSTUDY_LET(seen, see_production(on, *production));
    set.production = std::move(seen);
    UNDERSTUDY_LET(endpoint, apply::endpoint_of(*staging));
    const net::write_permission permission{staging->access == model::access::read_write, {set.production.identity}};
    auto link = net::writable_link::open(on, endpoint, permission, soon());
    if (!link) return std::unexpected(at(link.error(), staging->name));
    set.link = std::move(*link);

    UNDERSTUDY_LET(settings, apply::read_settings(*set.link, soon()));
    set.settings = std::move(settings);
    set.drift = diff::drift_of({production->name, set.production.facts.version, set.production.settings},
                               {staging->name, set.link->facts().version, set.settings}, project.accepted_drift);
    if (diff::beyond_tolerance(set.drift) && options.drift_reason.empty()) {
        std::string names;
        for (const auto& one : set.drift)
            if (one.verdict == model::verdict::worse)
                names += fmt::format("{}{} ({} in production, {} in staging)", names.empty() ? "" : ", ", one.metric,
                                     one.reference_text, one.candidate_text);
        return fail(
            errc::drift,
            fmt::format(
                "staging is too far from production: {}. Close it, accept it in [drift], or say why it does not "
                "matter with --accept-drift REASON",
                names),
            staging->name);
    }
    auto release = apply::read_release(*staging);
    if (!release) return std::unexpected(at(release.error(), staging->name));
    if (*release) {
        set.release = (*release)->name;
        set.command_seconds += (*release)->seconds;
    }
    set.evicts = apply::can_evict(change.step, set.settings);
    UNDERSTUDY_LET(purge, apply::key_families::parse(change.purge));
    set.purge = purge;
    set.families = purge;
    set.families.everything = set.evicts;
    UNDERSTUDY_TRY(check_step(*staging, change, set));
    UNDERSTUDY_LET(health_seconds, check_health(*staging));
    set.command_seconds += health_seconds;
    UNDERSTUDY_LET(visitors, visitors_of(on, *staging, identities_of(*staging), options.id));
    set.visitors = std::move(visitors);
    if (const auto pages = check_pages(project, change, set.visitors); !pages)
        return std::unexpected(at(pages.error(), staging->name));
    UNDERSTUDY_LET(lease, apply::lease::take(*set.link, set.state, options.id));
    set.lease = std::move(lease);
    return set;
}

}  // namespace understudy::rehearse
