// net/endpoint.h - where a Redis server is, and as whom to go there.
#pragma once

#include <cstdint>
#include <string>

namespace understudy::net {

struct redis_endpoint {
    std::string host = "127.0.0.1";  // a name or an address
    std::uint16_t port = 6379;
    std::string unix_path = {};  // not empty: a Unix socket, and host and port say nothing
    int database = 0;
    std::string username = {};  // empty: the default user
    std::string password = {};  // empty: no AUTH is sent

    // "127.0.0.1:6379/1", "[::1]:6379", "unix:/run/redis.sock/1": the database only when it is not 0, and never the
    // user or the password.
    [[nodiscard]] std::string text() const;
};

}  // namespace understudy::net
