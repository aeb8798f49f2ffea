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

// A password on a command line is in the history and in the list of processes: refused, and not repeated.
void no_literal(const std::string&) {
    throw CLI::ValidationError("a password is never an argument", "name its variable with --...-password-env");
}

void init_side_options(CLI::App& app, const std::string& name, init_side& into) {
    app.add_option("--" + name + "-url", into.url, "where the application of " + name + " answers");
    app.add_option("--" + name + "-redis", into.redis, "its Redis: redis://host:port/database or unix:/path/to/socket");
    app.add_option("--" + name + "-redis-user", into.redis_user, "the user there (default: Redis's default user)");
    app.add_option("--" + name + "-password-env", into.password_env, "environment variable with that user's password");
    app.add_option("--" + name + "-password-file", into.password_file, "file with that user's password");
    app.add_option("--" + name + "-password")->each(no_literal)->group("");
}

void init_command(CLI::App& app, options& out) {
    auto& into = out.init;
    app.add_option("-c,--config", out.config, "file to write (default: understudy.toml)");
    init_side_options(app, "production", into.production);
    init_side_options(app, "staging", into.staging);
    app.add_option("--sitemap", into.sitemap, "routes from this sitemap (default: the one that robots.txt names)");
    app.add_option("--access-log", into.access_log, "routes from a log of nginx or Apache; - is standard input");
    app.add_option("--log-time", into.log_time, "the last number of each line of the log is a time, in this unit")
        ->check(CLI::IsMember({"s", "ms", "us"}));
    app.add_option("--routes", into.routes, "routes from a list, one path a line");
    app.add_option("--most", into.most, "so many routes at most (default 12)")->check(CLI::Range(1, 100));
    app.add_flag("--offline", into.offline, "ask neither environment");
    app.add_flag("--print", into.print, "write to stdout, no file");
    app.add_flag("--force", into.force, "replace a file that is there");
    app.add_option("--instrument", into.instrument, "print what makes this framework report its database calls")
        ->check(CLI::IsMember({"django", "wordpress", "laravel", "rails", "express"}));
    app.add_flag("-q,--quiet", out.quiet, "no progress on stderr");
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

    auto* init = app.add_subcommand("init", "ask both environments what they are, and write understudy.toml");
    init_command(*init, out);

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

    auto* rollback = app.add_subcommand("rollback", "undo what a journal says was done, and prove it");
    common(*rollback, out);
    rollback->add_option("journal", out.journal, "the journal (default: the newest that is open)");

    auto* report = app.add_subcommand("report", "the report of a rehearsal from its evidence");
    common(*report, out);
    report->add_option("run", out.run, "run folder or evidence.json (default: the newest run)");
    report->add_option("--format", out.format, "html, text or json")->check(CLI::IsMember({"html", "text", "json"}));
    report->add_option("-o,--output", out.output, "file to write (default: stdout)");

    auto* checklist = app.add_subcommand(
        "checklist", "cache headers, logged-in traffic, purge, response time, rollback: each ok, not ok or unknown");
    common(*checklist, out);
    checklist->add_option("environment", out.names, "an environment, then routes (default: all routes)");
    checklist->add_flag("--explain", out.explain, "with each check's meaning and what was seen");
    checklist->add_option("--what", out.check, "explain this check, and ask nothing");

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
    out.command = *init        ? command::init
                  : *doctor    ? command::doctor
                  : *measure   ? command::measure
                  : *rehearse  ? command::rehearse
                  : *rollback  ? command::rollback
                  : *report    ? command::report
                  : *checklist ? command::checklist
                               : command::demo;
    return out;
}

}  // namespace understudy::cli
