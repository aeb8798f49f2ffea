// net/detail/http_stream.h - the coroutines of an HTTP connection, over a bare socket or TLS.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "net/detail/dial.h"
#include "net/detail/http_connection.h"

namespace understudy::net::detail {

class http_connection::stream {
public:
    stream(asio::io_context& on, const http_origin& origin, const http_options& options);

    [[nodiscard]] status load_authorities();

    struct outgoing {
        const std::string* bytes = nullptr;
        bool head = false;        // no body comes back
        bool repeatable = false;  // GET or HEAD
    };
    // Connects where there is no connection, sends, reads the whole response. Closes on any error.
    [[nodiscard]] asio::awaitable<result<http_response>> exchange(outgoing what);

    void close();

private:
    using tls_stream = asio::ssl::stream<stream_socket&>;
    class incoming;

    [[nodiscard]] asio::awaitable<status> connect(http_timings* times);
    [[nodiscard]] asio::awaitable<status> secure();
    [[nodiscard]] asio::awaitable<status> once(outgoing what, http_response* into);
    [[nodiscard]] asio::awaitable<status> receive(incoming* from);
    [[nodiscard]] asio::awaitable<std::pair<boost::system::error_code, std::size_t>> write(const std::string* bytes);
    [[nodiscard]] asio::awaitable<std::pair<boost::system::error_code, std::size_t>> read(asio::mutable_buffer into);
    [[nodiscard]] bool still_usable();

    const http_origin& origin_;
    const http_options& options_;
    stream_socket socket_;
    std::optional<asio::ssl::context> authorities_;
    std::unique_ptr<tls_stream> tls_;
    bool keep_ = false;  // the connection stands and may be used again
};

}  // namespace understudy::net::detail
