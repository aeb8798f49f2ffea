// `apply`: a rehearsed change on production. Without --execute it says what would be done, and why it may be. Here are
// only the words: options in, plan and outcome out, and the one question that is asked; rehearse/promotion does it.
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "model/json.h"
#include "net/runtime.h"
#include "rehearse/promotion.h"
#include "report/text.h"

namespace understudy::cli {

namespace {

using rehearse::on_breach;
using rehearse::promotion_end;

// Nobody at the terminal is no leave to stay: after this long the proven rollback is run.
constexpr std::chrono::minutes answer_time{2};

result<std::chrono::milliseconds> time_of(const std::string& text, const char* option) {
    const auto time = parse_duration(text);
    if (!time || time->count() < 0)
        return fail(errc::usage, fmt::format("{} expects a time like \"60s\" or \"7d\"", option));
    return *time;
}

std::string number(const std::optional<double>& value, const std::string& unit) {
    return value ? fmt::format("{:.4g}{}{}", *value, unit.empty() ? "" : " ", unit) : "unknown";
}

table table_of(const std::vector<rehearse::signal>& signals) {
    table rows({"", "on production", "before", "now", ""});
    for (const auto& one : signals)
        rows.row({std::string(model::word(one.outcome)), one.name, number(one.before, one.unit),
                  number(one.after, one.unit), one.why},
                 one.outcome == model::outcome::met     ? tone::good
                 : one.outcome == model::outcome::unmet ? tone::bad
                                                        : tone::warn);
    return rows;
}

void tell(const std::string& text) {
    (void)std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
}

// A line that was typed, in lower case and without blanks. Empty optional: none within the time, or the terminal was
// closed, or Ctrl-C.
std::optional<std::string> typed_before(std::chrono::steady_clock::time_point until) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd waits[2] = {{STDIN_FILENO, POLLIN, 0}, {interrupt_fd(), POLLIN, 0}};
    if (left.count() <= 0 || poll(waits, 2, static_cast<int>(left.count())) <= 0) return std::nullopt;
    if (interrupt_signal() != 0 || (waits[0].revents & POLLIN) == 0) return std::nullopt;
    char line[64];
    const auto bytes = read(STDIN_FILENO, line, sizeof line);
    if (bytes <= 0) return std::nullopt;
    std::string out;
    for (const char c : std::string_view(line, static_cast<std::size_t>(bytes)))
        if (const auto byte = static_cast<unsigned char>(c); byte > ' ') out += static_cast<char>(std::tolower(byte));
    return out;
}

// Whether to roll back: asked until it is a yes or a no. No answer, a closed terminal and Ctrl-C are a yes.
bool asked(const std::string& environment, const std::vector<rehearse::signal>& breaches) {
    // What was typed while nobody had asked anything is no answer.
    tcflush(STDIN_FILENO, TCIFLUSH);
    tell(fmt::format("\n{} does not do as expected:\n\n{}\n", environment,
                     table_of(breaches).text(stderr_is_coloured())));
    const auto until = std::chrono::steady_clock::now() + answer_time;
    for (;;) {
        tell(fmt::format("Roll back now? [Y/n] (yes after {} without an answer) ", show(answer_time)));
        const auto answer = typed_before(until);
        if (!answer) {
            tell("\nNo answer: it is rolled back.\n");
            return true;
        }
        if (answer->empty() || *answer == "y" || *answer == "yes") return true;
        if (*answer == "n" || *answer == "no") return false;
        tell("Please answer y (roll back) or n (leave the change as it is).\n");
    }
}

result<rehearse::promotion_options> options_of(const options& given, const std::string& environment, progress& shown) {
    rehearse::promotion_options out;
    out.evidence = given.evidence;
    UNDERSTUDY_LET(age, time_of(given.max_age, "--max-age"));
    UNDERSTUDY_LET(watch, time_of(given.watch, "--watch"));
    out.max_age = age;
    out.watch = watch;
    out.breach = given.on_breach == "rollback" ? on_breach::roll_back
                 : given.on_breach == "stop"   ? on_breach::stop
                                               : on_breach::ask;
    if (given.execute && out.breach == on_breach::ask && (isatty(STDIN_FILENO) == 0 || isatty(STDERR_FILENO) == 0))
        return fail(errc::usage,
                    "there is no terminal to ask on where production does not do as expected: say --on-breach rollback "
                    "or --on-breach stop");
    out.ask = [&shown, environment](const auto& breaches) {
        shown.clear();
        return asked(environment, breaches);
    };
    out.log = shown.sink();
    out.progress = [&shown](std::string_view stage, std::uint64_t done, std::uint64_t total) {
        shown.show(stage, done, total);
    };
    return out;
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& word : words)
        out += (out.empty() ? "" : " ") + (word.empty() ? "\"\"" : word);
    return out;
}

void print_plan(const options& given, const rehearse::promotion_plan& of) {
    print(fmt::format("{} on {} ({}, Redis {})\n", of.change, of.environment, of.url, of.redis));
    print(fmt::format("  proven    {}, evidence {}\n", show(of.proven_at), of.evidence_id));
    print(fmt::format("            {}\n", of.verdict));
    print(fmt::format("  apply     {}\n", joined(of.apply)));
    if (of.touched)
        for (const auto& one : of.touched->patterns) {
            const bool gone = std::find(of.purged.begin(), of.purged.end(), one.pattern) != of.purged.end();
            print(fmt::format("  {}  {}: {} keys, about {}\n", gone ? "purge   " : "re-time ", one.pattern, one.keys,
                              show_bytes(one.bytes)));
        }
    if (of.everything) print("  back up   every key of the database: the step can evict\n");
    if (of.touched) print("  try       a key of our own, understudy:probe, is written, restored and removed\n");
    print(fmt::format("  watch     {} requests a round, at most {:.3g} a second, for {}\n", of.requests,
                      of.requests_per_second, given.watch));
    print(fmt::format("  undo      {}\n", joined(of.undo)));
    print("            understudy rollback (the journal is named when it is done)\n");
}

