#include <fmt/format.h>

#include "report/detail/html_parts.h"

namespace understudy::report::detail {

namespace {

void write_unknown(std::string& out, std::string_view what, const std::optional<model::unknown_reason>& reason) {
    if (!reason) return;
    out += fmt::format("<p>{}: unknown. <small class=\"why\">{}</small>", what, escaped(reason->why));
    if (!reason->mend.empty()) out += fmt::format("<br><small>To mend it: {}</small>", escaped(reason->mend));
    out += "</p>\n";
}

void write_statements(std::string& out, const model::workload& of) {
    write_unknown(out, "Statements", of.statements_unknown);
    html_table table("Statements of the first arm: the most called and the most costly. Values are left out.",
                     {"statement", "calls", "time in all"});
    for (const auto& one : of.statements)
        table.add({fmt::format("<code>{}</code>", escaped(one.text)), std::to_string(one.calls),
                   escaped(amount(one.milliseconds, "ms"))});
    if (!table.empty()) out += table.html();
}

void write_slow_commands(std::string& out, const model::workload& of) {
    write_unknown(out, "Slow commands of Redis", of.slow_commands_unknown);
    html_table table("Redis's slow log of the first arm, arguments left out.", {"command", "key", "times", "longest"});
    for (const auto& one : of.slow_commands)
        table.add({escaped(one.name), fmt::format("<code>{}</code>", escaped(one.key)), std::to_string(one.times),
                   escaped(amount(one.longest_ms, "ms"))});
    if (!table.empty()) out += table.html();
}

}  // namespace

void write_workload(std::string& out, const model::evidence& of) {
    const auto& seen = of.workload;
    if (seen.statements.empty() && seen.slow_commands.empty() && !seen.statements_unknown &&
        !seen.slow_commands_unknown)
        return;
    open_section(out, "workload", "What was asked before the change");
    if (!seen.database.empty()) out += fmt::format("<p>As {} counted it.</p>\n", escaped(seen.database));
    write_statements(out, seen);
    write_slow_commands(out, seen);
    close_section(out);
}

}  // namespace understudy::report::detail
