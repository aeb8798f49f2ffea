// rehearse/repository.h - in which commit a change was rehearsed.
#pragma once

#include <filesystem>

#include "model/evidence.h"

namespace understudy::rehearse {

// Asks git for the repository in which `folder` lies: commit, branch, whether the tree is clean. `ours` is left out of
// the last, for it holds what we write ourselves (the project's run folders); submodules count by their commit only.
//
// Never an error: without git, without a repository, or where git refuses to read one that is another user's
// (safe.directory), the state says why it is unknown. Reads only: no lock of the index is taken (GIT_OPTIONAL_LOCKS=0),
// no program runs that settings of the repository may name (hooks, file system monitor, content filters, textconv,
// external diffs, pagers), nothing is fetched that a partial clone lacks, nothing is asked of a terminal, and of our
// environment git sees PATH, HOME and XDG_CONFIG_HOME. Ten seconds for each question at most. A file that only its
// filter would make equal to what is committed counts as changed. Names come as git quotes them (core.quotePath).
//
// Source: git-config(1), git(1) "Environment Variables"; the settings that a filter is switched off by: convert.c.
[[nodiscard]] model::git_state look_at_repository(const std::filesystem::path& folder,
                                                  const std::filesystem::path& ours);

}  // namespace understudy::rehearse
