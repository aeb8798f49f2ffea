// Each text from outside goes through text() or code() below, which also cut it: one value of a megabyte must not push
// the verdict out of the comment. Tables have a limit of rows for the same reason.
#include "report/pull_request.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/units.h"
#include "model/json.h"
#include "report/detail/facts.h"
#include "report/detail/github.h"
#include "report/detail/printable.h"
#include "report/detail/shell.h"

namespace understudy::report {

namespace {

constexpr std::size_t most_characters = 60'000;
constexpr std::size_t most_rows = 40;
constexpr std::size_t longest_text = 300;
constexpr std::size_t longest_block = 12'000;

std::string text(std::string_view of) {
    return detail::github_text(detail::cut(of, longest_text));
}

std::string code(std::string_view of) {
    return detail::github_code(detail::cut(of, longest_text));
}

// By what the run came to, not by the verdict alone: an improvement that was not rolled back is not good.
std::string_view sign_of(const model::evidence& of) {
    if (of.exit_code == 0) return "\u2705";
    if (of.exit_code == static_cast<int>(exit_code::inconclusive) || of.exit_code >= 128) return "\u26A0\uFE0F";
    return "\u274C";
}

std::string_view sign_of(model::outcome of) {
    return of == model::outcome::met ? "\u2705" : of == model::outcome::unmet ? "\u274C" : "\u2754";
}

std::string_view sign_of(detail::mark of) {
    switch (of) {
        case detail::mark::good:
            return "\u2705";
        case detail::mark::bad:
            return "\u274C";
        case detail::mark::unknown:
            return "\u2754";
        case detail::mark::neutral:
            break;
    }
    return "\u2139\uFE0F";
}

class rows {
public:
    explicit rows(std::string head) : out_(std::move(head)) {}
    void add(std::initializer_list<std::string> cells) {
        if (++count_ > most_rows) return;
        out_ += "|";
        for (const auto& cell : cells)
            out_ += fmt::format(" {} |", cell);
        out_ += "\n";
    }
    [[nodiscard]] std::string markdown() const {
        if (count_ == 0) return {};
        if (count_ <= most_rows) return out_ + "\n";
        return fmt::format("{}\nand {} more, in the evidence\n\n", out_, count_ - most_rows);
    }

private:
    std::string out_;
    std::size_t count_ = 0;
};

std::string head(const model::evidence& of) {
    const auto& seen = of.comparison;
    std::string out =
        fmt::format("<!-- understudy -->\n### {} {}: {}\n\n**{}**\n\n", sign_of(of), model::word(seen.verdict),
                    text(of.change.name), seen.why.empty() ? "no reason is given" : text(seen.why));
    rows table("| | |\n|---|---|\n");
    table.add({"rollback",
               fmt::format("{} {}", of.proof.complete() ? "\u2705" : "\u274C", text(detail::proof_outcome(of.proof)))});
    if (!of.stopped.empty()) table.add({"stopped", text(of.stopped)});
    table.add({"change", fmt::format("{}, route {}", code(detail::step_text(of.change)), code(of.change.route))});
    table.add({"reason", text(of.change.reason)});
    table.add({"owner", text(of.change.owner)});
    table.add({"on", fmt::format("{}, {} to {}", text(of.environment), show(of.started), show(of.ended))});
    table.add({"git", text(detail::git_text(of.git))});
    table.add({"evidence", code(of.id)});
    return out + table.markdown();
}

std::string expectations(const model::evidence& of) {
    std::string out = "#### Expectations\n\n";
    rows table("| | expected | before \u2192 after | change | |\n|---|---|---|---|---|\n");
    for (const auto& one : of.comparison.expectations) {
        const auto change = detail::change_of(one.found);
        std::string notes = one.expected.primary ? "primary" : one.expected.critical ? "critical" : "";
        if (one.outcome == model::outcome::unknown && !one.why.empty())
            notes += fmt::format("{}{}{}", notes.empty() ? "" : "; ", text(one.why),
                                 one.found.advice.empty() ? "" : "; to mend it: " + text(one.found.advice));
        table.add({fmt::format("{} {}", sign_of(one.outcome), model::word(one.outcome)),
                   text(detail::expectation_text(one.expected)),
                   fmt::format("{} \u2192 {}", text(detail::amount(one.found.reference, one.found.unit)),
                               text(detail::amount(one.found.candidate, one.found.unit))),
                   text(change.change + (change.range.empty() ? "" : " (" + change.range + ")")), notes});
    }
    const auto body = table.markdown();
    return out + (body.empty() ? "None was judged.\n\n" : body);
}

std::string leaks(const model::evidence& of) {
    std::string out;
    const auto list = [&](std::string_view title, const std::vector<model::leak>& all) {
        if (all.empty()) return;
        out += fmt::format("#### {}\n\n", title);
        for (std::size_t i = 0; i < std::min(all.size(), most_rows); ++i)
            out += fmt::format("- {}: {} was shown what is {}'s (order: {})\n", code(all[i].route),
                               text(all[i].seen_as), text(all[i].marker_of), text(all[i].order));
        if (all.size() > most_rows) out += fmt::format("- and {} more\n", all.size() - most_rows);
        out += "\n";
    };
    list("\u274C Leaks after the change", of.comparison.leaks);
    list("Leaks that were there before the change", of.comparison.old_leaks);
    return out;
}

std::string listed(std::string_view title, const std::vector<std::string>& all) {
    if (all.empty()) return {};
    std::string out = fmt::format("#### {}\n\n", title);
    for (std::size_t i = 0; i < std::min(all.size(), most_rows); ++i)
        out += fmt::format("- {}\n", text(all[i]));
    if (all.size() > most_rows) out += fmt::format("- and {} more\n", all.size() - most_rows);
    return out + "\n";
}

std::string troubles(const model::evidence& of) {
    std::vector<std::string> disturbances;
    for (const auto& one : of.disturbances)
        disturbances.push_back(fmt::format("{}, {}", one.what, one.where));
    if (!of.noise.ok) disturbances.push_back("noise: " + of.noise.why);
    return listed("Disturbances", disturbances) +
           listed("Leaks that could not have been seen", of.comparison.leaks_unknown) + listed("Warnings", of.warnings);
}

std::string or_unmeasured(const std::optional<model::series>& of, const auto& value) {
    return of ? value(*of) : "not measured";
}

std::string pair_text(const std::string& before, const std::string& after) {
    return before == after && !before.empty() && !(before[0] >= '0' && before[0] <= '9')
               ? before
               : fmt::format("{} \u2192 {}", before, after);
}

std::string number_or_unknown(const std::optional<double>& value) {
    return value ? detail::number(*value) : "unknown";
}

std::string before_after(const model::evidence& of) {
    rows table("| route | | response time | errors % | cache hits % | database calls |\n|---|---|---|---|---|---|\n");
    for (const auto& row : detail::rows_of(of)) {
        const auto both = [&](const auto& value) {
            return pair_text(or_unmeasured(row.before.all, value), or_unmeasured(row.after.all, value));
        };
        const auto time = [](const detail::side& side) {
            return side.median ? detail::amount(side.median, "ms") : std::string("not measured");
        };
        table.add({code(row.key.route) + (row.control ? " (control)" : ""),
                   fmt::format("{}, {}", text(row.key.identity), model::word(row.key.state)),
                   pair_text(time(row.before), time(row.after)),
                   both([](const model::series& one) { return detail::number(one.error_rate() * 100); }),
                   both([](const model::series& one) {
                       const auto share = one.hit_share();
                       return number_or_unknown(share ? std::optional(*share * 100) : std::nullopt);
                   }),
                   both([](const model::series& one) {
                       return number_or_unknown(one.database_unknown ? std::nullopt : one.database_mean());
                   })});
    }
    const auto body = table.markdown();
    return body.empty() ? body : "#### Before \u2192 after\n\n" + body;
}

std::string proof(const model::evidence& of) {
    rows table("| | part | outcome |\n|---|---|---|\n");
    for (const auto& line : detail::proof_lines(of.proof))
        table.add({fmt::format("{}{}", sign_of(line.mark), line.letter.empty() ? "" : " (" + line.letter + ")"),
                   text(line.what), text(line.outcome)});
    std::string out = "#### Proof of rollback\n\n" + table.markdown();
    rows differences("| not as before | | count |\n|---|---|--:|\n");
    for (const auto& one : of.proof.differences)
        differences.add({code(one.name), text(one.what), std::to_string(one.count)});
    return out + differences.markdown();
}

// ---- what is folded away

struct folded_part {
    std::string title, body;
};

std::string block(std::string_view language, std::string_view of) {
    if (of.size() <= longest_block) return detail::markdown_block(language, of);
    // Cut at a line's end, so that no character is broken.
    const auto end = of.rfind('\n', longest_block);
    const auto kept = of.substr(0, end == std::string_view::npos ? 0 : end);
    return detail::markdown_block(language, std::string(kept) + "\n... (the rest is in the evidence)\n");
}

folded_part controls(const model::evidence& of) {
    rows table("| control | metric | before \u2192 after | change | |\n|---|---|---|---|---|\n");
    for (const auto& one : of.comparison.controls)
        table.add({text(one.subject), text(detail::metric_name(one.metric)),
                   fmt::format("{} \u2192 {}", text(detail::amount(one.reference, one.unit)),
                               text(detail::amount(one.candidate, one.unit))),
                   text(detail::change_of(one).change), std::string(model::word(one.verdict))});
    return {"Controls: routes that must not move", table.markdown()};
}

folded_part noise(const model::evidence& of) {
    rows table("| row | metric | smallest visible |\n|---|---|---|\n");
    for (const auto& one : of.noise.rows)
        table.add({text(one.key.text()), text(detail::metric_name(model::word(one.metric))),
                   one.smallest_visible ? fmt::format("\u00B1 {} {}", detail::number(*one.smallest_visible),
                                                      detail::noise_unit(one.metric))
                                        : "unknown"});
    return {"Noise: the smallest change that could have been seen", table.markdown()};
}

folded_part commands(const model::evidence& of) {
    std::string out;
    for (std::size_t i = 0; i < std::min(of.commands.size(), most_rows); ++i) {
        const auto& one = of.commands[i];
        out += fmt::format("- {} in {}: exit {}, {}\n", code(detail::shell_quoted(one.argv)),
                           one.folder.empty() ? "the current folder" : code(one.folder), one.exit_code,
                           detail::seconds_text(one.seconds));
    }
    if (of.commands.size() > most_rows) out += fmt::format("- and {} more\n", of.commands.size() - most_rows);
    return {"Commands as they were run", out.empty() ? out : out + "\n"};
}

folded_part conditions(const model::evidence& of) {
    rows table("| | |\n|---|---|\n");
    for (const auto& [name, value] : of.conditions)
        if (!value.empty()) table.add({text(name), text(value)});
    return {"Conditions", table.markdown()};
}

folded_part change_file(const model::evidence& of) {
    return {"The change file", of.change.source.empty() ? "" : block("toml", of.change.source) + "\n"};
}

}  // namespace

std::string pull_request_comment(const model::evidence& of) {
    std::string out = head(of), left_out;
    const auto add = [&](const std::string& title, const std::string& part) {
        if (detail::columns_of(out) + detail::columns_of(part) <= most_characters)
            out += part;
        else
            left_out += (left_out.empty() ? "" : ", ") + title;
    };
    add("expectations", expectations(of));
    add("leaks", leaks(of));
    add("before and after", before_after(of));
    add("the proof of rollback", proof(of));
    add("disturbances and warnings", troubles(of));
    for (const auto& [title, body] : {controls(of), noise(of), commands(of), conditions(of), change_file(of)})
        if (!body.empty()) add(title, fmt::format("<details><summary>{}</summary>\n\n{}</details>\n", title, body));
    if (!left_out.empty()) out += fmt::format("\nLeft out, for it would be too long here: {}.\n", left_out);
    return out;
}

}  // namespace understudy::report
