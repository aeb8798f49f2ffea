#include "cli/options.h"

#include <algorithm>
#include <sstream>

#include <CLI/CLI.hpp>

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

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
            diagonal = above;
        }
    }
    return row[b.size()];
}

// The name of a command that is nearly what was typed; empty: none.
std::string nearly(const CLI::App& app, std::string_view typed) {
    std::string best;
    std::size_t least = 3;
    for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; }))
        if (const auto far = distance(typed, sub->get_name()); far < least) {
            least = far;
            best = sub->get_name();
        }
    return best;
}

std::string unknown_command(const CLI::App& app, int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word.starts_with("-")) continue;
        for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; }))
            if (sub->get_name() == word) return {};
        const auto guess = nearly(app, word);
        return "understudy: no command '" + word + "'" + (guess.empty() ? "" : "; did you mean '" + guess + "'?") +
               "\nRun understudy --help for the list.\n";
    }
    return {};
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

    auto* rollback = app.add_subcommand("rollback", "undo what a journal says was done, and prove it");
    common(*rollback, out);
    rollback->add_option("journal", out.journal, "the journal (default: the newest that is open)");

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
        if (auto text = unknown_command(app, argc, argv); !text.empty()) return std::unexpected(parse_end{2, text});
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& wrong) {
        std::ostringstream to_out, to_err;
        const int code = app.exit(wrong, to_out, to_err);
        return std::unexpected(parse_end{code == 0 ? 0 : 2, code == 0 ? to_out.str() : "understudy: " + to_err.str()});
    }
    out.command = *doctor     ? command::doctor
                  : *measure  ? command::measure
                  : *rehearse ? command::rehearse
                  : *rollback ? command::rollback
                  : *report   ? command::report
                              : command::demo;
    return out;
}

}  // namespace understudy::cli
