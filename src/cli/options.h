// cli/options.h - the command line, parsed. One table of options for the program, its help and its documentation.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "base/log.h"

namespace understudy::cli {

enum class command {
    init,
    doctor,
    measure,
    snapshot,
    diff,
    sync,
    rehearse,
    apply,
    purge,
    rollback,
    report,
    note,
    history,
    checklist,
    demo,
    schema,
    completion,
    man
};

// What `init` is told of one environment; what is empty is asked for on a terminal.
struct init_side {
    std::string url, redis, redis_user;
    std::string password_env, password_file;  // where the password of Redis is found; never the password
};

struct init_options {
    init_side production, staging;
    std::string sitemap, access_log, routes, log_time;
    int most = 12;
    bool print = false, force = false, offline = false;
    std::string instrument;  // the framework; not empty: print its middleware and nothing else
};

struct options {
    cli::command command = cli::command::doctor;
    std::string config;  // empty: understudy.toml here or in a folder above
    bool json = false;
    bool quiet = false;
    std::string arguments;  // as they were given, for the record
    std::string log_file;
    log_sink log;  // into that file; takes everything and does nothing without one

    std::vector<std::string> names;  // environments of doctor; environment and routes of measure; environment of purge
    std::string change;              // of rehearse and apply: the file; of history: the name, empty: all
    std::string drift_reason;
    std::uint64_t seed = 0;
    int warm = 0, cold = 0;             // of measure; 0: its default
    std::string journal;                // of rollback; empty: the newest open one
    bool other_server = false;          // of rollback: what answers now is the right one
    std::vector<std::string> patterns;  // of purge
    bool execute = false;               // of purge, apply and sync
    std::string plan;                   // of purge: the digest that was looked at; empty: none
    std::string restore;                // of purge: journal or backup
    std::string evidence;               // of apply: run folder or evidence.json; empty: the newest of the change
    std::string max_age = "7d";         // of apply: how old evidence may be
    std::string watch = "60s";          // of apply
    std::string on_breach = "ask";      // of apply: rollback, ask or stop
    std::string run;                    // of report: run folder or evidence.json; empty: the newest
    std::string format = "html";        // of report
    std::string drift_format = "text";  // of diff
    std::string output;
    std::string rdb;                      // of snapshot: the file
    bool plan_only = false;               // of snapshot: only tell what would be asked
    std::string source = "scan";          // of snapshot
    bool primary = false;                 // of snapshot: walk no replica
    bool full_speed = false;              // of snapshot: no governor
    bool acl = false;                     // of snapshot: ask for the access control list
    bool application = false;             // of snapshot: ask the application too
    std::string settings_file;            // of snapshot: where the server keeps CONFIG back
    bool show_keys = false;               // of snapshot: names of the keys that stand out
    std::string added_latency = "250us";  // of snapshot: what a client may feel of it
    std::string most_time, most_bytes;    // of snapshot: budgets
    std::uint64_t most_operations = 0;
    bool all = false;       // of snapshot: every family; of diff: what is accepted or has to differ too; of sync: all
    bool settings = false;  // of sync
    std::string from;       // of sync: environment or profile; empty: production
    std::string no_key_backup;  // of sync: a reason
    int limit = 20;             // of history; 0: all
    std::string noun;           // of schema: project or change
    std::string shell;          // of completion
    std::string check;          // of checklist: explain this one and ask nothing
    bool explain = false;       // of checklist
    std::string chapter;        // of demo; empty: the rehearsal
    std::string folder;         // of demo; empty: a temporary one
    bool keep = false;
    init_options init;
};

// What to do instead of running a command: text for stdout (help, version) or stderr, and the exit code.
struct parse_end {
    int exit_code = 0;
    std::string text;
};

[[nodiscard]] std::expected<options, parse_end> parse(int argc, char** argv);

// What an argument is, for completion.
enum class value_kind : std::uint8_t { none, text, number, word, file, folder, environment, route };

struct option_row {
    std::vector<std::string> names;  // "-c", "--config"; of a positional argument none
    std::string value;               // as it is shown: "FILE"; empty for a flag
    value_kind kind = value_kind::none;
    std::vector<std::string> words;  // of value_kind::word: all that it may be
    std::string text;
    bool required = false, many = false;
};

struct command_row {
    std::string name, text;
    std::vector<option_row> options, arguments;
};

// Everything that --help shows, read from the same table that the arguments are parsed by. The first row is the program
// itself.
[[nodiscard]] std::vector<command_row> command_table();
[[nodiscard]] std::string_view name_of(command) noexcept;
// The exit codes, as the help tells them.
[[nodiscard]] std::string_view exit_codes_text();

}  // namespace understudy::cli
