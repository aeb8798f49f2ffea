#include <algorithm>
#include <filesystem>

#include "cli/commands.h"
#include "model/json.h"
#include "store/file.h"

namespace understudy::cli {

namespace {

constexpr std::uint64_t most_bytes = 256u << 20;

result<std::filesystem::path> evidence_of(const options& given) {
    namespace fs = std::filesystem;
    std::error_code wrong;
    if (!given.run.empty()) {
        fs::path path = given.run;
        if (fs::is_directory(path, wrong)) path /= "evidence.json";
        if (!fs::exists(path, wrong)) return fail(errc::bad_file, "there is no evidence here", path.string());
        return path;
    }
    UNDERSTUDY_LET(project, load_project(given));
    const auto runs = fs::path(project.folder) / project.runs;
    fs::path newest;
    for (const auto& entry : fs::directory_iterator(runs, wrong))
        if (fs::exists(entry.path() / "evidence.json", wrong)) newest = std::max(newest, entry.path());
    if (newest.empty()) return fail(errc::bad_file, "no rehearsal has left evidence yet", runs.string());
    return newest / "evidence.json";
}

}  // namespace

result<model::evidence> load_evidence(const options& given) {
    UNDERSTUDY_LET(path, evidence_of(given));
    UNDERSTUDY_LET(json, store::read_file(path, most_bytes));
    auto evidence = model::read_evidence(json);
    if (!evidence) {
        auto& where = evidence.error().where;
        where = path.string() + (where.empty() ? "" : ": " + where);
    }
    return evidence;
}

}  // namespace understudy::cli
