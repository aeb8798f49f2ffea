#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/backup.h"
#include "store/detail/backup_format.h"
#include "store/file.h"

namespace understudy::store {

namespace fs = std::filesystem;

namespace {

// Whether this is a backup, or the beginning of one that was cut short, last written before `limit`.
bool is_old_backup(const fs::path& path, wall_time limit) {
    if (path.extension() != ".backup") return false;
    const unique_fd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat found = {};
    if (!file.is_open() || ::fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode)) return false;
    const auto written = std::chrono::seconds(found.st_mtim.tv_sec) + std::chrono::nanoseconds(found.st_mtim.tv_nsec);
    if (written >= limit.time_since_epoch()) return false;
    std::array<char, detail::magic.size()> first{};
    const ssize_t got = ::pread(file.get(), first.data(), first.size(), 0);
    return got >= 0 && detail::magic.starts_with(std::string_view(first.data(), static_cast<std::size_t>(got)));
}

}  // namespace

result<std::vector<fs::path>> prune_backups(const fs::path& folder, std::chrono::milliseconds older_than, wall_time now,
                                            const std::function<bool(const fs::path&)>& keep_if) {
    std::vector<fs::path> removed;
    std::error_code problem;
    fs::directory_iterator entry(folder, problem);
    if (problem == std::errc::no_such_file_or_directory) return removed;
    for (; !problem && entry != fs::directory_iterator(); entry.increment(problem)) {
        const fs::path& path = entry->path();
        if (!is_old_backup(path, now - older_than) || (keep_if && keep_if(path))) continue;
        if (::unlink(path.c_str()) != 0) return std::unexpected(file_error(errno, "remove", path));
        removed.push_back(path);
    }
    if (problem) return std::unexpected(file_error(problem.value(), "list", folder));
    std::sort(removed.begin(), removed.end());
    if (!removed.empty()) UNDERSTUDY_TRY(sync_folder(folder));
    return removed;
}

}  // namespace understudy::store
