#include "report/annotations.h"

#include <algorithm>

#include <fmt/format.h>

#include "model/json.h"
#include "report/detail/cases.h"
#include "report/detail/facts.h"
#include "report/detail/github.h"

namespace understudy::report {

namespace {

using detail::check;
using detail::check_state;

constexpr std::size_t most_of_a_kind = 9;  // and the summary
constexpr std::size_t longest_title = 120, longest_message = 1000;

std::string command(std::string_view kind, const std::string& file, const std::string& title, const std::string& text) {
    std::string properties = fmt::format("title={}", detail::workflow_property(detail::cut(title, longest_title)));
    if (!file.empty()) properties = fmt::format("file={},{}", detail::workflow_property(file), properties);
    return fmt::format("::{} {}::{}\n", kind, properties, detail::workflow_message(detail::cut(text, longest_message)));
}

std::string text_of(const check& one) {
    return one.message + (one.advice.empty() ? "" : "; to mend it: " + one.advice);
}

std::string kind_of(const model::evidence& of) {
    if (of.exit_code == 0) return "notice";
    return "error";
}

std::string summary(const model::evidence& of, const std::vector<check>& all, std::size_t errors,
                    std::size_t warnings) {
    const auto counts = detail::counts_of(all);
    const auto good = counts.all - counts.failed - counts.errors - counts.skipped;
    std::string out =
        fmt::format("{}; rollback: {}; {} checks: {} good, {} failed, {} errors, {} skipped",
                    of.comparison.why.empty() ? "no reason is given" : of.comparison.why,
                    detail::proof_outcome(of.proof), counts.all, good, counts.failed, counts.errors, counts.skipped);
    if (errors > most_of_a_kind || warnings > most_of_a_kind)
        out += fmt::format("; not shown here: {} errors, {} warnings", errors - std::min(errors, most_of_a_kind),
                           warnings - std::min(warnings, most_of_a_kind));
    return out + "; evidence " + of.id;
}

}  // namespace

std::string github_annotations(const model::evidence& of, const std::string& file) {
    const auto all = detail::checks_of(of);
    std::string out;
    std::size_t errors = 0, warnings = 0;
    const auto add = [&](bool wrong, const std::string& title, const std::string& text) {
        auto& count = wrong ? errors : warnings;
        if (++count <= most_of_a_kind) out += command(wrong ? "error" : "warning", file, title, text);
    };
    for (const auto state : {check_state::failed, check_state::error, check_state::skipped})
        for (const auto& one : all)
            if (one.state == state)
                add(state != check_state::skipped, fmt::format("{}: {}", one.group, one.name), text_of(one));
    for (const auto& leak : of.comparison.old_leaks)
        add(false, "a leak that was there before the change",
            fmt::format("{}: {} was shown what is {}'s (order: {})", leak.route, leak.seen_as, leak.marker_of,
                        leak.order));
    for (const auto& one : of.warnings)
        add(false, "warning", one);
    out += command(kind_of(of), file,
                   fmt::format("understudy: {} is {}", of.change.name, model::word(of.comparison.verdict)),
                   summary(of, all, errors, warnings));
    return out;
}

}  // namespace understudy::report
