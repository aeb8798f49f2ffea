// apply/steps.h - does one step of a change on an environment, and undoes it. The journal is written first, always.
//
//   step           done by                                  undone by
//   redis_config   CONFIG SET setting value, each primary   CONFIG SET setting (what it was before), each primary
//   deploy         the environment's command                the change's rollback command, which may name {release}
//   command        the environment's command                the change's rollback command
//   expire         PEXPIRE, PEXPIRE LT or PERSIST           the keys of its pattern as they are in the backup
//   purge          nothing: the purge is no step            nothing
//   sync           CONFIG SET of each, each primary         CONFIG SET of each to what it was, the last first
//
// A settings step is never persisted (no CONFIG REWRITE), so a restart of the server undoes it too.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apply/journal_log.h"
#include "apply/restore.h"
#include "apply/settings.h"
#include "base/error.h"
#include "model/change.h"
#include "model/environment.h"
#include "model/evidence.h"
#include "net/write_link.h"

namespace understudy::apply {

// What was before the first step, as far as undoing needs it.
struct before_state {
    apply::settings settings;
    std::string release;                  // {release} in commands
    std::optional<key_backup> keys = {};  // for the undo of an expire step
};

class step_runner {
public:
    // All by reference: they must outlive it. `runs` collects the commands as they were run, for the evidence.
    step_runner(net::write_link& link, const model::environment& on, journal_log& journal,
                std::vector<model::command_run>& runs)
        : link_(link), environment_(on), journal_(journal), runs_(runs) {}

    [[nodiscard]] status apply(const model::change_step& step, const before_state& before);
    [[nodiscard]] status undo(const model::change_step& step, const model::undo& rollback, const before_state& before);

    // Seconds spent in commands of the environment.
    [[nodiscard]] double command_seconds() const { return command_seconds_; }

private:
    // On each primary, each with a record of its own. The first that fails ends it.
    [[nodiscard]] status set_all(const model::settings_step& step, const before_state& before);
    [[nodiscard]] status undo_all(const std::map<std::string, std::string>& step, const before_state& before);
    [[nodiscard]] status set_config(const std::string& action, const std::string& setting, const std::string& value);
    [[nodiscard]] status set_config_on(net::write_link& primary, const std::string& action, const std::string& setting,
                                       const std::string& value);
    [[nodiscard]] status set_expiry(const model::expire_step& step);
    [[nodiscard]] status undo_expiry(const model::expire_step& step, const before_state& before);
    [[nodiscard]] status run_command(const std::string& action, const std::string& name,
                                     const std::map<std::string, std::string>& arguments, const before_state& before);

    net::write_link& link_;
    const model::environment& environment_;
    journal_log& journal_;
    std::vector<model::command_run>& runs_;
    double command_seconds_ = 0;
};

// The argument vector of a command with its placeholders filled in. errc::config_bad_value for an argument that is
// missing, not declared, or does not match its pattern; errc::unknown_name for a command that is not there.
[[nodiscard]] result<std::vector<std::string>> command_line(const model::environment& on, const std::string& name,
                                                            const std::map<std::string, std::string>& arguments,
                                                            const std::string& release);

// Runs a command of an environment that changes nothing (release, health, settings), without a journal. Its exit code
// is in the record; errors are those of exec::run.
[[nodiscard]] result<model::command_run> ask_command(const model::environment& on, const std::string& name);

// The same, and what it printed to stdout (its warnings are no part of it), whole or not at all: errc::command_failed
// where it exits with an error, too_large where it printed more than is kept.
[[nodiscard]] result<std::string> ask_output(const model::environment& on, const std::string& name);

// Runs the command `clear_front`, which empties the cache in front of the application. Empty where the environment has
// no such command. errc::command_failed where it exits with an error.
[[nodiscard]] result<std::optional<model::command_run>> clear_front(const model::environment& on);

// What the command `release` prints to stdout (its warnings are no part of it): the first line names the release, all
// lines together tell one deploy from another.
struct release_state {
    std::string name;
    std::string all;
    double seconds = 0;  // that the command took
};
// Empty where the environment has no such command.
[[nodiscard]] result<std::optional<release_state>> read_release(const model::environment& on);

// The order in which several settings are set: a memory limit that grows comes first and one that shrinks last, so that
// no policy evicts on the way what fits at both ends. Pure.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> in_order(
    const std::map<std::string, std::string>& becoming, const settings& now);

// "CONFIG SET maxmemory 1gb", and of a primary of a Cluster " on 10.0.0.1:6379": what a journal's step says of it.
[[nodiscard]] std::string text_of_set(const std::string& setting, const std::string& value,
                                      const net::write_link& primary, bool of_cluster);

// "PATTERN: set to 10 min", for journals and pages.
[[nodiscard]] std::string text_of(const model::expire_step& step);

// Whether a step can make the server evict keys: less memory, another policy while there is a limit, or other keys with
// an expiry while a policy evicts just those.
[[nodiscard]] bool can_evict(const model::change_step& step, const settings& now);

}  // namespace understudy::apply
