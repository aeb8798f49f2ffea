// store/state_folder.h - the user's state folder: journals, backups and locks, readable by their owner only.
//
// Backups hold values and journals hold key names, so they live here and never beside evidence or in a repository.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/error.h"

namespace understudy::store {

struct state_folder {
    std::filesystem::path root;

    [[nodiscard]] std::filesystem::path journals() const { return root / "journals"; }
    [[nodiscard]] std::filesystem::path backups() const { return root / "backups"; }
    [[nodiscard]] std::filesystem::path locks() const { return root / "locks"; }
};

using variable_lookup = std::function<std::optional<std::string>(const char* name)>;

// $UNDERSTUDY_STATE, else $XDG_STATE_HOME/understudy, else $HOME/.local/state/understudy (XDG Base Directory 0.8; a
// relative XDG path is ignored as it asks, a relative UNDERSTUDY_STATE is errc::config_bad_value). Nothing set:
// errc::config_missing. Makes nothing.
[[nodiscard]] result<std::filesystem::path> state_path(const variable_lookup& variable);

// Makes the folder and its three sub folders with mode 0700. One that is there already and ours is brought back to
// 0700; one that belongs to another user is errc::unsafe_target.
[[nodiscard]] result<state_folder> open_state_folder(const std::filesystem::path& root);
// The same for state_path() of this process's environment.
[[nodiscard]] result<state_folder> open_state_folder();

}  // namespace understudy::store
