// net/rdb_stream.h - a server's whole data as RDB, the way it gives it to a new replica, and nothing after it: PSYNC
// with `REPLCONF rdb-only` (Redis 7.0).
//
// It costs the server a fork, and memory for the pages that are written meanwhile (copy-on-write); whether it has that
// to spare is for the caller to look at before. Nothing is written here: the bytes are there to be read once, in order.
// The server shows us under INFO replication for as long as it takes, and promotes us never: we announce no port.
//
// Needs +psync and +replconf besides what a connection needs. A link of its own, for a connection that has said PSYNC
// takes no command any more.
//
// Thread rule: that of its runtime. Movable. Closes its connection when it goes.
//
// Source: Redis src/replication.c (syncCommand, replconfCommand, rdbPipeReadHandler).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "net/deadline.h"
#include "net/endpoint.h"
#include "net/runtime.h"
#include "rdb/byte_source.h"

namespace understudy::net {

namespace detail {
class redis_connection;
}

class rdb_stream final : public rdb::byte_source {
public:
    // Connects, and asks. Errors: those of connecting, no_permission, and server_error where the server knows no
    // rdb-only or refuses to be replicated.
    [[nodiscard]] static result<rdb_stream> open(runtime& on, const redis_endpoint& to, deadline until);
    rdb_stream(rdb_stream&&) noexcept;
    rdb_stream& operator=(rdb_stream&&) noexcept;
    ~rdb_stream() override;

    // The first read waits for the fork, which the server puts off for some seconds to have others join it
    // (repl-diskless-sync-delay). Errors: connection_lost, timed_out after a minute without a byte, protocol.
    [[nodiscard]] result<std::size_t> read(std::span<char> into) override;
    [[nodiscard]] std::string name() const override;

private:
    explicit rdb_stream(std::unique_ptr<detail::redis_connection> connection);
    [[nodiscard]] result<std::string> read_line();
    [[nodiscard]] status read_head();
    [[nodiscard]] result<std::size_t> fill();
    [[nodiscard]] result<std::size_t> read_measured(std::span<char> into);
    [[nodiscard]] result<std::size_t> read_marked(std::span<char> into);

    std::unique_ptr<detail::redis_connection> connection_;
    std::string buffer_;      // read and not given on
    std::size_t at_ = 0;      // of it, what is
    bool opened_ = false;     // the head was read
    std::uint64_t left_ = 0;  // where the server said how long it is
    std::string mark_;        // where it ends with this instead
};

}  // namespace understudy::net
