// One card a row: response times as two strips on one axis, the other signals as a small table beside them.
#include <fmt/format.h>

#include "base/units.h"
#include "model/json.h"
#include "report/detail/chart.h"
#include "report/detail/html_parts.h"

namespace understudy::report::detail {

namespace {

using model::metric;

std::string unknown_text(const std::optional<model::unknown_reason>& reason) {
    std::string out = "unknown";
    if (!reason) return out;
    out += fmt::format("<br><small class=\"why\">{}</small>", escaped(reason->why));
    if (!reason->mend.empty()) out += fmt::format("<br><small>To mend it: {}</small>", escaped(reason->mend));
    return out;
}

std::string times_text(const side& of) {
    if (!of.all || of.all->latency.empty()) return "<span class=\"stats\">not measured</span>";
    const auto at = [&](double q) { return show(std::chrono::nanoseconds(*of.all->latency.quantile(q))); };
    return fmt::format("<span class=\"p50\">{}</span><span class=\"stats\">p95 {} \u00B7 max {}</span>", at(0.5),
                       at(0.95), at(1));
}

// The change of a metric and what it amounts to, under the number after it.
std::string finding_text(const model::finding* found) {
    if (!found) return {};
    const auto text = change_of(*found);
    std::string out = badge(found->verdict);
    if (!text.change.empty()) out += fmt::format(" <span class=\"whole\">{}</span>", escaped(text.change));
    return out;
}

std::string time_finding(const model::finding* found) {
    if (!found) return {};
    const auto text = change_of(*found);
    std::string out = fmt::format("<p class=\"found\">{}", badge(found->verdict));
    if (!text.change.empty()) out += fmt::format(" <b>{}</b>", escaped(text.change));
    if (!text.range.empty()) out += fmt::format(" <small>({})</small>", escaped(text.range));
    out += "</p>";
    if (!found->why.empty())
        out += fmt::format("<p class=\"found\"><small class=\"why\">{}</small></p>", escaped(found->why));
    return out;
}

std::string missed_line(const model::miss_tally& of) {
    if (of.not_stored == 0) return of.stored ? "<br><small>missed, then stored</small>" : "";
    const auto share = of.stored ? fmt::format("{} of {} misses", of.not_stored, of.stored + of.not_stored) : "missed,";
    return fmt::format("<br><small class=\"why\">{} not stored: {}</small>", share, escaped(of.because));
}

std::string cache_cell(const side& of) {
    if (!of.all) return "not measured";
    const auto& tally = of.all->cache;
    if (tally.known() == 0) return unknown_text(of.all->cache_unknown);
    std::string out = cache_bar(tally) + "<span class=\"parts\">";
    const auto part = [&](std::uint64_t count, std::string_view style, std::string_view name) {
        if (count) out += fmt::format("<span><i class=\"{}\"></i>{} {}</span> ", style, count, name);
    };
    part(tally.hit, "hit", "hit");
    part(tally.stale, "stale", "stale");
    part(tally.miss, "miss", "miss");
    part(tally.bypass, "bypass", "bypass");
    part(tally.unknown, "none", "unknown");
    out += "</span>";
    if (of.all->cache_unknown && tally.unknown)
        out += fmt::format("<small class=\"why\">{}</small>", escaped(of.all->cache_unknown->why));
    return out + missed_line(of.all->missed);
}

std::string calls_cell(const side& of) {
    if (!of.all) return "not measured";
    const auto& calls = of.all->database_calls;
    if (calls.empty()) return unknown_text(of.all->database_unknown);
    std::string out;
    if (calls.size() == 1)
        out = fmt::format("{} a request", plural(calls.begin()->first, "call", "calls"));
    else
        out = fmt::format("{}mean {}, {} to {}", calls_bars(calls), number(*of.all->database_mean()),
                          calls.begin()->first, calls.rbegin()->first);
    if (of.all->answered_in_front)
        out += fmt::format("<br><small>a cache in front answered {} of {}: the application was not asked</small>",
                           of.all->answered_in_front, of.all->requests);
    if (!of.all->database_source.empty() && of.all->database_source != "Server-Timing")
        out += fmt::format("<br><small>told by {}</small>", escaped(of.all->database_source));
    if (of.all->database_unknown)
        out += fmt::format("<br><small class=\"why\">of some requests unknown: {}</small>",
                           escaped(of.all->database_unknown->why));
    return out;
}

std::string errors_cell(const side& of) {
    if (!of.all) return "not measured";
    std::string out = fmt::format("{} of {}", of.all->error_count(), of.all->requests);
    for (const auto& [kind, count] : of.all->errors)
        out += fmt::format("<br><small>{} \u00D7 {}</small>", count, escaped(kind));
    return out;
}

std::string redis_cell(const side& of, model::temperature state) {
    if (!of.all) return "not measured";
    const auto& row = *of.all;
    if (!row.redis_hits || !row.redis_misses) {
        return fmt::format("unknown<br><small class=\"why\">{}</small>",
                           state == model::temperature::cold ? "counted only around warm requests"
                                                             : "the server's counters were not read, or were reset");
    }
    return fmt::format("{} \u00B7 {}", plural(*row.redis_hits, "hit", "hits"),
                       plural(*row.redis_misses, "miss", "misses"));
}

std::string signals(const row& of, const model::comparison& seen) {
    std::string out = fmt::format(
        "<table class=\"signals\"><caption class=\"hidden\">Other signals of {}</caption><thead><tr>"
        "<th scope=\"col\">signal</th><th scope=\"col\">before</th><th scope=\"col\">after</th></tr></thead><tbody>\n",
        escaped(of.key.text()));
    const auto add = [&](std::string_view name, const std::string& before, const std::string& after,
                         const model::finding* found) {
        out += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td><td>{}", name, before, after);
        if (found && of.after.all && found->verdict != model::verdict::same)
            out += fmt::format("<div class=\"delta\">{}</div>", finding_text(found));
        out += "</td></tr>\n";
    };
    add("cache", cache_cell(of.before), cache_cell(of.after), finding_of(seen, of.key, metric::cache_status));
    add("database", calls_cell(of.before), calls_cell(of.after), finding_of(seen, of.key, metric::database_calls));
    add("errors", errors_cell(of.before), errors_cell(of.after), finding_of(seen, of.key, metric::error_rate));
    add("Redis", redis_cell(of.before, of.key.state), redis_cell(of.after, of.key.state), nullptr);
    return out + "</tbody></table>\n";
}

void write_card(std::string& out, const row& of, const model::comparison& seen) {
    const time_axis axis(of.before, of.after);
    out += fmt::format("<article class=\"card\">\n<h4>as {} <span class=\"state {}\">{}</span></h4>\n",
                       escaped(of.key.identity), model::word(of.key.state), model::word(of.key.state));
    out += "<div class=\"split\"><div class=\"times\">\n<p class=\"label\">response time";
    if (axis.logarithmic()) out += " <small>(logarithmic)</small>";
    out += "</p>\n";
    const auto strip = [&](const side& one, const char* name) {
        out += fmt::format("<div class=\"lane\"><div class=\"lane-text {0}\"><b>{0}</b>{1}</div>{2}</div>\n", name,
                           times_text(one), time_strip(one, axis, name, of.key.text()));
    };
    strip(of.before, "before");
    strip(of.after, "after");
    out += "<div class=\"lane\"><div class=\"lane-text\"></div>" + axis.svg() + "</div>\n";
    out += time_finding(finding_of(seen, of.key, metric::response_time));
    out += "</div>\n" + signals(of, seen) + "</div></article>\n";
}

}  // namespace

void write_rows(std::string& out, const model::evidence& of) {
    const auto rows = rows_of(of);
    open_section(out, "rows", "Before and after");
    if (rows.empty()) {
        out += "<p>Nothing was measured.</p>\n";
        return close_section(out);
    }
    if (of.arms.empty())
        out += "<p>No block of before and after was measured; <em>before</em> is what the noise stage saw.</p>\n";
    out +=
        "<p class=\"note\">Each ridge is the shape of all requests' times, each dot the median of one block; the "
        "upright line is "
        "the median of those and the bar across it its 95 % interval. Each row has an axis of its own, the same for "
        "before and "
        "after.</p>\n";
    const std::string* route = nullptr;
    for (const auto& one : rows) {
        if (!route || *route != one.key.route)
            out += fmt::format("<h3>{}{}</h3>\n", escaped(one.key.route),
                               one.control ? " <span class=\"tag\">control: must not move</span>" : "");
        route = &one.key.route;
        write_card(out, one, of.comparison);
    }
    close_section(out);
}

}  // namespace understudy::report::detail
