#include "diff/compare.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "diff/evaluate.h"
#include "model/json.h"
#include "stats/holm.h"
#include "stats/proportion.h"

namespace understudy::diff {

namespace {

using model::metric;
using model::outcome;
using model::verdict;

constexpr double hair = 1e-9;  // counts divided and multiplied again must not miss a bound that they stand on
constexpr double level = 0.05;
// Of a control's response time, in ms. Less is the machine's own (a turn of the scheduler, a heap that is collected),
// and on a page that takes a millisecond it is more than the margin already.
constexpr double control_floor = 0.5;

std::set<model::series_key> keys_of(std::span<const model::measurement> arms) {
    std::set<model::series_key> out;
    for (const auto& arm : arms)
        for (const auto& row : arm.rows)
            out.insert(row.key);
    return out;
}

bool is_control(const model::change& what, const std::string& route) {
    return std::find(what.controls.begin(), what.controls.end(), route) != what.controls.end();
}

outcome hold(const model::interval& range, const model::bound& bound) {
    const bool at_most = bound.how == model::bound::relation::at_most;
    const double low = at_most ? range.low : -range.high, high = at_most ? range.high : -range.low;
    const double limit = at_most ? bound.amount : -bound.amount;
    if (high <= limit + hair) return outcome::met;
    if (low > limit + hair) return outcome::unmet;
    return outcome::unknown;
}

std::string show_change(const model::finding& found) {
    if (!found.reference || !found.candidate) return "unknown";
    return fmt::format("{:.4g} -> {:.4g} {}", *found.reference, *found.candidate, found.unit);
}

void judge_same(model::judged& out) {
    switch (out.found.verdict) {
        case verdict::same:
            out.outcome = outcome::met;
            break;
        case verdict::improved:
        case verdict::worse:
            out.outcome = outcome::unmet;
            break;
        case verdict::inconclusive:
        case verdict::invalid:
            out.outcome = outcome::unknown;
    }
    out.why = out.outcome == outcome::unknown ? out.found.why : show_change(out.found);
}

model::judged judge(const model::expectation& expected, const evaluation& seen, bool switchable) {
    model::judged out{expected, seen.finding, outcome::unknown, seen.finding.why};
    if (!seen.finding.reference) return out;
    if (!switchable && expected.metric == metric::response_time) return out;
    const bool shaky = !switchable && !seen.exact && expected.bound.of != model::bound::on::value;
    if (expected.bound.how == model::bound::relation::same) {
        judge_same(out);
        return out;
    }
    auto range = seen.value;
    double scale = 1;
    if (expected.bound.of == model::bound::on::change_percent) {
        range = seen.relative;
        scale = 100;
    } else if (expected.bound.of == model::bound::on::change_absolute) {
        range = seen.difference;
    }
    if (!range) {
        out.why = "before is 0, so a relative change has no meaning; expect a change in absolute terms";
        return out;
    }
    // Where a single failure is one too many, that none was seen is all that can be asked for.
    if (expected.metric == metric::error_rate && expected.bound.of == model::bound::on::value &&
        expected.bound.amount == 0)
        range = model::interval{*seen.finding.candidate, *seen.finding.candidate, 0.95};
    out.outcome = hold({range->low * scale, range->high * scale, range->confidence}, expected.bound);
    out.why = out.outcome == outcome::unknown
                  ? fmt::format("the interval reaches from {:+.3g} to {:+.3g}, on both sides of {}", range->low * scale,
                                range->high * scale, expected.bound.text)
                  : show_change(seen.finding);
    if (shaky && out.outcome == outcome::met) {
        out.outcome = outcome::unknown;
        out.why = seen.finding.why;
    }
    return out;
}

// Holm's correction over the tests that were made: a count that needed none, or a row that was not measured, must not
// cost the others their power.
// It is done on the p of the t test: that of the sign-flip test has a least value, 2 in 2^blocks, and no number of
// controls times that would ever come below the level. has_moved() asks both.
std::vector<model::finding> corrected(std::span<const evaluation> evaluations) {
    std::vector<double> p;
    for (const auto& one : evaluations)
        if (one.family_p) p.push_back(*one.family_p);
    const auto adjusted = stats::holm_adjusted(p);
    std::size_t next = 0;
    std::vector<model::finding> out;
    for (const auto& one : evaluations) {
        out.push_back(one.finding);
        if (one.family_p) out.back().p = adjusted[next++];
    }
    return out;
}

// By more than the margin, by its own tests (evaluate.cpp), and beyond doubt among all that was asked.
bool has_moved(const model::finding& found) {
    const bool by_margin = found.verdict == verdict::improved || found.verdict == verdict::worse;
    return by_margin && found.p.value_or(0) <= level;
}

bool control_has_moved(const model::finding& found) {
    if (!has_moved(found)) return false;
    return found.metric != model::word(metric::response_time) ||
           std::abs(*found.candidate - *found.reference) >= control_floor;
}

// What speaks against a change whatever its expectations say.
struct harm {
    std::string certain;  // worse
    std::string doubt;    // no verdict can be good while this is open
};

// Fisher's p of arms in which something failed, after the change against all without it. An arm is one draw however
// many of its requests failed together, and the arms of noise are as good a witness as those of the blocks.
double arms_p(std::span<const model::measurement> arms, std::span<const model::measurement> noise,
              const std::function<bool(const model::measurement&)>& failed) {
    stats::tally before, after;
    for (const auto* some : {&arms, &noise})
        for (const auto& arm : *some) {
            auto& tally = arm.arm == "B" ? after : before;
            ++tally.trials;
            if (failed(arm)) ++tally.events;
        }
    return stats::fisher_exact(before, after);
}

// Errors over all rows of the change's routes together: one question, so no correction eats its power.
harm more_errors(std::span<const model::measurement> arms, const std::set<model::series_key>& keys,
                 const compare_options& options) {
    std::vector<stats::paired_tally> blocks;
    std::string worst;
    double most = 0;
    bool certain = false;  // a row that never failed fails always: among many rows the share of all says little
    for (const auto& key : keys) {
        const auto pairs = pairs_of(arms, key);
        blocks.resize(std::max(blocks.size(), pairs.size()));
        std::uint64_t before_errors = 0, after_errors = 0, requests = 0, tried = 0;
        std::string kind;
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            const auto& [before, after] = pairs[i];
            blocks[i].before.events += before->error_count();
            blocks[i].before.trials += before->requests;
            blocks[i].after.events += after->error_count();
            blocks[i].after.trials += after->requests;
            before_errors += before->error_count();
            after_errors += after->error_count();
            requests += after->requests;
            tried += before->requests;
            for (const auto& [name, count] : after->errors)
                kind = name;
        }
        const double share = requests ? static_cast<double>(after_errors) / static_cast<double>(requests) : 0;
        if (after_errors > before_errors && share > most) {
            most = share;
            worst = fmt::format("{} failed in {} of {} requests after the change, {} before it ({})", key.text(),
                                after_errors, requests, before_errors, kind);
        }
        // Six against six that all fell out so by chance: less than one in 400.
        certain = certain || (before_errors == 0 && after_errors == requests && std::min(tried, requests) >= 6);
    }
    if (certain) return {worst, {}};
    const auto rates = stats::compare_rates(blocks, options.seed);
    if (!rates || rates->range.estimate * 100 < default_margin(metric::error_rate)) return {};
    if (worst.empty()) worst = "a larger share of all requests failed after the change";
    // Blocks too few for the sign-flip test leave the pooled one; errors are critical, so the doubt is theirs.
    const double p = blocks.size() >= 6 ? rates->p : rates->p_pooled;
    if (p <= level) return {worst, {}};
    if (rates->p_pooled > level) return {};
    // Some blocks only: right after each deploy, say.
    const auto failed = [&](const model::measurement& arm) {
        return std::ranges::any_of(arm.rows,
                                   [&](const auto& row) { return row.error_count() > 0 && keys.contains(row.key); });
    };
    if (arms_p(arms, options.noise, failed) <= level) return {worst, {}};
    return {{}, worst + ", in some of the blocks only"};
}

// Pages that nobody measures, and logins: the leak pass finds them failing.
harm failed_looks(std::span<const model::measurement> arms, std::span<const model::measurement> noise) {
    std::map<std::string, int> before, after;
    for (const auto* some : {&arms, &noise})
        for (const auto& arm : *some)
            for (const auto& [subject, count] : arm.failed_looks)
                ++(arm.arm == "B" ? after : before)[subject];
    harm out;
    for (const auto& [subject, count] : after) {
        if (before.contains(subject)) continue;
        const auto failed = [&](const model::measurement& arm) { return arm.failed_looks.contains(subject); };
        auto& says = arms_p(arms, noise, failed) <= level ? out.certain : out.doubt;
        if (says.empty())
            says = fmt::format("{} failed in {} of the arms after the change, and in none without it", subject, count);
    }
    return out;
}

// Of two arms that alternate the A that follows a B may show what B left in a cache. What was there before the change
// is what the noise arms saw.
void sort_leaks(model::comparison& out, std::span<const model::measurement> arms,
                std::span<const model::measurement> noise) {
    std::set<model::leak> before, after;
    for (const auto& arm : noise)
        before.insert(arm.leaks.begin(), arm.leaks.end());
    for (const auto& arm : arms)
        after.insert(arm.leaks.begin(), arm.leaks.end());
    const auto was_there = [&](const model::leak& one) {
        return std::any_of(before.begin(), before.end(), [&](const auto& other) {
            return other.route == one.route && other.seen_as == one.seen_as && other.marker_of == one.marker_of;
        });
    };
    for (const auto& one : after)
        (was_there(one) ? out.old_leaks : out.leaks).push_back(one);
}

// Control findings; the first that moved, if one did.
std::optional<std::string> judge_controls(model::comparison& out, const std::vector<question>& asked,
                                          std::span<const model::measurement> arms) {
    std::vector<evaluation> seen;
    for (const auto& about : asked)
        seen.push_back(evaluate(about, pairs_of(arms, about.key)));
    out.controls = corrected(seen);
    for (const auto& found : out.controls)
        if (control_has_moved(found))
            return fmt::format("{} of the control {} moved ({}), though the change cannot touch it", found.metric,
                               found.subject, show_change(found));
    return std::nullopt;
}

const model::judged* primary_of(const model::comparison& of) {
    for (const auto& one : of.expectations)
        if (one.expected.primary) return &one;
    return nullptr;
}

std::string describe(const model::judged& one) {
    const auto& found = one.found;
    std::string text = fmt::format("{} of {}: {}", found.metric, found.subject, show_change(found));
    if (found.change) text += fmt::format(" ({:+.1f} %)", *found.change * 100);
    return text;
}

void decide(model::comparison& out, const std::optional<std::string>& control, const harm& errors, const harm& looks) {
    const auto say = [&](verdict what, std::string why) {
        out.verdict = what;
        out.why = std::move(why);
    };
    if (control) return say(verdict::invalid, *control);
    if (!out.leaks.empty()) {
        const auto& leak = out.leaks.front();
        return say(verdict::worse, fmt::format("{} was shown to {} on {} (order: {})", leak.marker_of, leak.seen_as,
                                               leak.route, leak.order));
    }
    for (const auto* one : {&errors, &looks})
        if (!one->certain.empty()) return say(verdict::worse, one->certain);
    for (const auto& one : out.expectations) {
        const auto& asked = one.expected;
        const bool critical = asked.critical || asked.primary || asked.metric == metric::error_rate;
        if (critical && one.found.verdict == verdict::worse) return say(verdict::worse, describe(one));
    }
    for (const auto* one : {&errors, &looks})
        if (!one->doubt.empty()) return say(verdict::inconclusive, one->doubt);
    const auto* primary = primary_of(out);
    if (!primary) return say(verdict::inconclusive, "the change declares no primary expectation");
    if (primary->outcome == outcome::unknown)
        return say(verdict::inconclusive, fmt::format("{} of {} cannot be judged: {}", primary->found.metric,
                                                      primary->found.subject, primary->why));
    if (primary->found.verdict == verdict::inconclusive)
        return say(verdict::inconclusive, describe(*primary) + ": " + primary->found.why);
    say(primary->found.verdict, describe(*primary));
}

}  // namespace

