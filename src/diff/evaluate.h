// diff/evaluate.h - one metric of one row, before against after: the number, its interval, and what it means.
//
// The unit of analysis is the block, never the request: requests of one run share its luck (cache, CPU, neighbours).
//   response_time   median of each arm; differences of logarithms, so that the answer is a ratio
//   database_calls  mean of each arm; exact where the count is constant within each arm
//   error_rate      share of each arm; exact where all requests of an arm fared alike, else Fisher and sign-flip
//   cache_status    share of hits; exact likewise. Unknown where an answer that was no error told no status: a cache
//                   that only ever says "hit" would else show 100 % of them
// Where before and after did not alternate, only exact counts can show an improvement or sameness.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/finding.h"
#include "model/measurement.h"

namespace understudy::diff {

// Before and after of one block, for one row. Pointers into the measurements that were given.
struct row_pair {
    const model::series* before = nullptr;
    const model::series* after = nullptr;
};

struct question {
    model::metric metric = model::metric::response_time;
    model::series_key key;
    std::optional<double> margin;  // percent for response_time, calls, or points; empty: default_margin
    bool switchable = true;        // before and after alternated; else response time can at best be inconclusive
    std::uint64_t seed = 1;
};

// What a finding says, and the numbers that a bound is held against.
struct evaluation {
    model::finding finding;
    std::optional<double> family_p;             // for corrections over many: continuous, unlike the sign-flip test's
    bool exact = false;                         // counts that were constant within each arm
    std::optional<model::interval> relative;    // of after / before - 1
    std::optional<model::interval> difference;  // of after - before: ms, calls, points (of 100)
    std::optional<model::interval> value;       // of after: ms, calls, percent
};

// 10 (percent) for response_time, 0.5 calls, 0.5 points of errors, 5 points of hits.
[[nodiscard]] double default_margin(model::metric);
[[nodiscard]] std::string_view unit_of(model::metric);

// The pairs of one row among arms "A" and "B" (or the two names given) of equal block number, by block.
[[nodiscard]] std::vector<row_pair> pairs_of(std::span<const model::measurement> arms, const model::series_key& key,
                                             std::string_view before = "A", std::string_view after = "B");

// One arm's number, in the metric's unit (ms, calls, percent of requests); empty where it is unknown.
[[nodiscard]] std::optional<double> value_of(const model::series& row, model::metric metric);

[[nodiscard]] evaluation evaluate(const question& about, std::span<const row_pair> pairs);

// How much the row varies with nothing changed, and the smallest effect that the `planned` pairs of before and after
// will show: percent for response_time, else the metric's unit. Empty where it was not measured.
[[nodiscard]] model::noise_row noise_of(const question& about, std::span<const row_pair> pairs, std::size_t planned);

}  // namespace understudy::diff
