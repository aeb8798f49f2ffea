#include "diff/evaluate.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "model/json.h"
#include "stats/equivalence.h"
#include "stats/interval.h"
#include "stats/power.h"
#include "stats/proportion.h"
#include "stats/summary.h"

namespace understudy::diff {

namespace {

using model::metric;
using model::verdict;

struct columns {
    std::vector<double> before, after;
    bool constant = false;  // each arm always gave the same number
};

bool all_equal(const std::vector<double>& numbers) {
    return std::adjacent_find(numbers.begin(), numbers.end(), std::not_equal_to<>()) == numbers.end();
}

// A count is exact when every single request of an arm made it, not only when the means agree.
bool is_constant(const model::series& row, metric of) {
    switch (of) {
        case metric::response_time:
            return false;
        case metric::database_calls:
            return row.database_calls.size() == 1 && !row.database_unknown;
        case metric::error_rate:
            return row.error_count() == 0 || row.error_count() == row.requests;
        case metric::cache_status:
            return row.cache.hit == 0 || row.cache.hit == row.cache.known();
    }
    return false;
}

result<columns> columns_of(metric of, std::span<const row_pair> pairs) {
    columns out;
    bool constant = true;
    for (const auto& [before, after] : pairs) {
        const auto first = value_of(*before, of), second = value_of(*after, of);
        if (!first || !second) {
            const auto& row = first ? *after : *before;
            const auto& reason = of == metric::database_calls ? row.database_unknown
                                 : of == metric::cache_status ? row.cache_unknown
                                                              : std::nullopt;
            return fail(errc::not_enough_data, reason ? reason->why : "no request was measured",
                        reason ? reason->mend : "");
        }
        if (of == metric::database_calls && before->database_source != after->database_source)
            return fail(
                errc::not_enough_data,
                fmt::format("before was counted by {}, after by {}", before->database_source, after->database_source),
                "mend what of the two is missing in one of them");
        constant = constant && is_constant(*before, of) && is_constant(*after, of);
        out.before.push_back(*first);
        out.after.push_back(*second);
    }
    out.constant = constant && all_equal(out.before) && all_equal(out.after);
    return out;
}

model::interval from(const stats::interval& range) {
    return {range.low, range.high, range.confidence};
}

std::optional<model::interval> interval_of(const std::vector<double>& sample) {
    const auto range = stats::paired_interval(sample);
    if (range) return from(*range);
    if (!sample.empty() && all_equal(sample)) return model::interval{sample[0], sample[0], 0.95};
    return std::nullopt;
}

verdict to_verdict(stats::decision decided) {
    switch (decided) {
        case stats::decision::improved:
            return verdict::improved;
        case stats::decision::worse:
            return verdict::worse;
        case stats::decision::same:
            return verdict::same;
        case stats::decision::inconclusive:
            break;
    }
    return verdict::inconclusive;
}

// Error rates: rare events want the exact tests, whose larger p decides.
void judge_rates(evaluation& out, std::span<const row_pair> pairs, double margin, std::uint64_t seed) {
    std::vector<stats::paired_tally> blocks;
    for (const auto& [before, after] : pairs)
        blocks.push_back({{before->error_count(), before->requests}, {after->error_count(), after->requests}});
    const auto rates = stats::compare_rates(blocks, seed);
    if (!rates) return;
    out.finding.p = out.family_p = rates->p;
    out.finding.method = fmt::format("Fisher and sign-flip, {} pairs", pairs.size());
    out.difference = model::interval{rates->range.low * 100, rates->range.high * 100, rates->range.confidence};
    const double moved = rates->range.estimate * 100;
    if (rates->p <= 0.05 && std::abs(moved) >= margin)
        out.finding.verdict = moved > 0 ? verdict::worse : verdict::improved;
    else if (out.difference->low > -margin && out.difference->high < margin)
        out.finding.verdict = verdict::same;
    else
        out.finding.why = "too few requests to tell so small a share of errors";
}

void judge_pairs(evaluation& out, const question& about, const columns& numbers, double margin) {
    const bool ratio = about.metric == metric::response_time;
    std::vector<double> differences;
    for (std::size_t i = 0; i < numbers.before.size(); ++i)
        differences.push_back(ratio ? std::log(numbers.after[i] / numbers.before[i])
                                    : numbers.after[i] - numbers.before[i]);
    stats::paired_question asked;
    asked.differences = differences;
    asked.margin = ratio ? std::log1p(margin / 100) : margin;
    asked.better =
        about.metric == metric::cache_status ? stats::direction::higher_is_better : stats::direction::lower_is_better;
    asked.exact_counts = numbers.constant;
    asked.seed = about.seed;
    const auto answer = stats::decide(asked);
    out.finding.verdict = to_verdict(answer.verdict);
    out.finding.p = answer.p;
    if (answer.p) out.family_p = stats::trimmed_p(differences);
    out.finding.method = numbers.constant ? fmt::format("constant in each arm, {} pairs", answer.pairs)
                                          : fmt::format("trimmed mean and sign-flip, {} pairs", answer.pairs);
    if (out.finding.verdict == verdict::inconclusive) out.finding.why = stats::text(answer.reason);
    if (ratio) {
        if (answer.range)
            out.relative = model::interval{std::expm1(answer.range->low), std::expm1(answer.range->high), 0.95};
        out.finding.change = std::expm1(answer.estimate);
    }
}

// None of a few requests failed: that says little of a small share.
void widen_rate(evaluation& out, std::span<const row_pair> pairs) {
    std::uint64_t errors = 0, requests = 0;
    for (const auto& pair : pairs) {
        errors += pair.after->error_count();
        requests += pair.after->requests;
    }
    const auto exact = stats::clopper_pearson({errors, requests});
    if (!exact || !out.value) return;
    out.value->low = std::min(out.value->low, exact->low * 100);
    out.value->high = std::max(out.value->high, exact->high * 100);
}

void fill_intervals(evaluation& out, metric of, const columns& numbers, std::span<const row_pair> pairs) {
    std::vector<double> differences;
    for (std::size_t i = 0; i < numbers.before.size(); ++i)
        differences.push_back(numbers.after[i] - numbers.before[i]);
    if (!out.difference) out.difference = interval_of(differences);
    out.value = interval_of(numbers.after);
    if (of == metric::error_rate) widen_rate(out, pairs);
    const double before = *out.finding.reference, after = *out.finding.candidate;
    if (of == metric::response_time) return;
    if (before > 0) {
        out.finding.change = after / before - 1;
        if (out.difference)
            out.relative = model::interval{out.difference->low / before, out.difference->high / before, 0.95};
    } else if (before == 0 && after == 0) {
        out.finding.change = 0;
        out.relative = model::interval{0, 0, 0.95};
    }
}

// Arms that follow each other share the luck of their hour, which no number of blocks averages out.
void doubt(evaluation& out, metric of) {
    auto& found = out.finding;
    const bool stands = out.exact || (found.verdict == verdict::worse && of != metric::response_time);
    if (stands || found.verdict == verdict::inconclusive) return;
    found.verdict = verdict::inconclusive;
    found.why = "before and after could not be alternated, so a drift of the machine cannot be told from the change";
}

}  // namespace

double default_margin(metric of) {
    switch (of) {
        case metric::response_time:
            return 10;
        case metric::database_calls:
        case metric::error_rate:
            return 0.5;
        case metric::cache_status:
            return 5;
    }
    return 0;
}

std::string_view unit_of(metric of) {
    switch (of) {
        case metric::response_time:
            return "ms";
        case metric::database_calls:
            return "calls";
        case metric::error_rate:
        case metric::cache_status:
            return "%";
    }
    return "";
}

std::vector<row_pair> pairs_of(std::span<const model::measurement> arms, const model::series_key& key,
                               std::string_view before, std::string_view after) {
    std::map<int, row_pair> blocks;
    for (const auto& arm : arms) {
        const auto* row = arm.find(key);
        if (!row || row->requests == 0) continue;
        if (arm.arm == before) blocks[arm.block].before = row;
        if (arm.arm == after) blocks[arm.block].after = row;
    }
    std::vector<row_pair> out;
    for (const auto& [block, pair] : blocks)
        if (pair.before && pair.after) out.push_back(pair);
    return out;
}

std::optional<double> value_of(const model::series& row, metric of) {
    switch (of) {
        case metric::response_time:
            if (const auto median = row.median()) return std::max(static_cast<double>(median->count()) / 1e6, 1e-6);
            return std::nullopt;
        case metric::error_rate:
            return row.requests == 0 ? std::nullopt : std::optional(row.error_rate() * 100);
        case metric::database_calls:
            return row.database_unknown ? std::nullopt : row.database_mean();
        case metric::cache_status:
            if (row.cache.unknown > row.error_count()) return std::nullopt;
            if (const auto share = row.hit_share()) return *share * 100;
            return std::nullopt;
    }
    return std::nullopt;
}

evaluation evaluate(const question& about, std::span<const row_pair> pairs) {
    evaluation out;
    auto& found = out.finding;
    found.metric = model::word(about.metric);
    found.subject = about.key.text();
    found.unit = unit_of(about.metric);
    found.margin = about.margin.value_or(default_margin(about.metric));
    if (pairs.empty()) {
        found.why = "it was not measured in both arms";
        return out;
    }
    const auto numbers = columns_of(about.metric, pairs);
    if (!numbers) {
        found.why = numbers.error().what;
        found.advice = numbers.error().where;
        return out;
    }
    const bool middle = about.metric == metric::response_time;
    found.reference = middle ? stats::median(numbers->before) : stats::mean(numbers->before);
    found.candidate = middle ? stats::median(numbers->after) : stats::mean(numbers->after);
    if (about.metric == metric::error_rate && !numbers->constant)
        judge_rates(out, pairs, found.margin, about.seed);
    else
        judge_pairs(out, about, *numbers, found.margin);
    fill_intervals(out, about.metric, *numbers, pairs);
    found.range = out.relative ? out.relative : out.difference;
    out.exact = numbers->constant;
    if (!about.switchable) doubt(out, about.metric);
    return out;
}

model::noise_row noise_of(const question& about, std::span<const row_pair> pairs, std::size_t planned) {
    model::noise_row out;
    out.key = about.key;
    out.metric = about.metric;
    const auto numbers = columns_of(about.metric, pairs);
    if (!numbers || pairs.size() < 2) return out;
    std::vector<double> differences;
    for (std::size_t i = 0; i < pairs.size(); ++i)
        differences.push_back(about.metric == metric::response_time
                                  ? 100 * std::log(numbers->after[i] / numbers->before[i])
                                  : numbers->after[i] - numbers->before[i]);
    out.floor = stats::standard_deviation(differences);
    if (out.floor) out.smallest_visible = stats::smallest_visible(*out.floor, planned);
    return out;
}

}  // namespace understudy::diff
