// Any bytes as Set-Cookie fields, one a line, into one small jar: the limits hold, and what the jar sends can be split
// back into cookies that no line break got into.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "http/cookie_jar.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace understudy;
    std::string_view text(reinterpret_cast<const char*>(data), size);
    constexpr http::cookie_limits limits{.count = 8, .bytes = 512};
    constexpr http::cookie_place place{"a.example.com", "/shop/cart", true};
    const wall_time now{std::chrono::seconds(1'800'000'000)};
    (void)http::parse_cookie_date(text);
    http::cookie_jar jar(limits);
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        const auto cookie = http::parse_set_cookie(line);
        if (cookie && cookie->name.size() + cookie->value.size() > http::max_cookie_bytes) std::abort();
        const auto outcome = jar.store(line, place, now);
        if (!cookie && outcome != http::cookie_outcome::malformed) std::abort();
        if (jar.size() > limits.count) std::abort();
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    const std::string sent = jar.cookie_header(place, now);
    if (sent.size() > limits.bytes + 3 * limits.count) std::abort();
    if (sent.find_first_of("\r\n;\0", 0, 2) != std::string::npos) std::abort();
    return 0;
}
