// model/detail/fields_checklist.h - the JSON fields of a checklist. Page: docs/formats/checklist.md.
#pragma once

#include "model/checklist.h"
#include "model/detail/json_values.h"

namespace understudy::model::detail {

template <class V, noun<check> T>
void fields(V& v, T& t) {
    v("line", t.line);
    v("id", t.id);
    v("weight", t.weight);
    v("state", t.state);
    v("route", t.route);
    v("as", t.identity);
    v("text", t.text);
    v("evidence", t.evidence);
    v("mend", t.mend);
}

template <class V, noun<checklist> T>
void fields(V& v, T& t) {
    v("environment", t.environment);
    v("at", t.at);
    v("requests", t.requests);
    v("checks", t.checks);
}

}  // namespace understudy::model::detail
