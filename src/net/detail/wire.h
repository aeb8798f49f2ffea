// net/detail/wire.h - a connected socket, bare or under TLS: what Redis and HTTP connections read from and write to.
//
// One read and one write may be under way at once. Errors are those of the socket or of TLS; failure() says what they
// mean, and knows the common mistake of speaking TLS to a plain port or the reverse.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>

#include "base/error.h"
#include "model/environment.h"
#include "net/detail/dial.h"
#include "net/detail/tls.h"

namespace understudy::net::detail {

struct wire_times {
    std::chrono::nanoseconds resolve{0}, connect{0}, tls{0};
};

class wire {
public:
    using outcome = std::pair<boost::system::error_code, std::size_t>;

    // `tls` empty: a bare connection.
    wire(asio::io_context& on, std::string where, std::optional<model::tls_settings> tls);

    // Reads the files that TLS needs; once, before the first connect. errc::bad_file.
    [[nodiscard]] status prepare();
    // Dials, and shakes hands. Errors: those of dial, tls_failed.
    [[nodiscard]] asio::awaitable<result<wire_times>> connect(dial_target to);
    [[nodiscard]] asio::awaitable<outcome> write(asio::const_buffer bytes);  // all of them
    [[nodiscard]] asio::awaitable<outcome> read(asio::mutable_buffer into);  // what is there, one byte at least
    // From now on the kernel says when what is read had come. Bare TCP alone: under TLS, on a Unix socket, and where
    // the kernel does not say, waited() stays 0. Once connected.
    void stamp_arrivals();
    // How long the last byte of the last read had been here before it was read.
    [[nodiscard]] std::chrono::nanoseconds waited() const noexcept { return waited_; }
    // What the socket takes at once, on a bare connection.
    [[nodiscard]] outcome write_now(asio::const_buffer bytes);

    [[nodiscard]] bool secure() const noexcept { return tls_.has_value(); }
    [[nodiscard]] bool is_open() const noexcept { return socket_.is_open(); }
    void close();
    // Open, and nothing to be read: neither a close nor what nobody asked for.
    [[nodiscard]] bool silent();

    // What a failed read or write means.
    [[nodiscard]] error failure(const boost::system::error_code& failed) const;
    // The error of a connect that ran out of time: where it stood still in the handshake, that says more.
    [[nodiscard]] error late(error timed_out) const;

private:
    [[nodiscard]] asio::awaitable<outcome> read_stamped(asio::mutable_buffer into);
    [[nodiscard]] outcome receive_stamped(asio::mutable_buffer into);

    std::string where_;
    stream_socket socket_;
    std::optional<model::tls_settings> tls_;
    std::optional<asio::ssl::context> context_;
    std::unique_ptr<tls_session> session_;
    bool by_path_ = false;
    bool stamped_ = false;  // arrivals are
    std::chrono::nanoseconds waited_{0};
    bool shaking_hands_ = false;
    bool heard_ = false;    // a byte came since the connect
    bool met_tls_ = false;  // on a bare connection: what came opens like a record of TLS
};

}  // namespace understudy::net::detail
