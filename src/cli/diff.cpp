// `diff`: two profiles, from files or taken now -> how far the second is from the first.
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "diff/parity.h"
#include "model/profile.h"
#include "report/drift.h"
#include "store/file.h"

namespace understudy::cli {

namespace {

constexpr std::uint64_t largest_profile = 256 << 20;

// An environment of that name comes before a file of that name.
result<model::profile> profile_named(const options& given, const std::string& name,
                                     const result<model::project>& project) {
    if (project)
        for (const auto& one : project->environments)
            if (one.name == name) {
                UNDERSTUDY_LET(seen, profile_of_environment(given, *project, one));
                if (seen.ended) return std::unexpected(*seen.ended);
                return std::move(seen.profile);
            }
    std::error_code wrong;
    if (std::filesystem::exists(name, wrong)) return read_profile_file(name);
    // A name that is no file wants a project to be found in.
    if (!project) return std::unexpected(project.error());
    UNDERSTUDY_LET(none, environment_of(*project, name));
    (void)none;
    return fail(errc::internal, "an environment that is there and is not", name);
}

double scale_of(const result<model::project>& project, const std::string& name) {
    if (project)
        for (const auto& one : project->environments)
            if (one.name == name) return one.scale;
    return 1;
}

std::string text_of(const options& given, const model::drift& drift, const model::profile& reference,
                    const model::profile& other) {
    if (given.json || given.drift_format == "json") return model::to_json(drift);
    if (given.drift_format == "markdown") return report::markdown(drift);
    if (given.drift_format == "html") return report::html(drift, reference, other);
    report::drift_text_options look;
    look.look.colour = given.output.empty() && stdout_is_coloured();
    look.look.width = stdout_columns();
    look.all = given.all;
    return report::text(drift, look);
}

}  // namespace

result<model::profile> read_profile_file(const std::string& path) {
    UNDERSTUDY_LET(text, store::read_file(path, largest_profile));
    return model::read_profile(text);
}

result<int> run_diff(const options& given) {
    const auto project = load_project(given);
    // Two files need no project; one that is there and wrong is an error all the same.
    if (!project && (project.error().code != errc::config_missing || !given.config.empty()))
        return std::unexpected(project.error());
    UNDERSTUDY_LET(reference, profile_named(given, given.names.at(0), project));
    UNDERSTUDY_LET(other, profile_named(given, given.names.at(1), project));
    diff::parity_options how;
    how.scale = scale_of(project, other.environment);
    if (project) how.accepted = project->accepted_drift;
    const auto drift = diff::drift_between(reference, other, how);
    const auto text = text_of(given, drift, reference, other);
    if (given.output.empty())
        print(text);
    else
        UNDERSTUDY_TRY(store::write_file(given.output, text));
    return static_cast<int>(diff::beyond_tolerance(drift) ? exit_code::unmet : exit_code::ok);
}

}  // namespace understudy::cli
