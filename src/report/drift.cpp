#include "report/drift.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/units.h"
#include "report/detail/facts.h"
#include "report/detail/github.h"
#include "report/detail/grid.h"
#include "report/detail/printable.h"

namespace understudy::report {

namespace {

using detail::one_line;
using detail::paint;
using detail::tone;
using detail::wrapped;
using model::drift_finding;
using model::drift_group;
using model::drift_state;

constexpr std::size_t most_rows = 60;
constexpr std::size_t longest_text = 200;

std::string_view sign_of(const drift_finding& one) {
    if (one.state != drift_state::open) return "=";
    if (one.other == "none") return "-";
    return one.reference == "none" ? "+" : "~";
}

tone tone_of(const drift_finding& one) {
    if (one.state != drift_state::open) return tone::dim;
    return one.points >= 5 ? tone::bad : one.points >= 1 ? tone::warn : tone::plain;
}

std::string points_text(double points) {
    return points < 0.1 ? "< 0.1" : fmt::format("{:.1f}", points);
}

std::string parity_text(double parity) {
    // 99.97 is not 100.
    return fmt::format("{:.1f}", parity >= 99.95 && parity < 100 ? 99.9 : parity);
}

struct counted {
    std::size_t open = 0, accepted = 0, expected = 0;
};

counted count(const model::drift& of) {
    counted out;
    for (const auto& one : of.findings)
        ++(one.state == drift_state::open       ? out.open
           : one.state == drift_state::accepted ? out.accepted
                                                : out.expected);
    return out;
}

void add_finding(std::string& out, const drift_finding& one, const text_options& look) {
    const std::string cost = one.state == drift_state::open ? fmt::format("  {} points", points_text(one.points)) : "";
    out += paint(wrapped(fmt::format("  {} {}: {} -> {}{}", sign_of(one), one_line(one.id), one_line(one.reference),
                                     one_line(one.other), cost),
                         look.width, 6),
                 tone_of(one), look.colour) +
           "\n";
    const auto more = [&](const std::string& text) {
        if (!text.empty()) out += paint(wrapped("      " + text, look.width, 6), tone::dim, look.colour) + "\n";
    };
    if (one.state != drift_state::open) return more(one_line(one.reason));
    more(one_line(one.effect));
    if (!one.close.empty()) more("to close it: " + one_line(one.close));
}

}  // namespace

std::string headline(const model::drift& of) {
    const auto counts = count(of);
    std::string out = fmt::format("parity of {} with {}: {} of 100, {}", one_line(of.other), one_line(of.reference),
                                  parity_text(of.parity), detail::plural(counts.open, "difference", "differences"));
    if (counts.accepted > 0) out += fmt::format(", {} accepted", counts.accepted);
    if (counts.expected > 0) out += fmt::format(", {} that have to be", counts.expected);
    if (of.scale < 1) out += fmt::format("; at a scale of 1/{:.0f}", 1 / of.scale);
    return out;
}

std::string two_lines(const model::drift& of, const drift_text_options& options) {
    const auto& look = options.look;
    std::string out = paint(headline(of), tone::strong, look.colour) + "\n";
    if (of.findings.empty()) return out;
    const auto& one = of.findings.front();  // the costliest, or what comes first of those that cost nothing
    const auto more = one.state == drift_state::open ? "to close it: " + one.close : one.reason;
    return out +
           paint(fmt::format("  {} {}: {} -> {} ({})", sign_of(one), one_line(one.id), one_line(one.reference),
                             one_line(one.other), one_line(more)),
                 tone_of(one), look.colour) +
           "\n";
}

std::string text(const model::drift& of, const drift_text_options& options) {
    const auto& look = options.look;
    const tone told = of.parity >= 99 ? tone::good : of.parity >= 80 ? tone::warn : tone::bad;
    std::string out = paint(wrapped(headline(of), look.width, 2), told, look.colour) + "\n";
    // The group with the costliest finding first: findings are in that order already.
    std::vector<drift_group> order;
    for (const auto& one : of.findings)
        if (std::ranges::find(order, one.group) == order.end()) order.push_back(one.group);
    for (const auto group : order) {
        std::string section;
        for (const auto& one : of.findings)
            if (one.group == group && (options.all || one.state == drift_state::open)) add_finding(section, one, look);
        if (!section.empty())
            out += "\n" + paint(std::string(model::word(group)), tone::strong, look.colour) + "\n" + section;
    }
    const auto counts = count(of);
    if (!options.all && counts.accepted + counts.expected > 0)
        out += paint(
            fmt::format("\n  {} accepted, {} that have to be; --all shows them\n", counts.accepted, counts.expected),
            tone::dim, look.colour);
    if (!of.hazards.empty()) out += "\n" + paint("hazards", tone::strong, look.colour) + "\n";
    for (const auto& one : of.hazards) {
        out += paint(wrapped(fmt::format("  ! {}, {}: {}", one_line(one.environment), one_line(one.subject),
                                         one_line(one.text)),
                             look.width, 6),
                     tone::warn, look.colour) +
               "\n";
        out += paint(wrapped("      " + one_line(one.mend), look.width, 6), tone::dim, look.colour) + "\n";
    }
    if (!of.unknown.empty()) out += "\n";
    for (const auto& one : of.unknown)
        out += paint(wrapped("  not compared: " + one_line(one), look.width, 4), tone::dim, look.colour) + "\n";
    return out;
}

std::string markdown(const model::drift& of) {
    const auto say = [](std::string_view text) { return detail::github_text(detail::cut(text, longest_text)); };
    const auto code = [](std::string_view text) { return detail::github_code(detail::cut(text, longest_text)); };
    std::string out = fmt::format("### {}\n\n", say(headline(of)));
    const auto open = count(of).open;
    if (open > 0) {
        out += fmt::format("| | points | what | {} | {} | to close it |\n|---|---|---|---|---|---|\n",
                           say(of.reference), say(of.other));
        std::size_t rows = 0;
        for (const auto& one : of.findings) {
            if (one.state != drift_state::open || ++rows > most_rows) continue;
            out +=
                fmt::format("| {} | {} | {} {} | {} | {} | {} |\n", sign_of(one), points_text(one.points),
                            model::word(one.group), code(one.id), say(one.reference), say(one.other), say(one.close));
        }
        if (open > most_rows) out += fmt::format("\nand {} more that cost less\n", open - most_rows);
    }
    std::string others;
    for (const auto& one : of.findings)
        if (one.state != drift_state::open)
            others += fmt::format("* {} {}: {} and {} ({})\n", model::word(one.state), code(one.id), say(one.reference),
                                  say(one.other), say(one.reason));
    if (!others.empty())
        out += "\n<details><summary>accepted, or has to differ</summary>\n\n" + others + "\n</details>\n";
    for (const auto& one : of.hazards)
        out += fmt::format("\n\u26A0\uFE0F {}, {}: {}. {}\n", say(one.environment), code(one.subject), say(one.text),
                           say(one.mend));
    for (const auto& one : of.unknown)
        out += fmt::format("\nnot compared: {}\n", say(one));
    return out;
}

}  // namespace understudy::report