std::string headline(const rehearse::promotion_result& of) {
    switch (of.end) {
        case promotion_end::applied:
            return fmt::format("Applied to {}, and watched for {} rounds.", of.plan.environment, of.rounds);
        case promotion_end::ended_early:
            return fmt::format("Applied to {}; the watch was ended after {} rounds, and the change stays.",
                               of.plan.environment, of.rounds);
        case promotion_end::breached:
            return fmt::format("{} does not do as expected, and the change stays.", of.plan.environment);
        case promotion_end::rolled_back:
            break;
    }
    return of.failed.empty() ? fmt::format("{} did not do as expected: rolled back.", of.plan.environment)
                             : fmt::format("It failed and was rolled back: {}", of.failed);
}

boost::json::array array_of(const std::vector<std::string>& words) {
    boost::json::array out;
    for (const auto& word : words)
        out.emplace_back(word);
    return out;
}

boost::json::object json_of(const rehearse::promotion_plan& of) {
    boost::json::object out{{"format", "understudy/apply"},
                            {"version", 1},
                            {"change", of.change},
                            {"evidence", of.evidence_id},
                            {"evidence_file", of.evidence_file},
                            {"proven_at", show(of.proven_at)},
                            {"verdict", of.verdict},
                            {"environment", of.environment},
                            {"url", of.url},
                            {"redis", of.redis},
                            {"access", of.access},
                            {"apply", array_of(of.apply)},
                            {"undo", array_of(of.undo)},
                            {"purge", array_of(of.purged)},
                            {"requests_a_round", of.requests}};
    out["keys"] = of.touched ? boost::json::value(of.touched->keys()) : boost::json::value(nullptr);
    return out;
}

boost::json::array json_of(const std::vector<rehearse::signal>& signals) {
    boost::json::array out;
    for (const auto& one : signals) {
        boost::json::object row{
            {"name", one.name}, {"outcome", model::word(one.outcome)}, {"unit", one.unit}, {"why", one.why}};
        if (one.before) row["before"] = *one.before;
        if (one.after) row["after"] = *one.after;
        out.push_back(std::move(row));
    }
    return out;
}

std::string_view word_of(promotion_end end) {
    switch (end) {
        case promotion_end::applied:
            return "applied";
        case promotion_end::ended_early:
            return "ended early";
        case promotion_end::breached:
            return "breached";
        case promotion_end::rolled_back:
            break;
    }
    return "rolled back";
}

void print_result(const options& given, const rehearse::promotion_result& of) {
    if (given.json) {
        auto out = json_of(of.plan);
        out["end"] = word_of(of.end);
        out["rounds"] = of.rounds;
        out["purged"] = of.purged;
        out["purged_late"] = of.purged_late;
        out["signals"] = json_of(of.signals);
        out["breaches"] = json_of(of.breaches);
        out["failed"] = of.failed;
        out["journal"] = of.journal.string();
        out["exit_code"] = of.exit_code;
        if (of.proof) out["proof"] = boost::json::parse(model::to_json(*of.proof));
        return print(boost::json::serialize(out) + "\n");
    }
    print(headline(of) + "\n");
    if (of.purged > 0)
        print(
            fmt::format("{} keys were purged{}; {}.\n", of.purged,
                        of.purged_late > 0 ? fmt::format(", {} of them written since the backup", of.purged_late) : "",
                        of.keys_backed_up ? "all are backed up" : "none is backed up, as the change file says"));
    if (!of.signals.empty()) {
        print("\n");
        print(table_of(of.signals).text(stdout_is_coloured()));
    }
    if (of.proof) {
        report::text_options look;
        look.colour = stdout_is_coloured();
        look.width = stdout_columns();
        print("\n" + report::text(*of.proof, look));
    } else {
        print(fmt::format("\nTo undo it: understudy rollback {}\n", of.journal.string()));
    }
}

}  // namespace

result<int> run_apply(const options& given) {
    UNDERSTUDY_LET(project, load_project(given));
    UNDERSTUDY_LET(change, load_change(given.change, project));
    net::runtime runtime;
    progress shown(given.quiet, given.log);
    const auto* production = project.with_role(model::role::production);
    UNDERSTUDY_LET(how, options_of(given, production ? production->name : "production", shown));
    if (!given.execute) {
        auto plan = rehearse::plan_promotion(runtime, project, change, how);
        shown.clear();
        if (!plan) return pass(std::move(plan));
        if (given.json) {
            print(boost::json::serialize(json_of(*plan)) + "\n");
            return 0;
        }
        print_plan(given, *plan);
        if (plan->access == "read-write")
            print(fmt::format("\nNothing was done. To do it: understudy apply {} --execute\n", given.change));
        else
            print(fmt::format("\nNothing was done, and nothing can be: {} is {} here.\n", plan->environment,
                              plan->access));
        return 0;
    }
    auto done = rehearse::promote(runtime, project, change, how);
    shown.clear();
    if (!done) return pass(std::move(done));
    print_result(given, *done);
    return done->exit_code;
}

}  // namespace understudy::cli
