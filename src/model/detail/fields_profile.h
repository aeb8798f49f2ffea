// model/detail/fields_profile.h - the JSON fields of a profile. Page: docs/formats/profile.md.
#pragma once

#include <algorithm>
#include <tuple>

#include "model/detail/json_values.h"
#include "model/profile.h"

namespace understudy::model::detail {

template <class V, noun<count_range> T>
void fields(V& v, T& t) {
    v("low", t.low);
    v("high", t.high);
    v("confidence", t.confidence);
}

template <class V, noun<family_profile> T>
void fields(V& v, T& t) {
    v("database", t.database);
    v("pattern", t.pattern);
    v("framework", t.framework);
    v("keys", t.keys);
    v("keys_range", t.keys_range);
    v("counted", t.counted);
    v("types", t.types);
    v("encodings", t.encodings);
    v("persistent", t.persistent);
    v("overdue", t.overdue);
    v("same_second", t.same_second);
    v("elements", t.elements);
    v("bytes", t.bytes);
    v("memory", t.memory);
    v("lifetime_ms", t.lifetime);
    v("idle_s", t.idle);
    v("frequency", t.frequency);
}

template <class V, noun<notable_key> T>
void fields(V& v, T& t) {
    v("database", t.database);
    v("pattern", t.pattern);
    v("key", t.key);
    v("bytes", t.bytes);
    v("frequency", t.frequency);
}

template <class V, noun<route_profile> T>
void fields(V& v, T& t) {
    v("route", t.route);
    v("as", t.identity);
    v("status", t.status);
    v("first", t.first);
    v("second", t.second);
    v("headers", t.headers);
}

template <class V, noun<shown_threshold> T>
void fields(V& v, T& t) {
    v("setting", t.setting);
    v("least", t.least);
    v("most", t.most);
}

template <class V, noun<degraded_fact> T>
void fields(V& v, T& t) {
    v("fact", t.fact);
    v("why", t.why);
}

template <class V, noun<profile> T>
void fields(V& v, T& t) {
    v("environment", t.environment);
    v("source", t.source);
    v("from", t.from);
    v("to", t.to);
    v("rate", t.rate);
    v("seed", t.seed);
    v("software", t.software);
    v("server_version", t.version);
    v("settings", t.settings);
    v("thresholds", t.thresholds);
    v("users", t.users);
    v("facts", t.facts);
    v("commands", t.commands);
    v("keys", t.keys);
    v("families", t.families);
    v("modules", t.modules);
    v("largest", t.largest);
    v("hottest", t.hottest);
    v("routes", t.routes);
    v("application", t.application);
    v("digest_key", t.digest_key);
    v("degraded", t.degraded);
    v("partial", t.partial);
}

inline void after_reading(json_reader& in, profile& read) {
    const auto place = [](const family_profile& of) { return std::tie(of.database, of.pattern); };
    if (!std::ranges::is_sorted(read.families, std::less_equal{}, place)) {
        std::ranges::sort(read.families, {}, place);
        if (std::ranges::adjacent_find(read.families, {}, place) != read.families.end())
            in.refuse("two families of one database and pattern");
    }
    if (!(read.rate > 0 && read.rate <= 1)) in.refuse("the rate of a sample lies above 0 and at most at 1");
}

}  // namespace understudy::model::detail
