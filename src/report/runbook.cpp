// The scripts hold the very words that were run on staging. What must differ on production is asked of whoever runs
// them: Redis's address is given as arguments, FOLDER names another folder, RELEASE another release to go back to (only
// where a word of the rollback is just the release that staging ran before). A command sees the variables with the
// values that it had there; one that was passed on, or could hold a secret, has to be set where the script is run.
//
// A setting is changed only where it has the value that the rehearsal started from: from another one, neither the
// effect nor the way back were rehearsed.
#include "report/runbook.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/units.h"
#include "model/json.h"
#include "report/detail/facts.h"
#include "report/detail/printable.h"
#include "report/detail/proven.h"
#include "report/detail/shell.h"

namespace understudy::report {

namespace {

using detail::comment;
using detail::markdown;
using detail::markdown_code;
using detail::shell_quoted;

struct fact {
    std::string name, text;
};

std::string or_else(const std::string& text, const char* otherwise) {
    return text.empty() ? otherwise : text;
}

std::string expected_text(const model::evidence& of) {
    std::string out;
    for (const auto& one : of.change.expect)
        out += (out.empty() ? "" : "; ") + detail::expectation_text(one);
    return or_else(out, "nothing was declared");
}

std::vector<fact> facts_of(const model::evidence& of) {
    return {
        {"change", of.change.name},
        {"owner", or_else(of.change.owner, "nobody is named")},
        {"reason", or_else(of.change.reason, "none is given")},
        {"expected", expected_text(of)},
        {"rollback", detail::undo_text(of.change)},
        {"evidence", fmt::format("{}, change file {}", of.id, or_else(of.change.digest.substr(0, 12), "unknown"))},
        {"git", detail::git_text(of.git)},
        {"verdict", fmt::format("{}: {}", model::word(of.comparison.verdict), or_else(of.comparison.why, "no reason"))},
        {"date", show(of.ended)}};
}

std::string head(const model::evidence& of, std::string_view what) {
    std::string out =
        "#!/bin/sh\n" + comment(fmt::format("{} {}, as rehearsed on {}", what, of.change.name, of.environment));
    out += "#\n";
    for (const auto& [name, text] : facts_of(of))
        out += comment(fmt::format("{}: {}", name, text));
    return out + "set -eu\n\n";
}

std::string refusal(std::string_view why) {
    return fmt::format("printf '%s\\n' {} >&2\nexit 1\n", shell_quoted("not done: " + detail::one_line(why)));
}

// ---- redis_config

struct setting_step {
    std::string setting, from, to;
    bool guarded = true;  // refuse where the setting is not `from`
    std::string cluster;  // of production; empty: a single server
};

// What production's Cluster was like at the rehearsal.
std::string cluster_of(const model::evidence& of) {
    const auto found = of.conditions.find("cluster in production");
    return found == of.conditions.end() ? std::string{} : found->second;
}

std::string set_script(const setting_step& step, std::string_view script) {
    std::string out;
    if (!step.cluster.empty())
        out +=
            comment(fmt::format("Production is a Redis Cluster ({}): once for each of its primaries.", step.cluster));
    out += fmt::format(
        "# The arguments say which Redis: {} -h HOST -p PORT (all go to redis-cli). A password\n"
        "# goes into REDISCLI_AUTH, another redis-cli into REDISCLI.\n"
        "if [ \"$#\" -eq 0 ]; then\n"
        "    printf '%s\\n' 'usage: {} -h HOST -p PORT [more arguments of redis-cli]' >&2\n"
        "    exit 2\nfi\n",
        script, script);
    out += fmt::format("setting={}\nto={}\n", shell_quoted(step.setting), shell_quoted(step.to));
    if (step.guarded) out += fmt::format("from={}\n", shell_quoted(step.from));
    out +=
        "redis() { \"${REDISCLI:-redis-cli}\" \"$@\"; }\n"
        "is=$(redis \"$@\" CONFIG GET \"$setting\" | sed -n 2p)\n";
    if (step.guarded)
        out +=
            "if [ \"$is\" != \"$from\" ]; then\n"
            "    printf '%s\\n' \"not done: $setting is '$is' here; the rehearsal started from '$from'\" >&2\n"
            "    exit 1\nfi\n";
    out +=
        "answer=$(redis \"$@\" CONFIG SET \"$setting\" \"$to\")\n"
        "if [ \"$answer\" != OK ]; then\n"
        "    printf '%s\\n' \"CONFIG SET $setting was refused: $answer\" >&2\n"
        "    exit 1\nfi\n"
        "printf '%s\\n' \"$setting: '$is' -> '$to'\"\n";
    return out;
}

// ---- deploy

// Whether a word of the command, but for the program, is the release to go back to.
bool names_release(const model::command_run& run, const std::string& release) {
    return !release.empty() && !run.argv.empty() &&
           std::find(run.argv.begin() + 1, run.argv.end(), release) != run.argv.end();
}

bool has_value(const std::string& variable) {
    return variable.find('=') != std::string::npos;
}

// "env NAME=value ", for a command that was given values; what has a "=" in its name would be one of them to env.
std::string env_words(const model::command_run& run) {
    std::string out;
    for (const auto& variable : run.environment)
        if (has_value(variable)) out += (out.empty() ? "env " : " ") + shell_quoted(std::string_view(variable));
    if (out.empty()) return {};
    const bool odd = !run.argv.empty() && has_value(run.argv.front());
    return out + (odd ? " sh -c 'exec \"$@\"' sh " : " ");
}

// What it saw of whoever started it, without values.
std::string passed_on(const model::command_run& run) {
    std::string out;
    for (const auto& variable : run.environment)
        if (!has_value(variable)) out += (out.empty() ? "" : ", ") + variable;
    return out;
}

std::string run_script(const model::command_run& run, const std::string& release) {
    std::string words;
    for (const auto& word : run.argv) {
        const bool is_release = !release.empty() && !words.empty() && word == release;
        if (!words.empty()) words += ' ';
        words += is_release      ? "\"$release\""
                 : words.empty() ? shell_quoted({&word, 1})
                                 : shell_quoted(std::string_view(word));
    }
    std::string out;
    if (names_release(run, release))
        out += fmt::format(
            "# The release to go back to. RELEASE names production's, where that is another than staging's.\n"
            "release={}\n[ -z \"${{RELEASE-}}\" ] || release=$RELEASE\n",
            shell_quoted(release));
    if (!run.folder.empty())
        out += fmt::format(
            "# The folder that it ran in; FOLDER names another.\nfolder={}\n"
            "[ -z \"${{FOLDER-}}\" ] || folder=$FOLDER\ncd -- \"$folder\"\n",
            shell_quoted(run.folder));
    if (const auto names = passed_on(run); !names.empty())
        out += comment(fmt::format("Of the variables of whoever started it, it saw these and no others: {}", names));
    return out + "exec " + env_words(run) + words + "\n";
}

// ---- RUNBOOK.md

std::string script_steps(const model::evidence& of, bool forward) {
    const auto why = forward ? detail::why_no_apply(of) : detail::why_no_undo(of);
    if (!why.empty()) return fmt::format("Not possible: {}.\n", markdown(why));
    if (const auto* config = std::get_if<model::redis_config_step>(&of.change.step)) {
        const std::string before = *detail::setting_before(of);
        const std::string& to = forward ? config->value : before;
        std::string out = fmt::format("`./{} -h HOST -p PORT` does, against production's Redis:\n\n",
                                      forward ? "apply.sh" : "rollback.sh");
        out += detail::markdown_block("sh", fmt::format("redis-cli -h HOST -p PORT CONFIG SET {} {}",
                                                        shell_quoted(config->setting), shell_quoted(to)));
        if (const auto cluster = cluster_of(of); !cluster.empty())
            out += fmt::format("\nProduction is a Redis Cluster ({}): once for each of its primaries.\n",
                               markdown(cluster));
        if (forward)
            out += fmt::format(
                "\nThe rehearsal started from {}; `apply.sh` does nothing where production has another value. "
                "`CONFIG SET` alone does not outlast a restart.\n",
                markdown_code(before.empty() ? "\"\"" : before));
        return out;
    }
    const auto commands = detail::proven_commands_of(of);
    const auto& run = forward ? *commands.apply : *commands.undo;
    std::string out =
        fmt::format("`./{}` runs what was run on staging, in {}:\n\n", forward ? "apply.sh" : "rollback.sh",
                    run.folder.empty() ? "the current folder" : markdown_code(run.folder));
    out += detail::markdown_block("sh", env_words(run) + shell_quoted(run.argv));
    out += fmt::format("\nThere it took {} and exited {}. `FOLDER` names another folder.",
                       detail::seconds_text(run.seconds), run.exit_code);
    if (!forward && names_release(run, of.proof.release_before))
        out += fmt::format(" Staging went back to the release {}; where production ran another, `RELEASE` names it.",
                           markdown_code(of.proof.release_before));
    return out + "\n";
}

std::string purge_step(const model::evidence& of) {
    if (of.change.purge.empty()) return "The change declares nothing to purge.\n";
    std::string out =
        "Keys of these patterns hold what the change affects. On staging they were removed with a backup; on "
        "production `understudy apply` does the same, or by hand `understudy purge ENV --pattern PATTERN`, and only "
        "these:\n\n";
    for (const auto& pattern : of.change.purge)
        out += fmt::format("- {}\n", markdown_code(pattern));
    return out;
}

std::string check_step(const model::evidence& of) {
    std::string out =
        "Measure the same on production. What was seen on staging:\n\n"
        "| expected | before | after | |\n|---|---|---|---|\n";
    for (const auto& one : of.comparison.expectations)
        out += fmt::format("| {}{} | {} | {} | {} |\n", markdown(detail::expectation_text(one.expected)),
                           one.expected.primary ? " (primary)" : "",
                           markdown(detail::amount(one.found.reference, one.found.unit)),
                           markdown(detail::amount(one.found.candidate, one.found.unit)), model::word(one.outcome));
    if (!of.change.noticed.empty()) out += fmt::format("\nUsers notice it here: {}\n", markdown(of.change.noticed));
    return out;
}

std::string proof_table(const model::evidence& of) {
    std::string out = "| | part | outcome |\n|---|---|---|\n";
    for (const auto& line : detail::proof_lines(of.proof))
        out += fmt::format("| {} | {} | {} |\n", line.letter.empty() ? "" : "(" + line.letter + ")", line.what,
                           markdown(line.outcome));
    return out;
}

}  // namespace

std::string runbook(const model::evidence& of) {
    const auto why = detail::why_not_proven(of);
    std::string out = fmt::format("# {}\n\n", markdown(of.change.name));
    if (!why.empty())
        out += fmt::format("**Not for production**: {}. `apply.sh` and `rollback.sh` do nothing.\n\n", markdown(why));
    for (const auto& [name, text] : facts_of(of))
        if (name != "change") out += fmt::format("- **{}**: {}\n", name, markdown(text));
    out += "\n## 1. Apply\n\n";
    if (why.empty())
        out += fmt::format(
            "{} does steps 1 to 3 on production while this evidence stands, and has step 4 at hand. The steps, one by "
            "one:\n\n",
            markdown_code("understudy apply " + of.change.file));
    out += script_steps(of, true);
    out += fmt::format("\n## 2. Purge\n\n{}", purge_step(of));
    out += fmt::format("\n## 3. Check\n\n{}", check_step(of));
    out += fmt::format("\n## 4. Roll back\n\n{}", script_steps(of, false));
    out += fmt::format("\nProven on {}: {}.\n\n{}", markdown(of.environment), markdown(detail::proof_outcome(of.proof)),
                       proof_table(of));
    return out;
}

std::string why_not_for_production(const model::evidence& of) {
    return detail::why_not_proven(of);
}

std::string apply_script(const model::evidence& of) {
    const std::string top = head(of, "Applies");
    if (const auto why = detail::why_no_apply(of); !why.empty()) return top + refusal(why);
    if (const auto* config = std::get_if<model::redis_config_step>(&of.change.step))
        return top + set_script({config->setting, *detail::setting_before(of), config->value, true, cluster_of(of)},
                                "apply.sh");
    return top + run_script(*detail::proven_commands_of(of).apply, {});
}

std::string rollback_script(const model::evidence& of) {
    const std::string top = head(of, "Rolls back");
    if (const auto why = detail::why_no_undo(of); !why.empty()) return top + refusal(why);
    if (const auto* config = std::get_if<model::redis_config_step>(&of.change.step))
        return top + set_script({config->setting, config->value, *detail::setting_before(of), false, cluster_of(of)},
                                "rollback.sh");
    return top + run_script(*detail::proven_commands_of(of).undo, of.proof.release_before);
}

}  // namespace understudy::report
