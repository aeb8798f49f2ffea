#include "report/text.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/units.h"
#include "model/json.h"
#include "report/detail/facts.h"
#include "report/detail/github.h"
#include "report/detail/grid.h"
#include "report/detail/printable.h"

namespace understudy::report {

namespace {

using detail::cell;
using detail::grid;
using detail::one_line;
using detail::paint;
using detail::tone;
using detail::wrapped;

tone tone_of(model::verdict of) {
    switch (of) {
        case model::verdict::improved:
        case model::verdict::same:
            return tone::good;
        case model::verdict::worse:
            return tone::bad;
        case model::verdict::inconclusive:
        case model::verdict::invalid:
            break;
    }
    return tone::warn;
}

tone tone_of(model::outcome of) {
    return of == model::outcome::met ? tone::good : of == model::outcome::unmet ? tone::bad : tone::warn;
}

tone tone_of(detail::mark of) {
    switch (of) {
        case detail::mark::good:
            return tone::good;
        case detail::mark::bad:
            return tone::bad;
        case detail::mark::unknown:
            return tone::warn;
        case detail::mark::neutral:
            break;
    }
    return tone::plain;
}

std::string_view word_of(detail::mark of) {
    switch (of) {
        case detail::mark::good:
            return "ok";
        case detail::mark::bad:
            return "differs";
        case detail::mark::unknown:
            return "unknown";
        case detail::mark::neutral:
            break;
    }
    return "told";
}

std::string plain(const std::string& text) {
    return one_line(text);
}

// Numbers the reasons why something is unknown; one reason has one number however often it is met.
class footnotes {
public:
    std::string unknown(const std::optional<model::unknown_reason>& reason) {
        return reason ? "unknown " + number_of(reason) : "unknown";
    }
    std::string number_of(const std::optional<model::unknown_reason>& reason) {
        const std::string text =
            plain(reason->why) + (reason->mend.empty() ? "" : "; to mend it: " + plain(reason->mend));
        auto at = std::ranges::find(notes_, text);
        if (at == notes_.end()) at = notes_.insert(notes_.end(), text);
        return fmt::format("({})", at - notes_.begin() + 1);
    }
    [[nodiscard]] std::string text(const text_options& options) const {
        std::string out;
        for (std::size_t i = 0; i < notes_.size(); ++i)
            out += paint(wrapped(fmt::format("  ({}) {}", i + 1, notes_[i]), options.width, 6), tone::dim,
                         options.colour) +
                   "\n";
        return out;
    }

private:
    std::vector<std::string> notes_;
};

// Within the rows of its route.
std::string row_name(const model::series_key& key) {
    return fmt::format("  as {}, {}", plain(key.identity), model::word(key.state));
}

std::optional<model::unknown_reason> no_redis(model::temperature state) {
    if (state == model::temperature::cold)
        return model::unknown_reason{"Redis's counters are read only around warm requests", ""};
    return model::unknown_reason{"Redis's counters were not read, or were reset meanwhile", "let INFO be read there"};
}

// "was -> is", or one word where both are unknown or nothing was measured.
std::string pair_text(const std::string& before, const std::string& after) {
    if (before == after && before.starts_with("unknown")) return before;
    return fmt::format("{} -> {}", before, after);
}

std::string time_text(const detail::side& of) {
    return of.median ? detail::amount(of.median, "ms") : "not measured";
}

std::string errors_text(const std::optional<model::series>& of) {
    return of ? detail::number(of->error_rate() * 100) : "not measured";
}

// What the request after a miss told: " missed: not stored (2)".
std::string missed_text(const model::series& of, footnotes& notes) {
    const auto& [stored, not_stored, because] = of.missed;
    if (not_stored == 0) return stored ? ", missed: stored" : "";
    const auto why = notes.number_of(model::unknown_reason{"not stored: " + because, ""});
    if (stored == 0) return ", missed: not stored " + why;
    return fmt::format(", missed: {} of {} not stored {}", not_stored, stored + not_stored, why);
}

// For counts of calls of which some are none since nobody was asked.
std::string in_front_text(const model::series& of, footnotes& notes) {
    if (of.answered_in_front == 0) return {};
    const bool all = of.answered_in_front >= of.requests;
    return fmt::format(", {} {}", all ? "not asked" : fmt::format("{} not asked", of.answered_in_front),
                       notes.number_of(model::unknown_reason{
                           "a cache in front of the application answered: it was not asked, which is no calls", ""}));
}

std::string hits_text(const std::optional<model::series>& of, footnotes& notes) {
    if (!of) return "not measured";
    const auto share = of->hit_share();
    if (!share) return notes.unknown(of->cache_unknown);
    return detail::number(*share * 100) +
           (of->cache_unknown ? " of the known " + notes.number_of(of->cache_unknown) : "") + missed_text(*of, notes);
}

std::string calls_text(const std::optional<model::series>& of, footnotes& notes) {
    if (!of) return "not measured";
    const auto mean = of->database_mean();
    if (!mean || of->database_unknown) return notes.unknown(of->database_unknown);
    return detail::number(*mean) + in_front_text(*of, notes);
}

// Hits and misses of a request.
std::string redis_text(const std::optional<model::series>& of, footnotes& notes) {
    if (!of) return "not measured";
    if (!of->redis_hits || !of->redis_misses || of->requests == 0) return notes.unknown(no_redis(of->key.state));
    const auto each = [&](std::uint64_t count) {
        return detail::number(static_cast<double>(count) / static_cast<double>(of->requests));
    };
    return fmt::format("{}/{}", each(*of->redis_hits), each(*of->redis_misses));
}

// All lines but the first.
std::string indented(std::string_view text, std::size_t by) {
    std::string out;
    for (const char c : text) {
        out += c;
        if (c == '\n') out += std::string(by, ' ');
    }
    return out;
}

// "41.3 -> 4.81 ms": the unit once where both have the same.
std::string numbers_text(const model::finding& found) {
    if (!found.reference || !found.candidate) return "unknown";
    const std::string before = plain(detail::amount(found.reference, found.unit)),
                      after = plain(detail::amount(found.candidate, found.unit));
    const auto unit_of = [](const std::string& text) { return text.substr(std::min(text.find(' '), text.size())); };
    const bool alike = unit_of(before) == unit_of(after);
    return fmt::format("{} -> {}", alike ? before.substr(0, before.find(' ')) : before, after);
}

void title(std::string& out, std::string_view text, const text_options& options) {
    out += "\n" + paint(text, tone::strong, options.colour) + "\n";
}

void paragraph(std::string& out, const std::string& name, const std::string& text, const text_options& options,
               tone colour = tone::plain) {
    constexpr std::size_t indent = 14;
    out += paint(name, colour, options.colour) + std::string(indent - std::min(name.size(), indent - 1), ' ');
    out += indented(wrapped(text, options.width > indent ? options.width - indent : 1), indent) + "\n";
}

void expectations(std::string& out, const model::evidence& of, const text_options& options) {
    title(out, "Expectations", options);
    if (of.comparison.expectations.empty()) {
        out += "  none was judged\n";
        return;
    }
    grid table({"", "", "", "", ""});
    for (const auto& one : of.comparison.expectations) {
        const auto change = detail::change_of(one.found);
        const model::series_key key{one.expected.route, one.expected.identity, one.expected.state};
        table.add({{std::string(model::word(one.outcome)), tone_of(one.outcome)},
                   {detail::metric_name(model::word(one.expected.metric))},
                   {plain(key.text())},
                   {plain(one.expected.bound.text)},
                   {one.expected.primary    ? "primary"
                    : one.expected.critical ? "critical"
                                            : ""}});
        table.add({{""},
                   {numbers_text(one.found)},
                   {plain(change.change + (change.range.empty() ? "" : " (" + change.range + ")"))}});
    }
    out += table.text(options.width, options.colour);
    for (const auto& one : of.comparison.expectations)
        if (one.outcome == model::outcome::unknown && !one.why.empty())
            out += wrapped(fmt::format("  {}: {}{}", plain(detail::expectation_text(one.expected)), plain(one.why),
                                       one.found.advice.empty() ? "" : "; to mend it: " + plain(one.found.advice)),
                           options.width, 4) +
                   "\n";
}

// Who counted the calls, where it was not the application itself.
void sources(std::string& out, const std::vector<model::series>& rows, const text_options& options) {
    std::set<std::string> seen;
    for (const auto& row : rows)
        if (!row.database_source.empty() && row.database_source != "Server-Timing") seen.insert(row.database_source);
    for (const auto& one : seen)
        out +=
            paint(wrapped("  db calls counted by " + plain(one), options.width, 2), tone::dim, options.colour) + "\n";
}

void rows(std::string& out, const model::evidence& of, const text_options& options) {
    const auto all = detail::rows_of(of);
    if (all.empty()) return;
    title(out, "Before -> after", options);
    grid table({"", "response time", "errors %", "cache hits %", "db calls", "redis hit/miss"});
    footnotes notes;
    const std::string* route = nullptr;
    for (const auto& row : all) {
        if (!route || *route != row.key.route)
            table.add({{plain(row.key.route) + (row.control ? " (control)" : ""), tone::strong}});
        route = &row.key.route;
        table.add({{row_name(row.key)},
                   {pair_text(time_text(row.before), time_text(row.after))},
                   {pair_text(errors_text(row.before.all), errors_text(row.after.all))},
                   {pair_text(hits_text(row.before.all, notes), hits_text(row.after.all, notes))},
                   {pair_text(calls_text(row.before.all, notes), calls_text(row.after.all, notes))},
                   {pair_text(redis_text(row.before.all, notes), redis_text(row.after.all, notes))}});
    }
    out += table.text(options.width, options.colour);
    out += notes.text(options);
    std::vector<model::series> told;
    for (const auto& row : all)
        for (const auto* one : {&row.before, &row.after})
            if (one->all) told.push_back(*one->all);
    sources(out, told, options);
}

void workload(std::string& out, const model::workload& of, const text_options& options) {
    constexpr std::size_t shown = 10;
    const auto unknown = [&](const char* what, const std::optional<model::unknown_reason>& reason) {
        if (reason)
            out += paint(wrapped(fmt::format("  {} unknown: {}{}", what, plain(reason->why),
                                             reason->mend.empty() ? "" : "; to mend it: " + plain(reason->mend)),
                                 options.width, 4),
                         tone::dim, options.colour) +
                   "\n";
    };
    if (of.statements.empty() && of.slow_commands.empty() && !of.statements_unknown && !of.slow_commands_unknown)
        return;
    title(out, "What was asked before the change", options);
    unknown("statements", of.statements_unknown);
    for (std::size_t i = 0; i < std::min(of.statements.size(), shown); ++i)
        out += wrapped(fmt::format("  {}, {}: {}", detail::plural(of.statements[i].calls, "call", "calls"),
                                   detail::amount(of.statements[i].milliseconds, "ms"), plain(of.statements[i].text)),
                       options.width, 4) +
               "\n";
    if (of.statements.size() > shown) out += fmt::format("  and {} more in the report\n", of.statements.size() - shown);
    unknown("slow commands of Redis", of.slow_commands_unknown);
    for (const auto& one : of.slow_commands)
        out += wrapped(fmt::format("  Redis, {}, up to {}: {} {}", detail::plural(one.times, "time", "times"),
                                   detail::amount(one.longest_ms, "ms"), plain(one.name), plain(one.key)),
                       options.width, 4) +
               "\n";
}

void leaks(std::string& out, const model::evidence& of, const text_options& options) {
    const auto list = [&](const std::vector<model::leak>& leaks, const char* what, tone colour) {
        if (leaks.empty()) return;
        title(out, what, options);
        for (const auto& one : leaks)
            out += paint(wrapped(fmt::format("  {}: {} was shown what is {}'s (order: {})", plain(one.route),
                                             plain(one.seen_as), plain(one.marker_of), plain(one.order)),
                                 options.width, 4),
                         colour, options.colour) +
                   "\n";
    };
    list(of.comparison.leaks, "Leaks after the change", tone::bad);
    list(of.comparison.old_leaks, "Leaks that were there before the change", tone::warn);
    if (of.comparison.leaks_unknown.empty()) return;
    title(out, "Leaks that could not have been seen", options);
    for (const auto& one : of.comparison.leaks_unknown)
        out += paint(wrapped("  " + plain(one), options.width, 4), tone::warn, options.colour) + "\n";
}

void disturbances(std::string& out, const model::evidence& of, const text_options& options) {
    if (of.disturbances.empty()) return;
    title(out, "Disturbances", options);
    for (const auto& one : of.disturbances)
        out += paint(wrapped(fmt::format("  {}, {}", plain(one.what), plain(one.where)), options.width, 4), tone::warn,
                     options.colour) +
               "\n";
}

void warnings(std::string& out, const std::vector<std::string>& list, const text_options& options) {
    if (list.empty()) return;
    title(out, "Warnings", options);
    for (const auto& one : list)
        out += wrapped("  " + plain(one), options.width, 4) + "\n";
}

std::string proof_body(const model::proof& of, const text_options& options) {
    std::string out;
    for (const auto& line : detail::proof_lines(of)) {
        const std::string letter = line.letter.empty() ? "   " : "(" + line.letter + ")";
        const std::string state = fmt::format("{:<8}", word_of(line.mark));
        const std::string body =
            wrapped(fmt::format("{}: {}", line.what, plain(line.outcome)), options.width > 15 ? options.width - 15 : 1);
        out += "  " + letter + " " + paint(state, tone_of(line.mark), options.colour) + " " + indented(body, 15) + "\n";
    }
    const auto list = [&](const char* what, const std::vector<model::proof_row>& rows, tone colour) {
        if (rows.empty()) return;
        out += fmt::format("  {}:\n", what);
        grid table({"", "", ""});
        for (const auto& row : rows)
            table.add({{"  " + std::to_string(row.count), colour}, {plain(row.name)}, {plain(row.what)}});
        out += table.text(options.width, options.colour);
    };
    list("not as before", of.differences, tone::bad);
    list("listed, by key template", of.listed, tone::plain);
    return out;
}

void times(std::string& out, const model::evidence& of, const text_options& options) {
    if (of.times.empty()) return;
    title(out, "Where the time went", options);
    double total = 0;
    grid table({"", ""});
    for (const auto& one : of.times) {
        table.add({{plain(one.stage)}, {detail::seconds_text(one.seconds)}});
        total += one.seconds;
    }
    out += table.text(options.width, options.colour);
    out += fmt::format("  {} in all, {} of it our own\n", detail::seconds_text(total),
                       detail::seconds_text(of.own_seconds));
}

}  // namespace

std::string text(const model::evidence& of, const text_options& options) {
    std::string out;
    const auto& seen = of.comparison;
    paragraph(out, std::string(model::word(seen.verdict)), plain(seen.why), options, tone_of(seen.verdict));
    paragraph(out, "rollback", plain(detail::proof_outcome(of.proof)), options,
              of.proof.complete() ? tone::good : tone::bad);
    if (!of.stopped.empty()) paragraph(out, "stopped", plain(of.stopped), options, tone::warn);
    paragraph(out, "change",
              plain(fmt::format("{}: {} (route {}, owner {})", of.change.name, detail::step_text(of.change),
                                of.change.route, of.change.owner)),
              options);
    paragraph(out, "on", plain(fmt::format("{} {}, evidence {}", of.environment, of.environment_url, of.id)), options);
    paragraph(out, "git", plain(detail::git_text(of.git)), options);
    expectations(out, of, options);
    rows(out, of, options);
    leaks(out, of, options);
    disturbances(out, of, options);
    workload(out, of.workload, options);
    if (!of.noise.ok)
        out +=
            "\n" + paint(wrapped("Noise: " + plain(of.noise.why), options.width, 2), tone::warn, options.colour) + "\n";
    warnings(out, of.warnings, options);
    title(out, "Proof of rollback", options);
    out += proof_body(of.proof, options);
    times(out, of, options);
    return out;
}

std::string text(const model::measurement& of, const text_options& options) {
    std::string out;
    grid table({"", "requests", "p50", "p95", "errors", "cache hits", "db calls", "redis hit/miss"});
    footnotes notes;
    const std::string* route = nullptr;
    for (const auto& row : of.rows) {
        if (!route || *route != row.key.route) table.add({{plain(row.key.route), tone::strong}});
        route = &row.key.route;
        const auto at = [&](double q) {
            const auto value = row.latency.quantile(q);
            return value ? show(std::chrono::nanoseconds(*value)) : std::string("unknown");
        };
        const auto share = row.hit_share();
        std::string cache = notes.unknown(row.cache_unknown);
        if (share) {
            cache = detail::number(*share * 100) + " %";
            if (row.cache_unknown) cache += ", some " + notes.unknown(row.cache_unknown);
            cache += missed_text(row, notes);
        }
        std::string calls = notes.unknown(row.database_unknown);
        if (const auto mean = row.database_mean(); mean) {
            calls = detail::number(*mean);
            if (row.database_calls.size() > 1)
                calls +=
                    fmt::format(" ({} to {})", row.database_calls.begin()->first, row.database_calls.rbegin()->first);
            if (row.database_unknown) calls += ", some " + notes.unknown(row.database_unknown);
            calls += in_front_text(row, notes);
        }
        const bool redis = row.redis_hits && row.redis_misses;
        table.add({{row_name(row.key)},
                   {std::to_string(row.requests)},
                   {at(0.5)},
                   {at(0.95)},
                   {std::to_string(row.error_count()), row.error_count() ? tone::bad : tone::plain},
                   {cache},
                   {calls},
                   {redis ? fmt::format("{}/{}", *row.redis_hits, *row.redis_misses)
                          : notes.unknown(no_redis(row.key.state))}});
    }
    out += table.empty() ? "  nothing was measured\n" : table.text(options.width, options.colour);
    out += notes.text(options);
    sources(out, of.rows, options);
    for (const auto& row : of.rows)
        for (const auto& [kind, count] : row.errors)
            out += paint(wrapped(fmt::format("  {}: {} in {} of {} requests", plain(row.key.text()), plain(kind), count,
                                             row.requests),
                                 options.width, 4),
                         tone::bad, options.colour) +
                   "\n";
    for (const auto& leak : of.leaks)
        out += paint(wrapped(fmt::format("  leak on {}: {} was shown what is {}'s (order: {})", plain(leak.route),
                                         plain(leak.seen_as), plain(leak.marker_of), plain(leak.order)),
                             options.width, 4),
                     tone::bad, options.colour) +
               "\n";
    if (of.lost) out += fmt::format("  {} were due and not sent\n", detail::plural(of.lost, "request", "requests"));
    warnings(out, of.warnings, options);
    return out;
}

std::string text(const model::proof& of, const text_options& options) {
    std::string out;
    paragraph(out, "rollback", plain(detail::proof_outcome(of)), options, of.complete() ? tone::good : tone::bad);
    return out + proof_body(of, options);
}

std::string text(const std::vector<model::history_entry>& all, const text_options& options) {
    if (all.empty()) return "nothing was rehearsed yet\n";
    // An owner's address is in the evidence; in a table the name is enough.
    const auto name_of = [](const std::string& owner) { return owner.substr(0, owner.find(" <")); };
    grid table({"when", "change", "verdict", "stands", "owner", "on"});
    for (const auto& one : all) {
        const auto* last = one.acts.empty() ? nullptr : &one.acts.back();
        const auto stands = one.standing == model::standing::open         ? tone::bad
                            : one.standing == model::standing::superseded ? tone::dim
                                                                          : tone::plain;
        const bool good = last && last->exit_code == 0;
        table.add({{last ? show(last->at).substr(0, 16).replace(10, 1, " ") : "unknown"},
                   {detail::cut(one.change, 32)},
                   {one.verdict.empty() ? "none" : detail::cut(one.verdict, 20), good ? tone::good : tone::warn},
                   {std::string(model::word(one.standing)), stands},
                   {one.owner.empty() ? "unknown" : detail::cut(name_of(one.owner), 28)},
                   {last ? detail::cut(last->environment, 20) : ""}});
    }
    return table.text(options.width, options.colour);
}

}  // namespace understudy::report
