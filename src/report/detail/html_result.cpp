#include <fmt/format.h>

#include "base/units.h"
#include "model/json.h"
#include "report/detail/html_parts.h"

namespace understudy::report::detail {

namespace {

std::string proof_line_of(const model::evidence& of) {
    const bool partly = of.proof.eviction.starts_with("settings only");
    const mark how = !of.proof.complete() ? mark::bad : partly ? mark::unknown : mark::good;
    const std::string_view word = how == mark::good ? "proven" : how == mark::bad ? "not proven" : "in part";
    return fmt::format("<p class=\"line\"><b>Rollback</b> {} {} <a href=\"#proof\">(a) to (f)</a></p>\n",
                       badge(how, word), escaped(proof_outcome(of.proof)));
}

std::string expectations_line(const model::comparison& of) {
    if (of.expectations.empty()) return {};
    std::uint64_t met = 0, unmet = 0, unknown = 0;
    for (const auto& one : of.expectations)
        ++(one.outcome == model::outcome::met ? met : one.outcome == model::outcome::unmet ? unmet : unknown);
    const mark how = unmet ? mark::bad : unknown ? mark::unknown : mark::good;
    std::string text = fmt::format("{} of {} met", met, of.expectations.size());
    if (unmet) text += fmt::format(", {} unmet", unmet);
    if (unknown) text += fmt::format(", {} unknown", unknown);
    return fmt::format("<p class=\"line\"><b>Expectations</b> {} {}</p>\n",
                       badge(how, how == mark::good  ? "met"
                                  : how == mark::bad ? "unmet"
                                                     : "unknown"),
                       text);
}

void fact(std::string& out, std::string_view name, std::string_view text) {
    if (!text.empty()) out += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", name, escaped(text));
}

std::string change_cell(const model::finding& found) {
    const auto text = change_of(found);
    if (text.change.empty()) return "unknown";
    std::string out = fmt::format("<b>{}</b>", escaped(text.change));
    if (!text.range.empty()) out += fmt::format("<br><small>{}</small>", escaped(text.range));
    return out;
}

}  // namespace

void write_verdict(std::string& out, const model::evidence& of) {
    const auto& seen = of.comparison;
    out += fmt::format("<h1 class=\"verdict {0}\"><span class=\"sign\" aria-hidden=\"true\">{1}</span> {0}</h1>\n",
                       model::word(seen.verdict), sign_of(seen.verdict));
    out += fmt::format("<p class=\"reason\">{}</p>\n", seen.why.empty() ? "No reason was noted." : escaped(seen.why));
    if (!of.stopped.empty())
        out += fmt::format("<p class=\"line\"><b>Ended early</b> {} {}</p>\n", badge(mark::unknown, "stopped"),
                           escaped(of.stopped));
    out += expectations_line(seen);
    if (!seen.leaks.empty())
        out += fmt::format("<p class=\"line\"><b>Leaks</b> {} <a href=\"#leaks\">who saw whose page</a></p>\n",
                           badge(mark::bad, plural(seen.leaks.size(), "leak", "leaks")));
    out += proof_line_of(of);
    out += "<dl class=\"facts\">\n";
    fact(out, "step", step_text(of.change));
    fact(out, "route", of.change.route);
    fact(out, "owner", of.change.owner);
    fact(out, "reason", of.change.reason);
    fact(out, "when",
         fmt::format("{}, {}", show(of.started),
                     seconds_text(std::chrono::duration<double>(of.ended - of.started).count())));
    fact(out, "exit code", std::to_string(of.exit_code));
    out += "</dl>\n";
}

void write_expectations(std::string& out, const model::evidence& of) {
    open_section(out, "expectations", "Expectations");
    html_table table("What the change file expected, and what became of it. Intervals are of 95 %.",
                     {"outcome", "expected", "before", "after", "change", "margin", "method", "p"});
    for (const auto& one : of.comparison.expectations) {
        const auto& found = one.found;
        const model::series_key key{one.expected.route, one.expected.identity, one.expected.state};
        std::string expected =
            fmt::format("{} <b>{}</b><br><small>{}{}</small>", metric_name(model::word(one.expected.metric)),
                        escaped(one.expected.bound.text), escaped(key.text()),
                        one.expected.primary    ? " \u00B7 primary"
                        : one.expected.critical ? " \u00B7 critical"
                                                : "");
        if (one.outcome != model::outcome::met) {
            const std::string& why = one.why.empty() ? found.why : one.why;
            if (!why.empty()) expected += fmt::format("<br><small class=\"why\">{}</small>", escaped(why));
            if (!found.advice.empty())
                expected += fmt::format("<br><small>To mend it: {}</small>", escaped(found.advice));
        }
        table.add({badge(one.outcome), expected, escaped(amount(found.reference, found.unit)),
                   escaped(amount(found.candidate, found.unit)), change_cell(found), escaped(margin_of(found)),
                   found.method.empty() ? "none" : escaped(found.method),
                   found.p ? escaped(p_text(found.p)) : "no test"});
    }
    if (table.empty())
        out += "<p>None was judged: nothing was measured after the change.</p>\n";
    else
        out += table.html();
    close_section(out);
}

}  // namespace understudy::report::detail
