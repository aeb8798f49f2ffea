#include "cli/options.h"

#include <algorithm>
#include <memory>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/near_name.h"

namespace understudy::cli {

namespace {

constexpr const char* closing =
    "Exit codes: 0 expectations met; 1 unmet, worse or drift; 2 usage or configuration; 3 an environment failed;\n"
    "4 refused as unsafe; 5 rollback incomplete; 6 inconclusive, invalid or unknown; 128+n ended by signal n.\n";

constexpr const char* summary =
    "Rehearses a Redis cache change on staging: measured before and after, rolled back, proven.";

// Kinds of arguments; see value_kind.
constexpr const char* file = "FILE";
constexpr const char* folder = "FOLDER";
constexpr const char* environment = "ENVIRONMENT";
constexpr const char* time = "TIME";

void config_option(CLI::App& app, options& into) {
    app.add_option("-c,--config", into.config, "understudy.toml (default: here, else in the nearest folder above)")
        ->type_name(file);
}

void common(CLI::App& app, options& into) {
    config_option(app, into);
    app.add_flag("--json", into.json, "results as JSON");
    app.add_flag("-q,--quiet", into.quiet, "no progress on stderr");
}

// How the keys of a running server are walked.
void walk_options(CLI::App& app, options& into) {
    app.add_option("--source", into.source, "how its keys are read: scan (default) or psync, as a replica would")
        ->check(CLI::IsMember({"scan", "psync"}));
    app.add_flag("--primary", into.primary, "read the primary even where a replica can be reached");
    app.add_flag("--full-speed", into.full_speed, "as fast as the server answers: for one that nobody uses");
    app.add_option("--added-latency", into.added_latency, "what another client may wait longer (default 250us)")
        ->type_name(time);
    app.add_option("--most-time", into.most_time, "stop after so long, with what there is")->type_name(time);
    app.add_option("--most-operations", into.most_operations, "stop after so many commands");
    app.add_option("--most-bytes", into.most_bytes, "stop after so many bytes of replies (64mb)");
    app.add_flag("--acl", into.acl, "ask what each user may do; one who may not ask leaves an entry in ACL LOG by it");
    app.add_flag("--application", into.application,
                 "ask the application too: each route twice, and the commands named settings");
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
    app.add_option("-c,--config", out.config, "file to write (default: understudy.toml)")->type_name(file);
    init_side_options(app, "production", into.production);
    init_side_options(app, "staging", into.staging);
    app.add_option("--sitemap", into.sitemap, "routes from this sitemap (default: the one that robots.txt names)");
    app.add_option("--access-log", into.access_log, "routes from a log of nginx or Apache; - is standard input")
        ->type_name(file);
    app.add_option("--log-time", into.log_time, "the last number of each line of the log is a time, in this unit")
        ->check(CLI::IsMember({"s", "ms", "us"}));
    app.add_option("--routes", into.routes, "routes from a list, one path a line")->type_name(file);
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

// The library says "--watch: 1 required TIME missing" of an option that is last on the line, and "environment: At Most
// 1 required but received 2" of an argument too many.
std::string plainly(const std::string& text) {
    constexpr std::string_view missing = ": 1 required ", too_many = ": At Most 1 required but received ";
    if (const auto at = text.find(missing); at != std::string::npos && text.ends_with(" missing"))
        return fmt::format("{} expects a value", text.substr(0, at));
    if (const auto at = text.find(too_many); at != std::string::npos)
        return fmt::format("expected one {}, and there are {}", text.substr(0, at), text.substr(at + too_many.size()));
    return text;
}

// The library's message on one line, with the option that may have been meant.
std::string usage_error(const CLI::App& app, const CLI::ParseError& wrong) {
    const std::string text = plainly(wrong.what());
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

std::vector<CLI::App*> all_of(CLI::App& app) {
    return app.get_subcommands([](CLI::App*) { return true; });
}

// Every command with its options. What an argument is stands in its type_name(), which completion reads as well.
void describe(CLI::App& app, options& out) {
    app.set_version_flag("--version", "understudy " UNDERSTUDY_VERSION);
    app.require_subcommand(1);
    app.footer(closing);

    auto* init = app.add_subcommand("init", "ask both environments what they are, and write understudy.toml");
    init_command(*init, out);

    auto* doctor =
        app.add_subcommand("doctor", "what can be reached, with which permissions, and how to mend the rest");
    common(*doctor, out);
    doctor->add_option("environment", out.names, "environments (default: all)")->type_name(environment);

    auto* snapshot = app.add_subcommand("snapshot", "what a cache is like: its families of keys, without any value");
    common(*snapshot, out);
    auto* environment_read =
        snapshot->add_option("environment", out.names, "the environment")->expected(0, 1)->type_name(environment);
    snapshot->add_option("--rdb", out.rdb, "read this RDB file instead; - is standard input")
        ->type_name(file)
        ->excludes(environment_read);
    snapshot->add_option("-o,--output", out.output, "also write the profile to this file, as JSON")->type_name(file);
    snapshot->add_flag("--all", out.all, "show every family (default: the 40 heaviest)");
    snapshot
        ->add_option("--settings-file", out.settings_file,
                     "its settings, where the server keeps CONFIG back: redis.conf, or a cloud's export as JSON")
        ->type_name(file);
    snapshot->add_flag("--show-keys", out.show_keys, "names of the keys that stand out, instead of digests");
    snapshot->add_flag("--plan", out.plan_only, "tell what would be asked of the server, and ask no keys");
    walk_options(*snapshot, out);

    auto* diff = app.add_subcommand("diff", "how far one cache is from another, by what they are like");
    common(*diff, out);
    diff->add_option("reference", out.names, "two of them: environments, or profiles that snapshot wrote")
        ->required()
        ->expected(2)
        ->type_name(environment);
    diff->add_flag("--all", out.all, "also what is accepted, or has to differ");
    diff->add_option("--format", out.drift_format, "text (default), html, json or markdown")
        ->check(CLI::IsMember({"text", "html", "json", "markdown"}));
    diff->add_option("-o,--output", out.output, "file to write (default: stdout)")->type_name(file);
    walk_options(*diff, out);

    auto* sync = app.add_subcommand("sync", "production's settings for a staging: the plan, then --execute");
    common(*sync, out);
    sync->add_option("environment", out.names, "what is set (default: the one of role staging)")
        ->expected(0, 1)
        ->type_name(environment);
    sync->add_flag("--settings", out.settings, "bring the settings over");
    sync->add_option("--from", out.from, "whose: an environment, or a profile of snapshot (default: production)")
        ->type_name(environment);
    sync->add_flag("--all", out.all, "also settings that do not change what is cached");
    sync->add_flag("--execute", out.execute, "do it; without this the plan is printed and nothing is done");
    sync->add_option("--no-key-backup", out.no_key_backup,
                     "do not back up the keys that this can evict, for this reason");
    sync->add_option("-o,--output", out.output,
                     "file for the settings that need a restart (default: in the run folder)")
        ->type_name(file);

    auto* measure =
        app.add_subcommand("measure", "the four signals now: response time, errors, cache status, database calls");
    common(*measure, out);
    measure->add_option("environment", out.names, "an environment, then routes (default: all routes)")
        ->required()
        ->type_name(environment);
    measure->add_option("--warm", out.warm, "measured requests of each route and identity (default 10; production 3)")
        ->check(CLI::Range(1, 1000));

    auto* rehearse = app.add_subcommand("rehearse", "measure a change on staging, roll it back, prove the rollback");
    common(*rehearse, out);
    rehearse->add_option("change", out.change, "the change file")->required()->type_name(file);
    rehearse->add_option("--accept-drift", out.drift_reason,
                         "go on although staging differs from production, for this reason");
    rehearse->add_option("--seed", out.seed, "seed of all random choices (default: drawn)");

    auto* apply = app.add_subcommand("apply", "a rehearsed change on production: the plan, then --execute");
    common(*apply, out);
    apply->add_option("change", out.change, "the change file")->required()->type_name(file);
    apply->add_flag("--execute", out.execute, "do it; without this the plan is printed and nothing is done");
    apply
        ->add_option("--evidence", out.evidence, "run folder or evidence.json (default: the change's newest rehearsal)")
        ->type_name(file);
    apply->add_option("--max-age", out.max_age, "how old the evidence may be (default 7d)")->type_name(time);
    apply->add_option("--watch", out.watch, "how long production is watched afterwards (default 60s)")->type_name(time);
    apply
        ->add_option("--on-breach", out.on_breach,
                     "where production does not do as expected: rollback, ask (default; needs a terminal) or stop")
        ->check(CLI::IsMember({"rollback", "ask", "stop"}));

    auto* rollback = app.add_subcommand("rollback", "undo what a journal says was done, and prove it");
    common(*rollback, out);
    rollback->add_option("journal", out.journal, "the journal (default: the newest that is open)")->type_name(file);
    rollback->add_flag("--accept-other-server", out.other_server,
                       "production's Redis was restarted or replaced since, and is the right one");

    auto* purge = app.add_subcommand("purge", "removes the keys of some patterns: the plan, then --execute");
    common(*purge, out);
    purge->add_option("environment", out.names, "the environment")->expected(0, 1)->type_name(environment);
    purge->add_option("--pattern", out.patterns, "a key pattern; may be given several times")->allow_extra_args(false);
    purge->add_flag("--execute", out.execute, "do it; without this the plan is printed and nothing is done");
    purge->add_option("--plan", out.plan, "the digest of the plan that was looked at; production needs it");
    purge->add_option("--restore", out.restore, "journal or backup of a purge: brings its keys back, and proves it")
        ->type_name(file);

    auto* report = app.add_subcommand("report", "the report of a rehearsal from its evidence");
    common(*report, out);
    report->add_option("run", out.run, "run folder or evidence.json (default: the newest run)")->type_name(file);
    report->add_option("--format", out.format, "html, text, markdown (of a pull request), junit, github or json")
        ->check(CLI::IsMember({"html", "text", "markdown", "junit", "github", "json"}));
    report->add_option("-o,--output", out.output, "file to write (default: stdout)")->type_name(file);

    auto* note = app.add_subcommand("note", "the closing note of a rehearsal, for a commit message or a ticket");
    config_option(*note, out);
    note->add_option("evidence", out.run, "run folder or evidence.json (default: the newest run)")->type_name(file);

    auto* history = app.add_subcommand("history", "what was rehearsed, applied and rolled back, and where each stands");
    common(*history, out);
    history->add_option("--limit", out.limit, "so many of the newest; 0 is all (default 20)")
        ->check(CLI::Range(0, 1'000'000));
    history->add_option("--change", out.change, "only the change of this name");

    auto* checklist = app.add_subcommand(
        "checklist", "cache headers, logged-in traffic, purge, response time, rollback: each ok, not ok or unknown");
    common(*checklist, out);
    checklist->add_option("environment", out.names, "an environment, then routes (default: all routes)")
        ->type_name(environment);
    checklist->add_flag("--explain", out.explain, "with each check's meaning and what was seen");
    checklist->add_option("--what", out.check, "explain this check, and ask nothing");

    auto* demo = app.add_subcommand("demo", "a production and a staging on this machine, and a rehearsal on them");
    common(*demo, out);
    demo->add_option("chapter", out.chapter, "snapshot: how far staging is from production (default: the rehearsal)")
        ->check(CLI::IsMember({"snapshot"}));
    demo->add_option("--folder", out.folder, "where the two environments live (default: a temporary folder)")
        ->type_name(folder);
    demo->add_flag("--keep", out.keep, "leave both running, and say what to try next");

    auto* schema = app.add_subcommand("schema", "the JSON Schema of understudy.toml or of change files, for editors");
    schema->add_option("noun", out.noun, "project (understudy.toml) or change")
        ->required()
        ->check(CLI::IsMember({"project", "change"}));

    auto* completion = app.add_subcommand("completion", "a script that completes commands and options in a shell");
    completion->add_option("shell", out.shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));

    app.add_subcommand("man", "the manual page, for man -l or a folder man1");

    for (auto* sub : all_of(app))
        sub->add_option("--log", out.log_file, "every step as JSON lines, added to this file")->type_name(file);
}

constexpr std::pair<std::string_view, command> commands[] = {{"init", command::init},
                                                             {"doctor", command::doctor},
                                                             {"measure", command::measure},
                                                             {"snapshot", command::snapshot},
                                                             {"diff", command::diff},
                                                             {"sync", command::sync},
                                                             {"rehearse", command::rehearse},
                                                             {"apply", command::apply},
                                                             {"purge", command::purge},
                                                             {"rollback", command::rollback},
                                                             {"report", command::report},
                                                             {"note", command::note},
                                                             {"history", command::history},
                                                             {"checklist", command::checklist},
                                                             {"demo", command::demo},
                                                             {"schema", command::schema},
                                                             {"completion", command::completion},
                                                             {"man", command::man}};

// ---- the table, read back

// "TEXT:{html,text}" names words; what type_name() was given names the rest.
option_row row_of(const CLI::Option& option) {
    option_row out;
    out.text = option.get_description();
    out.required = option.get_required();
    out.many = option.get_expected_max() > 1;
    for (const auto& name : option.get_snames())
        out.names.push_back("-" + name);
    for (const auto& name : option.get_lnames())
        out.names.push_back("--" + name);
    if (option.get_items_expected_max() == 0) return out;
    const std::string type = option.get_type_name();
    const auto open = type.find('{'), close = type.find('}');
    if (open != std::string::npos && close != std::string::npos) {
        out.kind = value_kind::word;
        for (std::size_t at = open + 1; at < close;) {
            const auto end = std::min(type.find(',', at), close);
            out.words.push_back(type.substr(at, end - at));
            at = end + 1;
        }
        out.value = "WORD";
        return out;
    }
    constexpr std::pair<std::string_view, value_kind> kinds[] = {
        {"FILE", value_kind::file},   {"FOLDER", value_kind::folder}, {"ENVIRONMENT", value_kind::environment},
        {"ROUTE", value_kind::route}, {"INT", value_kind::number},    {"UINT", value_kind::number},
        {"TIME", value_kind::text}};
    out.kind = value_kind::text;
    out.value = "TEXT";
    for (const auto& [name, kind] : kinds)
        if (type.substr(0, type.find_first_of(": ")) == name) {
            out.kind = kind;
            out.value = kind == value_kind::number ? "N" : std::string(name);
        }
    return out;
}

// "--watch TIME", "--format html|text", "--pattern TEXT ...": as completion and the manual have it, for the library
// would write "TEXT:{html,text}" and "INT:INT in [1 - 100]".
class plain_help : public CLI::Formatter {
public:
    std::string make_option_opts(const CLI::Option* option) const override {
        const auto row = row_of(*option);
        if (row.kind == value_kind::none) return "";
        std::string out = " " + (row.words.empty() ? row.value : fmt::format("{}", fmt::join(row.words, "|")));
        if (row.many) out += " ...";
        return row.required && !row.names.empty() ? out + " (required)" : out;
    }
};

command_row row_of(const CLI::App& app) {
    command_row out{app.get_name(), app.get_description(), {}, {}};
    for (const auto* option : app.get_options()) {
        if (option->get_group().empty()) continue;  // hidden
        auto row = row_of(*option);
        if (!row.names.empty()) {
            out.options.push_back(std::move(row));
            continue;
        }
        row.value = row.value == "TEXT" || row.value == "WORD" ? option->get_name(true) : row.value;
        out.arguments.push_back(std::move(row));
    }
    return out;
}

}  // namespace

std::string_view name_of(command which) noexcept {
    for (const auto& [name, command] : commands)
        if (command == which) return name;
    return "?";
}

std::string_view exit_codes_text() {
    return closing;
}

std::vector<command_row> command_table() {
    options unused;
    CLI::App app{summary, "understudy"};
    describe(app, unused);
    std::vector<command_row> out{row_of(app)};
    for (const auto* sub : all_of(app))
        out.push_back(row_of(*sub));
    return out;
}

std::expected<options, parse_end> parse(int argc, char** argv) {
    options out;
    for (int i = 1; i < argc; ++i)
        out.arguments += (i > 1 ? " " : "") + std::string(argv[i]);
    CLI::App app{summary, "understudy"};
    app.formatter(std::make_shared<plain_help>());
    describe(app, out);

    if (argc > 1)
        if (auto text = unknown_command(app, argc, argv); !text.empty()) return std::unexpected(refused(text));
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& wrong) {
        std::ostringstream text, unused;
        if (app.exit(wrong, text, unused) == 0) return std::unexpected(parse_end{0, text.str()});
        return std::unexpected(refused(usage_error(app, wrong)));
    }
    const auto chosen = app.get_subcommands().front()->get_name();
    for (const auto& [name, command] : commands)
        if (chosen == name) out.command = command;
    return out;
}

}  // namespace understudy::cli
