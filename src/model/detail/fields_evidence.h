// model/detail/fields_evidence.h - the JSON fields of the record of a rehearsal. Page: docs/formats/evidence.md.
#pragma once

#include "model/detail/fields_finding.h"
#include "model/evidence.h"

namespace understudy::model::detail {

template <class V, noun<proof_row> T>
void fields(V& v, T& t) {
    v("name", t.name);
    v("what", t.what);
    v("count", t.count);
}

template <class V, noun<proof::settings_part> T>
void fields(V& v, T& t) {
    v("checked", t.checked);
    v("restored", t.restored);
    v("differ", t.differ);
}

template <class V, noun<proof::keys_part> T>
void fields(V& v, T& t) {
    v("as_before", t.as_before);
    v("restored", t.restored);
    v("expired", t.expired);
    v("differ", t.differ);
}

template <class V, noun<proof> T>
void fields(V& v, T& t) {
    v("done", t.done);
    v("settings", t.settings);
    v("keys", t.keys);
    v("removed", t.removed);
    v("left_in_families", t.left_in_families);
    v("elsewhere_new", t.elsewhere_new);
    v("elsewhere_changed", t.elsewhere_changed);
    v("elsewhere_gone", t.elsewhere_gone);
    v("elsewhere_expired", t.elsewhere_expired);
    v("elsewhere_unknown", t.elsewhere_unknown);
    v("eviction", t.eviction);
    v("database", t.database);
    v("release_before", t.release_before);
    v("release_after", t.release_after);
    v("release_ok", t.release_ok);
    v("differences", t.differences);
    v("listed", t.listed);
    v("seconds", t.seconds);
}

template <class V, noun<disturbance> T>
void fields(V& v, T& t) {
    v("what", t.what);
    v("where", t.where);
}

template <class V, noun<stage_time> T>
void fields(V& v, T& t) {
    v("stage", t.stage);
    v("seconds", t.seconds);
}

template <class V, noun<command_run> T>
void fields(V& v, T& t) {
    v("what", t.what);
    v("run", t.argv);
    v("environment", t.environment);
    v("folder", t.folder);
    v("exit_code", t.exit_code);
    v("seconds", t.seconds);
    v("output", t.output);
}

template <class V, noun<statement_cost> T>
void fields(V& v, T& t) {
    v("text", t.text);
    v("calls", t.calls);
    v("ms", t.milliseconds);
}

template <class V, noun<slow_command> T>
void fields(V& v, T& t) {
    v("command", t.name);
    v("key", t.key);
    v("times", t.times);
    v("longest_ms", t.longest_ms);
}

template <class V, noun<workload> T>
void fields(V& v, T& t) {
    v("database", t.database);
    v("statements", t.statements);
    v("statements_unknown", t.statements_unknown);
    v("slow_commands", t.slow_commands);
    v("slow_commands_unknown", t.slow_commands_unknown);
}

template <class V, noun<git_state> T>
void fields(V& v, T& t) {
    v("commit", t.commit);
    v("branch", t.branch);
    v("clean", t.clean);
    v("compared_with", t.compared_with);
    v("files", t.files);
    v("more_files", t.more_files);
    v("unknown", t.unknown);
}

template <class V, noun<evidence> T>
void fields(V& v, T& t) {
    v("id", t.id);
    v("program", t.version);  // "version" is the document's own
    v("started", t.started);
    v("ended", t.ended);
    v("exit_code", t.exit_code);
    v("stopped", t.stopped);
    v("change", t.change);
    v("environment", t.environment);
    v("environment_url", t.environment_url);
    v("redis", t.redis);
    v("drift", t.drift);
    v("drift_reason", t.drift_reason);
    v("comparison", t.comparison);
    v("proof", t.proof);
    v("noise", t.noise);
    v("disturbances", t.disturbances);
    v("commands", t.commands);
    v("conditions", t.conditions);
    v("git", t.git);
    v("warnings", t.warnings);
    v("times", t.times);
    v("own_seconds", t.own_seconds);
    v("journal", t.journal);
    v("workload", t.workload);
    v("noise_arms", t.noise_arms);
    v("arms", t.arms);
}

}  // namespace understudy::model::detail
