#include "store/file.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"

namespace understudy::store {

namespace fs = std::filesystem;

namespace {

int open_retrying(const fs::path& path, int flags, mode_t mode = 0) {
    int fd = -1;
    do {
        fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

// The bytes in a new file that becomes `path`, synced. The umask is overruled: `mode` is what the file gets. Errors are
// about `path`, for nobody knows the other name.
status write_temporary(const fs::path& temporary, const fs::path& path, std::string_view bytes, mode_t mode) {
    const unique_fd file(open_retrying(temporary, O_WRONLY | O_CREAT | O_EXCL, mode));
    if (!file.is_open()) return std::unexpected(file_error(errno, "create", path));
    if (::fchmod(file.get(), mode) != 0) return std::unexpected(file_error(errno, "set the mode of", path));
    UNDERSTUDY_TRY(write_all(file.get(), bytes, path));
    if (::fsync(file.get()) != 0) return std::unexpected(file_error(errno, "sync", path));
    return {};
}

}  // namespace

unique_fd& unique_fd::operator=(unique_fd&& other) noexcept {
    if (this != &other) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = other.release();
    }
    return *this;
}

unique_fd::~unique_fd() {
    if (fd_ >= 0) ::close(fd_);
}

int unique_fd::release() noexcept {
    return std::exchange(fd_, -1);
}

error file_error(int error_number, std::string_view doing, const fs::path& path) {
    const bool full = error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG;
    return {full ? errc::disk_full : errc::io,
            fmt::format("cannot {} {}: {}", doing, path.string(), std::strerror(error_number)),
            {},
            full};
}

fs::path folder_of(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

status write_all(int fd, std::string_view bytes, const fs::path& path) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return std::unexpected(file_error(errno, "write", path));
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

status sync_folder(const fs::path& path) {
    const unique_fd folder(open_retrying(path, O_RDONLY | O_DIRECTORY));
    if (!folder.is_open()) return std::unexpected(file_error(errno, "open", path));
    // EINVAL: a file system that has nothing to sync for a folder.
    if (::fsync(folder.get()) != 0 && errno != EINVAL) return std::unexpected(file_error(errno, "sync", path));
    return {};
}

status write_file(const fs::path& path, std::string_view bytes, mode_t mode) {
    const fs::path temporary =
        folder_of(path) / fmt::format(".{}.{}.tmp", path.filename().string(), hex(random_bytes(8)));
    status done = write_temporary(temporary, path, bytes, mode);
    if (done && ::rename(temporary.c_str(), path.c_str()) != 0)
        done = std::unexpected(file_error(errno, "put in place", path));
    if (!done) {
        ::unlink(temporary.c_str());
        return done;
    }
    return sync_folder(folder_of(path));
}

result<std::string> read_file(const fs::path& path, std::uint64_t limit) {
    const unique_fd file(open_retrying(path, O_RDONLY));
    if (!file.is_open()) return std::unexpected(file_error(errno, "open", path));
    std::string bytes;
    std::string piece(std::size_t{64} * 1024, '\0');
    for (;;) {
        const ssize_t got = ::read(file.get(), piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::unexpected(file_error(errno, "read", path));
        if (got == 0) return bytes;
        bytes.append(piece.data(), static_cast<std::size_t>(got));
        if (bytes.size() > limit)
            return fail(errc::bad_file, fmt::format("{} has more than the {} bytes allowed", path.string(), limit));
    }
}

status make_folder(const fs::path& path, mode_t mode) {
    struct stat found = {};
    if (::stat(path.c_str(), &found) == 0) {
        if (S_ISDIR(found.st_mode)) return {};
        return std::unexpected(file_error(ENOTDIR, "make the folder", path));
    }
    if (errno != ENOENT) return std::unexpected(file_error(errno, "look at", path));
    const fs::path above = folder_of(path);
    if (above != path) UNDERSTUDY_TRY(make_folder(above, mode));
    if (::mkdir(path.c_str(), mode) != 0) {
        if (errno == EEXIST) return {};  // another process was quicker
        return std::unexpected(file_error(errno, "make the folder", path));
    }
    if (::chmod(path.c_str(), mode) != 0) return std::unexpected(file_error(errno, "set the mode of", path));
    return sync_folder(above);
}

status append_file(const fs::path& path, std::string_view bytes, mode_t mode) {
    bool is_new = true;
    int fd = open_retrying(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL, mode);
    if (fd < 0 && errno == EEXIST) {
        is_new = false;
        fd = open_retrying(path, O_WRONLY | O_APPEND);
    }
    const unique_fd file(fd);
    if (!file.is_open()) return std::unexpected(file_error(errno, "open", path));
    UNDERSTUDY_TRY(write_all(file.get(), bytes, path));
    // EINVAL: not a thing that can be synced (a terminal, /dev/null).
    if (::fdatasync(file.get()) != 0 && errno != EINVAL) return std::unexpected(file_error(errno, "sync", path));
    if (is_new) return sync_folder(folder_of(path));
    return {};
}

}  // namespace understudy::store