model::comparison compare(const model::change& what, std::span<const model::measurement> arms,
                          const compare_options& options) {
    model::comparison out;
    const auto keys = keys_of(arms);
    std::set<std::pair<model::series_key, metric>> declared;
    for (const auto& expected : what.expect) {
        const question about{expected.metric,
                             {expected.route, expected.identity, expected.state},
                             expected.margin,
                             options.switchable,
                             options.seed};
        declared.emplace(about.key, about.metric);
        out.expectations.push_back(judge(expected, evaluate(about, pairs_of(arms, about.key)), options.switchable));
    }
    std::vector<question> controls;
    std::set<model::series_key> affected;
    for (const auto& key : keys) {
        if (!is_control(what, key.route)) affected.insert(key);
        for (const auto of :
             {metric::response_time, metric::error_rate, metric::cache_status, metric::database_calls}) {
            const question about{of, key, std::nullopt, options.switchable, options.seed};
            if (is_control(what, key.route)) {
                if (of != metric::cache_status) controls.push_back(about);
            } else if (!declared.contains({key, of})) {
                out.others.push_back(evaluate(about, pairs_of(arms, key)).finding);
            }
        }
    }
    const auto control = judge_controls(out, controls, arms);
    sort_leaks(out, arms, options.noise);
    decide(out, control, more_errors(arms, affected, options), failed_looks(arms, options.noise));
    return out;
}

