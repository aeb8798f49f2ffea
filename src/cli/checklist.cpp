// `checklist`: the production checklist of one environment, asked read-only.
#include "rehearse/checklist.h"

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "model/json.h"
#include "report/checklist.h"

namespace understudy::cli {

namespace {

result<int> explain_one(const std::string& id) {
    const auto text = report::explanation_of(id);
    if (text.empty()) {
        std::string known;
        for (const auto one : report::explained_checks())
            known += (known.empty() ? "" : ", ") + std::string(one);
        return fail(errc::unknown_name, "there is no check " + id.substr(0, 64) + "; known: " + known);
    }
    print(fmt::format("{}: {}\n", id, text));
    return 0;
}

}  // namespace

result<int> run_checklist(const options& given) {
    if (!given.check.empty()) return explain_one(given.check);
    if (given.names.empty()) return fail(errc::usage, "name an environment; see understudy checklist --help");
    UNDERSTUDY_LET(project, load_project(given));
    UNDERSTUDY_LET(where, environment_of(project, given.names.front()));
    net::runtime runtime;
    progress shown(given.quiet, given.log);
    rehearse::checklist_options asked;
    asked.routes.assign(given.names.begin() + 1, given.names.end());
    asked.progress = [&](const std::string& what, std::uint64_t done, std::uint64_t total) {
        shown.show(what, done, total);
    };
    auto list = rehearse::examine_checklist(runtime, project, *where, asked);
    shown.clear();
    if (!list) return pass(std::move(list));
    if (given.json) {
        print(model::to_json(*list));
    } else {
        report::checklist_look look;
        look.page.colour = stdout_is_coloured();
        look.page.width = stdout_columns();
        look.explain = given.explain;
        print(report::text(*list, look));
    }
    return model::exit_code_of(*list);
}

}  // namespace understudy::cli
