// cli/options.h - the command line, parsed. One table of options for the program, its help and its documentation.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace understudy::cli {

enum class command { doctor, measure, rehearse, apply, rollback, purge, report, demo };

struct options {
    cli::command command = cli::command::doctor;
    std::string config;  // empty: understudy.toml here or in a folder above
    bool json = false;
    bool quiet = false;
    std::string arguments;  // as they were given, for the record

    std::vector<std::string> names;  // environments of doctor; environment and routes of measure; environment of purge
    std::string change;              // of rehearse and apply
    std::string drift_reason;
    std::uint64_t seed = 0;
    int warm = 0, cold = 0;             // of measure; 0: its default
    std::string journal;                // of rollback; empty: the newest open one
    std::vector<std::string> patterns;  // of purge
    bool execute = false;               // of purge and apply
    std::string plan;                   // of purge: the digest that was looked at; empty: none
    std::string restore;                // of purge: journal or backup
    std::string evidence;               // of apply: run folder or evidence.json; empty: the newest of the change
    std::string max_age = "7d";         // of apply: how old evidence may be
    std::string watch = "60s";          // of apply
    std::string on_breach = "ask";      // of apply: rollback, ask or stop
    std::string run;                    // of report: run folder or evidence.json; empty: the newest
    std::string format = "html";
    std::string output;
    std::string folder;  // of demo; empty: a temporary one
    bool keep = false;
};

// What to do instead of running a command: text for stdout (help, version) or stderr, and the exit code.
struct parse_end {
    int exit_code = 0;
    std::string text;
};

[[nodiscard]] std::expected<options, parse_end> parse(int argc, char** argv);

}  // namespace understudy::cli
