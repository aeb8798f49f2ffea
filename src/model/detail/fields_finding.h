// model/detail/fields_finding.h - the JSON fields of findings and what is judged by them. Page:
// docs/formats/comparison.md.
#pragma once

#include "model/detail/fields_change.h"
#include "model/detail/fields_measurement.h"
#include "model/finding.h"

namespace understudy::model::detail {

template <class V, noun<interval> T>
void fields(V& v, T& t) {
    v("low", t.low);
    v("high", t.high);
    v("confidence", t.confidence);
}

template <class V, noun<finding> T>
void fields(V& v, T& t) {
    v("metric", t.metric);
    v("subject", t.subject);
    v("unit", t.unit);
    v("reference", t.reference);
    v("candidate", t.candidate);
    v("reference_text", t.reference_text);
    v("candidate_text", t.candidate_text);
    v("change", t.change);
    v("range", t.range);
    v("method", t.method);
    v("p", t.p);
    v("margin", t.margin);
    v("verdict", t.verdict);
    v("why", t.why);
    v("advice", t.advice);
}

template <class V, noun<judged> T>
void fields(V& v, T& t) {
    v("expected", t.expected);
    v("found", t.found);
    v("outcome", t.outcome);
    v("why", t.why);
}

template <class V, noun<comparison> T>
void fields(V& v, T& t) {
    v("verdict", t.verdict);
    v("why", t.why);
    v("expectations", t.expectations);
    v("controls", t.controls);
    v("others", t.others);
    v("leaks", t.leaks);
    v("old_leaks", t.old_leaks);
    v("leaks_unknown", t.leaks_unknown);
}

template <class V, noun<noise_row> T>
void fields(V& v, T& t) {
    fields(v, t.key);
    v("metric", t.metric);
    v("floor", t.floor);
    v("smallest_visible", t.smallest_visible);
    v("p", t.p);
    v("differs", t.differs);
}

template <class V, noun<noise> T>
void fields(V& v, T& t) {
    v("rows", t.rows);
    v("ok", t.ok);
    v("why", t.why);
}

}  // namespace understudy::model::detail
