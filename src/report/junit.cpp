#include "report/junit.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/units.h"
#include "model/json.h"
#include "report/detail/cases.h"
#include "report/detail/facts.h"
#include "report/detail/github.h"

namespace understudy::report {

namespace {

using detail::check;
using detail::check_state;
using detail::xml_line;
using detail::xml_text;

double seconds_of(const model::evidence& of) {
    double total = 0;
    for (const auto& one : of.times)
        total += std::max(0.0, one.seconds);
    return total < 1e9 ? total : 0;
}

std::string counts_text(const std::vector<check>& all) {
    const auto counts = detail::counts_of(all);
    return fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"", counts.all, counts.failed,
                       counts.errors, counts.skipped);
}

// What went wrong, as the element's text: readers show it below the message.
std::string body_of(const check& one) {
    return xml_text(one.message) + (one.advice.empty() ? "" : "\nto mend it: " + xml_text(one.advice));
}

std::string outcome_of(const check& one) {
    switch (one.state) {
        case check_state::failed:
            return fmt::format("<failure message=\"{}\" type=\"{}\">{}</failure>", xml_line(one.message),
                               one.group == "leak"    ? "leak"
                               : one.group == "proof" ? "not-as-before"
                                                      : "unmet",
                               body_of(one));
        case check_state::error:
            return fmt::format("<error message=\"{}\" type=\"{}\">{}</error>", xml_line(one.message),
                               one.group == "expectation" ? "unknown" : "invalid", body_of(one));
        case check_state::skipped:
            return fmt::format("<skipped message=\"{}\"/>", xml_line(one.message));
        case check_state::passed:
            break;
    }
    return one.message.empty() ? "" : fmt::format("<system-out>{}</system-out>", xml_text(one.message));
}

std::string test_case(const model::evidence& of, const check& one) {
    const auto inside = outcome_of(one);
    const auto head = fmt::format("    <testcase name=\"{}\" classname=\"understudy.{}.{}\" time=\"0\"",
                                  xml_line(one.name), xml_line(of.change.name), one.group);
    return inside.empty() ? head + "/>\n" : fmt::format("{}>\n      {}\n    </testcase>\n", head, inside);
}

std::string properties(const model::evidence& of) {
    std::string out = "    <properties>\n";
    const auto add = [&](std::string_view name, const std::string& value) {
        out += fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, xml_line(value));
    };
    add("change", of.change.name);
    add("owner", of.change.owner);
    add("reason", of.change.reason);
    add("verdict", std::string(model::word(of.comparison.verdict)));
    add("evidence", of.id);
    add("environment", of.environment);
    add("git", detail::git_text(of.git));
    add("exit code", std::to_string(of.exit_code));
    return out + "    </properties>\n";
}

struct suite {
    std::string_view group, title;
};
constexpr suite suites[] = {{"run", "the run"},
                            {"expectation", "expectations"},
                            {"control", "controls"},
                            {"leak", "leaks"},
                            {"proof", "proof of rollback"}};

}  // namespace

std::string junit(const model::evidence& of) {
    const auto all = detail::checks_of(of);
    const auto stamp = show(of.started).substr(0, 19);  // without zone: some readers know no other form (it is UTC)
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    out += fmt::format("<testsuites name=\"understudy {}\" {} time=\"{:.3f}\">\n", xml_line(of.change.name),
                       counts_text(all), seconds_of(of));
    for (const auto& [group, title] : suites) {
        std::vector<check> mine;
        std::ranges::copy_if(all, std::back_inserter(mine), [&](const check& one) { return one.group == group; });
        if (mine.empty()) continue;
        const bool whole = group == "run";  // the time is that of the whole run, and is told once
        out += fmt::format("  <testsuite name=\"{}: {}\" {} time=\"{:.3f}\" timestamp=\"{}\" hostname=\"{}\">\n",
                           xml_line(of.change.name), title, counts_text(mine), whole ? seconds_of(of) : 0, stamp,
                           xml_line(of.environment));
        if (whole) out += properties(of);
        for (const auto& one : mine)
            out += test_case(of, one);
        out += "  </testsuite>\n";
    }
    return out + "</testsuites>\n";
}

}  // namespace understudy::report
