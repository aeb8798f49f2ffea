// discover/address.h - a URL as sitemaps and redirects write it, taken apart as far as it is needed to stay at home.
//
// Source: RFC 3986, by Boost.URL. Pure; cost O(bytes). At most 2048 bytes; a longer one is no address.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace understudy::discover {

struct web_origin {
    bool secure = false;
    std::string host;  // in lower case, without brackets
    std::uint16_t port = 0;

    friend bool operator==(const web_origin&, const web_origin&) = default;
};

struct web_address {
    web_origin origin;
    std::string target = "/";  // path and query, percent-encoded; no fragment
};

// Empty optional for anything but an absolute http:// or https:// URL without user and password.
[[nodiscard]] std::optional<web_address> parse_address(std::string_view url);
// Where a Location or a robots.txt points, seen from a page of `base`: absolute, "//host/path" or "/path". A path that
// is relative to a page is not taken.
[[nodiscard]] std::optional<web_address> resolve(const web_origin& base, std::string_view reference);

}  // namespace understudy::discover
