// model/detail/fields_history.h - the JSON fields of the history and of the log. Pages: docs/formats/history.md,
// log.md.
#pragma once

#include "model/detail/json_values.h"
#include "model/history.h"
#include "model/log_line.h"

namespace understudy::model::detail {

// What `history --json` prints.
struct history_document {
    std::vector<history_entry> entries;
};

template <class V, noun<history_act> T>
void fields(V& v, T& t) {
    v("act", t.what);
    v("at", t.at);
    v("environment", t.environment);
    v("exit_code", t.exit_code);
}

template <class V, noun<history_entry> T>
void fields(V& v, T& t) {
    v("id", t.id);
    v("change", t.change);
    v("change_digest", t.change_digest);
    v("owner", t.owner);
    v("reason", t.reason);
    v("route", t.route);
    v("verdict", t.verdict);
    v("why", t.why);
    v("standing", t.standing);
    v("commit", t.commit);
    v("folder", t.folder);
    v("acts", t.acts);
}

template <class V, noun<history_document> T>
void fields(V& v, T& t) {
    v("entries", t.entries);
}

template <class V, noun<log_line::failure> T>
void fields(V& v, T& t) {
    v("code", t.code);
    v("what", t.what);
}

template <class V, noun<log_line> T>
void fields(V& v, T& t) {
    v("time", t.at);
    v("level", t.level);
    v("step", t.step);
    v("what", t.what);
    v("seconds", t.seconds);
    v("error", t.error);
}

}  // namespace understudy::model::detail
