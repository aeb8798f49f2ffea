// cli/commands.h - one function for each command of the program: options in, results on stdout, exit code out.
//
// An error is shown by run(); a command that has an outcome of its own returns its exit code.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cli/options.h"
#include "model/change.h"
#include "model/environment.h"
#include "model/evidence.h"
#include "snapshot/live_profile.h"
#include "store/state_folder.h"

namespace understudy::cli {

[[nodiscard]] result<int> run_init(const options& given);
[[nodiscard]] result<int> run_doctor(const options& given);
[[nodiscard]] result<int> run_measure(const options& given);
[[nodiscard]] result<int> run_snapshot(const options& given);
[[nodiscard]] result<int> run_diff(const options& given);
[[nodiscard]] result<int> run_sync(const options& given);
[[nodiscard]] result<int> run_rehearse(const options& given);
[[nodiscard]] result<int> run_apply(const options& given);
[[nodiscard]] result<int> run_rollback(const options& given);
[[nodiscard]] result<int> run_checklist(const options& given);
[[nodiscard]] result<int> run_purge(const options& given);
[[nodiscard]] result<int> run_report(const options& given);
[[nodiscard]] result<int> run_note(const options& given);
[[nodiscard]] result<int> run_history(const options& given);
[[nodiscard]] result<int> run_demo(const options& given);
[[nodiscard]] result<int> run_schema(const options& given);
[[nodiscard]] result<int> run_completion(const options& given);
[[nodiscard]] result<int> run_man(const options& given);

// The project of --config, or of understudy.toml here or in the nearest folder above. errc::config_missing names the
// places that were looked at.
[[nodiscard]] result<model::project> load_project(const options& given);
[[nodiscard]] result<model::change> load_change(const std::string& path, const model::project& project);
// The evidence of options::run, a file or a run folder; without it the newest of the project.
[[nodiscard]] result<model::evidence> load_evidence(const options& given);

// "there is no route categry; known: category, account".
template <class Named>
[[nodiscard]] std::string known_names(std::string_view what, const std::string& name, const std::vector<Named>& known) {
    std::string out = "there is no " + std::string(what) + " " + name.substr(0, 64) + "; known: ";
    for (const auto& one : known)
        out += (&one == &known.front() ? "" : ", ") + one.name;
    return known.empty() ? out + "none" : out;
}

// One of the project's, where it is: errc::unknown_name names those that there are.
[[nodiscard]] result<const model::environment*> environment_of(const model::project& project, const std::string& name);

// How a server's keys are walked, from the options of `snapshot` and `diff`; its progress is shown.
[[nodiscard]] result<snapshot::live_profile> profile_of_environment(const options& given, const model::project& project,
                                                                    const model::environment& one);

// A profile that snapshot wrote.
[[nodiscard]] result<model::profile> read_profile_file(const std::string& path);

// Rolls back what a journal says, prints the proof, returns the exit code. Shared by `rollback` and `purge --restore`.
[[nodiscard]] result<int> roll_back_and_print(const options& given, const std::filesystem::path& journal);
// The proof of a rollback on stdout, as text or JSON.
void print_proof(const options& given, const model::proof& proof);

// Rehearses, prints the outcome, returns its exit code. Shared by `rehearse` and `demo`.
[[nodiscard]] result<int> rehearse_and_print(const options& given, const model::project& project,
                                             const model::change& change);
// The journal of what was done last and is meant to stay; empty where nothing is.
[[nodiscard]] std::string newest_standing(const store::state_folder& state);
// The page of `doctor` for some environments; the exit code it stands for.
[[nodiscard]] result<int> examine_and_print(const options& given, const model::project& project,
                                            const std::vector<std::string>& names);

}  // namespace understudy::cli
