// apply/before.h - what staging was like before the first step, on disk before anything is touched.
//
// One pass over the keyspace: keys of the change's families go into the backup whole, all others with digest and expiry
// only (an entry without payload), so that the proof can tell what traffic changed elsewhere. Memory: one batch, and
// the names of the keys.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "apply/keys.h"
#include "apply/settings.h"
#include "base/error.h"
#include "model/journal.h"
#include "net/read_only_cluster.h"
#include "net/write_link.h"
#include "store/backup_key.h"

namespace understudy::apply {

struct before_plan {
    key_families families;
    bool with_keys = true;          // false: settings only, as the change file's no_key_backup says
    std::uint64_t census_keys = 0;  // more keys than this elsewhere: no census of them
    std::string no_census;          // why there is none in any case; empty: there is
    std::filesystem::path backup;   // to be made
    std::optional<store::encryption_key> key;
    std::function<status(std::uint64_t done, std::uint64_t total)> progress;  // an error ends it
};

// On each primary (a Cluster's users are each node's own):
// takes a key of our own the whole way that the keys of the change will go: written, read, unlinked, restored,
// re-timed, read again, removed. What this user may not do, or this server cannot, shows before anything of the
// environment's is touched, and not in the rollback. It also makes the server set aside what it keeps for each command
// that it meets for the first time (a latency histogram, some 20 KB each): on a full server that is better paid before
// the keys are saved than between saving and restoring them.
[[nodiscard]] status try_way_back(net::write_link& link, const settings& now);

// Fills in keys, census and backup of `saved`; settings (already there) and release are the caller's. errc::too_large
// where the families hold a value of over 1 GB, or one that the server would not take back (proto-max-bulk-len).
[[nodiscard]] status save_keys(net::write_link& link, const before_plan& plan, model::journal_saved& saved);

// errc::too_large for a value that the server would not take in one argument of a command. Pure.
[[nodiscard]] status can_come_back(const store::backup_entry& entry, const settings& now);

// errc::unsafe_target where other databases than this one hold keys: what evicts takes them too, and only this one is
// saved.
[[nodiscard]] status nothing_elsewhere(net::write_link& link, int database);
[[nodiscard]] status nothing_elsewhere(net::read_only_cluster& of, int database);

// The key of backups, from the policy's secret and a salt; empty where the policy names none.
[[nodiscard]] result<std::optional<store::encryption_key>> backup_key(const model::backup_policy& policy,
                                                                      const store::key_salt& salt);

}  // namespace understudy::apply
