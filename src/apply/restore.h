// apply/restore.h - brings keys back to what a backup says, and tells how far they are from it.
//
// For each key of the families: one that is as before stays untouched; one that was removed, overwritten or re-timed is
// restored with its absolute expiry (RESTORE … REPLACE ABSTTL, with IDLETIME or FREQ); one whose expiry has passed
// meanwhile is gone and stays gone. Keys of the families that were not there before are removed. Keys elsewhere are
// compared and never touched. On a Redis Cluster each key is put back on the primary that serves its slot then: entries
// do not say where they came from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <unordered_set>

#include "apply/keys.h"
#include "base/error.h"
#include "model/evidence.h"
#include "model/journal.h"
#include "net/write_link.h"
#include "store/backup_key.h"

namespace understudy::apply {

// One file, with its key where it is encrypted.
struct backup_part {
    std::filesystem::path file;
    std::optional<store::encryption_key> key;
};

struct key_backup {
    std::filesystem::path file;
    std::optional<store::encryption_key> key;
    std::optional<backup_part> late = {};  // keys that were written between this and the purge of a change
    std::string salt;
    key_families families;
    bool census = true;  // entries without payload tell of the keys elsewhere
    // Visitors write meanwhile: a key of the families that was not there when new ones were removed is theirs, and is
    // listed; else it is a difference.
    bool busy = false;
    // Keys that the server did not take back: where visitors write, too, what differs there is a difference.
    std::unordered_set<std::string> refused = {};
};

// The backup of a journal, with its key where it is encrypted: errc::secret_missing and the errors of reading a backup.
[[nodiscard]] result<key_backup> backup_of(const model::journal_begin& begin, const model::journal_saved& saved);
// The same, and what a purge of the journal's change saved later (change_purge.h).
[[nodiscard]] result<key_backup> backup_of(const model::journal& read);
// Where that is: beside the backup, "NAME-late.backup".
[[nodiscard]] std::filesystem::path late_backup_of(const model::journal_saved& saved);
// One file with its key: the same errors.
[[nodiscard]] result<backup_part> part_of_backup(const model::backup_policy& policy, const std::filesystem::path& file);
// The journal that a backup belongs to, by its name.
[[nodiscard]] std::filesystem::path journal_of_backup(const std::filesystem::path& journals,
                                                      const std::filesystem::path& backup);

struct restore_counts {
    std::uint64_t removed = 0;  // new keys of the families
    std::uint64_t restored = 0;
    std::unordered_set<std::string> refused = {};  // keys whose command the server answered with an error
};

// The names that the backup holds. Memory: the names.
[[nodiscard]] result<std::unordered_set<std::string>> known_keys(const key_backup& backup);

// First removes what is new in the families (it frees the memory that restoring needs), then restores the keys of the
// families. A key that has its value still, and only another expiry, gets that back and is not written.
[[nodiscard]] result<restore_counts> restore_keys(net::write_link& link, const key_backup& backup);

// Removes the keys that the backup holds whole, batch by batch, and no others. `each` is told how many entries were
// gone through so far; an error of it ends the removing. Returns how many keys there were.
[[nodiscard]] result<std::uint64_t> unlink_saved(net::write_link& link, const key_backup& backup,
                                                 const std::function<status(std::uint64_t done)>& each);

// Compares everything and changes nothing: fills in parts (b), (c) and (d) of a proof, with its differences and the
// listing by key template.
[[nodiscard]] status compare_keys(net::write_link& link, const key_backup& backup, model::proof& proof);

}  // namespace understudy::apply
