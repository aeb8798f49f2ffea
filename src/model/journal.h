// model/journal.h - the records of a journal: what rollback reads, and all that it needs.
//
// A journal is written before each step and synced, so that at any moment it says at least as much as was done. Its
// first record holds the whole environment (with references to secrets, never a secret), so that a rollback needs
// neither understudy.toml nor production. Which bytes these are: docs/formats/journal.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/units.h"
#include "model/change.h"
#include "model/environment.h"

namespace understudy::model {

// planned: about to be done. saved: what was before is on disk. applied: done. undone: as before again.
// failed: tried, and what the environment is like now is for rollback to find out.
enum class step_state : std::uint8_t { planned, saved, applied, undone, failed };

// Which server a production environment was, so that a rollback never takes it for its target, reachable or not.
struct server_mark {
    std::string run_id, replid, replid2;
    std::string host;
    std::uint16_t port = 0;
};

// A server that is written to: the only one, or a primary of a Redis Cluster.
struct journal_server {
    std::string node;    // its id in the Cluster; empty: no Cluster
    std::string run_id;  // to tell a restart
    std::string server;  // its address as it is shown, to tell a failover
    std::string host;    // where it is found again, when the environment's own address is gone
    std::uint16_t port = 0;
    std::string slots;  // "0-5460"; empty: no Cluster
};

struct journal_begin {
    std::string id;  // also the name of the journal's file and of the backup's
    wall_time at{};
    std::string host;
    std::int64_t pid = 0;
    std::string version;
    model::environment environment;
    backup_policy backups;
    std::vector<journal_server> primaries;  // one that is no Cluster has one
    std::vector<server_mark> production;
    std::string change;  // name and digest of the change file
    std::string change_digest;
    change_step step;
    undo rollback;
    std::vector<std::string> families;  // key patterns of the change
    bool evicts = false;                // the step can evict: every key is of the change's families
    std::string no_key_backup;          // reason; empty: keys are backed up
    std::string authority;              // on production: the evidence or the plan by which it may be written to

    [[nodiscard]] bool on_cluster() const { return !primaries.empty() && !primaries.front().node.empty(); }
};

// What the environment was like: synced before the first step.
struct journal_saved {
    wall_time at{};
    // All that CONFIG GET gives, secrets left out. Of a Cluster: what all its primaries have alike.
    std::map<std::string, std::string> settings;
    std::string release;  // first line of the release command; empty: none declared
    std::string backup_file;
    std::string backup_digest;
    std::string digest_salt;        // hex; of the canonical digests in the backup
    std::uint64_t keys = 0;         // of the families, with payload
    std::uint64_t census_keys = 0;  // elsewhere, digest only
    std::string census_unknown;     // why there is no census elsewhere; empty: there is
};

struct journal_step {
    wall_time at{};
    int number = 0;      // each doing of a step has one; its states follow under the same number
    std::string action;  // "apply", "undo", "purge", "restore", "lease"
    step_state state = step_state::planned;
    std::string detail;                 // what exactly, no secret
    std::int64_t process_group = 0;     // of a command that runs, 0 before it is known
    std::uint64_t process_started = 0;  // tells it from another that got its number
    std::string error;
};

struct journal_end {
    wall_time at{};
    std::string outcome;  // "rolled back", "nothing was changed", "rollback incomplete", "purged", "applied"
};

// The evidence of the rehearsal as it was written at its end, so that a later reader sees whether it still is that.
struct journal_evidence {
    wall_time at{};
    std::string file;    // evidence.json, absolute
    std::string digest;  // SHA-256 of its bytes, hex
};

using journal_record = std::variant<journal_begin, journal_saved, journal_step, journal_end, journal_evidence>;

// A journal as it was read back.
struct journal {
    journal_begin begin;
    std::optional<journal_saved> saved;
    std::vector<journal_step> steps;
    std::optional<journal_end> end;
    std::optional<journal_evidence> evidence;

    [[nodiscard]] bool open() const { return !end || end->outcome == "rollback incomplete"; }
    // What was done was meant to stay: in nobody's way, and undone where it is named.
    [[nodiscard]] bool stands() const { return end && (end->outcome == "purged" || end->outcome == "applied"); }
};

}  // namespace understudy::model
