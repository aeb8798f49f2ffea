// cli/options.h - the command line, parsed. One table of options for the program, its help and its documentation.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace understudy::cli {

enum class command { init, doctor, measure, rehearse, rollback, report, checklist, demo };

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

    std::vector<std::string> names;  // environments of doctor; environment and routes of measure
    std::string change;              // of rehearse
    std::string drift_reason;
    std::uint64_t seed = 0;
    int warm = 0, cold = 0;  // of measure; 0: its default
    std::string journal;     // of rollback; empty: the newest open one
    std::string run;         // of report: run folder or evidence.json; empty: the newest
    std::string format = "html";
    std::string output;
    std::string check;     // of checklist: explain this one and ask nothing
    bool explain = false;  // of checklist
    std::string folder;    // of demo; empty: a temporary one
    bool keep = false;
    init_options init;
};

// What to do instead of running a command: text for stdout (help, version) or stderr, and the exit code.
struct parse_end {
    int exit_code = 0;
    std::string text;
};

[[nodiscard]] std::expected<options, parse_end> parse(int argc, char** argv);

}  // namespace understudy::cli
