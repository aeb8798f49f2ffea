// http/set_cookie.h - one Set-Cookie field read as user agents read it (RFC 6265 5.2), dates included (5.1.1).
//
// Values are secrets of the user: nothing here writes them anywhere. Pure; cost O(bytes).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/units.h"

namespace understudy::http {

enum class same_site : std::uint8_t { unset, none, lax, strict };

struct set_cookie {
    std::string name;
    std::string value;                            // as it came, quotes included
    std::optional<std::string> domain;            // in lower case, without a leading dot; never empty
    std::optional<std::string> path;              // begins with '/'; else the default path holds (5.2.4)
    std::optional<std::chrono::seconds> max_age;  // takes precedence over expires; zero or less ends the cookie
    std::optional<wall_time> expires;
    bool secure = false;
    bool http_only = false;
    same_site site = same_site::unset;
};

inline constexpr std::size_t max_cookie_bytes = 4096;            // name and value; more is refused (RFC 6265bis 5.6)
inline constexpr std::size_t max_cookie_attribute_bytes = 1024;  // a longer attribute is ignored

// Empty optional: no '=', an empty name, a control byte, or over the limit.
[[nodiscard]] std::optional<set_cookie> parse_set_cookie(std::string_view field);
// The forgiving date grammar of RFC 6265 5.1.1; years 1601 to 9999.
[[nodiscard]] std::optional<wall_time> parse_cookie_date(std::string_view text);

}  // namespace understudy::http
