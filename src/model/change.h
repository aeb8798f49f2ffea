// model/change.h - a change file: exactly one thing to change, who owns it, and what is expected of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace understudy::model {

enum class metric : std::uint8_t { response_time, error_rate, cache_status, database_calls };
enum class temperature : std::uint8_t { cold, warm };

// CONFIG SET setting value. Its undo: the value it had.
struct redis_config_step {
    std::string setting;
    std::string value;
};

// A named command of the environment. Its undo: the command named in `rollback`.
struct deploy_step {
    std::string command = "deploy";
    std::map<std::string, std::string> arguments;
};

// The expiry of the keys that match a pattern. Its undo: each key's own, from the backup.
struct expire_step {
    // set: every key expires `ttl` from when it is done. at_most: those that would live longer, or for ever, do.
    // persist: none expires.
    enum class kind : std::uint8_t { set, at_most, persist };
    std::string pattern;  // keyspace/pattern.h
    kind how = kind::set;
    std::chrono::milliseconds ttl{};  // 0 for persist
};

// A named command of the environment that is neither its deploy nor its rollback. Its undo: the command named in
// `rollback`.
struct command_step {
    std::string name;
    std::map<std::string, std::string> arguments;
};

// The purge of key patterns and nothing else. No change file holds it: it is what `purge` does.
struct purge_step {};

// CONFIG SET of several settings. No change file holds it: it is what `sync --settings` does. Its undo: the values they
// had.
struct settings_step {
    std::map<std::string, std::string> settings;
};

// A new step also needs: its apply and undo in apply/, a row in docs/changes.md, a case in tests/live/steps_test.py.
using change_step = std::variant<redis_config_step, deploy_step, expire_step, command_step, purge_step, settings_step>;

// What a step sets by CONFIG SET: setting -> value.
[[nodiscard]] std::map<std::string, std::string> settings_of(const change_step& step);

// What a number must do. `change` compares before and after, `value` looks at after alone.
struct bound {
    enum class on : std::uint8_t { change_percent, change_absolute, value };
    enum class relation : std::uint8_t { at_most, at_least, same };
    on of = on::change_percent;
    relation how = relation::same;
    double amount = 0;  // -50 for "<= -50%"; milliseconds, calls or percentage points where absolute
    std::string text;   // as it was written
};

struct expectation {
    model::metric metric = metric::response_time;
    std::string route;
    std::string identity = "anonymous";
    temperature state = temperature::warm;
    model::bound bound;
    std::optional<double> margin;  // in percent (response_time) or the metric's unit; empty: the metric's default
    bool primary = false;
    bool critical = false;  // worse than its margin makes the whole run worse
};

struct undo {
    std::string command;  // for a deploy: the environment's command that undoes it
    std::map<std::string, std::string> arguments;
    std::string none;  // why there is none; then command is empty
};

// How much is measured. The defaults suit a page of some milliseconds.
struct effort {
    int blocks = 12;  // pairs of before and after, even and at least 2
    int warm = 10;    // measured warm requests of each route and identity in each arm
    int cold = 2;     // cold starts likewise
};

struct change {
    std::string name;    // the file's name without .toml
    std::string file;    // absolute path
    std::string digest;  // SHA-256 of the file's bytes, hex
    std::string owner;
    std::string reason;
    std::string route;                         // the route that it is about
    std::map<std::string, std::string> input;  // what was asked when it was noticed; {}: the route's inputs
    std::string symptom;                       // the slow query or failing command
    std::string noticed;                       // where users notice
    change_step step;
    std::vector<std::string> purge;     // key patterns (keyspace/pattern.h) of what it affects
    std::vector<std::string> controls;  // routes that must not move
    std::vector<expectation> expect;    // exactly one primary
    undo rollback;
    model::effort effort;
    std::string no_key_backup;  // a reason: keys are not backed up, the proof says "settings only"
    std::string source;         // the file's text, for the report
};

// The key patterns of what the change touches: those of its purge, and that of an expire step.
[[nodiscard]] std::vector<std::string> families_of(const change& of);

}  // namespace understudy::model
