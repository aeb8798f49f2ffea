#include <fmt/format.h>

#include "model/json.h"
#include "report/detail/html_parts.h"
#include "report/detail/shell.h"

namespace understudy::report::detail {

namespace {

constexpr std::size_t open_lines = 12;                       // shorter outputs are worth no fold
constexpr std::size_t shown_output = std::size_t{16} << 10;  // of each command; evidence.json has all of it

std::string row_list(std::string_view caption, const std::vector<model::proof_row>& rows) {
    html_table table(caption, {"key template or setting", "what", "how many"});
    for (const auto& one : rows)
        table.add({fmt::format("<code>{}</code>", escaped(one.name)), escaped(one.what), std::to_string(one.count)});
    return table.html();
}

std::string output_of(const model::command_run& run) {
    if (run.output.empty()) return "<p>It printed nothing.</p>\n";
    std::string out;
    std::string_view shown = run.output;
    if (shown.size() > shown_output) {
        shown.remove_prefix(shown.size() - shown_output);
        out = fmt::format("<p>The last {} of {} bytes; evidence.json has all of them.</p>\n", shown.size(),
                          run.output.size());
    }
    return out + fmt::format("<pre tabindex=\"0\">{}</pre>\n", escaped(shown));
}

void write_times(std::string& out, const model::evidence& of) {
    double total = 0, longest = 0;
    for (const auto& one : of.times) {
        total += one.seconds;
        longest = std::max(longest, one.seconds);
    }
    html_table table("Where the time went.", {"stage", "time", ""});
    for (const auto& one : of.times) {
        const double share = longest > 0 ? std::max(0.0, one.seconds / longest) : 0;
        table.add({escaped(one.stage), seconds_text(one.seconds),
                   fmt::format("<svg class=\"bar\" height=\"8\" aria-hidden=\"true\"><rect class=\"time\" "
                               "width=\"{:.1f}%\" height=\"8\"/></svg>",
                               share * 100)});
    }
    if (table.empty()) return;
    out += table.html();
    out += fmt::format(
        "<p>{} in all. Our own time, apart from commands, waits that were asked for and the measured requests: "
        "{}{}.</p>\n",
        seconds_text(total), seconds_text(of.own_seconds),
        total > 0 ? fmt::format(" ({} %)", number(of.own_seconds / total * 100)) : "");
}

}  // namespace

void write_change(std::string& out, const model::evidence& of) {
    open_section(out, "change", "The change file");
    const auto& change = of.change;
    out += fmt::format("<p><code>{}</code><br><small class=\"digest\">SHA-256 {}</small></p>\n",
                       escaped(change.file.empty() ? change.name : change.file), escaped(change.digest));
    if (change.source.empty())
        out += "<p>Its text was not kept.</p>\n";
    else
        out += fmt::format("<pre tabindex=\"0\">{}</pre>\n", escaped(change.source));
    close_section(out);
}

void write_proof(std::string& out, const model::evidence& of) {
    open_section(out, "proof", "Proof of rollback");
    const bool complete = of.proof.complete();
    out += fmt::format("<p>{} {}</p>\n", badge(complete ? mark::good : mark::bad, complete ? "complete" : "incomplete"),
                       escaped(proof_outcome(of.proof)));
    html_table table("Each part of what rollback means, by its letter.", {"part", "outcome", ""});
    for (const auto& line : proof_lines(of.proof)) {
        const std::string_view word = line.mark == mark::good      ? "ok"
                                      : line.mark == mark::bad     ? "differs"
                                      : line.mark == mark::unknown ? "unknown"
                                                                   : "told";
        table.add({(line.letter.empty() ? "" : "(" + line.letter + ") ") + line.what, escaped(line.outcome),
                   badge(line.mark, word)});
    }
    out += table.html();
    if (!of.proof.differences.empty()) out += row_list("Not as before.", of.proof.differences);
    if (!of.proof.listed.empty()) {
        const std::string list = row_list("Counted, and as it should be.", of.proof.listed);
        out += folded(fmt::format("Keys that were listed, by template ({})", of.proof.listed.size()), list,
                      of.proof.listed.size() <= open_lines);
    }
    if (!complete && !of.journal.empty())
        out += fmt::format("<p>To try again: <code>understudy rollback {}</code></p>\n",
                           escaped(shell_quoted(std::string_view(of.journal))));
    close_section(out);
}

void write_commands(std::string& out, const model::evidence& of) {
    open_section(out, "commands", "Commands as they were run");
    if (of.commands.empty()) out += "<p>No command of the environment was run.</p>\n";
    for (const auto& run : of.commands) {
        const std::string summary =
            fmt::format("<b>{}</b> {} <small>{}</small> <code>{}</code>", escaped(run.what),
                        badge(run.exit_code == 0 ? mark::good : mark::bad, fmt::format("exit {}", run.exit_code)),
                        seconds_text(run.seconds), escaped(shell_quoted(run.argv)));
        const std::string folder =
            run.folder.empty() ? "" : fmt::format("<p><small>in {}</small></p>\n", escaped(run.folder));
        out += folded(summary, folder + output_of(run), run.exit_code != 0);
    }
    close_section(out);
}

void write_conditions(std::string& out, const model::evidence& of) {
    open_section(out, "conditions", "Conditions, time and warnings");
    if (!of.warnings.empty()) {
        out += "<h3>Warnings</h3>\n<ul>\n";
        for (const auto& one : of.warnings)
            out += fmt::format("<li>{}</li>\n", escaped(one));
        out += "</ul>\n";
    }
    write_times(out, of);
    html_table table("Under which it was measured.", {"what", ""});
    const auto add = [&](std::string_view name, const std::string& value) {
        if (!value.empty()) table.add({std::string(name), escaped(value)});
    };
    add("environment", of.environment);
    add("address", of.environment_url);
    add("Redis", of.redis);
    add("git", git_text(of.git));
    for (const auto& [name, value] : of.conditions)
        table.add({escaped(name), value.empty() ? "(empty)" : escaped(value)});
    add("journal", of.journal);
    out += table.html();
    close_section(out);
}

}  // namespace understudy::report::detail
