#include "http/freshness.h"

#include <algorithm>

#include "base/units.h"
#include "http/cache_control.h"
#include "http/set_cookie.h"

namespace understudy::http {

namespace {

using std::chrono::seconds;

std::optional<wall_time> date_in(const headers& fields, std::string_view name) {
    const auto* value = find(fields, name);
    return value == nullptr ? std::nullopt : parse_cookie_date(*value);
}

std::optional<seconds> between(const std::optional<wall_time>& from, const std::optional<wall_time>& to) {
    if (!from || !to) return std::nullopt;
    return std::max(seconds{0}, std::chrono::duration_cast<seconds>(*to - *from));
}

}  // namespace

std::string_view name_of(lifetime_source source) noexcept {
    switch (source) {
        case lifetime_source::none:
            break;
        case lifetime_source::s_maxage:
            return "s-maxage";
        case lifetime_source::max_age:
            return "max-age";
        case lifetime_source::expires:
            return "Expires";
        case lifetime_source::heuristic:
            return "heuristic";
    }
    return "";
}

lifetime shared_lifetime(const headers& fields) {
    const auto control = read_cache_control(fields);
    if (const auto said = control.seconds("s-maxage")) return {said, lifetime_source::s_maxage};
    if (const auto said = control.seconds("max-age")) return {said, lifetime_source::max_age};
    const auto date = date_in(fields, "Date");
    if (find(fields, "Expires") != nullptr) {
        const auto end = date_in(fields, "Expires");
        if (!end) return {seconds{0}, lifetime_source::expires};
        if (const auto length = between(date, end)) return {length, lifetime_source::expires};
    }
    if (const auto age = between(date_in(fields, "Last-Modified"), date))
        return {*age / 10, lifetime_source::heuristic};
    return {};
}

}  // namespace understudy::http
