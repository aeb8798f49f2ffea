// The page of a drift: parity first, then each difference with both sides' distributions drawn over each other.
#include <algorithm>

#include <fmt/format.h>

#include "base/units.h"
#include "report/detail/html_parts.h"
#include "report/detail/sketch_chart.h"
#include "report/drift.h"

namespace understudy::report {

namespace {

using namespace detail;
using model::drift_finding;
using model::drift_state;
using model::family_profile;

std::string_view tone_of(double parity) {
    return parity >= 99 ? "improved" : parity >= 80 ? "inconclusive" : "worse";
}

std::string points_of(double points) {
    return points < 0.1 ? "&lt; 0.1" : fmt::format("{:.1f}", points);
}

const family_profile* family_of(const model::profile& of, const std::string& name) {
    const auto found = std::ranges::find_if(of.families, [&](const auto& one) {
        return name == (one.database == 0 ? one.pattern : fmt::format("db{} {}", one.database, one.pattern));
    });
    return found == of.families.end() ? nullptr : &*found;
}

// What a finding of a distribution is about; nothing for the others.
std::string chart_of(const drift_finding& one, const model::profile& reference, const model::profile& other) {
    const auto *left = family_of(reference, one.subject), *right = family_of(other, one.subject);
    if (left == nullptr || right == nullptr) return {};
    const auto is = [&](std::string_view what) { return one.id.starts_with(what); };
    if (is("expiry ")) return overlay(left->lifetime, right->lifetime, quantity::milliseconds, "time that is left");
    if (is("idle ")) return overlay(left->idle, right->idle, quantity::seconds, "seconds since it was used");
    if (is("elements ")) return overlay(left->elements, right->elements, quantity::elements, "elements");
    if (!is("size ")) return {};
    const bool memory = !left->memory.empty() && !right->memory.empty();
    return overlay(memory ? left->memory : left->bytes, memory ? right->memory : right->bytes, quantity::bytes,
                   "bytes");
}

std::string card_of(const drift_finding& one, const model::profile& reference, const model::profile& other) {
    std::string out = "<div class=\"card\">";
    out += fmt::format("<h4><code>{}</code> <span class=\"badge {}\">{} points</span></h4>", escaped(one.id),
                       one.points >= 5   ? "worse"
                       : one.points >= 1 ? "inconclusive"
                                         : "",
                       points_of(one.points));
    out += fmt::format("<div class=\"lane-text before\"><b>{}</b><span>{}</span></div>", escaped(reference.environment),
                       escaped(one.reference));
    out += fmt::format("<div class=\"lane-text after\"><b>{}</b><span>{}</span></div>", escaped(other.environment),
                       escaped(one.other));
    out += chart_of(one, reference, other);
    if (!one.effect.empty()) out += fmt::format("<p class=\"found\">{}</p>", escaped(one.effect));
    if (!one.close.empty()) out += fmt::format("<p class=\"note\">To close it: {}</p>", escaped(one.close));
    return out + "</div>\n";
}

std::string_view title_of(model::drift_group group) {
    switch (group) {
        case model::drift_group::server:
            return "Server";
        case model::drift_group::settings:
            return "Settings";
        case model::drift_group::families:
            return "Families of keys";
        case model::drift_group::expiry:
            return "Expiry";
        case model::drift_group::sizes:
            return "Sizes";
        case model::drift_group::encodings:
            return "Encodings";
        case model::drift_group::traffic:
            return "Traffic";
        case model::drift_group::pages:
            return "Pages";
        case model::drift_group::application:
            return "Application";
    }
    return "";
}

void write_open(std::string& out, const model::drift& of, const model::profile& reference,
                const model::profile& other) {
    std::vector<model::drift_group> order;
    for (const auto& one : of.findings)
        if (one.state == drift_state::open && std::ranges::find(order, one.group) == order.end())
            order.push_back(one.group);
    open_section(out, "differences", "Differences");
    if (order.empty()) out += "<p>None that two looks at one cache would not show.</p>";
    for (const auto group : order) {
        out += fmt::format("<h3>{}</h3>\n", title_of(group));
        for (const auto& one : of.findings)
            if (one.group == group && one.state == drift_state::open) out += card_of(one, reference, other);
    }
    close_section(out);
}

void write_agreed(std::string& out, const model::drift& of) {
    html_table table("Accepted in understudy.toml, or different by their nature. They cost nothing.",
                     {"what", "reference", "other", "", "reason"});
    for (const auto& one : of.findings)
        if (one.state != drift_state::open)
            table.add({fmt::format("<code>{}</code>", escaped(one.id)), escaped(one.reference), escaped(one.other),
                       std::string(model::word(one.state)), escaped(one.reason)});
    if (table.empty()) return;
    open_section(out, "agreed", "Accepted, or has to differ");
    out += table.html();
    close_section(out);
}

void write_hazards(std::string& out, const model::drift& of) {
    if (of.hazards.empty()) return;
    html_table table("What one cache shows by itself.", {"environment", "keys", "", "to mend it"});
    for (const auto& one : of.hazards)
        table.add({escaped(one.environment), fmt::format("<code>{}</code>", escaped(one.subject)), escaped(one.text),
                   escaped(one.mend)});
    open_section(out, "hazards", "Hazards");
    out += table.html();
    close_section(out);
}

void write_unknown(std::string& out, const model::drift& of) {
    if (of.unknown.empty()) return;
    open_section(out, "unknown", "Not compared");
    out += "<ul>";
    for (const auto& one : of.unknown)
        out += fmt::format("<li>{}</li>", escaped(one));
    out += "</ul>";
    close_section(out);
}

std::string side_of(const model::profile& of) {
    return fmt::format("{} {}, {} keys in {} families, {}", escaped(of.software), escaped(of.version), of.keys,
                       of.families.size(), show(of.to));
}

}  // namespace

std::string html(const model::drift& of, const model::profile& reference, const model::profile& other) {
    std::string out = fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        "<title>{}: parity {:.1f}</title>\n<style>\n{}</style>\n</head>\n<body>\n",
        escaped(of.other), of.parity, html_style);
    const auto open =
        std::ranges::count_if(of.findings, [](const auto& one) { return one.state == drift_state::open; });
    out += fmt::format("<header><p class=\"kicker\">How near <b>{}</b> is to {}</p>\n", escaped(of.other),
                       escaped(of.reference));
    out += fmt::format(
        "<h1 class=\"verdict {}\">parity {:.1f}</h1>\n<p class=\"reason\">of 100, with {} {} that cost it the "
        "rest</p>\n",
        tone_of(of.parity), of.parity >= 99.95 && of.parity < 100 ? 99.9 : of.parity, open,
        open == 1 ? "difference" : "differences");
    out += fmt::format("<dl class=\"facts\"><div><dt>{}</dt><dd>{}</dd></div><div><dt>{}</dt><dd>{}</dd></div>",
                       escaped(of.reference), side_of(reference), escaped(of.other), side_of(other));
    if (of.scale < 1)
        out += fmt::format("<div><dt>scale</dt><dd>{} is meant to hold 1/{:.0f}</dd></div>", escaped(of.other),
                           1 / of.scale);
    out += "</dl></header>\n<main>\n";
    write_open(out, of, reference, other);
    write_hazards(out, of);
    write_agreed(out, of);
    write_unknown(out, of);
    return out +
           "</main>\n<footer><p>Each difference takes weight \u00D7 share \u00D7 distance of what is left; its points "
           "are what "
           "parity would gain without it.</p></footer>\n</body>\n</html>\n";
}

}  // namespace understudy::report
