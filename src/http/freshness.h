// http/freshness.h - how long a shared cache may answer with a stored response (RFC 9111 4.2.1 and 4.2.2).
//
// Pure; cost O(bytes).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/headers.h"

namespace understudy::http {

enum class lifetime_source : std::uint8_t { none, s_maxage, max_age, expires, heuristic };
// "s-maxage", "max-age", "Expires", "heuristic", "" for none.
[[nodiscard]] std::string_view name_of(lifetime_source source) noexcept;

struct lifetime {
    std::optional<std::chrono::seconds> length;  // empty: nothing says, and a cache may choose (or not store at all)
    lifetime_source from = lifetime_source::none;
};

// The first of s-maxage, max-age, Expires less Date, and a tenth of the time since Last-Modified. An Expires that is no
// date is in the past (RFC 9111 5.3), so the length is zero; without a Date nothing is said by Expires.
[[nodiscard]] lifetime shared_lifetime(const headers& fields);

}  // namespace understudy::http
