#include "rehearse/production_check.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "diff/evaluate.h"
#include "model/json.h"

namespace understudy::rehearse {

namespace {

constexpr int strikes = 2;  // rounds running
constexpr double error_margin = 0.5;

std::string name_of(const model::expectation& of) {
    return fmt::format("{} of {}: {}", model::word(of.metric),
                       model::series_key{of.route, of.identity, of.state}.text(), of.bound.text);
}

// How far from its bound a number may be and still count as within: the declared margin, or the metric's own.
double slack_of(const model::expectation& of, double before) {
    const double margin = of.margin.value_or(diff::default_margin(of.metric));
    return of.metric == model::metric::response_time ? std::abs(before) * margin / 100 : margin;
}

// What the bound asks of `after`.
double limit_of(const model::bound& bound, double before) {
    switch (bound.of) {
        case model::bound::on::change_percent:
            return before * (1 + bound.amount / 100);
        case model::bound::on::change_absolute:
            return before + bound.amount;
        case model::bound::on::value:
            break;
    }
    return bound.amount;
}

bool holds(const model::expectation& of, double before, double after) {
    const double limit = limit_of(of.bound, before);
    const double slack = of.bound.of == model::bound::on::value ? 0 : slack_of(of, before);
    switch (of.bound.how) {
        case model::bound::relation::at_most:
            return after <= limit + slack;
        case model::bound::relation::at_least:
            return after >= limit - slack;
        case model::bound::relation::same:
            break;
    }
    return std::abs(after - before) <= slack;
}

std::string why_unknown(const model::expectation& of, const model::series* row) {
    if (!row || row->requests == 0) return "this row is not measured on production";
    if (of.metric == model::metric::database_calls && row->database_unknown) return row->database_unknown->why;
    if (of.metric == model::metric::cache_status && row->cache_unknown) return row->cache_unknown->why;
    return "production does not tell this number";
}

signal judge(const model::expectation& of, const model::measurement& before, const model::measurement& after) {
    signal out;
    out.name = name_of(of);
    out.unit = diff::unit_of(of.metric);
    out.declared = true;
    if (of.state == model::temperature::cold) {
        out.why = "production is never made cold: this was proven in the rehearsal";
        return out;
    }
    const model::series_key key{of.route, of.identity, of.state};
    const auto* was = before.find(key);
    const auto* is = after.find(key);
    if (was && was->requests > 0) out.before = diff::value_of(*was, of.metric);
    if (is && is->requests > 0) out.after = diff::value_of(*is, of.metric);
    const bool alone = of.bound.of == model::bound::on::value;
    if (!out.after || (!out.before && !alone)) {
        out.why = why_unknown(of, out.after ? was : is);
        return out;
    }
    const bool good = holds(of, out.before.value_or(0), *out.after);
    out.outcome = good ? model::outcome::met : model::outcome::unmet;
    if (!good) out.why = "beyond its bound by more than its margin";
    return out;
}

signal errors_of(const model::series& row, const model::measurement& before) {
    signal out;
    out.name = fmt::format("errors of {}", row.key.text());
    out.unit = "%";
    const auto* was = before.find(row.key);
    out.before = was ? was->error_rate() * 100 : 0;
    out.after = row.error_rate() * 100;
    const bool good = *out.after <= *out.before + error_margin;
    out.outcome = good ? model::outcome::met : model::outcome::unmet;
    if (!good) out.why = "more errors than before the change";
    return out;
}

}  // namespace

std::vector<signal> judge_round(const model::change& change, const model::measurement& before,
                                const model::measurement& after) {
    std::vector<signal> out;
    for (const auto& one : change.expect)
        out.push_back(judge(one, before, after));
    for (const auto& row : after.rows)
        out.push_back(errors_of(row, before));
    for (const auto& [what, times] : after.failed_looks) {
        if (before.failed_looks.contains(what)) continue;
        signal one;
        one.name = "failed: " + what;
        one.outcome = model::outcome::unmet;
        one.why = fmt::format("{} times, and never before the change", times);
        out.push_back(std::move(one));
    }
    for (const auto& leak : after.leaks) {
        if (std::ranges::find(before.leaks, leak) != before.leaks.end()) continue;
        signal one;
        one.name = fmt::format("leak: what is {}'s was shown to {} on {}", leak.marker_of, leak.seen_as, leak.route);
        one.outcome = model::outcome::unmet;
        one.why = "it did not leak before the change";
        one.at_once = true;
        out.push_back(std::move(one));
    }
    return out;
}

std::vector<signal> breach_watch::take(const std::vector<signal>& round) {
    std::vector<signal> out;
    for (const auto& one : round) {
        auto& running = unmet_[one.name];
        running = one.outcome == model::outcome::unmet ? running + 1 : 0;
        if (running >= strikes || (one.at_once && running > 0)) out.push_back(one);
    }
    return out;
}

}  // namespace understudy::rehearse
