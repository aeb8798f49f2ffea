#include <fmt/format.h>

#include "model/json.h"
#include "report/detail/html_parts.h"

namespace understudy::report::detail {

namespace {

std::string with_unit(const std::optional<double>& value, const std::string& unit, std::string_view sign) {
    if (!value) return "unknown";
    return fmt::format("{}{} {}", sign, number(*value), unit);
}

void leak_table(std::string& out, std::string_view caption, const std::vector<model::leak>& leaks) {
    if (leaks.empty()) return;
    html_table table(caption, {"who asked", "saw marker of", "on route", "order"});
    for (const auto& one : leaks)
        table.add({escaped(one.seen_as), escaped(one.marker_of), escaped(one.route), escaped(one.order)});
    out += table.html();
}

}  // namespace

void write_noise(std::string& out, const model::evidence& of) {
    open_section(out, "noise", "Noise, and the smallest visible change");
    if (of.noise.rows.empty()) {
        out += "<p>Not measured, so nothing says how small an effect could have been seen.</p>\n";
        return close_section(out);
    }
    out += fmt::format("<p>{} {}</p>\n", of.noise.ok ? badge(mark::good, "quiet") : badge(mark::bad, "noisy"),
                       of.noise.ok ? "With nothing changed, nothing that was declared differed by more than its margin."
                                   : escaped(of.noise.why));
    html_table table(
        "Measured with nothing changed. An effect smaller than the smallest visible one would often go unseen.",
        {"row", "metric", "spread", "smallest visible", "p"});
    for (const auto& row : of.noise.rows) {
        const std::string unit = noise_unit(row.metric);
        table.add({escaped(row.key.text()), metric_name(model::word(row.metric)), with_unit(row.floor, unit, "sd "),
                   with_unit(row.smallest_visible, unit, "\u00B1 "),
                   (row.p ? escaped(p_text(row.p)) : std::string("no test")) +
                       (row.differs ? " " + badge(mark::bad, "differs") : "")});
    }
    out += table.html();
    close_section(out);
}

void write_controls(std::string& out, const model::evidence& of) {
    open_section(out, "controls", "Controls");
    const auto& controls = of.comparison.controls;
    if (controls.empty()) {
        out += "<p>No control was judged: nothing shows that only the change's routes moved.</p>\n";
        return close_section(out);
    }
    html_table table("Routes that the change cannot touch, and that must not move.",
                     {"row", "metric", "before", "after", "change", "p", ""});
    for (const auto& one : controls) {
        const auto text = change_of(one);
        std::string change = text.change.empty() ? "unknown" : escaped(text.change);
        if (!text.range.empty()) change += fmt::format("<br><small>{}</small>", escaped(text.range));
        std::string verdict = badge(one.verdict);
        if (!one.why.empty()) verdict += fmt::format("<br><small class=\"why\">{}</small>", escaped(one.why));
        table.add({escaped(one.subject), escaped(metric_name(one.metric)), escaped(amount(one.reference, one.unit)),
                   escaped(amount(one.candidate, one.unit)), change, one.p ? escaped(p_text(one.p)) : "no test",
                   verdict});
    }
    out += table.html();
    close_section(out);
}

void write_disturbances(std::string& out, const model::evidence& of) {
    open_section(out, "disturbance", "Disturbance");
    if (of.disturbances.empty()) {
        out += fmt::format("<p>{} No restart, foreign setting, flush, deploy or write was seen.</p>\n",
                           badge(mark::good, "none"));
        return close_section(out);
    }
    html_table table("What somebody else did to staging meanwhile.", {"what", "when"});
    for (const auto& one : of.disturbances)
        table.add({escaped(one.what), escaped(one.where)});
    out += table.html();
    close_section(out);
}

void write_leaks(std::string& out, const model::evidence& of) {
    const auto& seen = of.comparison;
    open_section(out, "leaks", "Leaks");
    if (seen.leaks.empty() && seen.old_leaks.empty() && seen.leaks_unknown.empty())
        out += fmt::format("<p>{} No identity was shown the marker of another.</p>\n",
                           of.arms.empty() ? badge(mark::unknown, "not looked for") : badge(mark::good, "none"));
    for (const auto& text : seen.leaks_unknown)
        out += fmt::format("<p>{} {}</p>\n", badge(mark::unknown, "unknown"), escaped(text));
    leak_table(out, "After the change: one identity was shown what only another may see.", seen.leaks);
    leak_table(out, "There before the change as well.", seen.old_leaks);
    close_section(out);
}

void write_drift(std::string& out, const model::evidence& of) {
    open_section(out, "drift", "Drift between production and staging");
    if (!of.drift_reason.empty())
        out += fmt::format("<p>Drift beyond tolerance was accepted: {}</p>\n", escaped(of.drift_reason));
    if (of.drift.empty()) {
        out += "<p>None was found in what was compared.</p>\n";
        return close_section(out);
    }
    html_table table("Settings that differ.", {"what", "production", "staging", "what it does", "to close it"});
    for (const auto& one : of.drift) {
        const auto side = [&](const std::string& text, const std::optional<double>& value) {
            return text.empty() ? escaped(amount(value, one.unit)) : escaped(text);
        };
        table.add({escaped(one.metric), side(one.reference_text, one.reference),
                   side(one.candidate_text, one.candidate),
                   escaped(one.why) + (one.verdict == model::verdict::worse ? " " + badge(mark::bad, "matters") : ""),
                   one.advice.empty() ? "" : fmt::format("<code>{}</code>", escaped(one.advice))});
    }
    out += table.html();
    close_section(out);
}

}  // namespace understudy::report::detail
