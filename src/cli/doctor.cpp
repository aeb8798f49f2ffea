// `doctor`: what can be reached, with which permissions, what is therefore degraded, and how to mend each.
//
// Everything is asked read-only, in staging too. On production it asks for nothing that the minimal ACL of
// docs/permissions.md does not grant, so that it leaves no entry in ACL LOG.
#include <algorithm>
#include <map>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "apply/rollback.h"
#include "apply/settings.h"
#include "apply/steps.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "diff/drift.h"
#include "diff/parity.h"
#include "measure/call_counter.h"
#include "net/read_only_cluster.h"
#include "net/server_info.h"
#include "net/writable_link.h"
#include "rehearse/preflight.h"
#include "snapshot/likeness.h"

namespace understudy::cli {

namespace {

constexpr std::chrono::seconds patience{5};

enum class health { ok, degraded, failed };

struct row {
    std::string environment, what;
    health state = health::ok;
    std::string found;
    std::string mend;
    errc code = errc::internal;  // of a failure
};

// One server, or all that a Redis Cluster is made of.
struct redis_view {
    net::server_facts facts;                   // the lowest version
    std::vector<net::server_facts> primaries;  // of each
    std::vector<net::server_identity> identities;
    apply::settings settings;
};

net::deadline soon() {
    return net::deadline::after(patience);
}

class examination {
public:
    examination(net::runtime& runtime, const model::project& project, progress& shown)
        : runtime_(runtime), project_(project), shown_(shown) {}

    void examine(const model::environment& one) {
        name_ = one.name;
        shown_.show("looking at " + one.name, 0, 0);
        redis(one);
        database(one);
        web(one);
        commands(one);
    }

    // What only two environments together can tell: that staging is not production, and how far from it.
    void compare() {
        const auto* production = project_.with_role(model::role::production);
        const auto* staging = project_.with_role(model::role::staging);
        if (!production || !staging || !views_.contains(production->name) || !views_.contains(staging->name)) return;
        const auto& there = views_.at(production->name);
        const auto& here = views_.at(staging->name);
        name_ = staging->name;
        net::write_permission permission{staging->access == model::access::read_write, {}};
        for (const auto& one : project_.environments)
            if (one.role == model::role::production && views_.contains(one.name))
                for (const auto& known : views_.at(one.name).identities)
                    permission.production.push_back(known);
        status may;
        for (const auto& primary : here.primaries)
            if (may) may = net::may_write_node(primary, permission, staging->name);
        if (may)
            add("not production", health::ok,
                here.primaries.size() > 1 ? "other servers, no replication tie" : "another server, no replication tie");
        else
            add(may.error(), "not production", "point the environment at a server of its own");
        const auto drift =
            diff::drift_of({production->name, there.facts.version, there.settings},
                           {staging->name, here.facts.version, here.settings, staging->scale}, project_.accepted_drift);
        if (drift.empty()) add("drift", health::ok, "none in version and compared settings");
        for (const auto& one : drift)
            add("drift: " + one.metric, one.verdict == model::verdict::same ? health::ok : health::degraded,
                fmt::format("{} here, {} in production ({})", one.candidate_text, one.reference_text, one.why),
                one.verdict == model::verdict::worse ? one.advice : "");
        likeness(*production, *staging);
    }

    [[nodiscard]] const std::vector<row>& rows() const { return rows_; }

private:
    // What both hold, at a glance.
    void likeness(const model::environment& production, const model::environment& staging) {
        if (!project_.drift_look) return;  // a user who may read no key is enough for everything else
        shown_.show("looking at what both hold", 0, 0);
        const auto seen =
            snapshot::look_at_likeness(runtime_, production, staging, project_.accepted_drift, *project_.drift_look);
        const std::string command = fmt::format("understudy diff {} {}", production.name, staging.name);
        if (!seen)
            return add("parity", health::degraded, "unknown: " + seen.error().what,
                       seen.error().code == errc::no_permission ? "grant what docs/permissions.md lists for snapshot"
                                                                : command + " says more");
        const bool near = !diff::beyond_tolerance(seen->drift);
        add("parity", near ? health::ok : health::degraded, snapshot::text_of(*seen), near ? "" : command);
    }

