// net/detail/redis_connection.h - one connection to a Redis server, logged in, used in turn. The links stand on it and
// decide what may be sent; this class sends whatever it is given.
//
// Pipelines. Two coroutines share the socket: one writes commands in chunks, one reads replies. The writer never runs
// more than a window ahead of the reader, and the window shrinks as replies grow (window_bytes of replies at most, by
// their average so far), so that a pipeline of DUMPs does not make the server hold gigabytes of output. When all
// commands fit into one chunk that the socket takes at once, which is nearly always, there is no second coroutine.
//
// Death. After a timeout, an interrupt, an error of the stream or of the protocol, the place in the stream is lost: the
// socket is closed and every later call gives connection_lost. Nothing is sent twice.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/command.h"
#include "net/deadline.h"
#include "net/endpoint.h"
#include "resp/value.h"

namespace understudy::net::detail {

class engine;

struct connection_options {
    bool set_name = true;
    std::uint64_t reply_bytes = 1024ull << 20;
};

class redis_connection {
public:
    // Connects; HELLO 3 with AUTH and SETNAME, or AUTH and CLIENT SETNAME under RESP2 where HELLO is refused; SELECT.
    // Where sentinels are given, they are asked first, and the server that they name has to call itself a master.
    [[nodiscard]] static result<std::unique_ptr<redis_connection>> open(engine& on, const redis_endpoint& to,
                                                                        deadline until,
                                                                        const connection_options& options);
    ~redis_connection();
    redis_connection(const redis_connection&) = delete;
    redis_connection& operator=(const redis_connection&) = delete;

    // An error reply is an error.
    [[nodiscard]] result<resp::value> call(const command& words, deadline until);
    // Error replies are values.
    [[nodiscard]] status pipeline(std::span<const command> commands, deadline until, const reply_sink& take);
    [[nodiscard]] status pipeline(const command_batch& commands, deadline until, const reply_sink& take);
    [[nodiscard]] result<std::vector<resp::value>> pipeline(std::span<const command> commands, deadline until);

    // Bytes as they are, for what is no command and reply: whoever begins with it goes on with it. read_raw gives one
    // byte at least; connection_lost at the end.
    [[nodiscard]] status send_raw(std::string_view bytes, deadline until);
    [[nodiscard]] result<std::size_t> read_raw(std::span<char> into, deadline until);

    // Of the last pipeline, from before its first byte was written to when its last was read: without what it cost here
    // to encode it and to take the last replies apart.
    [[nodiscard]] std::chrono::nanoseconds last_round_trip() const noexcept;
    // Its end is the last byte's arrival from now on, which is not later for our being kept from reading it (bare TCP).
    void stamp_arrivals();

    [[nodiscard]] bool alive() const noexcept;
    [[nodiscard]] const std::string& where() const noexcept { return where_; }
    [[nodiscard]] const server_address& address() const noexcept { return address_; }
    // What HELLO said, "7.0.15"; empty under RESP2.
    [[nodiscard]] const std::string& version() const noexcept { return version_; }
    [[nodiscard]] int protocol() const noexcept { return protocol_; }

private:
    class stream;

    redis_connection(engine& on, const redis_endpoint& to, std::uint64_t reply_bytes);
    [[nodiscard]] static result<std::unique_ptr<redis_connection>> open_at(engine& on, const redis_endpoint& to,
                                                                           deadline until,
                                                                           const connection_options& options);
    // errc::not_writable where it is a replica.
    [[nodiscard]] static result<std::unique_ptr<redis_connection>> open_master(engine& on, const redis_endpoint& to,
                                                                               deadline until,
                                                                               const connection_options& options);
    [[nodiscard]] status connect(const redis_endpoint& to, deadline until);
    [[nodiscard]] status log_in(const redis_endpoint& to, const connection_options& options, deadline until);
    [[nodiscard]] status log_in_as_of_old(const redis_endpoint& to, const connection_options& options, deadline until);
    // One command whose error reply stays a value.
    [[nodiscard]] result<resp::value> ask(const command& words, deadline until);

    engine& engine_;
    std::string where_;
    server_address address_;
    std::string version_;
    int protocol_ = 2;
    std::unique_ptr<stream> stream_;
};

}  // namespace understudy::net::detail
