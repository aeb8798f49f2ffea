// net/detail/permitted.h - one command of ours held against the closed table of resp/commands.h.
#pragma once

#include "base/error.h"
#include "net/command.h"

namespace understudy::net::detail {

[[nodiscard]] bool on_read_table(const command& words);
[[nodiscard]] error forbidden(const command& words, std::string why, const std::string& where);
// Transport errors of a command that cannot write: to try it again does no harm.
[[nodiscard]] error harmless(error failed);

}  // namespace understudy::net::detail
