// store/file.h - bytes on disk: whole files written so that a reader sees the old ones or the new ones, never a half.
//
// POSIX only, no exceptions. A full disk, quota or file size limit (ENOSPC, EDQUOT, EFBIG) is errc::disk_full, a file
// over a size limit that the caller set is errc::bad_file, everything else errc::io; texts hold the path and strerror,
// never what was in the file. Nothing here is shared between objects; calls on different paths may run in different
// threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/error.h"

namespace understudy::store {

// A file descriptor that is closed with its owner. Opened close-on-exec by everything in this module.
class unique_fd {
public:
    unique_fd() = default;
    explicit unique_fd(int fd) noexcept : fd_(fd) {}
    unique_fd(unique_fd&& other) noexcept : fd_(other.release()) {}
    unique_fd& operator=(unique_fd&& other) noexcept;
    ~unique_fd();
    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
    int release() noexcept;

private:
    int fd_ = -1;
};

// The error of a failed system call: "cannot <doing> <path>: <strerror>".
[[nodiscard]] error file_error(int error_number, std::string_view doing, const std::filesystem::path& path);

// Makes or replaces `path` as a whole: a temporary file in the same folder, fsync, rename, fsync of the folder. After
// success the bytes survive a power cut; after failure the old file is untouched and no temporary file is left.
[[nodiscard]] status write_file(const std::filesystem::path& path, std::string_view bytes, mode_t mode = 0644);
// All bytes of a file of at most `limit` bytes. Memory grows with what is really there, not with what stat says.
[[nodiscard]] result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit);
// Makes the folder and its missing parents, each with `mode` whatever the umask; one that exists is left as it is.
[[nodiscard]] status make_folder(const std::filesystem::path& path, mode_t mode);
// Makes names that were added to or taken from the folder survive a power cut.
[[nodiscard]] status sync_folder(const std::filesystem::path& path);
// Adds the bytes to the end of a file, made with `mode` where it is missing, and fdatasyncs. Not for journals: a failed
// append may leave a part of the bytes.
[[nodiscard]] status append_file(const std::filesystem::path& path, std::string_view bytes, mode_t mode = 0644);
// Writes all bytes at the descriptor's position; `path` is for the error text.
[[nodiscard]] status write_all(int fd, std::string_view bytes, const std::filesystem::path& path);
// The folder that holds `path`: "." where it has none.
[[nodiscard]] std::filesystem::path folder_of(const std::filesystem::path& path);

}  // namespace understudy::store
