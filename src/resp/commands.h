// resp/commands.h - the closed list of what may be sent to a production Redis.
//
// It is compiled in, not asked of the server: CONFIG GET, INFO and HELLO carry no `readonly` flag, and PFCOUNT carries
// it and yet writes. Whatever is not in the list is refused, so a command that a later server invents is refused too.
// Absent on purpose: all writes; GETEX, SORT, GEORADIUS, BITFIELD, XREADGROUP and PFCOUNT, which may write by their
// arguments or on the side; scripts and functions; KEYS, which stalls the server; what blocks or subscribes (BLPOP,
// XREAD, SUBSCRIBE, CLIENT TRACKING); TOUCH; ACL LIST and ACL LOG; MONITOR, PSYNC and SYNC, which belong to links of
// their own; DEBUG.
//
// MULTI, EXEC and DISCARD are in it: what is queued between them passes the same list.
//
// GET, HGETALL and the like refresh a key's idle time or frequency; SCAN, TYPE, TTL, EXISTS, OBJECT and
// MEMORY USAGE do not. CLIENT NO-TOUCH ON (7.2) keeps a connection from it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace understudy::resp {

enum class use : std::uint8_t {
    read,        // keys and their values
    session,     // this connection only: HELLO, AUTH, SELECT, PING, MULTI ...
    admin_read,  // the state of the server: INFO, CONFIG GET, SLOWLOG GET ...
};

struct allowed_command {
    std::string_view command;     // upper case
    std::string_view subcommand;  // upper case; empty for a command that has none, or is sent bare
    resp::use use = use::read;
    std::uint16_t since = 0;  // first Redis that has it, major * 100 + minor
};

// The whole list, sorted by command, then subcommand. Static storage.
[[nodiscard]] std::span<const allowed_command> allowed_commands() noexcept;

// What the command `arguments` (its name first) is used for, if it may be sent to production; empty if not. Names in
// any case. A command with subcommands is allowed only with a listed one. Cost: a binary search, no allocation.
[[nodiscard]] std::optional<use> allowed_on_production(std::span<const std::string_view> arguments) noexcept;

[[nodiscard]] std::string_view name_of(use what) noexcept;

}  // namespace understudy::resp
