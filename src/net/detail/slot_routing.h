// net/detail/slot_routing.h - to which primary of a Cluster each command of a pipeline goes. Pure.
//
// A closed table of the commands that our code sends: any other, and one without a key (SCAN, CONFIG, INFO, TIME …), is
// for one primary and not for a Cluster as a whole, and is refused before a byte is sent. What stands between MULTI and
// EXEC goes to the owner of its keys together, and needs at least one.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/command.h"
#include "net/deadline.h"
#include "net/topology.h"
#include "resp/value.h"

namespace understudy::net::detail {

// For each command an index into shape.primaries(). Errors: forbidden_command; cluster_unsettled for a slot that nobody
// serves.
[[nodiscard]] result<std::vector<std::size_t>> owners_of(std::span<const command> commands, const topology& shape,
                                                         const std::string& where);

// Whether the command did not take place since the slot is, or just now is not, another's: MOVED, ASK, TRYAGAIN,
// CLUSTERDOWN. Looks into the reply to EXEC too.
[[nodiscard]] bool refused_elsewhere(const resp::value& reply);

// Sends each primary its commands in one pipeline, one primary after another, by `send(index, commands)`; the replies
// come in the order of `commands`. The first that fails ends it: what later primaries would have got is not sent.
template <class Send>
[[nodiscard]] result<std::vector<resp::value>> send_by_owner(std::span<const command> commands,
                                                             const std::vector<std::size_t>& owners,
                                                             std::size_t primaries, const Send& send) {
    std::vector<resp::value> out(commands.size());
    for (std::size_t primary = 0; primary < primaries; ++primary) {
        std::vector<command> part;
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < commands.size(); ++i) {
            if (owners[i] != primary) continue;
            part.push_back(commands[i]);
            places.push_back(i);
        }
        if (part.empty()) continue;
        UNDERSTUDY_LET(replies, send(primary, std::span<const command>(part)));
        for (std::size_t i = 0; i < places.size(); ++i)
            out[places[i]] = std::move(replies[i]);
    }
    return out;
}

}  // namespace understudy::net::detail
