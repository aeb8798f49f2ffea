// model/evidence.h - the record of one rehearsal. The report and the runbook are made from it and from nothing else.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/change.h"
#include "model/finding.h"
#include "model/measurement.h"

namespace understudy::model {

// What rollback proved, by the letters of docs/rollback.md.
struct proof_row {
    std::string name;  // key template, or the name of a setting
    std::string what;  // "written by traffic", "expired", "differs: ..."
    std::uint64_t count = 1;
};

struct proof {
    struct settings_part {
        std::uint64_t checked = 0, restored = 0, differ = 0;
    };
    struct keys_part {
        std::uint64_t as_before = 0, restored = 0, expired = 0, differ = 0;
    };
    bool done = false;
    settings_part settings;              // (a)
    keys_part keys;                      // (b)
    std::uint64_t removed = 0;           // (c) written by traffic in the families, removed
    std::uint64_t left_in_families = 0;  // (c) still there: a difference
    std::optional<std::uint64_t> elsewhere_new, elsewhere_changed, elsewhere_gone, elsewhere_expired;  // (d)
    std::string elsewhere_unknown;  // why (d) could not be told
    std::string eviction;           // (e) "backed up N keys", "cannot evict", "settings only: REASON"
    std::string database;           // (f) what the change file says of the application's database
    std::string release_before, release_after;
    bool release_ok = true;
    std::vector<proof_row> differences;  // whatever is not as before: exit 5
    std::vector<proof_row> listed;       // (c) and (d), by key template
    double seconds = 0;

    [[nodiscard]] bool complete() const { return done && differences.empty(); }
};

struct disturbance {
    std::string what;   // "the server was restarted", "CONFIG SET by somebody else: maxmemory"
    std::string where;  // "between block 2 and block 3"
};

struct stage_time {
    std::string stage;
    double seconds = 0;
};

struct command_run {
    std::string what;  // "deploy", "rollback"
    std::vector<std::string> argv;
    std::vector<std::string> environment;  // NAME=value; NAME alone was passed on, or could hold a secret
    std::string folder;
    int exit_code = 0;
    double seconds = 0;
    std::string output;  // secrets replaced, 64 KB at most
};

// What the database and Redis were asked in the first arm, before anything was changed. No argument, no value and no
// key is in it: statements are normalised, keys are templates.
struct statement_cost {
    std::string text;  // 1 KB at most
    std::uint64_t calls = 0;
    double milliseconds = 0;  // of all calls together
};

struct slow_command {
    std::string name;  // "HGETALL"
    std::string key;   // its template; empty: the command has no key that we know
    std::uint64_t times = 0;
    double longest_ms = 0;
};

struct workload {
    std::string database;                    // who told: "PostgreSQL 15.18"; empty: nobody
    std::vector<statement_cost> statements;  // the most called and the most costly, 20 at most; most calls first
    std::optional<unknown_reason> statements_unknown;
    std::vector<slow_command> slow_commands;  // of Redis's slow log, 20 at most; the slowest first
    std::optional<unknown_reason> slow_commands_unknown;
};

// The repository in which the change file lies, as it was when the rehearsal began.
struct git_state {
    std::string commit;              // of HEAD, in full; empty: there is none, and `unknown` says why
    std::string branch;              // empty: HEAD is detached, or nothing is known
    std::optional<bool> clean;       // nothing modified, staged or untracked; empty where that is unknown
    std::string compared_with;       // the commit that `files` are compared with; empty: unknown, or there is none
    std::vector<std::string> files;  // touched since then, committed or not; at most git_state::most_files
    std::uint64_t more_files = 0;    // touched and not in the list
    std::string unknown;             // why something is not known

    static constexpr std::size_t most_files = 200;
};

struct evidence {
    std::string id;
    std::string version;
    wall_time started{}, ended{};
    model::change change;
    std::string environment, environment_url, redis;
    std::vector<finding> drift;
    std::string drift_reason;  // why drift beyond tolerance was accepted
    model::noise noise;
    model::workload workload;
    std::vector<measurement> noise_arms;  // A and A' in turn
    std::vector<measurement> arms;        // the paired blocks
    model::comparison comparison;
    std::vector<disturbance> disturbances;
    model::proof proof;
    std::vector<command_run> commands;              // as they were run, in order
    std::map<std::string, std::string> conditions;  // build, host, server versions, seed, arguments
    git_state git;
    std::vector<std::string> warnings;
    std::vector<stage_time> times;
    double own_seconds = 0;  // ours, apart from commands, waits that we were told to make and measured requests
    std::string journal;     // path
    std::string stopped;     // why it ended early: an error's text; empty: it did not
    int exit_code = 6;
};

}  // namespace understudy::model
