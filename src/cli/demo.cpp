// `demo`: starts a production and a staging of the shop with examples/playground, shows doctor, rehearses revision 2.
//
// The playground is found beside the source tree that this binary was built in, or where UNDERSTUDY_EXAMPLES says.
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "exec/command.h"

namespace understudy::cli {

namespace {

namespace fs = std::filesystem;

result<fs::path> playground() {
    std::error_code wrong;
    std::vector<fs::path> places;
    if (const char* named = std::getenv("UNDERSTUDY_EXAMPLES")) places.emplace_back(named);
    const auto self = fs::read_symlink("/proc/self/exe", wrong);
    for (auto folder = self.parent_path(); folder != folder.parent_path(); folder = folder.parent_path())
        places.push_back(folder / "examples");
    for (const auto& place : places)
        if (fs::exists(place / "playground", wrong)) return place / "playground";
    return fail(errc::config_missing,
                "the demo's shop is not here: it lies in examples/ of the source tree; UNDERSTUDY_EXAMPLES may name it",
                self.string());
}

std::vector<std::pair<std::string, std::string>> plain_environment() {
    std::vector<std::pair<std::string, std::string>> out{{"LANG", "C.UTF-8"}};
    for (const char* name : {"PATH", "HOME"})
        if (const char* value = std::getenv(name)) out.emplace_back(name, value);
    return out;
}

status run_playground(const fs::path& script, const std::string& what, const fs::path& folder) {
    exec::command_line line{
        {script.string(), what, folder.string()}, plain_environment(), {}, std::chrono::seconds{120}};
    UNDERSTUDY_LET(outcome, exec::run(line, [](const exec::group_id&) -> status { return {}; }));
    if (!outcome.succeeded())
        return fail(errc::command_failed, fmt::format("the playground could not go {}: {}", what, outcome.output),
                    script.string());
    return {};
}

// A folder for the demo: the one named, else a new one below the folder of temporary files.
result<fs::path> demo_folder(const options& given) {
    std::error_code wrong;
    if (!given.folder.empty()) return fs::absolute(given.folder, wrong);
    std::string name = (fs::temp_directory_path(wrong) / "understudy-demo-XXXXXX").string();
    if (!mkdtemp(name.data())) return fail(errc::io, "cannot make a temporary folder", name);
    return fs::path(name);
}

// The two environments, ended when this goes unless they are kept.
class stage {
public:
    stage(fs::path script, fs::path folder) : script_(std::move(script)), folder_(std::move(folder)) {}
    ~stage() {
        if (kept_) return;
        clear_interrupt();
        (void)run_playground(script_, "down", folder_);
    }
    stage(const stage&) = delete;
    stage& operator=(const stage&) = delete;
    void keep() { kept_ = true; }

private:
    fs::path script_, folder_;
    bool kept_ = false;
};

void print_next_steps(const fs::path& script, const fs::path& folder) {
    const std::string state = (folder / "state").string();
    print(
        fmt::format("\nBoth environments are still running. Try:\n"
                    "  cd {0} && export UNDERSTUDY_STATE={1}\n"
                    "  understudy measure staging\n"
                    "  understudy rehearse changes/look-ahead.toml        # looks quicker, is not\n"
                    "  understudy rehearse changes/cache-account.toml     # shows one member's account to another\n"
                    "  understudy report --format text\n"
                    "and when you are done:\n"
                    "  {2} down {0}\n",
                    folder.string(), state, script.string()));
}

}  // namespace

result<int> run_demo(const options& given) {
    UNDERSTUDY_LET(script, playground());
    UNDERSTUDY_LET(folder, demo_folder(given));
    // The demo's journals and backups stay with the demo.
    setenv("UNDERSTUDY_STATE", (folder / "state").c_str(), 1);
    progress shown(given.quiet, given.log);
    shown.show("starting a production and a staging of the shop", 0, 0);
    stage running(script, folder);
    UNDERSTUDY_TRY(run_playground(script, "up", folder));
    shown.clear();
    options inside = given;
    inside.config = (folder / "understudy.toml").string();
    UNDERSTUDY_LET(project, load_project(inside));
    UNDERSTUDY_LET(change, load_change((folder / "changes" / "cache-category.toml").string(), project));
    if (!given.json) print("$ understudy doctor\n");
    UNDERSTUDY_LET(healthy, examine_and_print(inside, project, {}));
    if (healthy != 0) return healthy;
    if (!given.json) print("\n$ understudy rehearse changes/cache-category.toml\n");
    UNDERSTUDY_LET(code, rehearse_and_print(inside, project, change));
    if (given.keep) {
        running.keep();
        if (!given.json) print_next_steps(script, folder);
    }
    return code;
}

}  // namespace understudy::cli
