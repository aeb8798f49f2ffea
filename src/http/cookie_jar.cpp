// Design: one vector in order of creation, searched linearly, since a jar holds some dozens of cookies. Expired ones
// are dropped when something is stored and passed over when something is read.
#include "http/cookie_jar.h"

#include <algorithm>

namespace understudy::http {

namespace {

// An address is no domain: nothing but itself matches it.
bool is_address(std::string_view host) {
    return host.contains(':') || host.starts_with('[') ||
           (!host.empty() && host.find_first_not_of("0123456789.") == std::string_view::npos);
}

// RFC 6265 5.1.3, both in lower case.
bool domain_matches(std::string_view host, std::string_view domain) {
    if (host == domain) return true;
    return host.size() > domain.size() && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.' &&
           !is_address(host);
}

// RFC 6265 5.1.4.
bool path_matches(std::string_view path, std::string_view cookie_path) {
    if (!path.starts_with(cookie_path)) return false;
    return path.size() == cookie_path.size() || cookie_path.ends_with('/') || path[cookie_path.size()] == '/';
}

std::string_view without_query(std::string_view path) {
    path = path.substr(0, path.find_first_of("?#"));
    return path.starts_with('/') ? path : std::string_view("/");
}

std::string_view default_path(std::string_view path) {
    path = without_query(path);
    const auto slash = path.rfind('/');
    return slash == 0 ? path.substr(0, 1) : path.substr(0, slash);
}

wall_time expiry_of(const set_cookie& cookie, wall_time now) {
    if (cookie.max_age) return cookie.max_age->count() <= 0 ? wall_time::min() : now + *cookie.max_age;
    return cookie.expires.value_or(wall_time::max());
}

// Prefixes of RFC 6265bis 4.1.3.
bool keeps_prefix_rules(const set_cookie& cookie) {
    if (cookie.name.starts_with("__Host-")) return cookie.secure && !cookie.domain && cookie.path == "/";
    return !cookie.name.starts_with("__Secure-") || cookie.secure;
}

}  // namespace

std::size_t cookie_jar::kept::bytes() const noexcept {
    return name.size() + value.size() + domain.size() + path.size();
}

bool cookie_jar::kept::goes_to(const cookie_place& place, wall_time now) const {
    if (expires <= now || (secure && !place.secure)) return false;
    const std::string host = lower(place.host);
    const bool fits_host = host_only ? host == domain : domain_matches(host, domain);
    return fits_host && path_matches(without_query(place.path), path);
}

cookie_outcome cookie_jar::store(std::string_view field, const cookie_place& place, wall_time now) {
    auto cookie = parse_set_cookie(field);
    if (!cookie) return cookie_outcome::malformed;
    if ((cookie->secure && !place.secure) || !keeps_prefix_rules(*cookie)) return cookie_outcome::insecure;

    kept fresh;
    fresh.domain = lower(place.host);
    if (cookie->domain && *cookie->domain != fresh.domain) {
        if (!cookie->domain->contains('.') || !domain_matches(fresh.domain, *cookie->domain))
            return cookie_outcome::foreign_domain;
        fresh.domain = *cookie->domain;
        fresh.host_only = false;
    } else if (cookie->domain && !is_address(fresh.domain)) {
        fresh.host_only = false;
    }
    fresh.path = cookie->path.value_or(std::string(default_path(place.path)));
    fresh.expires = expiry_of(*cookie, now);
    fresh.secure = cookie->secure;
    fresh.name = std::move(cookie->name);
    fresh.value = std::move(cookie->value);

    drop_expired(now);
    const auto same = std::ranges::find_if(cookies_, [&](const kept& old) {
        return old.name == fresh.name && old.domain == fresh.domain && old.path == fresh.path;
    });
    if (fresh.expires <= now) {
        if (same != cookies_.end()) cookies_.erase(same);
        return cookie_outcome::removed;
    }
    if (limits_.count == 0 || fresh.bytes() > limits_.bytes) return cookie_outcome::over_limit;
    if (same != cookies_.end()) {
        *same = std::move(fresh);
        make_room(same - cookies_.begin());
        return cookie_outcome::replaced;
    }
    cookies_.push_back(std::move(fresh));
    make_room(std::ssize(cookies_) - 1);
    return cookie_outcome::stored;
}

std::size_t cookie_jar::store_all(const headers& response, const cookie_place& place, wall_time now) {
    std::size_t taken = 0;
    for (const std::string_view field : find_all(response, "Set-Cookie")) {
        const auto outcome = store(field, place, now);
        taken += outcome == cookie_outcome::stored || outcome == cookie_outcome::replaced ||
                 outcome == cookie_outcome::removed;
    }
    return taken;
}

std::vector<const cookie_jar::kept*> cookie_jar::for_place(const cookie_place& place, wall_time now) const {
    std::vector<const kept*> sent;
    for (const auto& cookie : cookies_)
        if (cookie.goes_to(place, now)) sent.push_back(&cookie);
    std::ranges::sort(sent, [](const kept* left, const kept* right) {
        if (left->path.size() != right->path.size()) return left->path.size() > right->path.size();
        return left < right;  // both stand in one vector, in order of creation
    });
    return sent;
}

std::string cookie_jar::cookie_header(const cookie_place& place, wall_time now) const {
    std::string out;
    for (const kept* cookie : for_place(place, now)) {
        if (!out.empty()) out += "; ";
        out += cookie->name;
        out += '=';
        out += cookie->value;
    }
    return out;
}

bool cookie_jar::has(std::string_view name, const cookie_place& place, wall_time now) const {
    return value(name, place, now) != nullptr;
}

const std::string* cookie_jar::value(std::string_view name, const cookie_place& place, wall_time now) const {
    for (const kept* cookie : for_place(place, now))
        if (cookie->name == name) return &cookie->value;
    return nullptr;
}

void cookie_jar::drop_expired(wall_time now) {
    std::erase_if(cookies_, [&](const kept& cookie) { return cookie.expires <= now; });
}

void cookie_jar::make_room(std::ptrdiff_t keep) {
    std::size_t total = 0;
    for (const auto& cookie : cookies_)
        total += cookie.bytes();
    while (cookies_.size() > limits_.count || total > limits_.bytes) {
        const std::ptrdiff_t oldest = keep == 0 ? 1 : 0;
        total -= cookies_[static_cast<std::size_t>(oldest)].bytes();
        cookies_.erase(cookies_.begin() + oldest);
        if (keep > 0) --keep;
    }
}

}  // namespace understudy::http
