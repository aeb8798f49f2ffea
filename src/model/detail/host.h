// model/detail/host.h - the parts of an address: host names, ports.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace understudy::model::detail {

// A name or an IPv4 address, or an IPv6 address between brackets; 253 bytes at most.
[[nodiscard]] bool good_host(std::string_view host);
// Digits only, from 1 to 65535.
[[nodiscard]] std::optional<std::uint16_t> parse_port(std::string_view text);

struct host_and_port {
    std::string host;  // an IPv6 address without its brackets
    std::uint16_t port = 0;
};
// "host", "host:port", "[::1]:port"; empty where it is none of these.
[[nodiscard]] std::optional<host_and_port> parse_host_and_port(std::string_view text, std::uint16_t usual_port);

// Without the brackets of an IPv6 address.
[[nodiscard]] std::string without_brackets(std::string_view host);

}  // namespace understudy::model::detail
