#include <filesystem>

#include "cli/commands.h"
#include "model/project_file.h"
#include "store/file.h"

namespace understudy::cli {

namespace {

constexpr std::uint64_t most_bytes = 1u << 20;

result<std::filesystem::path> find_config(const options& given) {
    namespace fs = std::filesystem;
    std::error_code wrong;
    if (!given.config.empty()) {
        if (!fs::exists(given.config, wrong))
            return fail(errc::config_missing, "there is no such configuration file", given.config);
        return fs::absolute(given.config);
    }
    const auto start = fs::current_path(wrong);
    for (auto folder = start; !folder.empty(); folder = folder.parent_path()) {
        if (fs::exists(folder / "understudy.toml", wrong)) return folder / "understudy.toml";
        if (folder == folder.parent_path()) break;
    }
    return fail(
        errc::config_missing,
        "no understudy.toml in this folder or above it; `understudy init` writes one, and `understudy demo` shows "
        "one at work",
        start.string());
}

}  // namespace

result<const model::environment*> environment_of(const model::project& project, const std::string& name) {
    const auto* found = project.find(name);
    if (!found) return fail(errc::unknown_name, known_names("environment", name, project.environments), project.file);
    return found;
}

result<model::project> load_project(const options& given) {
    UNDERSTUDY_LET(path, find_config(given));
    UNDERSTUDY_LET(text, store::read_file(path, most_bytes));
    return model::read_project(text, path.lexically_normal().string());
}

result<model::change> load_change(const std::string& path, const model::project& project) {
    std::error_code wrong;
    if (!std::filesystem::exists(path, wrong)) return fail(errc::config_missing, "there is no such change file", path);
    UNDERSTUDY_LET(text, store::read_file(path, most_bytes));
    return model::read_change(text, std::filesystem::absolute(path).lexically_normal().string(), project);
}

}  // namespace understudy::cli
