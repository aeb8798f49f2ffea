// net/writable_link.h - a link that writes, for staging and scratch only. It opens after it has seen that the server
// is none of production's.
//
// What is checked on open, from INFO server and replication, before any command of the caller:
//   the environment says read-write                       else errc::not_writable
//   the server is a master                                else errc::not_writable
//   run_id is no production's                             else errc::unsafe_target
//   replid and replid2 are not one of production's        else errc::unsafe_target (the same replication history)
//   no replica or master of it is production's address    else errc::unsafe_target
//   it is no node of a Redis Cluster                      else errc::unsafe_target (cluster_link.h opens all of them)
// and the same again when any call finds that the connection was lost: a new link has to be opened, and checked.
//
// Thread rule: that of its runtime. Movable. Closes its connection when it goes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/command.h"
#include "net/deadline.h"
#include "net/endpoint.h"
#include "net/runtime.h"
#include "net/server_info.h"
#include "net/server_link.h"

namespace understudy::net {

namespace detail {
class redis_connection;
}

// Which server a production environment is. Empty fields match nothing.
struct server_identity {
    std::string run_id = {};
    std::string replid = {};
    std::string replid2 = {};
    std::string host = {};   // as configured, and as INFO of a replica would name it
    std::uint16_t port = 0;  // 0: none (a Unix socket)
};

// The identity of a server from its facts and the address it was reached by.
[[nodiscard]] server_identity identity_of(const server_facts& facts, const server_address& at);

struct write_permission {
    bool environment_is_read_write = false;
    std::vector<server_identity> production = {};
};

// The checks above as a pure decision.
[[nodiscard]] status may_write(const server_facts& facts, const write_permission& permission, const std::string& where);
// The same for a primary of a Redis Cluster, all of whose primaries are asked: may_write refuses one that is alone.
[[nodiscard]] status may_write_node(const server_facts& facts, const write_permission& permission,
                                    const std::string& where);

// Commands that no link of ours ever sends: they stop or rewire the server, empty it, or block it. Names without case.
[[nodiscard]] bool never_sent(const command& words);

class writable_link final : public server_link {
public:
    [[nodiscard]] static result<writable_link> open(runtime& on, const redis_endpoint& to,
                                                    const write_permission& permission, deadline until);

    // Any command but those of never_sent.
    [[nodiscard]] status allowed(const command& words) const override;

private:
    // One of several primaries: only open_writable opens those, and all of them.
    friend result<std::unique_ptr<write_link>> open_writable(runtime& on, const redis_endpoint& to,
                                                             const write_permission& permission, deadline until);
    [[nodiscard]] static result<writable_link> open_node(runtime& on, const redis_endpoint& to,
                                                         const write_permission& permission, deadline until);
    // A connection that INFO was asked over already.
    [[nodiscard]] static result<writable_link> take(std::unique_ptr<detail::redis_connection> connection,
                                                    server_facts facts, const write_permission& permission);
    writable_link(std::unique_ptr<detail::redis_connection> connection, server_facts facts);
};

}  // namespace understudy::net
