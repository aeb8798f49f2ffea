// report/detail/proven.h - the commands of an evidence that may go to production. Pure.
#pragma once

#include <optional>
#include <string>

#include "model/evidence.h"

namespace understudy::report::detail {

// What was run forward and back. Empty optionals where no run of it succeeded, or where the two cannot be told apart.
struct proven_commands {
    std::optional<model::command_run> apply, undo;
};
[[nodiscard]] proven_commands proven_commands_of(const model::evidence&);

// What CONFIG SET replaced, as the rehearsal noted it.
[[nodiscard]] std::optional<std::string> setting_before(const model::evidence&);

// Why there is no script of that kind; empty where there is one.
[[nodiscard]] std::string why_no_apply(const model::evidence&);
[[nodiscard]] std::string why_no_undo(const model::evidence&);

}  // namespace understudy::report::detail
