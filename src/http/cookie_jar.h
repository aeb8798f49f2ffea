// http/cookie_jar.h - the cookies of one identity: stores Set-Cookie, gives the Cookie header (RFC 6265 5.3, 5.4).
//
// The jar has no clock: each call says what time it is. Not thread-safe; one identity, one jar. Cost of each call
// O(cookies kept). There is no list of public suffixes: a Domain of one label only ("com") is refused unless it is the
// host itself, which is enough for a program that talks to the few hosts it was given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "http/headers.h"
#include "http/set_cookie.h"

namespace understudy::http {

// Where a request goes. `host` without a port; `path` may carry a query, which is not looked at.
struct cookie_place {
    std::string_view host;
    std::string_view path;
    bool secure = false;  // over TLS; browsers count plain HTTP to the own machine as secure too, and a caller may
};

struct cookie_limits {
    std::size_t count = 300;
    std::size_t bytes = std::size_t{256} << 10;  // names, values, domains and paths of all
};

// removed: an expired cookie takes away the one of its name; evicted others to stay within the limits: still `stored`.
enum class cookie_outcome : std::uint8_t { stored, replaced, removed, malformed, foreign_domain, insecure, over_limit };

class cookie_jar {
public:
    explicit cookie_jar(cookie_limits limits = {}) : limits_(limits) {}

    // One Set-Cookie field of a response to a request to `place`. Over the limits the oldest cookies go first; a single
    // cookie that does not fit at all is over_limit. "__Secure-" and "__Host-" names are held to their rules.
    cookie_outcome store(std::string_view field, const cookie_place& place, wall_time now);
    // Every Set-Cookie of the response; the number of cookies stored, replaced or removed.
    std::size_t store_all(const headers& response, const cookie_place& place, wall_time now);

    // "a=1; b=2": longer paths first, then older cookies first. Empty: send no Cookie header.
    [[nodiscard]] std::string cookie_header(const cookie_place& place, wall_time now) const;
    // Whether a live cookie of that name would be sent there.
    [[nodiscard]] bool has(std::string_view name, const cookie_place& place, wall_time now) const;
    // The value that would be sent there; a secret. nullptr without one. Lives until the next store or clear.
    [[nodiscard]] const std::string* value(std::string_view name, const cookie_place& place, wall_time now) const;

    [[nodiscard]] std::size_t size() const noexcept { return cookies_.size(); }
    void clear() noexcept { cookies_.clear(); }

private:
    struct kept {
        std::string name;
        std::string value;
        std::string domain;
        std::string path;
        wall_time expires;  // wall_time::max() for a session cookie
        bool host_only = true;
        bool secure = false;

        [[nodiscard]] std::size_t bytes() const noexcept;
        [[nodiscard]] bool goes_to(const cookie_place& place, wall_time now) const;
    };

    [[nodiscard]] std::vector<const kept*> for_place(const cookie_place& place, wall_time now) const;
    void drop_expired(wall_time now);
    // Takes away the oldest until the limits hold; never the one at `keep`, which fits alone.
    void make_room(std::ptrdiff_t keep);

    cookie_limits limits_;
    std::vector<kept> cookies_;  // in order of creation
};

}  // namespace understudy::http
