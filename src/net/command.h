// net/command.h - a Redis command on its way out, and what its reply means as an error.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "resp/value.h"

namespace understudy::net {

// The words of a command: {"CONFIG", "GET", "maxmemory"}. Words may hold any bytes.
using command = std::vector<std::string>;

// Commands that are encoded as they are sent: how many, and the one of an index appended to a buffer. What it refers to
// must outlive the exchange.
struct command_batch {
    std::size_t size = 0;
    std::function<void(std::size_t index, std::string& out)> append;
};

// Takes the reply to command `index` of a pipeline; in order. An error ends the pipeline and is passed on.
using reply_sink = std::function<status(std::size_t index, resp::value&& reply)>;

// "CONFIG GET" for {"config", "get", "x"}: the command's name in capitals and, for commands that have them, the
// subcommand; never an argument. A name that is no plain word gives "?".
[[nodiscard]] std::string name_of(const command& words);

// The error that an error reply stands for; empty optional for any other reply. Only the error's code word (WRONGTYPE,
// NOPERM ...) and a fixed explanation go into it, since the server's own text can quote arguments. `where` is the
// command's name.
[[nodiscard]] std::optional<error> reply_error(const resp::value& reply, std::string where);

}  // namespace understudy::net
