#include "store/rdb_source.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/interrupt.h"

namespace understudy::store {

result<rdb_source> rdb_source::open(const std::filesystem::path& path) {
    unique_fd fd(path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.is_open()) return std::unexpected(file_error(errno, "open", path));
    struct stat about{};
    if (::fstat(fd.get(), &about) != 0) return std::unexpected(file_error(errno, "open", path));
    if (S_ISDIR(about.st_mode)) return fail(errc::bad_file, "this is a folder, and no RDB file", path.string());
    return rdb_source(std::move(fd), path == "-" ? std::filesystem::path("standard input") : path);
}

result<std::size_t> rdb_source::read(std::span<char> into) {
    for (;;) {
        const ssize_t got = ::read(fd_.get(), into.data(), into.size());
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR) return std::unexpected(file_error(errno, "read", path_));
        if (interrupt_signal() != 0) return fail(errc::interrupted, "interrupted", path_.string(), true);
    }
}

}  // namespace understudy::store
