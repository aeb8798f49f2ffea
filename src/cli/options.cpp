#include "cli/options.h"

#include <algorithm>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/near_name.h"

namespace understudy::cli {

namespace {

constexpr const char* closing =
    "Exit codes: 0 expectations met; 1 unmet, worse or drift; 2 usage or configuration; 3 an environment failed;\n"
    "4 refused as unsafe; 5 rollback incomplete; 6 inconclusive, invalid or unknown; 128+n ended by signal n.\n";

void common(CLI::App& app, options& into) {
    app.add_option("-c,--config", into.config, "understudy.toml (default: here, else in the nearest folder above)");
    app.add_flag("--json", into.json, "results as JSON");
    app.add_flag("-q,--quiet", into.quiet, "no progress on stderr");
}

std::string unknown_command(const CLI::App& app, int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word.starts_with("-")) continue;
        for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; }))
            if (sub->get_name() == word) return {};
        std::vector<std::string> known;
        for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; }))
            known.push_back(sub->get_name());
        const auto guess = did_you_mean(word, known);
        return fmt::format("no command '{}'{}", word.substr(0, 64),
                           guess.empty() ? "; understudy --help lists them" : guess);
    }
    return {};
}

// The library's message on one line, with the option that may have been meant.
std::string usage_error(const CLI::App& app, const CLI::ParseError& wrong) {
    const std::string text = wrong.what();
    const auto chosen = app.get_subcommands();
    const CLI::App& asked = chosen.empty() ? app : *chosen.front();
    std::vector<std::string> known;
    for (const auto* option : asked.get_options())
        for (const auto& name : option->get_lnames())
            known.push_back("--" + name);
    for (const auto& word : asked.remaining())
        if (word.starts_with("--")) {
            const auto guess = did_you_mean(word.substr(0, word.find('=')), known);
            if (!guess.empty()) return text + guess;
        }
    return fmt::format("{}; see understudy {}--help", text, chosen.empty() ? "" : asked.get_name() + " ");
}

// On one line whatever was typed.
parse_end refused(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return {2, fmt::format("understudy: {} [{}]\n", text, name_of(errc::usage))};
}

}  // namespace

std::expected<options, parse_end> parse(int argc, char** argv) {
    options out;
    for (int i = 1; i < argc; ++i)
        out.arguments += (i > 1 ? " " : "") + std::string(argv[i]);
    CLI::App app{"Rehearses a Redis cache change on staging: measured before and after, rolled back, proven.",
                 "understudy"};
    app.set_version_flag("--version", "understudy " UNDERSTUDY_VERSION);
    app.require_subcommand(1);
    app.footer(closing);

    auto* doctor =
        app.add_subcommand("doctor", "what can be reached, with which permissions, and how to mend the rest");
    common(*doctor, out);
    doctor->add_option("environment", out.names, "environments (default: all)");

    auto* measure =
        app.add_subcommand("measure", "the four signals now: response time, errors, cache status, database calls");
    common(*measure, out);
    measure->add_option("environment", out.names, "an environment, then routes (default: all routes)")->required();
    measure->add_option("--warm", out.warm, "measured requests of each route and identity (default 10; production 3)")
        ->check(CLI::Range(1, 1000));

    auto* rehearse = app.add_subcommand("rehearse", "measure a change on staging, roll it back, prove the rollback");
    common(*rehearse, out);
    rehearse->add_option("change", out.change, "the change file")->required();
    rehearse->add_option("--accept-drift", out.drift_reason,
                         "go on although staging differs from production, for this reason");
    rehearse->add_option("--seed", out.seed, "seed of all random choices (default: drawn)");

    auto* apply = app.add_subcommand("apply", "a rehearsed change on production: the plan, then --execute");
    common(*apply, out);
    apply->add_option("change", out.change, "the change file")->required();
    apply->add_flag("--execute", out.execute, "do it; without this the plan is printed and nothing is done");
    apply->add_option("--evidence", out.evidence,
                      "run folder or evidence.json (default: the change's newest rehearsal)");
    apply->add_option("--max-age", out.max_age, "how old the evidence may be (default 7d)");
    apply->add_option("--watch", out.watch, "how long production is watched afterwards (default 60s)");
    apply
        ->add_option("--on-breach", out.on_breach,
                     "where production does not do as expected: rollback, ask (default; needs a terminal) or stop")
        ->check(CLI::IsMember({"rollback", "ask", "stop"}));

    auto* rollback = app.add_subcommand("rollback", "undo what a journal says was done, and prove it");
    common(*rollback, out);
    rollback->add_option("journal", out.journal, "the journal (default: the newest that is open)");

    auto* purge = app.add_subcommand("purge", "removes the keys of some patterns: the plan, then --execute");
    common(*purge, out);
    purge->add_option("environment", out.names, "the environment")->expected(0, 1);
    purge->add_option("--pattern", out.patterns, "a key pattern; may be given several times")->allow_extra_args(false);
    purge->add_flag("--execute", out.execute, "do it; without this the plan is printed and nothing is done");
    purge->add_option("--plan", out.plan, "the digest of the plan that was looked at; production needs it");
    purge->add_option("--restore", out.restore, "journal or backup of a purge: brings its keys back, and proves it");

    auto* report = app.add_subcommand("report", "the report of a rehearsal from its evidence");
    common(*report, out);
    report->add_option("run", out.run, "run folder or evidence.json (default: the newest run)");
    report->add_option("--format", out.format, "html, text or json")->check(CLI::IsMember({"html", "text", "json"}));
    report->add_option("-o,--output", out.output, "file to write (default: stdout)");

    auto* demo = app.add_subcommand("demo", "a production and a staging on this machine, and a rehearsal on them");
    common(*demo, out);
    demo->add_option("--folder", out.folder, "where the two environments live (default: a temporary folder)");
    demo->add_flag("--keep", out.keep, "leave both running, and say what to try next");

    if (argc > 1)
        if (auto text = unknown_command(app, argc, argv); !text.empty()) return std::unexpected(refused(text));
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& wrong) {
        std::ostringstream text, unused;
        if (app.exit(wrong, text, unused) == 0) return std::unexpected(parse_end{0, text.str()});
        return std::unexpected(refused(usage_error(app, wrong)));
    }
    out.command = *doctor     ? command::doctor
                  : *measure  ? command::measure
                  : *rehearse ? command::rehearse
                  : *apply    ? command::apply
                  : *purge    ? command::purge
                  : *rollback ? command::rollback
                  : *report   ? command::report
                              : command::demo;
    return out;
}

}  // namespace understudy::cli