model::noise judge_noise(const model::change& what, std::span<const model::measurement> arms,
                         const compare_options& options) {
    model::noise out;
    std::vector<question> asked;
    for (const auto& expected : what.expect)
        asked.push_back({expected.metric,
                         {expected.route, expected.identity, expected.state},
                         expected.margin,
                         true,
                         options.seed});
    for (const auto& key : keys_of(arms))
        if (is_control(what, key.route))
            for (const auto of : {metric::response_time, metric::database_calls})
                asked.push_back({of, key, std::nullopt, true, options.seed});
    std::vector<evaluation> seen;
    for (const auto& about : asked) {
        const auto pairs = pairs_of(arms, about.key, "A", "A'");
        seen.push_back(evaluate(about, pairs));
        out.rows.push_back(noise_of(about, pairs, static_cast<std::size_t>(what.effort.blocks)));
    }
    const auto found = corrected(seen);
    for (std::size_t i = 0; i < asked.size(); ++i) {
        auto& row = out.rows[i];
        row.p = found[i].p;
        const bool declared = i < what.expect.size();
        row.differs = declared ? has_moved(found[i]) : control_has_moved(found[i]);
        if (row.differs && out.ok) {
            out.ok = false;
            out.why = fmt::format("{} of {} differed with nothing changed ({})", found[i].metric, found[i].subject,
                                  show_change(found[i]));
        }
    }
    return out;
}

int exit_code_of(const model::comparison& of) {
    const auto as_int = [](exit_code code) { return static_cast<int>(code); };
    if (of.verdict == verdict::invalid) return as_int(exit_code::inconclusive);
    if (of.verdict == verdict::worse) return as_int(exit_code::unmet);
    bool unknown = of.verdict == verdict::inconclusive;
    for (const auto& one : of.expectations) {
        if (one.outcome == outcome::unmet) return as_int(exit_code::unmet);
        unknown = unknown || one.outcome == outcome::unknown;
    }
    return as_int(unknown ? exit_code::inconclusive : exit_code::ok);
}

}  // namespace understudy::diff
