#include "report/detail/facts.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "base/units.h"
#include "model/json.h"
#include "stats/summary.h"

namespace understudy::report::detail {

namespace {

std::string without_idle_zeros(std::string text) {
    if (text.find('.') == std::string::npos) return text;
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text == "-0" ? "0" : text;
}

bool is_share(std::string_view unit) {
    return unit == "%";
}

// A relative range that does not hold the relative change is a range of something else: better none than a wrong one.
bool fits(const model::interval& range, double change) {
    const double slack = 1e-6 + std::abs(change) * 1e-6;
    return range.low - slack <= change && change <= range.high + slack;
}

std::string span(double low, double high, std::string_view unit) {
    return fmt::format("{} to {} {}", signed_number(low), signed_number(high), unit);
}

std::string arguments_text(const std::map<std::string, std::string>& arguments) {
    std::string out;
    for (const auto& [name, value] : arguments)
        out += fmt::format(" {}={}", name, value);
    return out;
}

void add_arm(side& into, const model::series& row) {
    if (row.requests == 0) return;
    if (const auto median = row.median()) into.medians.push_back(static_cast<double>(median->count()) / 1e6);
    model::measurement all, one;
    if (into.all) all.rows.push_back(std::move(*into.all));
    one.rows.push_back(row);
    model::merge(all, one);
    into.all = std::move(all.rows.front());
}

void finish(side& of) {
    of.median = stats::median(of.medians);
    if (const auto range = stats::median_interval(of.medians))
        of.median_range = model::interval{range->low, range->high, range->confidence};
}

}  // namespace

std::string number(double value) {
    if (!std::isfinite(value)) return "unknown";
    const double size = std::abs(value);
    if (size >= 99.95) return without_idle_zeros(fmt::format("{:.0f}", value));
    if (size >= 9.995) return without_idle_zeros(fmt::format("{:.1f}", value));
    if (size >= 0.1) return without_idle_zeros(fmt::format("{:.2f}", value));
    if (size >= 0.00005) return without_idle_zeros(fmt::format("{:.4f}", value));
    return "0";
}

std::string signed_number(double value) {
    const std::string text = number(value);
    return value > 0 && text != "0" ? "+" + text : text;
}

std::string amount(const std::optional<double>& value, std::string_view unit) {
    if (!value || !std::isfinite(*value)) return "unknown";
    if (unit == "ms" && std::abs(*value) < 1e9) return show(std::chrono::nanoseconds(std::llround(*value * 1e6)));
    if (unit == "calls") return number(*value) + (number(*value) == "1" ? " call" : " calls");
    return unit.empty() ? number(*value) : fmt::format("{} {}", number(*value), unit);
}

std::string seconds_text(double seconds) {
    if (!std::isfinite(seconds) || std::abs(seconds) > 1e9) return "unknown";
    return show(std::chrono::nanoseconds(std::llround(seconds * 1e9)));
}

std::string p_text(const std::optional<double>& p) {
    if (!p) return {};
    if (*p < 0.001) return "< 0.001";
    return without_idle_zeros(fmt::format("{:.3f}", *p));
}

std::string plural(std::uint64_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string metric_name(std::string_view metric) {
    if (metric == "response_time") return "response time";
    if (metric == "error_rate") return "errors";
    if (metric == "cache_status") return "cache hits";
    if (metric == "database_calls") return "database calls";
    return std::string(metric);
}

change_text change_of(const model::finding& found) {
    change_text out;
    if (!found.reference || !found.candidate) return out;
    const double before = *found.reference, difference = *found.candidate - before;
    const std::string unit = is_share(found.unit) ? "points" : found.unit;
    if (found.change && !is_share(found.unit)) {
        out.change = signed_number(*found.change * 100) + " %";
        if (found.range && fits(*found.range, *found.change) && found.range->low != found.range->high)
            out.range = span(found.range->low * 100, found.range->high * 100, "%");
        return out;
    }
    out.change = fmt::format("{} {}", signed_number(difference), unit);
    if (!found.range || found.range->low == found.range->high) return out;  // exact: nothing to add
    const double scale = found.change ? before : 1;  // a relative range of shares goes back to points
    if (found.change && !fits(*found.range, *found.change)) return out;
    out.range = span(found.range->low * scale, found.range->high * scale, unit);
    return out;
}

std::string margin_of(const model::finding& found) {
    const std::string_view unit = found.unit == "ms"     ? "%"
                                  : is_share(found.unit) ? "points"
                                                         : std::string_view(found.unit);
    return fmt::format("\u00B1 {} {}", number(found.margin), unit);
}

std::string noise_unit(model::metric of) {
    if (of == model::metric::response_time) return "%";
    return of == model::metric::database_calls ? "calls" : "points";
}

std::vector<row> rows_of(const model::evidence& of) {
    std::map<std::pair<bool, model::series_key>, row> found;
    const auto& controls = of.change.controls;
    const auto collect = [&](const std::vector<model::measurement>& arms, bool noise) {
        for (const auto& arm : arms) {
            for (const auto& series : arm.rows) {
                const bool control = std::ranges::find(controls, series.key.route) != controls.end();
                auto& into = found[{control, series.key}];
                into.key = series.key;
                into.control = control;
                add_arm(noise || arm.arm != "B" ? into.before : into.after, series);
            }
        }
    };
    if (of.arms.empty())
        collect(of.noise_arms, true);
    else
        collect(of.arms, false);
    std::vector<row> out;
    for (auto& [key, one] : found) {
        finish(one.before);
        finish(one.after);
        out.push_back(std::move(one));
    }
    return out;
}

const model::finding* finding_of(const model::comparison& in, const model::series_key& key, model::metric metric) {
    const std::string subject = key.text();
    const auto is_it = [&](const model::finding& one) {
        return one.subject == subject && one.metric == model::word(metric);
    };
    for (const auto& one : in.expectations)
        if (is_it(one.found)) return &one.found;
    for (const auto* list : {&in.controls, &in.others})
        for (const auto& one : *list)
            if (is_it(one)) return &one;
    return nullptr;
}

namespace {

std::string expire_text(const model::expire_step& step) {
    switch (step.how) {
        case model::expire_step::kind::set:
            return fmt::format("expiry of {} set to {}", step.pattern, show(step.ttl));
        case model::expire_step::kind::at_most:
            return fmt::format("expiry of {} at most {}", step.pattern, show(step.ttl));
        case model::expire_step::kind::persist:
            break;
    }
    return fmt::format("no expiry of {}", step.pattern);
}

}  // namespace

std::string step_text(const model::change& of) {
    if (const auto* config = std::get_if<model::redis_config_step>(&of.step))
        return fmt::format("CONFIG SET {} {}", config->setting, config->value.empty() ? "\"\"" : config->value);
    if (const auto* expire = std::get_if<model::expire_step>(&of.step)) return expire_text(*expire);
    if (const auto* command = std::get_if<model::command_step>(&of.step))
        return command->name + arguments_text(command->arguments);
    if (const auto* deploy = std::get_if<model::deploy_step>(&of.step))
        return deploy->command + arguments_text(deploy->arguments);
    return "purge";
}

std::string undo_text(const model::change& of) {
    if (std::holds_alternative<model::redis_config_step>(of.step)) return "CONFIG SET to the value before";
    if (std::holds_alternative<model::expire_step>(of.step)) return "each key's expiry as it was, from the backup";
    if (!of.rollback.command.empty()) return of.rollback.command + arguments_text(of.rollback.arguments);
    return of.rollback.none.empty() ? "none declared" : "none: " + of.rollback.none;
}

std::string expectation_text(const model::expectation& of) {
    return fmt::format("{} of {}: {}", metric_name(model::word(of.metric)),
                       model::series_key{of.route, of.identity, of.state}.text(), of.bound.text);
}

std::string git_text(const model::git_state& of) {
    if (of.commit.empty()) return "unknown: " + (of.unknown.empty() ? "it was not asked" : of.unknown);
    std::string out = "commit " + of.commit.substr(0, 12);
    out += of.branch.empty() ? ", no branch" : " on " + of.branch;
    if (!of.clean) return out + ", whether clean is unknown" + (of.unknown.empty() ? "" : ": " + of.unknown);
    return out + (*of.clean ? ", clean" : ", with changes that are not committed");
}

std::string why_not_proven(const model::evidence& of) {
    using model::verdict;
    const auto& seen = of.comparison;
    if (!of.stopped.empty()) return "the rehearsal ended early: " + of.stopped;
    if (!of.disturbances.empty()) return "staging was disturbed: " + of.disturbances.front().what;
    if (seen.verdict != verdict::improved && seen.verdict != verdict::same)
        return fmt::format("the verdict is {}: {}", model::word(seen.verdict), seen.why);
    if (seen.expectations.empty()) return "nothing was expected, so nothing was shown";
    for (const auto& one : seen.expectations)
        if (one.outcome != model::outcome::met)
            return fmt::format("an expectation is {}: {}", model::word(one.outcome), expectation_text(one.expected));
    if (!of.proof.complete()) return "the rollback is not proven: " + proof_outcome(of.proof);
    return {};
}

}  // namespace understudy::report::detail
