// Each check is one function, in the order in which they are told: whether it is whole, whose evidence it is, what came
// of it, and only then whether the world went on. The journal of the rehearsal is believed, for it lies in the state
// folder; of the evidence nothing but its id is believed before its digest was held against the journal's.
#include "rehearse/validity.h"

#include <algorithm>

#include <fmt/format.h>

#include "report/runbook.h"

namespace understudy::rehearse {

namespace {

status not_edited(const found_evidence& found) {
    const auto& sealed = found.journal.evidence;
    if (!sealed)
        return fail(errc::evidence_failed,
                    "the rehearsal did not get as far as its evidence: its journal does not name it", found.file);
    if (sealed->digest != found.digest)
        return fail(errc::evidence_edited,
                    "this is not, byte for byte, what the rehearsal wrote: its journal keeps another digest",
                    found.file);
    return {};
}

bool same_place(const model::environment& left, const model::environment& right) {
    return left.name == right.name && left.url == right.url && left.redis.host == right.redis.host &&
           left.redis.port == right.redis.port && left.redis.unix_path == right.redis.unix_path &&
           left.redis.database == right.redis.database;
}

status known_here(const found_evidence& found) {
    const auto& begin = found.journal.begin;
    if (!begin.id.empty() && begin.id == found.evidence.id) return {};
    return fail(errc::evidence_foreign,
                "no journal here is of this rehearsal: it was made elsewhere, or its journal was deleted", found.file);
}

status not_foreign(const found_evidence& found, const model::project& project, const reader_side& reader) {
    const auto foreign = [&](std::string why) { return fail(errc::evidence_foreign, std::move(why), found.file); };
    const auto& begin = found.journal.begin;
    if (begin.host != reader.host)
        return foreign(fmt::format("it was made on the machine {}, and this is {}", begin.host, reader.host));
    const auto made_by = found.evidence.conditions.find("project");
    if (made_by == found.evidence.conditions.end() || made_by->second != project.file)
        return foreign(fmt::format("it was made by another project than {}", project.file));
    const auto* staging = project.with_role(model::role::staging);
    if (!staging || !same_place(*staging, begin.environment))
        return foreign(fmt::format("it was made on another staging than the one of {}", project.file));
    return {};
}

std::string condition(const found_evidence& found, const std::string& name) {
    const auto value = found.evidence.conditions.find(name);
    return value == found.evidence.conditions.end() ? std::string{} : value->second;
}

std::unexpected<error> stale(const found_evidence& found, std::string why) {
    return fail(errc::evidence_stale, std::move(why) + "; rehearse it again", found.file);
}

const model::server_mark* seen_before(const model::server_mark& now, const std::vector<model::server_mark>& marks) {
    const auto there = std::ranges::find_if(marks, [&](const auto& one) {
        return one.run_id == now.run_id || (one.host == now.host && one.port == now.port && one.port != 0);
    });
    return there == marks.end() ? nullptr : &*there;
}

// Of a Cluster each primary; one that was a replica then was marked by its address alone.
status same_servers(const production_side_now& production, const found_evidence& found) {
    const auto& marks = found.journal.begin.production;
    if (std::ranges::none_of(production.marks, [&](const auto& one) { return seen_before(one, marks) != nullptr; }))
        return fail(errc::evidence_foreign, "the rehearsal was held against another production than this one",
                    found.file);
    for (const auto& one : production.marks) {
        const auto* was = seen_before(one, marks);
        if (!was || was->run_id != one.run_id)
            return stale(found, "production's Redis was restarted or replaced since the rehearsal (another run_id)");
    }
    return {};
}

status same_version(const production_side_now& production, const found_evidence& found) {
    const auto was = condition(found, "redis in production");
    const auto is = production.software + " " + production.server.version;
    if (was != is) return stale(found, fmt::format("production runs {} now, and ran {} at the rehearsal", is, was));
    return {};
}

// Drift is as it was where the same settings differ and production has the same values in them.
status same_drift(const production_side_now& production, const found_evidence& found, const model::project& project) {
    const auto software = condition(found, "redis in staging");
    const auto& saved = found.journal.saved;
    if (!saved) return stale(found, "its journal does not say what staging was like");
    const auto* declared = project.find(found.evidence.environment);
    const diff::server_side staging{found.evidence.environment, software.substr(software.find(' ') + 1),
                                    saved->settings, declared ? declared->scale : 1};
    const auto now = diff::drift_of(production.server, staging, project.accepted_drift);
    const auto missing = [](const std::vector<model::finding>& from, const model::finding& one) {
        return std::ranges::none_of(from, [&](const auto& other) {
            return other.metric == one.metric && other.reference_text == one.reference_text;
        });
    };
    for (const auto& one : now)
        if (missing(found.evidence.drift, one))
            return stale(found,
                         fmt::format("drift has changed: {} is {} in production now, which the rehearsal did not "
                                     "see",
                                     one.metric, one.reference_text));
    for (const auto& one : found.evidence.drift)
        if (missing(now, one))
            return stale(found, fmt::format("drift has changed: {} was {} in production at the rehearsal", one.metric,
                                            one.reference_text));
    return {};
}

status same_start(const production_side_now& production, const found_evidence& found) {
    const auto& saved = *found.journal.saved;
    if (const auto* config = std::get_if<model::redis_config_step>(&found.journal.begin.step)) {
        const auto was = saved.settings.find(config->setting), is = production.server.settings.find(config->setting);
        const auto text = [](const auto& value, const auto& all) { return value == all.end() ? "" : value->second; };
        if (text(was, saved.settings) != text(is, production.server.settings))
            return stale(found, fmt::format("the rehearsal went from {} {}, and production has {}", config->setting,
                                            text(was, saved.settings), text(is, production.server.settings)));
    }
    if (!saved.release.empty() && saved.release != production.release)
        return stale(found, fmt::format("the rehearsal went from the release {}, and production runs {}", saved.release,
                                        production.release.empty() ? "one that no command tells" : production.release));
    return {};
}

}  // namespace

status stands_by_itself(const found_evidence& found, const model::change& change, const model::project& project,
                        const reader_side& reader) {
    UNDERSTUDY_TRY(known_here(found));
    UNDERSTUDY_TRY(not_edited(found));
    UNDERSTUDY_TRY(not_foreign(found, project, reader));
    if (const auto why = report::why_not_for_production(found.evidence); !why.empty())
        return fail(errc::evidence_failed, why, found.file);
    if (found.evidence.exit_code != 0)
        return fail(errc::evidence_failed, fmt::format("the rehearsal ended with exit {}", found.evidence.exit_code),
                    found.file);
    if (found.evidence.change.digest != change.digest)
        return stale(found, "the change file was edited since it was rehearsed");
    const auto age = reader.at - found.evidence.ended;
    if (age > reader.max_age || age < std::chrono::milliseconds{0})
        return stale(found, fmt::format("it was rehearsed on {}, and evidence holds for {}", show(found.evidence.ended),
                                        show(reader.max_age)));
    return {};
}

status stands_on(const production_side_now& production, const found_evidence& found, const model::project& project) {
    UNDERSTUDY_TRY(same_servers(production, found));
    UNDERSTUDY_TRY(same_version(production, found));
    UNDERSTUDY_TRY(same_drift(production, found, project));
    return same_start(production, found);
}

}  // namespace understudy::rehearse
