#include "store/file_lock.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/units.h"

namespace understudy::store {

namespace fs = std::filesystem;

namespace {

std::string user_name() {
    std::vector<char> buffer(std::size_t{16} * 1024);
    struct passwd entry = {};
    struct passwd* found = nullptr;
    if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
        return found->pw_name;
    return fmt::format("{}", ::geteuid());
}

// What a file that anyone may have written says, fit for a terminal.
std::string holder_of(int fd) {
    std::array<char, 512> bytes{};
    const ssize_t got = ::pread(fd, bytes.data(), bytes.size(), 0);
    std::string text(bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    text.resize(std::min(text.size(), text.find('\n')));
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    return text.empty() ? "another process" : text;
}

// Whether the path still names the file that is open: someone may have removed it meanwhile.
bool still_there(int fd, const fs::path& path) {
    struct stat open_file = {};
    struct stat named = {};
    return ::fstat(fd, &open_file) == 0 && ::stat(path.c_str(), &named) == 0 && open_file.st_ino == named.st_ino &&
           open_file.st_dev == named.st_dev;
}

}  // namespace

result<file_lock> file_lock::acquire(const fs::path& path, std::string_view holder_text) {
    for (int attempt = 0; attempt < 10; ++attempt) {
        unique_fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        if (!file.is_open()) return std::unexpected(file_error(errno, "open", path));
        if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
            if (errno != EWOULDBLOCK) return std::unexpected(file_error(errno, "lock", path));
            return fail(errc::locked, "held by " + holder_of(file.get()), path.string(), true);
        }
        if (!still_there(file.get(), path)) continue;
        std::string text =
            fmt::format("pid {} (user {}, since {}): {}", ::getpid(), user_name(), show(now()), holder_text);
        std::replace(text.begin(), text.end(), '\n', ' ');
        if (::ftruncate(file.get(), 0) != 0) return std::unexpected(file_error(errno, "write", path));
        UNDERSTUDY_TRY(write_all(file.get(), text + "\n", path));
        return file_lock(std::move(file));
    }
    return fail(errc::io, "the lock file is being removed again and again", path.string(), true);
}

file_lock& file_lock::operator=(file_lock&& other) noexcept {
    if (this != &other) {
        if (file_.is_open()) (void)!::ftruncate(file_.get(), 0);
        file_ = std::move(other.file_);
    }
    return *this;
}

file_lock::~file_lock() {
    if (file_.is_open()) (void)!::ftruncate(file_.get(), 0);
}

}  // namespace understudy::store
