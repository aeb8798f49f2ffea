#include "model/measurement.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "model/json.h"

namespace understudy::model {

namespace {

// A count of the server that one of the two does not know is not known of both together.
void add_known(std::optional<std::uint64_t>& into, const std::optional<std::uint64_t>& from) {
    if (into && from)
        *into += *from;
    else
        into.reset();
}

void merge_row(series& into, const series& from) {
    const bool fresh = into.requests == 0;
    into.requests += from.requests;
    for (const auto& [kind, times] : from.errors)
        into.errors[kind] += times;
    into.latency.merge(from.latency);
    for (const auto& [calls, times] : from.database_calls)
        into.database_calls[calls] += times;
    if (into.database_source.empty())
        into.database_source = from.database_source;
    else if (!from.database_source.empty() && into.database_source.find(from.database_source) == std::string::npos)
        into.database_source += ", " + from.database_source;
    if (!into.database_unknown) into.database_unknown = from.database_unknown;
    into.cache.hit += from.cache.hit;
    into.cache.miss += from.cache.miss;
    into.cache.bypass += from.cache.bypass;
    into.cache.stale += from.cache.stale;
    into.cache.unknown += from.cache.unknown;
    if (!into.cache_unknown) into.cache_unknown = from.cache_unknown;
    if (fresh) {
        into.redis_hits = from.redis_hits;
        into.redis_misses = from.redis_misses;
    } else if (from.requests > 0) {
        add_known(into.redis_hits, from.redis_hits);
        add_known(into.redis_misses, from.redis_misses);
    }
    if (into.cache_source.empty()) into.cache_source = from.cache_source;
    into.missed.stored += from.missed.stored;
    into.missed.not_stored += from.missed.not_stored;
    if (into.missed.because.empty()) into.missed.because = from.missed.because;
    into.answered_in_front += from.answered_in_front;
}

template <class T>
void add_new(std::vector<T>& into, const std::vector<T>& from) {
    for (const auto& one : from)
        if (std::ranges::find(into, one) == into.end()) into.push_back(one);
}

void merge_time(measurement& into, const measurement& from) {
    if (from.from == wall_time{} && from.to == wall_time{}) return;
    const bool fresh = into.from == wall_time{} && into.to == wall_time{};
    into.from = fresh ? from.from : std::min(into.from, from.from);
    into.to = fresh ? from.to : std::max(into.to, from.to);
}

}  // namespace

std::string series_key::text() const {
    return fmt::format("{} as {}, {}", route, identity, word(state));
}

std::uint64_t series::error_count() const {
    return std::accumulate(errors.begin(), errors.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const auto& kind) { return sum + kind.second; });
}

double series::error_rate() const {
    if (requests == 0) return 0;
    return static_cast<double>(error_count()) / static_cast<double>(requests);
}

std::optional<double> series::database_mean() const {
    double sum = 0, times = 0;
    for (const auto& [calls, count] : database_calls) {
        sum += static_cast<double>(calls) * static_cast<double>(count);
        times += static_cast<double>(count);
    }
    if (times == 0) return std::nullopt;
    return sum / times;
}

std::optional<double> series::hit_share() const {
    if (cache.known() == 0) return std::nullopt;
    return static_cast<double>(cache.hit) / static_cast<double>(cache.known());
}

std::optional<std::chrono::nanoseconds> series::median() const {
    const auto middle = latency.quantile(0.5);
    if (!middle) return std::nullopt;
    return std::chrono::nanoseconds(*middle);
}

const series* measurement::find(const series_key& key) const {
    const auto row = std::ranges::lower_bound(rows, key, {}, &series::key);
    return row != rows.end() && row->key == key ? &*row : nullptr;
}

void merge(measurement& into, const measurement& from) {
    merge_time(into, from);
    for (const auto& row : from.rows) {
        const auto at = std::ranges::lower_bound(into.rows, row.key, {}, &series::key);
        if (at != into.rows.end() && at->key == row.key)
            merge_row(*at, row);
        else
            into.rows.insert(at, row);
    }
    add_new(into.leaks, from.leaks);
    std::ranges::sort(into.leaks);
    into.lost += from.lost;
    add_new(into.warnings, from.warnings);
}

}  // namespace understudy::model
