// model/detail/fields_measurement.h - the JSON fields of a measurement. Page: docs/formats/measurement.md.
#pragma once

#include <algorithm>

#include "model/detail/json_values.h"
#include "model/measurement.h"

namespace understudy::model::detail {

template <class V, noun<series_key> T>
void fields(V& v, T& t) {
    v("route", t.route);
    v("as", t.identity);
    v("state", t.state);
}

template <class V, noun<cache_tally> T>
void fields(V& v, T& t) {
    v("hit", t.hit);
    v("miss", t.miss);
    v("bypass", t.bypass);
    v("stale", t.stale);
    v("unknown", t.unknown);
}

template <class V, noun<miss_tally> T>
void fields(V& v, T& t) {
    v("stored", t.stored);
    v("not_stored", t.not_stored);
    v("because", t.because);
}

template <class V, noun<unknown_reason> T>
void fields(V& v, T& t) {
    v("why", t.why);
    v("mend", t.mend);
}

template <class V, noun<series> T>
void fields(V& v, T& t) {
    fields(v, t.key);
    v("requests", t.requests);
    v("errors", t.errors);
    v("latency", t.latency);
    v("database_calls", t.database_calls);
    v("database_source", t.database_source);
    v("database_unknown", t.database_unknown);
    v("cache", t.cache);
    v("cache_unknown", t.cache_unknown);
    v("redis_hits", t.redis_hits);
    v("redis_misses", t.redis_misses);
    v("cache_source", t.cache_source);
    v("missed", t.missed);
    v("answered_in_front", t.answered_in_front);
}

template <class V, noun<leak> T>
void fields(V& v, T& t) {
    v("route", t.route);
    v("seen_as", t.seen_as);
    v("marker_of", t.marker_of);
    v("order", t.order);
}

template <class V, noun<measurement> T>
void fields(V& v, T& t) {
    v("origin", t.origin);
    v("environment", t.environment);
    v("arm", t.arm);
    v("block", t.block);
    v("seed", t.seed);
    v("from", t.from);
    v("to", t.to);
    v("rows", t.rows);
    v("leaks", t.leaks);
    v("failed_looks", t.failed_looks);
    v("lost", t.lost);
    v("warnings", t.warnings);
}

inline void after_reading(json_reader& in, measurement& read) {
    std::ranges::sort(read.rows, {}, &series::key);
    if (std::ranges::adjacent_find(read.rows, {}, &series::key) != read.rows.end())
        in.refuse("two rows of one route, identity and state");
}

}  // namespace understudy::model::detail
