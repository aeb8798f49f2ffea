// net/detail/redis_stream.h - the coroutines of a Redis connection; see redis_connection.h for what they keep.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/command.h"
#include "net/detail/redis_connection.h"
#include "net/detail/wire.h"
#include "resp/value.h"

namespace understudy::net::detail {

class redis_connection::stream {
public:
    stream(asio::io_context& on, const redis_endpoint& to, std::uint64_t reply_bytes);

    [[nodiscard]] status prepare() { return wire_.prepare(); }
    [[nodiscard]] asio::awaitable<result<wire_times>> connect(dial_target to);
    // A timeout while connecting, seen more closely.
    [[nodiscard]] error late(error timed_out) const { return wire_.late(std::move(timed_out)); }
    // Sends all commands and hands each reply to `take`. What it points to must outlive it. Closes on any error.
    [[nodiscard]] asio::awaitable<status> exchange(const command_batch* commands, const reply_sink* take);

    // Bytes as they are; what they point to must outlive it. Close on any error.
    [[nodiscard]] asio::awaitable<status> send_raw(std::string_view bytes);
    [[nodiscard]] asio::awaitable<result<std::size_t>> read_raw(std::span<char> into);

    void stamp_arrivals() { wire_.stamp_arrivals(); }
    [[nodiscard]] std::chrono::nanoseconds last_round_trip() const noexcept { return read_at_ - written_at_; }

    [[nodiscard]] bool is_open() const noexcept { return wire_.is_open(); }
    void close();

private:
    static constexpr std::size_t chunk_bytes = std::size_t{64} << 10;
    static constexpr std::size_t read_bytes = std::size_t{64} << 10;
    static constexpr std::size_t small_bytes = std::size_t{16} << 10;  // that any socket's buffers hold
    static constexpr std::uint64_t window_bytes = 8u << 20;
    static constexpr std::uint64_t least_window = 8;
    static constexpr std::uint64_t first_window = 64;  // until the size of replies is known
    static constexpr std::uint64_t most_window = 1024;

    // The exchange under way.
    struct job {
        const command_batch* commands = nullptr;
        const reply_sink* take = nullptr;
        std::size_t sent = 0;  // encoded and given to the socket
        std::size_t answered = 0;
        std::uint64_t bytes_before = 0;  // of replies, when it began
        std::optional<error> failed;     // the first one
    };

    [[nodiscard]] asio::awaitable<void> write_rest();
    [[nodiscard]] asio::awaitable<void> read_replies();
    [[nodiscard]] asio::awaitable<bool> read_some();

    [[nodiscard]] std::uint64_t window() const;
    void fill();
    [[nodiscard]] asio::awaitable<bool> write_at_once();
    [[nodiscard]] bool take_replies();
    [[nodiscard]] bool end(error why);

    std::string where_;
    wire wire_;
    asio::steady_timer room_;  // never expires; cancelled when the window has room again
    bool writer_waits_ = false;
    resp::value_builder builder_;
    std::string output_;         // encoded, not all taken by the socket yet
    std::size_t output_at_ = 0;  // bytes of it that were
    std::vector<char> buffer_;
    std::string_view input_;  // in buffer_, not given to the builder yet
    job job_;
    std::chrono::steady_clock::time_point written_at_{},
        read_at_{};  // the first byte of the last exchange, and the last; with stamps, when it came
};

}  // namespace understudy::net::detail
