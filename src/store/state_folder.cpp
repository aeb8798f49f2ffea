#include "store/state_folder.h"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/file.h"

namespace understudy::store {

namespace fs = std::filesystem;

namespace {

// Works on a descriptor, so that what is checked is what is changed.
status make_private(const fs::path& path) {
    UNDERSTUDY_TRY(make_folder(path, 0700));
    const unique_fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.is_open()) return std::unexpected(file_error(errno, "open", path));
    struct stat found = {};
    if (::fstat(folder.get(), &found) != 0) return std::unexpected(file_error(errno, "look at", path));
    if (found.st_uid != ::geteuid())
        return fail(errc::unsafe_target,
                    fmt::format("{} belongs to user {}, expected {}: backups would be in another user's hands",
                                path.string(), found.st_uid, ::geteuid()));
    if ((found.st_mode & 07777) != 0700 && ::fchmod(folder.get(), 0700) != 0)
        return std::unexpected(file_error(errno, "set the mode of", path));
    return {};
}

}  // namespace

result<fs::path> state_path(const variable_lookup& variable) {
    const auto value = [&](const char* name) { return variable(name).value_or(""); };
    if (const std::string own = value("UNDERSTUDY_STATE"); !own.empty()) {
        if (own.front() != '/')
            return fail(errc::config_bad_value, "expected an absolute path", "UNDERSTUDY_STATE", true);
        return fs::path(own);
    }
    if (const std::string xdg = value("XDG_STATE_HOME"); xdg.starts_with('/')) return fs::path(xdg) / "understudy";
    if (const std::string home = value("HOME"); home.starts_with('/'))
        return fs::path(home) / ".local" / "state" / "understudy";
    return fail(errc::config_missing, "no state folder: none of UNDERSTUDY_STATE, XDG_STATE_HOME and HOME is set", {},
                true);
}

result<state_folder> open_state_folder(const fs::path& root) {
    state_folder state{root};
    for (const fs::path& folder : {state.root, state.journals(), state.backups(), state.locks()})
        UNDERSTUDY_TRY(make_private(folder));
    return state;
}

result<state_folder> open_state_folder() {
    UNDERSTUDY_LET(root, state_path([](const char* name) -> std::optional<std::string> {
                       const char* value = std::getenv(name);
                       if (value == nullptr) return std::nullopt;
                       return value;
                   }));
    return open_state_folder(root);
}

}  // namespace understudy::store