    void add(std::string what, health state, std::string found, std::string mend = {}) {
        rows_.push_back({name_, std::move(what), state, std::move(found), std::move(mend), errc::internal});
    }
    void add(const error& wrong, std::string what, std::string mend) {
        rows_.push_back({name_, std::move(what), health::failed, wrong.what, std::move(mend), wrong.code});
    }

    void redis(const model::environment& one) {
        const auto endpoint = apply::endpoint_of(one);
        if (!endpoint) return add(endpoint.error(), "redis", "set the secret that understudy.toml names");
        auto seen = net::read_only_cluster::connect(runtime_, *endpoint, soon());
        if (!seen) return add(seen.error(), "redis", mend_of(seen.error().code, *endpoint));
        const auto& facts = seen->facts();
        add("redis", health::ok,
            fmt::format("{} {} at {}, {}{}", facts.software, facts.version, seen->where(),
                        seen->is_cluster() ? net::size_of(*seen->shape()) : facts.role,
                        endpoint->sentinels ? ", found as " + endpoint->text() : ""));
        if (seen->is_cluster()) cluster(*seen);
        redis_view view{facts, {}, seen->identities(), {}};
        for (const auto& primary : seen->primaries())
            view.primaries.push_back(primary.facts);
        settings(one, *seen, view);
        add("access", health::ok, one.access == model::access::read_write ? "read-write" : "read-only, by type");
        const auto& dropped = seen->primaries().front().link.dropped();
        if (!dropped.empty())
            add("commands", health::degraded,
                fmt::format("{} commands that this server calls writes are not used", dropped.size()), "");
        views_.emplace(one.name, std::move(view));
    }

    // What makes a Cluster less than one server: slots on their way, nodes of different versions.
    void cluster(net::read_only_cluster& seen) {
        std::string moving, versions;
        bool mixed = false;
        for (const auto& primary : seen.primaries()) {
            if (!primary.moving.empty())
                moving +=
                    fmt::format("{}{} on {}", moving.empty() ? "" : ", ", primary.moving.front(), primary.link.where());
            mixed = mixed || primary.facts.version != seen.primaries().front().facts.version;
            versions +=
                fmt::format("{}{} on {}", versions.empty() ? "" : ", ", primary.facts.version, primary.link.where());
        }
        if (!moving.empty())
            add("cluster", health::degraded, "slots are being moved: " + moving,
                "wait until that is done; a rehearsal is refused meanwhile");
        else
            add("cluster", health::ok, "every slot is served by one primary, and none is being moved");
        if (mixed) add("versions", health::degraded, "the primaries differ: " + versions, "finish the upgrade");
    }

    void settings(const model::environment& one, net::read_only_cluster& seen, redis_view& view) {
        const auto each = apply::settings_of_each(seen, soon());
        if (!each)
            return add("settings", health::degraded, "CONFIG GET is not granted: drift in settings is unknown",
                       "grant +config|get");
        view.settings = apply::joined(*each);
        const auto names = apply::differing(*each);
        if (names.empty()) return add("settings", health::ok, fmt::format("{} readable", view.settings.size()));
        std::string text;
        for (const auto& name : names)
            text += (text.empty() ? "" : ", ") + name;
        add("settings", health::degraded, "the primaries are not set alike: " + text,
            one.role == model::role::production ? "set them alike; nothing is applied to production meanwhile"
                                                : "set them alike; a rehearsal is refused meanwhile");
    }

    void database(const model::environment& one) {
        if (!one.database) return;
        if (one.role == model::role::production)
            return add("database", health::ok, "not asked: production's counters are everybody's");
        measure::call_counter counter(runtime_, one);
        if (const auto opened = counter.open(); !opened) {
            const auto reason = counter.reason_of(opened.error());
            const bool without = opened.error().code == errc::no_counters || opened.error().code == errc::no_permission;
            if (!without) return add(opened.error(), "database", reason.mend);
            return add("database", health::degraded, opened.error().what, reason.mend);
        }
        if (const auto looked = counter.begin_arm(); !looked) return add(looked.error(), "database", "");
        if (const auto& why = counter.why())
            add("database", health::degraded, why->why, why->mend);
        else
            add("database", health::ok, counter.server() + " counts its statements, and is quiet");
        if (const auto statements = counter.statements(); !statements)
            add("statements", health::degraded, statements.error().what, counter.reason_of(statements.error()).mend);
    }

