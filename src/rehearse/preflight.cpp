#include "rehearse/preflight.h"

#include <algorithm>
#include <csignal>

#include <fmt/format.h>

#include "apply/before.h"
#include "apply/rollback.h"
#include "apply/steps.h"
#include "apply/target.h"
#include "base/hash.h"
#include "base/interrupt.h"
#include "base/units.h"
#include "diff/drift.h"
#include "rehearse/plan.h"
#include "snapshot/likeness.h"

namespace understudy::rehearse {

namespace {

constexpr std::chrono::seconds patience{10};

net::deadline soon() {
    return net::deadline::after(patience);
}

error at(error wrong, const std::string& environment) {
    if (wrong.where != environment) wrong.what = environment + ": " + wrong.what;
    return wrong;
}

// Keys that are not there have no expiry to change.
status has_keys(stage_set& set, const model::expire_step& expire) {
    UNDERSTUDY_LET(families, apply::key_families::parse({expire.pattern}));
    std::uint64_t found = 0;
    UNDERSTUDY_TRY(apply::for_each_key(*set.link, families, [&](std::span<const std::string> keys) -> status {
        found += keys.size();
        return {};
    }));
    if (found > 0) return {};
    return fail(errc::config_bad_value,
                fmt::format("no key in staging matches {}: there is nothing to rehearse", expire.pattern),
                set.link->where());
}

status check_step(const model::environment& staging, const model::change& change, stage_set& set) {
    if (const auto* config = std::get_if<model::redis_config_step>(&change.step)) {
        if (!set.settings.contains(config->setting))
            return fail(errc::unknown_name, fmt::format("this server has no setting {}", config->setting),
                        set.link->where());
        const auto& now = set.settings.at(config->setting);
        const auto bytes = parse_bytes(now);
        if (now == config->value || (bytes && bytes == parse_bytes(config->value)))
            return fail(errc::config_bad_value,
                        fmt::format("{} is {} in staging already: there is nothing to rehearse", config->setting, now),
                        set.link->where());
        return {};
    }
    if (const auto* expire = std::get_if<model::expire_step>(&change.step)) return has_keys(set, *expire);
    if (const auto* deploy = std::get_if<model::deploy_step>(&change.step))
        UNDERSTUDY_TRY(apply::command_line(staging, deploy->command, deploy->arguments, set.release));
    if (const auto* command = std::get_if<model::command_step>(&change.step))
        UNDERSTUDY_TRY(apply::command_line(staging, command->name, command->arguments, set.release));
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

// Each page that will be measured or looked at is asked for once by each identity: what fails now would fail in both
// arms and look like no change. It also tells the visitors what the pages answer while nothing is changed.
status check_pages(const model::project& project, const model::change& change, stage_set& set) {
    for (auto& who : set.visitors)
        UNDERSTUDY_TRY(who.prove());
    for (const auto& plan : routes_of(project, change, *set.staging)) {
        for (auto& who : set.visitors) {
            if (std::ranges::find(plan.identities, who.name()) == plan.identities.end()) continue;
            const auto& inputs = plan.route->inputs;
            const auto target = plan.route->target(!plan.input.empty() || inputs.empty() ? plan.input : inputs.front());
            UNDERSTUDY_LET(page, who.ask(target));
            if (page.error.empty()) continue;
            return fail(errc::http_failed,
                        fmt::format("{} as {} answered {} before anything was changed", plan.route->name, who.name(),
                                    page.error),
                        target);
        }
    }
    return {};
}

// The url's own text in a page is no difference.
std::string without(std::string body, const std::string& target) {
    for (auto at = body.find(target); at != std::string::npos; at = body.find(target, at))
        body.erase(at, target.size());
    return body;
}

bool is_page_of_html(const net::http_response& page) {
    std::string begin = page.body.substr(0, 4096);
    std::ranges::transform(begin, begin.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return page.status == 200 &&
           (begin.find("<html") != std::string::npos || begin.find("<!doctype html") != std::string::npos);
}

status check_catch_all(const model::project& project, const model::change& change, stage_set& set) {
    std::vector<std::string> targets;
    for (const auto& plan : routes_of(project, change, *set.staging)) {
        const auto& inputs = plan.route->inputs;
        targets.push_back(plan.route->target(!plan.input.empty() || inputs.empty() ? plan.input : inputs.front()));
    }
    const auto anonymous = std::ranges::find(set.visitors, "anonymous", &measure::visitor::name);
    if (anonymous == set.visitors.end()) return {};
    UNDERSTUDY_LET(alike, answers_everything_alike(*anonymous, targets));
    if (!alike) return {};
    return fail(errc::http_failed,
                "every path is answered with the same page, also one that cannot be: a login portal, a proxy without "
                "its application, or a wrong url",
                set.staging->url, true);
}

// As two spellings of one address: letter case, a slash at the end, the scheme's own port.
bool same_site(std::string left, std::string right) {
    const auto plain = [](std::string& url) {
        std::ranges::transform(url, url.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        while (url.ends_with('/'))
            url.pop_back();
        for (const std::string_view port : {url.starts_with("https:") ? ":443" : ":80"})
            if (url.ends_with(port)) url.resize(url.size() - port.size());
    };
    plain(left);
    plain(right);
    return left == right;
}

status see_productions(net::runtime& on, const model::project& project, stage_set& set) {
    for (const auto& one : project.environments) {
        if (one.role != model::role::production) continue;
        if (same_site(one.url, set.staging->url))
            return fail(errc::unsafe_target, fmt::format("{} and {} have the same url", one.name, set.staging->name),
                        project.file);
        UNDERSTUDY_LET(seen, see_production(on, one));
        set.productions.insert(set.productions.end(), seen.identities.begin(), seen.identities.end());
        if (!set.production.environment) set.production = std::move(seen);
    }
    return {};
}

status check_drift(const model::project& project, const preflight_options& options, stage_set& set) {
    set.drift = diff::drift_of(
        {set.production.environment->name, set.production.facts.version, set.production.settings},
        {set.staging->name, set.link->facts().version, set.settings, set.staging->scale}, project.accepted_drift);
    if (!diff::beyond_tolerance(set.drift) || !options.drift_reason.empty()) return {};
    std::string names;
    for (const auto& one : set.drift)
        if (one.verdict == model::verdict::worse)
            names += fmt::format("{}{} ({} in production, {} in staging)", names.empty() ? "" : ", ", one.metric,
                                 one.reference_text, one.candidate_text);
    return fail(errc::drift,
                fmt::format("staging is too far from production: {}. Close it, accept it in [drift], or say why it "
                            "does not matter with --accept-drift REASON",
                            names),
                set.staging->name);
}

// What staging is now; with the lease in hand, so that no other rehearsal's change is taken for it.
status see_staging(net::runtime& on, const model::project& project, const model::change& change,
                   const preflight_options& options, stage_set& set) {
    UNDERSTUDY_TRY(apply::no_open_journal(set.state, *set.staging, apply::servers_of(*set.link)));
    UNDERSTUDY_TRY(net::is_at_rest(*set.link, soon()));
    UNDERSTUDY_LET(settings, apply::read_agreed_settings(*set.link, soon()));
    set.settings = std::move(settings);
    UNDERSTUDY_TRY(check_drift(project, options, set));
    auto release = apply::read_release(*set.staging);
    if (!release) return std::unexpected(at(release.error(), set.staging->name));
    if (*release) {
        set.release = (*release)->name;
        set.command_seconds += (*release)->seconds;
    }
    set.evicts = apply::can_evict(change.step, set.settings);
    if (set.evicts && change.no_key_backup.empty())
        UNDERSTUDY_TRY(apply::nothing_elsewhere(*set.link, set.staging->redis.database));
    UNDERSTUDY_LET(purge, apply::key_families::parse(change.purge));
    set.purge = purge;
    UNDERSTUDY_LET(families, apply::key_families::parse(model::families_of(change), set.evicts));
    set.families = std::move(families);
    UNDERSTUDY_TRY(check_step(*set.staging, change, set));
    UNDERSTUDY_LET(health_seconds, check_health(*set.staging));
    set.command_seconds += health_seconds;
    UNDERSTUDY_LET(visitors, visitors_of(on, *set.staging, identities_of(*set.staging)));
    set.visitors = std::move(visitors);
    if (const auto alike = check_catch_all(project, change, set); !alike)
        return std::unexpected(at(alike.error(), set.staging->name));
    if (const auto pages = check_pages(project, change, set); !pages)
        return std::unexpected(at(pages.error(), set.staging->name));
    return {};
}

// What both hold, before our own keys are there. It is told, and refuses nothing: which families a rehearsal needs is
// for its owner to say.
std::string likeness_of(net::runtime& on, const model::project& project, const stage_set& set) {
    if (!project.drift_look) return "keys were not compared: [drift] look says for how long they may be looked at";
    const auto seen = snapshot::look_at_likeness(on, *set.production.environment, *set.staging, project.accepted_drift,
                                                 *project.drift_look);
    return seen ? snapshot::text_of(*seen) : "unknown: " + seen.error().what;
}

}  // namespace

result<bool> answers_everything_alike(measure::visitor& anonymous, const std::vector<std::string>& targets) {
    const std::string nowhere = "/understudy-" + hex(random_bytes(8)) + "/";
    UNDERSTUDY_LET(made_up, anonymous.fetch(nowhere));
    if (targets.empty() || !is_page_of_html(made_up)) return false;
    const std::string same = without(made_up.body, nowhere);
    for (const auto& target : targets) {
        UNDERSTUDY_LET(page, anonymous.fetch(target));
        if (page.status != 200 || without(page.body, target) != same) return false;
    }
    return true;
}

result<production_side> see_production(net::runtime& on, const model::environment& environment) {
    production_side out;
    out.environment = &environment;
    UNDERSTUDY_LET(endpoint, apply::endpoint_of(environment));
    auto seen = net::read_only_cluster::connect(on, endpoint, soon());
    if (!seen) return std::unexpected(at(seen.error(), environment.name));
    out.facts = seen->facts();
    out.identities = seen->identities();
    if (const auto* shape = seen->shape()) out.cluster = net::size_of(*shape);
    if (const auto settings = apply::settings_of_each(*seen, soon())) out.settings = apply::joined(*settings);
    return out;
}

result<std::vector<measure::visitor>> visitors_of(net::runtime& on, const model::environment& where,
                                                  const std::vector<std::string>& names,
                                                  const std::function<status()>& before_request) {
    std::vector<measure::marker> markers;
    for (const auto& who : where.identities)
        if (!who.marker.empty()) markers.push_back({who.name, who.marker});
    std::vector<measure::visitor> out;
    for (const auto& name : names) {
        const auto* who = where.who(name);
        if (!who) return fail(errc::unknown_name, fmt::format("{} has no identity {}", where.name, name));
        measure::visitor_options options;
        options.before_request = before_request;
        UNDERSTUDY_LET(visitor, measure::visitor::make(on, where, *who, markers, options));
        out.push_back(std::move(visitor));
    }
    return out;
}

result<stage_set> preflight(net::runtime& on, const model::project& project, const model::change& change,
                            const preflight_options& options) {
    stage_set set;
    set.staging = project.with_role(model::role::staging);
    if (!set.staging || !project.with_role(model::role::production))
        return fail(errc::config_missing_key,
                    "a rehearsal needs an environment of role production and one of role staging", project.file);
    UNDERSTUDY_LET(state, store::open_state_folder());
    set.state = state;
    UNDERSTUDY_TRY(see_productions(on, project, set));
    UNDERSTUDY_LET(endpoint, apply::endpoint_of(*set.staging));
    const net::write_permission permission{set.staging->access == model::access::read_write, set.productions};
    auto link = net::open_writable(on, endpoint, permission, soon());
    if (!link) return std::unexpected(at(link.error(), set.staging->name));
    set.link = std::move(*link);
    set.likeness = likeness_of(on, project, set);
    UNDERSTUDY_LET(lease, apply::lease::take(*set.link, set.state, options.id));
    set.lease = std::move(lease);
    if (auto seen = see_staging(on, project, change, options, set); !seen) {
        // An interrupted wait gives its connection up; the lease is not to stay for that.
        const int signal = interrupt_signal();
        clear_interrupt();
        if (!set.link->alive())
            if (auto again = net::open_writable(on, endpoint, permission, soon()); again) set.link = std::move(*again);
        (void)set.lease->release(*set.link);
        if (signal != 0) std::raise(signal);  // the exit code tells of it
        return std::unexpected(std::move(seen).error());
    }
    return set;
}

}  // namespace understudy::rehearse
