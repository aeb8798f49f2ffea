// rehearse/watch.h - notices that somebody else changed staging while it was measured.
//
// What is looked at, before and after each arm:
//   who serves which slots    of a Redis Cluster: a slot moved, a primary failed over
//   address, role             the primary failed over
//   run_id                    the server was restarted
//   commandstats              FLUSHALL, FLUSHDB, CONFIG SET and CONFIG RESETSTAT by others (also when put back since)
//   CONFIG GET *              a setting that is not as it should be in this arm
//   the command `release`     a deploy by hand, if the environment declares such a command; one at the same time as
//                             ours if its output counts them (`deploy-serial`)
//   calls of write commands   an arm with far more of them than its like: foreign writes
// Our own commands are counted and taken off. Of a Cluster every primary is asked, and counts are summed.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "apply/settings.h"
#include "apply/steps.h"
#include "base/error.h"
#include "model/environment.h"
#include "model/evidence.h"
#include "net/write_link.h"

namespace understudy::rehearse {

struct server_sight {
    std::string run_id;                 // of each primary, with commas between them
    std::string server;                 // where it is; another one after a failover
    std::vector<std::string> reshaped;  // how a Cluster differs from what it was on open, in words
    bool master = true;
    apply::settings settings;
    std::string release;  // all lines; empty: no such command, or not asked
    std::uint64_t flushes = 0, config_sets = 0, stat_resets = 0, writes = 0, evicted = 0;
    std::uint64_t calls = 0;   // of all commands
    bool tells_config = true;  // CONFIG SET is counted apart from CONFIG GET (servers from 7.0 on)
};

class server_watch {
public:
    server_watch(net::write_link& link, const model::environment& on) : link_(link), environment_(on) {}

    // Which commands of this server write; once, before the first look.
    [[nodiscard]] status learn_writes();
    // The release costs a command of the environment, so it is asked only where it counts.
    [[nodiscard]] result<server_sight> look(bool with_release);
    // Seconds spent in the environment's command.
    [[nodiscard]] double command_seconds() const { return command_seconds_; }

private:
    [[nodiscard]] status look_at(net::write_link& primary, server_sight& into) const;

    net::write_link& link_;
    const model::environment& environment_;
    std::set<std::string> writes_;
    double command_seconds_ = 0;
};

// The N of a line `deploy-serial N` below the first: the count of deploys and rollbacks so far.
[[nodiscard]] std::optional<std::uint64_t> deploy_serial(std::string_view release);

// What changed between two looks that should not have. `expected_sets`: CONFIG SETs of our own between them; settings
// named in `ours` may differ.
struct expected_changes {
    std::uint64_t config_sets = 0;
    std::set<std::string> settings;
    bool release = false;  // one deploy or rollback of ours took place
    bool flushes = false;  // a command of the environment ran, which may flush its own cache
};
[[nodiscard]] std::vector<std::string> what_disturbed(const server_sight& before, const server_sight& after,
                                                      const expected_changes& expected);

// Arms whose calls of write commands are far above those of their like. `writes` by kind of arm, in order of time.
struct arm_writes {
    std::string arm;   // "A", "A'", "B"
    std::string name;  // "block 2, before"
    std::uint64_t writes = 0;
};
[[nodiscard]] std::vector<model::disturbance> foreign_writes(const std::vector<arm_writes>& arms);

}  // namespace understudy::rehearse
