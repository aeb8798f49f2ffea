// store/backup.h - keys with their values, as they were before a step: written and synced before it, read by rollback.
//
// Format: docs/formats/backup.md. Files hold users' values: mode 0600, in a folder of mode 0700, encrypted with
// AES-256-GCM where a key is given. Every byte is covered by a checksum or an authentication tag, entries cannot be
// reordered or moved between files, and a file without its trailer is known to be incomplete. Damage is
// errc::backup_damaged, a later version errc::newer_format, an encrypted file without its key, or with another,
// errc::secret_missing.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "base/units.h"
#include "store/backup_key.h"

namespace understudy::store {

struct backup_entry {
    int database = 0;
    std::string key;
    std::string payload;                  // as DUMP gave it
    std::optional<wall_time> expires_at;  // absolute; empty: no expiry
    digest256 digest{};                   // canonical, of the value
    std::optional<std::chrono::seconds> idle;
    std::optional<std::uint8_t> freq;

    bool operator==(const backup_entry&) const = default;
};

struct backup_summary {
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;  // of keys and payloads
    digest256 digest{};       // SHA-256 of the file before its trailer; salted, so it says nothing about the values
};

// Key and payload of one entry together: not longer than this.
inline constexpr std::uint64_t backup_entry_limit = 1u << 30;

// Not thread-safe. Memory: one entry and 256 KB.
class backup_writer {
public:
    // A new file; one that exists is errc::io. A missing folder is made with mode 0700.
    [[nodiscard]] static result<backup_writer> create(const std::filesystem::path& path,
                                                      const std::optional<encryption_key>& key = {});
    backup_writer(backup_writer&&) noexcept;
    backup_writer& operator=(backup_writer&&) noexcept;
    ~backup_writer();  // without finish() the file stays, incomplete

    // Over the limit: errc::too_large, and the backup goes on. Any other error ends the backup: it cannot be finished.
    [[nodiscard]] status add(const backup_entry& entry);
    // Writes the trailer and syncs file and folder. Only after success may the keys be touched. Once.
    [[nodiscard]] result<backup_summary> finish();

private:
    struct state;
    explicit backup_writer(std::unique_ptr<state> state);
    std::unique_ptr<state> state_;
};

struct backup_header {
    std::uint16_t version = 1;
    bool encrypted = false;
    key_salt salt{};  // for derive_key
};

// What is needed to find the key; the rest of the file is not looked at.
[[nodiscard]] result<backup_header> read_backup_header(const std::filesystem::path& path);

struct backup_read_options {
    std::optional<encryption_key> key;
    std::uint64_t entry_limit = backup_entry_limit;
    bool allow_incomplete = false;  // read what is whole of a file that ends without its trailer
};

// Streams the entries. Not thread-safe. Memory: one entry; never more than the file really holds.
class backup_reader {
public:
    [[nodiscard]] static result<backup_reader> open(const std::filesystem::path& path,
                                                    const backup_read_options& options = {});
    // From a descriptor that is read from its start; the reader owns it.
    [[nodiscard]] static result<backup_reader> open_fd(int fd, const backup_read_options& options = {});
    backup_reader(backup_reader&&) noexcept;
    backup_reader& operator=(backup_reader&&) noexcept;
    ~backup_reader();

    // The next entry, or empty after the last one when the trailer agrees with all that was read. Entries given out
    // before an error were whole and right.
    [[nodiscard]] result<std::optional<backup_entry>> next();
    // After next() gave empty: the trailer was there. False only with allow_incomplete.
    [[nodiscard]] bool complete() const;
    // Of what has been read; its digest is set once complete() is true.
    [[nodiscard]] const backup_summary& summary() const;

private:
    struct state;
    explicit backup_reader(std::unique_ptr<state> state);
    std::unique_ptr<state> state_;
};

// Removes the backups (*.backup with a backup's first bytes, regular files only) of the folder that were last written
// before now - older_than, unless keep_if says to keep one (a journal still needs it). Returns what was removed; a
// missing folder is an empty answer. Stops at the first file that cannot be removed.
[[nodiscard]] result<std::vector<std::filesystem::path>> prune_backups(
    const std::filesystem::path& folder, std::chrono::milliseconds older_than, wall_time now,
    const std::function<bool(const std::filesystem::path&)>& keep_if);

}  // namespace understudy::store
