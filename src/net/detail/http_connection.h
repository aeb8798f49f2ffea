// net/detail/http_connection.h - the connection of an http_client: its socket or TLS stream, and one request at a time.
//
// Beast is used for one thing, its response parser, which is fed from our own reads: so every byte is counted, the
// moment of the first one is known, and what was left behind a response is seen (then the connection is not used
// again).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/cookie_jar.h"
#include "net/deadline.h"
#include "net/http_client.h"

namespace understudy::net::detail {

class engine;

struct http_origin {
    bool secure = false;
    std::string host;  // without brackets
    std::uint16_t port = 80;
    std::string authority;  // for the Host header: the port only where it is not the scheme's own
    std::string where;      // "http://host:port"
};

[[nodiscard]] result<http_origin> parse_origin(std::string_view base_url);

class http_connection {
public:
    http_connection(engine& on, http_origin origin, http_options options);
    ~http_connection();
    http_connection(const http_connection&) = delete;
    http_connection& operator=(const http_connection&) = delete;

    [[nodiscard]] status prepare();  // loads the authorities, for https
    [[nodiscard]] result<http_response> send(const http_request& request, deadline until, http::cookie_jar* jar);
    void disconnect();
    [[nodiscard]] const http_origin& origin() const noexcept { return origin_; }

private:
    class stream;

    [[nodiscard]] result<std::string> written(const http_request& request, http::cookie_jar* jar) const;

    engine& engine_;
    http_origin origin_;
    http_options options_;
    std::unique_ptr<stream> stream_;
};

}  // namespace understudy::net::detail
