// apply/restore.h - brings keys back to what a backup says, and tells how far they are from it.
//
// For each key of the families: one that is as before stays untouched; one that was removed, overwritten or re-timed is
// restored with its absolute expiry (RESTORE … REPLACE ABSTTL, with IDLETIME or FREQ); one whose expiry has passed
// meanwhile is gone and stays gone. Keys of the families that were not there before are removed. Keys elsewhere are
// compared and never touched.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <unordered_set>

#include "apply/keys.h"
#include "base/error.h"
#include "model/evidence.h"
#include "model/journal.h"
#include "net/writable_link.h"
#include "store/backup_key.h"

namespace understudy::apply {

struct key_backup {
    std::filesystem::path file;
    std::optional<store::encryption_key> key;
    std::string salt;
    key_families families;
    bool census = true;  // entries without payload tell of the keys elsewhere
};

struct restore_counts {
    std::uint64_t removed = 0;  // new keys of the families
    std::uint64_t restored = 0;
};

// The names that the backup holds. Memory: the names.
[[nodiscard]] result<std::unordered_set<std::string>> known_keys(const key_backup& backup);

// First removes what is new in the families (it frees the memory that restoring needs), then restores.
[[nodiscard]] result<restore_counts> restore_keys(net::writable_link& link, const key_backup& backup);

// Compares everything and changes nothing: fills in parts (b), (c) and (d) of a proof, with its differences and the
// listing by key template.
[[nodiscard]] status compare_keys(net::writable_link& link, const key_backup& backup, model::proof& proof);

}  // namespace understudy::apply
