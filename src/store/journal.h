// store/journal.h - an append-only journal: each record is on disk before append() returns.
//
// Format: docs/formats/journal.md. This module knows lines, sequence numbers and checksums; what a record says is the
// caller's (model/journal.h). A journal is written by one process at a time: the writer holds flock(2) on the file,
// which the kernel drops when the process dies.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "store/file.h"

namespace understudy::store {

// A record may have this many bytes, a journal that many.
inline constexpr std::uint64_t journal_record_limit = 16u << 20;
inline constexpr std::uint64_t journal_size_limit = 256u << 20;

// Not thread-safe. Move-only.
class journal_writer {
public:
    // A new journal, mode 0600, file and folder synced. An existing file is errc::io.
    [[nodiscard]] static result<journal_writer> create(const std::filesystem::path& path);
    // Goes on with a journal after a crash: cuts off a torn tail and continues the sequence. A journal that is still
    // being written is errc::locked, a damaged one is refused as by read_journal and left as it is.
    [[nodiscard]] static result<journal_writer> reopen(const std::filesystem::path& path);

    // Writes one record and fsyncs. Only after success may the caller do what the record announces. `json` is not
    // empty and holds no line feed. When writing fails the file is cut back to the last record, so that a later append
    // can succeed (space was made); when syncing fails nobody knows what is on disk, so every later append fails too,
    // until reopen().
    [[nodiscard]] status append(std::string_view json);

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    // Records in the file so far.
    [[nodiscard]] std::uint64_t count() const { return next_ - 1; }

private:
    journal_writer(unique_fd file, std::filesystem::path path, std::uint64_t next, std::uint64_t size)
        : file_(std::move(file)), path_(std::move(path)), next_(next), size_(size) {}
    [[nodiscard]] status cut_back(error why);

    unique_fd file_;
    std::filesystem::path path_;
    std::uint64_t next_ = 1;
    std::uint64_t size_ = 0;  // bytes up to the end of the last whole record
    bool broken_ = false;
};

struct journal_contents {
    std::vector<std::string> records;  // the JSON texts in order
    bool torn_tail = false;            // the last line was being written when the process or the machine died
    std::uint64_t whole_bytes = 0;     // up to the end of the last whole record
    bool ends_open = false;            // the last whole record lacks only its line feed; it counts as a record
};

// All records. A torn last line is tolerated: its step was never begun, since append() had not returned. Any other
// damage (checksum, sequence, header, over a limit) is errc::journal_damaged with the line's number, a journal of a
// later version errc::newer_format.
[[nodiscard]] result<journal_contents> read_journal(const std::filesystem::path& path);
// The same from bytes. Pure.
[[nodiscard]] result<journal_contents> parse_journal(std::string_view bytes);
// The line of one record with its line feed, as it is written. Pure.
[[nodiscard]] std::string journal_line(std::uint64_t sequence, std::string_view json);

}  // namespace understudy::store
