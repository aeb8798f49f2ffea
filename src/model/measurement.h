// model/measurement.h - the four signals of one run: per route, identity and temperature, cold and warm apart.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "model/change.h"
#include "stats/histogram.h"

namespace understudy::model {

enum class origin : std::uint8_t { measured, recorded, replayed, simulated };

struct series_key {
    std::string route;
    std::string identity;
    temperature state = temperature::warm;

    friend auto operator<=>(const series_key&, const series_key&) = default;
    [[nodiscard]] std::string text() const;  // "category as ada, warm"
};

struct cache_tally {
    std::uint64_t hit = 0, miss = 0, bypass = 0, stale = 0, unknown = 0;
    [[nodiscard]] std::uint64_t known() const { return hit + miss + bypass + stale; }
};

// Of the requests that a cache missed and that were followed by another one for the same page, with nothing removed in
// between (those that do not count included): what the next answer told.
struct miss_tally {
    std::uint64_t stored = 0;      // it came from the cache
    std::uint64_t not_stored = 0;  // it was missed again
    std::string because;           // of the last one that was not stored, in words, without any value of the answer
};

// A number that could not be had says why, and what would mend it.
struct unknown_reason {
    std::string why;
    std::string mend;
};

struct series {
    series_key key;
    std::uint64_t requests = 0;
    std::map<std::string, std::uint64_t> errors;  // "HTTP 500", "timed_out" -> how often
    stats::histogram latency;                     // nanoseconds, from due to the last byte; failed requests included
    std::map<std::uint64_t, std::uint64_t> database_calls;  // calls of a request -> requests that made so many
    std::string database_source;                            // who counted: "Server-Timing", "PostgreSQL"; "": nobody
    std::optional<unknown_reason> database_unknown;         // why some or all requests are not among database_calls
    cache_tally cache;                                      // what the response headers said
    std::optional<unknown_reason> cache_unknown;
    std::optional<std::uint64_t> redis_hits, redis_misses;  // of the server meanwhile, serial requests only
    std::string cache_source;                               // the header that told
    miss_tally missed;
    // Requests that a cache in front of the application answered: it was not asked, so each is one of no calls.
    std::uint64_t answered_in_front = 0;

    [[nodiscard]] std::uint64_t error_count() const;
    [[nodiscard]] double error_rate() const;                    // share of requests; 0 for none
    [[nodiscard]] std::optional<double> database_mean() const;  // calls a request; empty where unknown
    [[nodiscard]] std::optional<double> hit_share() const;      // of the requests whose status is known
    [[nodiscard]] std::optional<std::chrono::nanoseconds> median() const;
};

// The marker of one identity in an answer to another.
struct leak {
    std::string route;
    std::string seen_as;    // who asked
    std::string marker_of;  // whose marker it was
    std::string order;      // "ada, then grace": who asked before
    friend auto operator<=>(const leak&, const leak&) = default;
};

struct measurement {
    model::origin origin = origin::measured;
    std::string environment;
    std::string arm;  // "A", "A'" or "B"; empty outside a rehearsal
    int block = 0;
    std::uint64_t seed = 0;
    wall_time from{}, to{};
    std::vector<series> rows;  // sorted by key
    std::vector<leak> leaks;
    // "account as grace", "login as grace" -> how often it failed where nothing is measured: in the leak pass, at
    // logins
    std::map<std::string, std::uint64_t> failed_looks;
    std::uint64_t lost = 0;  // requests that were due and not sent
    std::vector<std::string> warnings;

    [[nodiscard]] const series* find(const series_key&) const;
};

// Adds the counts of the second to those of the first, row by row.
void merge(measurement& into, const measurement& from);

}  // namespace understudy::model
