#include "net/endpoint.h"

#include <algorithm>

namespace understudy::net {

bool is_plain_host(std::string_view host) {
    constexpr std::string_view marks = ".:-_";
    return !host.empty() && host.size() <= 255 && std::ranges::all_of(host, [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               marks.find(c) != std::string_view::npos;
    });
}

std::string server_address::text() const {
    const bool bare_ipv6 = host.find(':') != std::string::npos;
    return (bare_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string redis_endpoint::text() const {
    std::string shown;
    if (sentinels) {
        shown = sentinels->master + " of sentinels";
        for (const auto& one : sentinels->at)
            shown += (&one == sentinels->at.data() ? " " : ", ") + one.host + ":" + std::to_string(one.port);
    } else if (!unix_path.empty()) {
        shown = "unix:" + unix_path;
    } else {
        shown = server_address{host, port}.text();
    }
    return database == 0 ? shown : shown + "/" + std::to_string(database);
}

}  // namespace understudy::net
