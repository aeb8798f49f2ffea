// `demo`: starts a production and a staging of the shop with examples/playground, shows doctor, rehearses revision 2.
// `demo snapshot`: lets staging drift, shows how far it is, brings the settings over and back.
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
#include "net/runtime.h"
#include "report/drift.h"
#include "snapshot/likeness.h"
#include "store/state_folder.h"

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

void print_command(const options& given, const std::string& words) {
    if (!given.json) print("\n$ understudy " + words + "\n");
}

// How far staging is from production, in two lines: the headline, and what weighs most.
result<int> print_likeness(net::runtime& runtime, const model::project& project) {
    UNDERSTUDY_LET(seen, snapshot::look_at_likeness(runtime, *project.with_role(model::role::production),
                                                    *project.with_role(model::role::staging), project.accepted_drift,
                                                    std::chrono::seconds{3}));
    report::drift_text_options look;
    look.look.colour = stdout_is_coloured();
    look.look.width = stdout_columns();
    print(report::two_lines(seen.drift, look));
    return 0;
}

result<int> tell_rehearsal(const options& inside, const fs::path& folder, const model::project& project) {
    UNDERSTUDY_LET(change, load_change((folder / "changes" / "cache-category.toml").string(), project));
    if (!inside.json) print("$ understudy doctor\n");
    UNDERSTUDY_LET(healthy, examine_and_print(inside, project, {}));
    if (healthy != 0) return healthy;
    if (!inside.json) {
        print_command(inside, "diff production staging");
        net::runtime runtime;
        UNDERSTUDY_TRY(print_likeness(runtime, project));
    }
    print_command(inside, "rehearse changes/cache-category.toml");
    return rehearse_and_print(inside, project, change);
}

// A staging that was set up once and left alone, and the first step closer.
result<int> tell_snapshot(options inside, const fs::path& script, const fs::path& folder) {
    UNDERSTUDY_TRY(run_playground(script, "drift", folder));
    inside.full_speed = true;  // nobody else is on these servers
    inside.application = true;
    inside.names = {"production"};
    print_command(inside, "snapshot production");
    UNDERSTUDY_LET(profiled, run_snapshot(inside));
    if (profiled != 0) return profiled;
    const auto diff = [&]() -> result<int> {
        inside.names = {"production", "staging"};
        print_command(inside, "diff production staging");
        return run_diff(inside);
    };
    UNDERSTUDY_TRY(diff());
    inside.names.clear();
    inside.settings = true;
    print_command(inside, "sync --settings");
    UNDERSTUDY_LET(planned, run_sync(inside));
    if (planned != 0) return planned;
    inside.execute = true;
    print_command(inside, "sync --settings --execute");
    UNDERSTUDY_LET(done, run_sync(inside));
    if (done != 0) return done;
    UNDERSTUDY_TRY(diff());
    UNDERSTUDY_LET(state, store::open_state_folder());
    const auto journal = newest_standing(state);
    print_command(inside, "rollback " + journal);
    return roll_back_and_print(inside, journal);
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
    UNDERSTUDY_LET(
        code, given.chapter.empty() ? tell_rehearsal(inside, folder, project) : tell_snapshot(inside, script, folder));
    if (given.keep) {
        running.keep();
        if (!given.json) print_next_steps(script, folder);
    }
    return code;
}

}  // namespace understudy::cli
