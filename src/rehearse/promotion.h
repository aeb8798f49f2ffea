// rehearse/promotion.h - a rehearsed change on production: only with evidence that still stands, with a plan first, a
// journal before each step, a watch afterwards, and the proven rollback at hand.
//
// design  The plan reads and nothing else. Executing makes the plan again, takes the picture from before, and only then
//         opens the journal: from there on there is one way out of every failure, the rollback of that journal, which
//         is the code that the rehearsal has proven. While production is watched the journal stays open, so that a
//         crash leaves `understudy rollback` with something to find; a change that stays closes it with "applied".
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "model/change.h"
#include "model/environment.h"
#include "model/evidence.h"
#include "net/runtime.h"
#include "purge/plan.h"
#include "rehearse/production_check.h"

namespace understudy::rehearse {

enum class on_breach : std::uint8_t { roll_back, ask, stop };

struct promotion_options {
    std::filesystem::path evidence;  // run folder or evidence.json; empty: the newest of the change
    std::chrono::milliseconds max_age = std::chrono::hours{24 * 7};
    std::chrono::milliseconds watch{60'000};
    rehearse::on_breach breach = on_breach::ask;
    // Whether to roll back, asked where `breach` is ask.
    std::function<bool(const std::vector<signal>& breaches)> ask;
    std::function<void(std::string_view stage, std::uint64_t done, std::uint64_t total)> progress;
    log_sink log;
};

struct promotion_plan {
    std::string change;
    std::string evidence_id, evidence_file;
    wall_time proven_at{};
    std::string verdict;  // of the rehearsal, with its reason
    std::string environment, url, redis;
    std::string access;                    // "read-write"; else nothing can be done
    std::vector<std::string> apply, undo;  // the argument vector of each, or the words of a Redis command
    std::optional<purge::plan> touched;    // keys of the change's families now
    std::vector<std::string> purged;       // patterns that are removed
    bool everything = false;               // the step can evict: the whole database is backed up
    std::uint64_t requests = 0;            // of one round of the watch
    double requests_per_second = 0;
};

enum class promotion_end : std::uint8_t {
    applied,      // watched, nothing beyond its bound
    ended_early,  // Ctrl-C while it was watched: the change stays
    breached,     // something is beyond its bound; the change stays, as was told or answered
    rolled_back,  // undone; `proof` says how well
};

struct promotion_result {
    promotion_plan plan;
    promotion_end end = promotion_end::applied;
    std::vector<signal> signals;   // of the last round
    std::vector<signal> breaches;  // that were found
    std::uint64_t rounds = 0;
    std::uint64_t purged = 0;
    std::uint64_t purged_late = 0;  // written after the backup and before the purge; backed up as well
    bool keys_backed_up = true;     // false: as the change file says
    std::optional<model::proof> proof;
    std::string failed;  // why it was rolled back without a breach: an error's text
    std::vector<model::command_run> commands;
    std::filesystem::path journal;
    int exit_code = 0;
};

// Errors: evidence_missing, evidence_edited, evidence_foreign, evidence_failed, evidence_stale; those of reaching
// production; unknown_name and config_bad_value for a command that production does not have.
[[nodiscard]] result<promotion_plan> plan_promotion(net::runtime& on, const model::project& project,
                                                    const model::change& change, const promotion_options& options);

// The same, then does it. Further errors: not_writable, locked, needs_rollback, needs_backup. An error means that
// nothing was changed; from the first step on the result says how it ended.
[[nodiscard]] result<promotion_result> promote(net::runtime& on, const model::project& project,
                                               const model::change& change, const promotion_options& options);

}  // namespace understudy::rehearse
