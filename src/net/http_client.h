// net/http_client.h - one HTTP/1.1 client: one origin, one connection, one request at a time, every phase timed.
//
// It shows what the server said and nothing else: redirects are not followed, bodies are not decoded (it asks for
// identity), errors of 4xx and 5xx are responses. A connection is kept alive and used again. When the server had closed
// it meanwhile, the request is sent once more on a new connection, but only a GET or HEAD, and only if not one byte of
// a response came; nothing else is ever repeated.
//
// https: the certificate chain is verified against the system's authorities or those of `options.tls`, and the name in
// it against the host or the name given there; there is no switch to turn that off.
//
// Thread rule: that of its runtime. Movable.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/cookie_jar.h"
#include "http/headers.h"
#include "model/environment.h"
#include "net/deadline.h"
#include "net/runtime.h"

namespace understudy::net {

namespace detail {
class http_connection;
}

struct http_options {
    std::string user_agent = "understudy/" UNDERSTUDY_VERSION;
    std::uint64_t body_bytes = 8ull << 20;        // a longer response body is errc::over_limit
    std::uint32_t header_bytes = 256u << 10;      // status line and headers together
    std::optional<model::tls_settings> tls = {};  // of https; empty: the system's authorities, no certificate of ours
};

struct http_request {
    std::string method = "GET";
    std::string target = "/";  // path and query, already percent-encoded
    http::headers headers =
        {};                 // added to Host, User-Agent, Accept, Accept-Encoding, Cookie; one of those replaces ours
    std::string body = {};  // Content-Length is set when not empty, or when the method is POST, PUT or PATCH
};

// Each phase on its own; total is from before the connect to the last byte of the body. A kept-alive connection has
// resolve, connect and tls of 0. first_byte counts from the moment the request was written.
struct http_timings {
    std::chrono::nanoseconds resolve{0}, connect{0}, tls{0}, send{0}, first_byte{0}, total{0};
};

struct http_response {
    int status = 0;
    std::string reason;
    http::headers headers;  // in the order received, but those of one name together
    std::string body;
    http_timings timings;
    bool reused = false;      // came over a kept-alive connection
    std::uint64_t bytes = 0;  // received for this response: status line, headers and body with its framing
};

class http_client {
public:
    // base_url: http://host[:port] or https://host[:port], with at most a path of "/".
    // errc::config_bad_value for anything else, errc::bad_file for a file of `options.tls`.
    [[nodiscard]] static result<http_client> make(runtime& on, std::string_view base_url, http_options options = {});
    http_client(http_client&&) noexcept;
    http_client& operator=(http_client&&) noexcept;
    ~http_client();

    // `jar`, where given, adds its cookies to the request and takes those of the response; a Cookie header among the
    // request's own replaces the jar's.
    // Errors: unreachable, timed_out, interrupted, connection_lost (reset or cut short), protocol (no HTTP), tls_failed
    // (no TLS, or a certificate that is not accepted), over_limit, usage (a method, target or header that cannot be
    // sent). timed_out and interrupted close the connection; the next call opens a new one.
    [[nodiscard]] result<http_response> send(const http_request& request, deadline until,
                                             http::cookie_jar* jar = nullptr);

    // Closes the kept-alive connection, so that the next request pays for a new one.
    void disconnect();
    // "http://host:port", as it is shown.
    [[nodiscard]] const std::string& where() const noexcept;
    // The name in the URL, without the port.
    [[nodiscard]] const std::string& host() const noexcept;

private:
    explicit http_client(std::unique_ptr<detail::http_connection> connection);

    std::unique_ptr<detail::http_connection> connection_;
};

}  // namespace understudy::net