    static std::string mend_of(errc code, const net::redis_endpoint& at) {
        switch (code) {
            case errc::auth_failed:
                return "check username and password in understudy.toml against ACL LIST of the server";
            case errc::tls_failed:
            case errc::bad_file:
                return "check `tls` of this redis in understudy.toml";
            case errc::unknown_name:
                return "check `master` in understudy.toml against SENTINEL MASTERS";
            case errc::server_loading:
                return "wait until the server has loaded its data";
            case errc::no_permission:
                return "grant what docs/permissions.md lists";
            case errc::cluster_unsettled:
                return "give every slot a primary (redis-cli --cluster check)";
            case errc::cluster_changed:
                return "wait until the failover or the resharding is over, and ask again";
            case errc::config_bad_value:
                return "check `database` of this redis in understudy.toml";
            default:
                return "check that " + at.text() + " is right and can be reached from here";
        }
    }

    void web(const model::environment& one) {
        std::vector<std::string> names;
        for (const auto& who : one.identities)
            names.push_back(who.name);
        auto visitors = rehearse::visitors_of(runtime_, one, names);
        if (!visitors)
            return add(visitors.error(), "web",
                       visitors.error().code == errc::secret_missing ? "set the secret that understudy.toml names"
                                                                     : "check `url` and `tls` in understudy.toml");
        bool reached = true;
        for (auto& who : *visitors) {
            if (reached && who.name() == "anonymous") reached = page(one, who);
            if (!reached || who.name() == "anonymous") continue;
            if (const auto proven = who.prove())
                add("identity " + who.name(), health::ok, "logged in, and proven to be itself");
            else
                add(proven.error(), "identity " + who.name(), "check login, password and logged_in_when");
        }
    }

    bool page(const model::environment& one, measure::visitor& anonymous) {
        const model::route* route = nullptr;
        for (const auto& candidate : project_.routes)
            if (!route && std::find(candidate.identities.begin(), candidate.identities.end(), "anonymous") !=
                              candidate.identities.end())
                route = &candidate;
        const std::string target = !route ? "/"
                                          : route->target(route->inputs.empty() ? std::map<std::string, std::string>{}
                                                                                : route->inputs.front());
        const auto seen = anonymous.ask(target);
        if (!seen) {
            add(seen.error(), "web", "");
            return false;
        }
        if (seen->status == 0) {
            add(error{errc::http_failed, fmt::format("{} did not answer: {}", one.url, seen->error), {}, true}, "web",
                "check the url, and that the application runs");
            return false;
        }
        if (one.role != model::role::production) {
            const auto alike = rehearse::answers_everything_alike(anonymous, {target});
            if (alike && *alike) {
                add(error{errc::http_failed,
                          "every path is answered with the same page, also one that cannot be",
                          {},
                          true},
                    "web", "check the url, and what stands in front of the application");
                return false;
            }
        }
        add("web", health::ok,
            fmt::format("{} answers HTTP {} in {}", one.url + target, seen->status, show(seen->latency)));
        if (seen->database.outcome == http::database_outcome::counted)
            add("database calls", health::ok, "reported by Server-Timing");
        else if (seen->caches.answered_in_front())
            add("database calls", health::degraded,
                fmt::format("unknown: by {} a cache in front of the application answered", seen->cache_source),
                "empty that cache and ask again; its hits are counted as no calls");
        else
            add("database calls", one.database ? health::ok : health::degraded,
                fmt::format("{}: Server-Timing is {}", one.database ? "left to the database" : "unknown",
                            http::name_of(seen->database.outcome)),
                one.database ? "" : "docs/instrument.md has the few lines that report them");
        front(one, *seen);
        return true;
    }

