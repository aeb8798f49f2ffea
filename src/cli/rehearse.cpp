#include "cli/commands.h"
#include "cli/terminal.h"
#include "model/json.h"
#include "net/runtime.h"
#include "rehearse/rehearsal.h"
#include "report/text.h"

namespace understudy::cli {

result<int> rehearse_and_print(const options& given, const model::project& project, const model::change& change) {
    net::runtime runtime;
    progress shown(given.quiet, given.log);
    rehearse::rehearsal_options how;
    how.seed = given.seed;
    how.drift_reason = given.drift_reason;
    how.arguments = given.arguments;
    how.log = shown.sink();
    how.progress = [&](std::string_view stage, std::uint64_t done, std::uint64_t total) {
        shown.show(stage, done, total);
    };
    auto done = rehearse::rehearse(runtime, project, change, how);
    shown.clear();
    if (!done) return pass(std::move(done));
    if (given.json) {
        print(model::to_json(done->evidence));
    } else {
        report::text_options look;
        look.colour = stdout_is_coloured();
        look.width = stdout_columns();
        print(report::text(done->evidence, look));
        print("\nReport:  " + (done->folder / "report.html").string() + "\n");
        print("Runbook: " + (done->folder / "RUNBOOK.md").string() + "\n");
    }
    return done->evidence.exit_code;
}

result<int> run_rehearse(const options& given) {
    UNDERSTUDY_LET(project, load_project(given));
    UNDERSTUDY_LET(change, load_change(given.change, project));
    return rehearse_and_print(given, project, change);
}

}  // namespace understudy::cli
