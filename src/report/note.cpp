#include "report/note.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/units.h"
#include "model/json.h"
#include "report/detail/facts.h"
#include "report/detail/github.h"
#include "report/detail/grid.h"
#include "report/detail/printable.h"
#include "report/detail/proven.h"
#include "report/detail/shell.h"

namespace understudy::report {

namespace {

using detail::one_line;

constexpr std::size_t columns = 72;
constexpr std::size_t indent = 12;
constexpr std::size_t most_files = 30;
constexpr std::size_t longest_text = 1000;

std::string numbers_of(const model::finding& found) {
    const auto change = detail::change_of(found);
    return fmt::format("{} -> {}{}", detail::amount(found.reference, found.unit),
                       detail::amount(found.candidate, found.unit),
                       change.change.empty() ? "" : fmt::format(" ({})", change.change));
}

std::string named(const model::finding& found) {
    return fmt::format("{} of {}: {}", detail::metric_name(found.metric), found.subject, numbers_of(found));
}

void paragraph(std::string& out, std::string_view name, const std::string& text) {
    const auto body = detail::wrapped(detail::cut(text, longest_text), columns - indent, indent);
    out += fmt::format("{:<{}}{}\n", name.empty() ? "" : fmt::format("{}:", name), indent,
                       body.empty() ? "not given" : body);
}

// The expectations that improved, the primary one first.
std::vector<std::string> improvements(const model::evidence& of) {
    std::vector<std::string> out;
    for (const bool primary : {true, false})
        for (const auto& one : of.comparison.expectations)
            if (one.expected.primary == primary && one.found.verdict == model::verdict::improved)
                out.push_back(named(one.found));
    return out;
}

std::string subject(const model::evidence& of) {
    const auto name = detail::cut(of.change.name, 40);
    if (!detail::why_not_proven(of).empty())
        return detail::cut(fmt::format("{}: not proven ({})", name, model::word(of.comparison.verdict)), columns);
    for (const auto& one : of.comparison.expectations)
        if (one.expected.primary && one.found.verdict == model::verdict::improved)
            return detail::cut(fmt::format("{}: {} {} -> {}", name, detail::metric_name(one.found.metric),
                                           detail::amount(one.found.reference, one.found.unit),
                                           detail::amount(one.found.candidate, one.found.unit)),
                               columns);
    return detail::cut(fmt::format("{}: {}, as expected", name, model::word(of.comparison.verdict)), columns);
}

std::string command_text(const std::optional<model::command_run>& run, const std::string& otherwise) {
    return run ? detail::shell_quoted(run->argv) : otherwise;
}

void files(std::string& out, const model::evidence& of) {
    const auto& all = of.git.files;
    if (all.empty())
        return paragraph(out, "Files",
                         of.git.unknown.empty() ? "none differs from the commit before" : "unknown: " + of.git.unknown);
    const auto shown = std::min(all.size(), most_files);
    for (std::size_t i = 0; i < shown; ++i)
        paragraph(out, i == 0 ? "Files" : "", all[i]);
    const auto more = all.size() - shown + of.git.more_files;
    if (more > 0) paragraph(out, "", fmt::format("and {} more", more));
}

}  // namespace

std::string closing_note(const model::evidence& of) {
    auto head = subject(of);
    if (head.starts_with('#')) head = " " + head;
    std::string out = head + "\n\n";
    paragraph(out, "Reason", of.change.reason);
    paragraph(out, "Noticed", of.change.noticed);
    paragraph(out, "Owner", of.change.owner);
    files(out, of);
    const auto commands = detail::proven_commands_of(of);
    paragraph(out, "Command", command_text(commands.apply, detail::step_text(of.change)));
    const auto better = improvements(of);
    for (std::size_t i = 0; i < better.size(); ++i)
        paragraph(out, i == 0 ? "Improved" : "", better[i]);
    if (better.empty()) paragraph(out, "Improved", "nothing that was expected to");
    paragraph(out, "Verdict", fmt::format("{}: {}", model::word(of.comparison.verdict), of.comparison.why));
    if (const auto why = detail::why_not_proven(of); !why.empty()) paragraph(out, "Not proven", why);
    paragraph(out, "Rollback",
              fmt::format("{}; {}", command_text(commands.undo, detail::undo_text(of.change)),
                          detail::proof_outcome(of.proof)));
    paragraph(out, "Rehearsed",
              fmt::format("{} on {}, {}", show(of.started).substr(0, 10), of.environment, detail::git_text(of.git)));
    paragraph(out, "Evidence", of.id);
    return out;
}

}  // namespace understudy::report