    // What such a cache keeps outlives the keys that a rehearsal purges.
    void front(const model::environment& one, const measure::sample& seen) {
        const auto* nearest = seen.caches.nearest();
        if (!nearest || nearest->at < http::layer::server || one.role == model::role::production) return;
        if (one.command("clear_front"))
            add("cache in front", health::ok, fmt::format("told of by {}; clear_front empties it", nearest->source));
        else
            add("cache in front", health::degraded,
                fmt::format("told of by {}: cold requests that it answers will not count", nearest->source),
                fmt::format("add [environments.{}.commands.clear_front]", one.name));
    }

    void commands(const model::environment& one) {
        if (one.role == model::role::production) return;
        for (const auto* name : {"deploy", "rollback"})
            if (!one.command(name))
                add(std::string("command ") + name, health::degraded,
                    "not declared: changes that deploy cannot be rehearsed",
                    fmt::format("add [environments.{}.commands.{}]", one.name, name));
        if (!one.command("release"))
            add("command release", health::degraded, "not declared: a deploy by hand would go unnoticed",
                fmt::format("add [environments.{}.commands.release]", one.name));
        else if (const auto release = apply::read_release(one); release)
            add("command release", health::ok, (*release)->name);
        else
            add(release.error(), "command release", "run it by hand");
        if (!one.command("health")) return;
        const auto run = apply::ask_command(one, "health");
        if (!run)
            add(run.error(), "command health", "run it by hand");
        else if (run->exit_code != 0)
            add(error{errc::command_failed, fmt::format("exited {}", run->exit_code), {}, true}, "command health",
                "run it by hand");
        else
            add("command health", health::ok, "exited 0");
    }

    net::runtime& runtime_;
    const model::project& project_;
    progress& shown_;
    std::string name_;
    std::vector<row> rows_;
    std::map<std::string, redis_view> views_;
};

std::string_view word(health state) {
    return state == health::ok ? "ok" : state == health::degraded ? "degraded" : "failed";
}

void print_rows(const std::vector<row>& rows) {
    table page({"", "environment", "what", "found"});
    for (const auto& one : rows) {
        const tone colour = one.state == health::ok         ? tone::plain
                            : one.state == health::degraded ? tone::warn
                                                            : tone::bad;
        page.row({std::string(word(one.state)), one.environment, one.what, one.found}, colour);
        if (!one.mend.empty()) page.row({"", "", "", "-> " + one.mend}, tone::dim);
    }
    print(page.text(stdout_is_coloured()));
}

void print_json(const std::vector<row>& rows) {
    boost::json::array checks;
    for (const auto& one : rows)
        checks.push_back({{"environment", one.environment},
                          {"what", one.what},
                          {"state", word(one.state)},
                          {"found", one.found},
                          {"mend", one.mend}});
    const boost::json::object document{{"format", "understudy/doctor"}, {"version", 1}, {"checks", std::move(checks)}};
    print(boost::json::serialize(document) + "\n");
}

// The gravest of the failures decides; what is only degraded is no failure.
int exit_code_of(const std::vector<row>& rows) {
    int out = 0;
    for (const auto& one : rows)
        if (one.state == health::failed) out = std::max(out, static_cast<int>(exit_of(one.code)));
    return out;
}

}  // namespace

result<int> examine_and_print(const options& given, const model::project& project,
                              const std::vector<std::string>& names) {
    for (const auto& name : names)
        UNDERSTUDY_TRY(environment_of(project, name));
    net::runtime runtime;
    progress shown(given.quiet, given.log);
    examination all(runtime, project, shown);
    for (const auto& one : project.environments)
        if (names.empty() || std::find(names.begin(), names.end(), one.name) != names.end()) all.examine(one);
    all.compare();
    shown.clear();
    for (const auto& one : all.rows()) {
        const bool failed = one.state == health::failed;
        given.log.step({"check", fmt::format("{} {}: {}", one.environment, one.what, word(one.state)), std::nullopt,
                        failed ? name_of(one.code) : std::string_view(), failed ? one.found : std::string_view()});
    }
    if (given.json)
        print_json(all.rows());
    else
        print_rows(all.rows());
    return exit_code_of(all.rows());
}

result<int> run_doctor(const options& given) {
    UNDERSTUDY_LET(project, load_project(given));
    return examine_and_print(given, project, given.names);
}

}  // namespace understudy::cli
