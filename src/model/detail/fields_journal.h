// model/detail/fields_journal.h - the JSON fields of the records of a journal. Page: docs/formats/journal-records.md.
#pragma once

#include "model/detail/fields_change.h"
#include "model/detail/fields_environment.h"
#include "model/journal.h"

namespace understudy::model::detail {

template <class V, noun<server_mark> T>
void fields(V& v, T& t) {
    v("run_id", t.run_id);
    v("replid", t.replid);
    v("replid2", t.replid2);
    v("host", t.host);
    v("port", t.port);
}

template <class V, noun<journal_server> T>
void fields(V& v, T& t) {
    v("node", t.node);
    v("run_id", t.run_id);
    v("server", t.server);
    v("host", t.host);
    v("port", t.port);
    v("slots", t.slots);
}

template <class V, noun<journal_begin> T>
void fields(V& v, T& t) {
    v("id", t.id);
    v("at", t.at);
    v("host", t.host);
    v("pid", t.pid);
    v("program", t.version);  // "version" is the document's own
    v("environment", t.environment);
    v("backups", t.backups);
    v("primaries", t.primaries);
    v("production", t.production);
    v("change", t.change);
    v("change_digest", t.change_digest);
    v("step", t.step);
    v("rollback", t.rollback);
    v("families", t.families);
    v("evicts", t.evicts);
    v("no_key_backup", t.no_key_backup);
    v("authority", t.authority);
}

template <class V, noun<journal_saved> T>
void fields(V& v, T& t) {
    v("at", t.at);
    v("settings", t.settings);
    v("release", t.release);
    v("backup_file", t.backup_file);
    v("backup_digest", t.backup_digest);
    v("digest_salt", t.digest_salt);
    v("keys", t.keys);
    v("census_keys", t.census_keys);
    v("census_unknown", t.census_unknown);
}

template <class V, noun<journal_step> T>
void fields(V& v, T& t) {
    v("at", t.at);
    v("number", t.number);
    v("action", t.action);
    v("state", t.state);
    v("detail", t.detail);
    v("process_group", t.process_group);
    v("process_started", t.process_started);
    v("error", t.error);
}

template <class V, noun<journal_end> T>
void fields(V& v, T& t) {
    v("at", t.at);
    v("outcome", t.outcome);
}

template <class V, noun<journal_evidence> T>
void fields(V& v, T& t) {
    v("at", t.at);
    v("file", t.file);
    v("digest", t.digest);
}

}  // namespace understudy::model::detail
