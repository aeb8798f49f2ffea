// store/file_lock.h - one holder at a time, on this machine; the kernel releases it when the holder dies.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/error.h"
#include "store/file.h"

namespace understudy::store {

// An flock(2) on a file that names its holder. The file stays after release: removing it would let two hold "the" lock.
// Move-only; released with the object.
class file_lock {
public:
    // Never waits. Taken: errc::locked, "held by pid 123 (user x, since 2026-11-23T23:14:07.000Z): <holder_text>".
    // holder_text is one line that says what the holder does; no secret.
    [[nodiscard]] static result<file_lock> acquire(const std::filesystem::path& path, std::string_view holder_text);
    file_lock(file_lock&&) noexcept = default;
    file_lock& operator=(file_lock&&) noexcept;
    ~file_lock();

private:
    explicit file_lock(unique_fd file) : file_(std::move(file)) {}
    unique_fd file_;
};

}  // namespace understudy::store
