// net/write_link.h - what a link that writes can do, whichever server or Cluster it was opened for.
//
// Three types are one: writable_link, for staging and scratch; production_write_link, for the commands of one plan
// (server_link.h: what these two do alike); and cluster_link, which is made of one of these for each primary of a Redis
// Cluster. Code that changes keys or settings takes this; what may be sent is still decided by the types behind it.
//
// guide  A command with a key is sent through the link itself, and goes to the server that holds the key. One without
//        (SCAN, CONFIG, INFO, DBSIZE, TIME …) has another answer on every primary: for those, loop over primaries().
//        A link to a single server has one primary, itself, so that there is one path for both.
//
// Thread rule: that of its runtime.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/command.h"
#include "net/deadline.h"
#include "net/endpoint.h"
#include "net/server_info.h"
#include "resp/value.h"

namespace understudy::net {

class topology;

class write_link {
public:
    virtual ~write_link() = default;

    // Errors: those of the link behind it; of a Cluster also cluster_changed, where a command did not take place since
    // its slot is another's (look_again), and forbidden_command for one without a key.
    [[nodiscard]] virtual result<resp::value> call(const command& words, deadline until) = 0;
    [[nodiscard]] virtual result<std::vector<resp::value>> pipeline(std::span<const command> commands,
                                                                    deadline until) = 0;
    // Whether a command may be sent at all: forbidden_command. Nothing is sent.
    [[nodiscard]] virtual status allowed(const command& words) const = 0;
    // What INFO said on open. Of a Cluster: the lowest version, and what else its first primary says.
    [[nodiscard]] virtual const server_facts& facts() const noexcept = 0;
    // Of a Cluster: all of its links are.
    [[nodiscard]] virtual bool alive() const noexcept = 0;
    [[nodiscard]] virtual const std::string& where() const noexcept = 0;
    // Of the server itself, also where sentinels named it; of a Cluster's first primary.
    [[nodiscard]] virtual const server_address& address() const noexcept = 0;

    // The servers that hold keys, each a link of its own; never empty. Valid until look_again or a move of this object.
    [[nodiscard]] virtual std::span<write_link* const> primaries() noexcept = 0;
    // Index into primaries() of the one that holds a key.
    [[nodiscard]] virtual std::size_t owner_of(std::string_view key) const noexcept = 0;
    // Who serves which slots, as it was on open; its primaries are in the order of primaries(). Null: no Cluster.
    [[nodiscard]] virtual const topology* shape() const noexcept = 0;
    // Finds the primaries anew, from any node that was ever known, with all checks of the first time, and waits for a
    // failover that is under way. On an error the links stay what they were. Nothing is done for a single server.
    [[nodiscard]] virtual status look_again(deadline until) = 0;

protected:
    write_link() = default;
    write_link(write_link&&) noexcept = default;
    write_link& operator=(write_link&&) noexcept = default;
};

// The run_id of each primary, in their order, with commas between them: which servers these are, and since when.
[[nodiscard]] std::string run_ids_of(write_link& link);

}  // namespace understudy::net
