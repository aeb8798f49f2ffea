// model/detail/fields_change.h - the JSON fields of a change. Page: docs/formats/change.md.
#pragma once

#include "model/change.h"
#include "model/detail/json_values.h"

namespace understudy::model::detail {

template <class V, noun<redis_config_step> T>
void fields(V& v, T& t) {
    v("setting", t.setting);
    v("value", t.value);
}

template <class V, noun<deploy_step> T>
void fields(V& v, T& t) {
    v("command", t.command);
    v("arguments", t.arguments);
}

template <class V, noun<expire_step> T>
void fields(V& v, T& t) {
    v("pattern", t.pattern);
    v("how", t.how);
    v("ttl_ns", t.ttl);
}

template <class V, noun<command_step> T>
void fields(V& v, T& t) {
    v("name", t.name);
    v("arguments", t.arguments);
}

template <class V, noun<purge_step> T>
void fields(V&, T&) {}

template <class V, noun<settings_step> T>
void fields(V& v, T& t) {
    v("settings", t.settings);
}

template <class V, noun<bound> T>
void fields(V& v, T& t) {
    v("of", t.of);
    v("how", t.how);
    v("amount", t.amount);
    v("text", t.text);
}

template <class V, noun<expectation> T>
void fields(V& v, T& t) {
    v("metric", t.metric);
    v("route", t.route);
    v("as", t.identity);
    v("state", t.state);
    v("bound", t.bound);
    v("margin", t.margin);
    v("primary", t.primary);
    v("critical", t.critical);
}

template <class V, noun<undo> T>
void fields(V& v, T& t) {
    v("command", t.command);
    v("arguments", t.arguments);
    v("none", t.none);
}

template <class V, noun<effort> T>
void fields(V& v, T& t) {
    v("blocks", t.blocks);
    v("warm", t.warm);
    v("cold", t.cold);
}

template <class V, noun<change> T>
void fields(V& v, T& t) {
    v("name", t.name);
    v("file", t.file);
    v("digest", t.digest);
    v("owner", t.owner);
    v("reason", t.reason);
    v("route", t.route);
    v("input", t.input);
    v("symptom", t.symptom);
    v("noticed", t.noticed);
    v("step", t.step);
    v("purge", t.purge);
    v("controls", t.controls);
    v("expect", t.expect);
    v("rollback", t.rollback);
    v("effort", t.effort);
    v("no_key_backup", t.no_key_backup);
    v("source", t.source);
}

}  // namespace understudy::model::detail
