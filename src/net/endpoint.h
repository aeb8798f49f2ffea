// net/endpoint.h - where a Redis server is, and as whom to go there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/environment.h"

namespace understudy::net {

// Sentinels to ask where the primary is. TLS is that of the endpoint.
struct sentinel_endpoint {
    std::vector<model::server_place> at = {};
    std::string master = {};    // the name under which they watch it
    std::string username = {};  // of the sentinels; empty: the default user
    std::string password = {};
};

// The address of a server, as its own INFO or that of a replica would name it.
struct server_address {
    std::string host = {};
    std::uint16_t port = 0;  // 0: none (a Unix socket)

    [[nodiscard]] std::string text() const;  // "10.0.0.1:6379", "[::1]:6379"
    friend bool operator==(const server_address&, const server_address&) = default;
};

// Whether it is made of what names and addresses are made of: a host that a server named stands in errors, and is what
// a certificate has to be for.
[[nodiscard]] bool is_plain_host(std::string_view host);

struct redis_endpoint {
    std::string host = "127.0.0.1";  // a name or an address
    std::uint16_t port = 6379;
    std::string unix_path = {};  // not empty: a Unix socket, and host and port say nothing
    int database = 0;
    std::string username = {};  // empty: the default user
    std::string password = {};  // empty: AUTH is sent only with a username, for a user that has none (nopass)
    std::optional<model::tls_settings> tls = {};      // empty: plain text
    std::optional<sentinel_endpoint> sentinels = {};  // given: they are asked, and host and port say nothing
    std::vector<server_address> others = {};  // nodes of the same Redis Cluster, to be asked where this one is gone

    // "127.0.0.1:6379/1", "[::1]:6379", "unix:/run/redis.sock/1": the database only when it is not 0, and never the
    // user or the password. "mymaster of sentinels h:26379, h:26380" where those are to be asked.
    [[nodiscard]] std::string text() const;
};

}  // namespace understudy::net
