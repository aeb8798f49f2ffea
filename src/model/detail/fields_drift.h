// model/detail/fields_drift.h - the JSON fields of a drift. Page: docs/formats/drift.md.
#pragma once

#include "model/detail/fields_finding.h"
#include "model/detail/json_values.h"
#include "model/drift.h"

namespace understudy::model::detail {

template <class V, noun<drift_finding> T>
void fields(V& v, T& t) {
    v("id", t.id);
    v("group", t.group);
    v("subject", t.subject);
    v("reference", t.reference);
    v("other", t.other);
    v("distance", t.distance);
    v("method", t.method);
    v("range", t.range);
    v("points", t.points);
    v("state", t.state);
    v("effect", t.effect);
    v("close", t.close);
    v("reason", t.reason);
}

template <class V, noun<drift_hazard> T>
void fields(V& v, T& t) {
    v("environment", t.environment);
    v("subject", t.subject);
    v("text", t.text);
    v("mend", t.mend);
}

template <class V, noun<drift> T>
void fields(V& v, T& t) {
    v("reference", t.reference);
    v("other", t.other);
    v("at", t.at);
    v("scale", t.scale);
    v("parity", t.parity);
    v("findings", t.findings);
    v("hazards", t.hazards);
    v("unknown", t.unknown);
}

inline void after_reading(json_reader& in, drift& read) {
    if (!(read.parity >= 0 && read.parity <= 100)) in.refuse("parity lies between 0 and 100");
    if (!(read.scale > 0 && read.scale <= 1)) in.refuse("the scale lies above 0 and at most at 1");
}

}  // namespace understudy::model::detail
