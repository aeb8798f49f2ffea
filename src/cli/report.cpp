#include <cstdlib>
#include <filesystem>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "model/json.h"
#include "report/annotations.h"
#include "report/html.h"
#include "report/junit.h"
#include "report/pull_request.h"
#include "report/text.h"
#include "store/file.h"

namespace understudy::cli {

namespace {

// The change file as GitHub knows it: from the root of the repository, which is where a job's commands run.
std::string annotated_file(const model::evidence& of) {
    namespace fs = std::filesystem;
    std::error_code wrong;
    const char* workspace = std::getenv("GITHUB_WORKSPACE");
    const fs::path root = workspace && *workspace ? fs::path(workspace) : fs::current_path(wrong);
    const auto path = fs::path(of.change.file).lexically_relative(root.lexically_normal());
    return path.empty() || *path.begin() == ".." ? std::string() : path.string();
}

std::string in_form(const options& given, const model::evidence& evidence) {
    if (given.json || given.format == "json") return model::to_json(evidence);
    if (given.format == "markdown") return report::pull_request_comment(evidence);
    if (given.format == "junit") return report::junit(evidence);
    if (given.format == "github") return report::github_annotations(evidence, annotated_file(evidence));
    if (given.format != "text") return report::html(evidence);
    report::text_options look;
    look.colour = given.output.empty() && stdout_is_coloured();
    look.width = given.output.empty() ? stdout_columns() : plain_columns;
    return report::text(evidence, look);
}

}  // namespace

result<int> run_report(const options& given) {
    UNDERSTUDY_LET(evidence, load_evidence(given));
    const auto text = in_form(given, evidence);
    if (given.output.empty())
        print(text);
    else
        UNDERSTUDY_TRY(store::write_file(given.output, text));
    return 0;
}

}  // namespace understudy::cli
