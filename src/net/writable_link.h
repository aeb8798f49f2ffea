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
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/command.h"
#include "net/deadline.h"
#include "net/endpoint.h"
#include "net/runtime.h"
#include "net/server_info.h"
#include "net/write_link.h"
#include "resp/value.h"

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

class writable_link final : public write_link {
public:
    [[nodiscard]] static result<writable_link> open(runtime& on, const redis_endpoint& to,
                                                    const write_permission& permission, deadline until);
    writable_link(writable_link&&) noexcept;
    writable_link& operator=(writable_link&&) noexcept;
    ~writable_link() override;

    // As those of read_only_link, but for any command except never_sent (errc::forbidden_command). After timed_out,
    // interrupted or connection_lost it is not known whether a write took place; nothing is sent again by itself.
    [[nodiscard]] result<resp::value> call(const command& words, deadline until) override;
    [[nodiscard]] result<std::vector<resp::value>> pipeline(std::span<const command> commands, deadline until) override;
    [[nodiscard]] status pipeline(std::span<const command> commands, deadline until, const reply_sink& take);
    [[nodiscard]] status allowed(const command& words) const override;

    // What INFO said on open.
    [[nodiscard]] const server_facts& facts() const noexcept override { return facts_; }
    [[nodiscard]] bool alive() const noexcept override;
    [[nodiscard]] const std::string& where() const noexcept override;
    [[nodiscard]] const server_address& address() const noexcept override;
    [[nodiscard]] std::span<write_link* const> primaries() noexcept override {
        self_ = this;
        return {&self_, 1};
    }
    [[nodiscard]] std::size_t owner_of(std::string_view /*key*/) const noexcept override { return 0; }
    [[nodiscard]] const topology* shape() const noexcept override { return nullptr; }
    [[nodiscard]] status look_again(deadline /*until*/) override { return {}; }

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

    std::unique_ptr<detail::redis_connection> connection_;
    server_facts facts_;
    write_link* self_ = nullptr;  // what primaries() shows
};

}  // namespace understudy::net
