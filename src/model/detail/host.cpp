#include "model/detail/host.h"

#include <algorithm>
#include <charconv>

namespace understudy::model::detail {

bool good_host(std::string_view host) {
    if (host.starts_with('[') && host.ends_with(']') && host.size() > 2)
        return host.find_first_not_of("0123456789abcdefABCDEF:.", 1) == host.size() - 1;
    return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
               c == '_';
    });
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (code != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

std::string without_brackets(std::string_view host) {
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return std::string(host);
}

std::optional<host_and_port> parse_host_and_port(std::string_view text, std::uint16_t usual_port) {
    const auto bracket = text.rfind(']');
    const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
    const auto host = text.substr(0, colon);
    if (!good_host(host)) return std::nullopt;
    if (colon == std::string_view::npos) return host_and_port{without_brackets(host), usual_port};
    const auto port = parse_port(text.substr(colon + 1));
    if (!port) return std::nullopt;
    return host_and_port{without_brackets(host), *port};
}

}  // namespace understudy::model::detail
