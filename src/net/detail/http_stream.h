// net/detail/http_stream.h - the coroutines of an HTTP connection, over a bare socket or TLS.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "net/detail/http_connection.h"
#include "net/detail/wire.h"

namespace understudy::net::detail {

class http_connection::stream {
public:
    stream(asio::io_context& on, const http_origin& origin, const http_options& options);

    [[nodiscard]] status prepare() { return wire_.prepare(); }

    struct outgoing {
        const std::string* bytes = nullptr;
        bool head = false;        // no body comes back
        bool repeatable = false;  // GET or HEAD
    };
    // Connects where there is no connection, sends, reads the whole response. Closes on any error.
    [[nodiscard]] asio::awaitable<result<http_response>> exchange(outgoing what);

    void close();
    // A timeout, seen more closely.
    [[nodiscard]] error late(error timed_out) const { return wire_.late(std::move(timed_out)); }

private:
    class incoming;

    [[nodiscard]] asio::awaitable<status> connect(http_timings* times);
    [[nodiscard]] asio::awaitable<status> once(outgoing what, http_response* into);
    [[nodiscard]] asio::awaitable<status> receive(incoming* from);
    [[nodiscard]] bool still_usable();

    const http_origin& origin_;
    const http_options& options_;
    wire wire_;
    bool keep_ = false;  // the connection stands and may be used again
};

}  // namespace understudy::net::detail
