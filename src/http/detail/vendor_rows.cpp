// Sources: RFC 9211 for the terms; nginx's ngx_http_upstream.c (ngx_http_cache_status) for $upstream_cache_status;
// Cloudflare's, Fastly's, Akamai's, Azure's, Vercel's, Netlify's, Varnish Software's and Drupal's own documentation of
// their headers; Squid, CloudFront, LiteSpeed, WP Engine and the plugins of WordPress by what they are seen to send.
#include "http/detail/vendor_rows.h"

#include <algorithm>
#include <array>

namespace understudy::http::detail {

namespace {

constexpr meaning hit{.hit = true};
constexpr meaning miss{.forwarded = fwd::miss};
constexpr meaning bypass{.forwarded = fwd::bypass};
constexpr meaning gone_stale{.forwarded = fwd::stale};
constexpr meaning revalidated{.forwarded = fwd::stale, .fwd_status = 304};
constexpr meaning nothing{};

constexpr meaning hit_with(std::string_view detail) {
    return {.hit = true, .detail = detail};
}
constexpr meaning expired_with(std::string_view detail) {
    return {.hit = true, .expired = true, .detail = detail};
}
constexpr meaning miss_with(std::string_view detail) {
    return {.forwarded = fwd::miss, .detail = detail};
}
constexpr meaning unstored_with(std::string_view detail) {
    return {.forwarded = fwd::miss, .stored = false, .detail = detail};
}
constexpr meaning bypass_with(std::string_view detail) {
    return {.forwarded = fwd::bypass, .detail = detail};
}

// $upstream_cache_status. MISS does not say that the response was stored.
constexpr std::array nginx_values{
    value_row{fits::whole, "HIT", hit},
    value_row{fits::whole, "MISS", miss},
    value_row{fits::whole, "BYPASS", bypass},
    value_row{fits::whole, "EXPIRED", gone_stale},
    value_row{fits::whole, "STALE", expired_with("origin-error")},
    value_row{fits::whole, "UPDATING", expired_with("updating")},
    value_row{fits::whole, "REVALIDATED", revalidated},
};

// X-Cache is everybody's. What CloudFront, Akamai and Azure write can be told apart, and Fastly by the headers beside
// it; the rest is read as nginx's, then as what people write in VCL, then as the first word of a sentence ("HIT from
// cache.example").
constexpr std::array x_cache_edge_values{
    value_row{fits::whole, "Hit from cloudfront", hit},
    value_row{fits::whole, "Miss from cloudfront", miss},
    value_row{fits::whole, "RefreshHit from cloudfront", revalidated, confidence::low},
    value_row{fits::whole, "LambdaGeneratedResponse from cloudfront", hit_with("generated")},
    value_row{fits::whole, "FunctionGeneratedResponse from cloudfront", hit_with("generated")},
    value_row{fits::whole, "Error from cloudfront", nothing},
    value_row{fits::whole, "Redirect from cloudfront", nothing},
    value_row{fits::word, "TCP_HIT", hit},
    value_row{fits::word, "TCP_MEM_HIT", hit},
    value_row{fits::word, "TCP_REMOTE_HIT", hit_with("shield")},
    value_row{fits::word, "TCP_IMS_HIT", hit_with("not-modified")},
    value_row{fits::word, "TCP_NEGATIVE_HIT", hit_with("negative")},
    value_row{fits::word, "TCP_REFRESH_HIT", revalidated},
    value_row{fits::word, "TCP_REFRESH_MISS", {.forwarded = fwd::stale, .fwd_status = 200}},
    value_row{fits::word, "TCP_REFRESH_FAIL_HIT", expired_with("origin-error")},
    value_row{fits::word, "TCP_MISS", miss},
    value_row{fits::word, "PRIVATE_NOSTORE", bypass_with("private")},
    value_row{fits::word, "CONFIG_NOCACHE", bypass},
};
// Fastly calls HIT whatever did not go to the origin, served stale or made at the edge too; MISS may be a pass.
constexpr std::array fastly_values{
    value_row{fits::whole, "HIT", hit},
    value_row{fits::whole, "MISS", miss_with("miss-or-pass"), confidence::low},
};
// Varnish writes no X-Cache of its own: these are the words of the recipes for VCL that its makers publish, and of
// those that name hit-for-miss and hit-for-pass.
constexpr std::array varnish_recipe_values{
    value_row{fits::whole, "hit cached", hit},
    value_row{fits::whole, "hit graced cached", expired_with("updating")},
    value_row{fits::word, "HIT-FOR-MISS", unstored_with("hit-for-miss")},
    value_row{fits::word, "HITMISS", unstored_with("hit-for-miss")},
    value_row{fits::word, "HIT-FOR-PASS", bypass_with("hit-for-pass")},
    value_row{fits::word, "HITPASS", bypass_with("hit-for-pass")},
    value_row{fits::whole, "hit uncacheable", unstored_with("hit-for-miss")},
    value_row{fits::whole, "miss cached", {.forwarded = fwd::miss, .stored = true}},
    value_row{fits::whole, "miss uncacheable", unstored_with("uncacheable")},
    value_row{fits::word, "PASS", bypass},
    value_row{fits::word, "pipe", bypass_with("pipe")},
    value_row{fits::word, "synth", nothing},
};
constexpr std::array x_cache_prose{
    value_row{fits::word, "HIT", hit, confidence::low},
    value_row{fits::word, "MISS", miss, confidence::low},
    value_row{fits::word, "BYPASS", bypass, confidence::low},
};

constexpr std::array cloudflare_values{
    value_row{fits::whole, "HIT", hit},
    value_row{fits::whole, "MISS", miss},
    value_row{fits::whole, "EXPIRED", gone_stale},
    value_row{fits::whole, "REVALIDATED", revalidated},
    value_row{fits::whole, "STALE", expired_with("origin-error")},
    value_row{fits::whole, "UPDATING", expired_with("updating")},
    value_row{fits::whole, "BYPASS", bypass},
    value_row{fits::whole, "DYNAMIC", bypass_with("not-eligible")},
};

constexpr std::array vercel_values{
    value_row{fits::whole, "HIT", hit},
    value_row{fits::whole, "MISS", miss},
    value_row{fits::whole, "STALE", expired_with("updating")},
    value_row{fits::whole, "PRERENDER", hit_with("static")},
    value_row{fits::whole, "REVALIDATED", gone_stale},
    value_row{fits::whole, "BYPASS", bypass},
};

constexpr std::array drupal_values{
    value_row{fits::whole, "HIT", hit},
    value_row{fits::whole, "MISS", miss},
    value_row{fits::whole, "UNCACHEABLE (poor cacheability)", bypass_with("poor cacheability")},
    value_row{fits::whole, "UNCACHEABLE (no cacheability)", bypass_with("no cacheability")},
    value_row{fits::whole, "UNCACHEABLE (request policy)", bypass_with("request policy")},
    value_row{fits::whole, "UNCACHEABLE (response policy)", bypass_with("response policy")},
    value_row{fits::word, "UNCACHEABLE", bypass},
};

constexpr std::array litespeed_values{
    value_row{fits::whole, "hit", hit},
    value_row{fits::whole, "miss", {.forwarded = fwd::miss, .stored = true}},
    value_row{fits::whole, "bkd", bypass},
};

// One id is a fetch, and whether it was a miss or a pass is not said.
constexpr std::array varnish_values{
    value_row{fits::two_ids, {}, hit},
    value_row{fits::one_id, {}, miss_with("miss-or-pass"), confidence::low},
};

// Headers that carry prose. What denies a hit comes before the word that it holds.
constexpr std::array loose_values{
    value_row{fits::within, "hit-for-", bypass, confidence::low},
    value_row{fits::within, "bypass", bypass, confidence::low},
    value_row{fits::within, "hit", hit, confidence::low},
    value_row{fits::within, "miss", miss, confidence::low},
};
constexpr std::array super_cache_values{
    value_row{fits::within, "served", hit, confidence::low},
};
constexpr std::array batcache_values{
    value_row{fits::within, "set", miss, confidence::low},
    value_row{fits::within, "miss", miss, confidence::low},
    value_row{fits::within, "batcache", hit, confidence::low},
};
constexpr std::array rocket_values{
    value_row{fits::within, "bypass", bypass, confidence::low}, value_row{fits::within, "miss", miss, confidence::low},
    value_row{fits::within, "hit", hit, confidence::low},       value_row{fits::whole, "yes", hit, confidence::low},
    value_row{fits::whole, "no", miss, confidence::low},
};
// Cache Enabler and its like send it with what they serve from a file; "php" and "wp" are the application's own.
constexpr std::array handler_values{
    value_row{fits::within, "engine", hit, confidence::low},
    value_row{fits::within, "file", hit, confidence::low},
};

constexpr std::array rows{
    vendor_row{"X-Drupal-Dynamic-Cache", layer::application, drupal_values},
    vendor_row{"X-Drupal-Cache", layer::application, drupal_values},
    vendor_row{"WP-Super-Cache", layer::application, super_cache_values},
    vendor_row{"X-WP-Super-Cache", layer::application, super_cache_values},
    vendor_row{"X-Nananana", layer::application, batcache_values},
    vendor_row{"X-Cache-Handler", layer::application, handler_values},
    vendor_row{"X-WP-CF-Super-Cache", layer::application, loose_values},
    vendor_row{"X-Varnish", layer::server, varnish_values},
    vendor_row{"X-Cache", layer::edge, x_cache_edge_values},
    vendor_row{"X-Cache", layer::edge, fastly_values, "X-Served-By", vendor::fastly},
    // A plain X-Cache may as well be the application's own, so names that say whose they are stand closer to the user;
    // but beside X-Varnish it is the word of the same server, in plainer terms.
    vendor_row{"X-Cache", layer::server, varnish_recipe_values, "X-Varnish"},
    vendor_row{"X-Cache", layer::server, nginx_values, "X-Varnish"},
    vendor_row{"X-Cache", layer::unsaid, nginx_values},
    vendor_row{"X-Cache", layer::unsaid, varnish_recipe_values},
    vendor_row{"X-Cache", layer::unsaid, x_cache_prose},
    vendor_row{"X-LiteSpeed-Cache", layer::server, litespeed_values},
    vendor_row{"X-Rocket-Nginx-Serving-Static", layer::server, rocket_values},
    vendor_row{"Fastcgi-Cache", layer::server, nginx_values},
    vendor_row{"X-FastCGI-Cache", layer::server, nginx_values},
    vendor_row{"X-Nginx-Cache", layer::server, nginx_values},
    vendor_row{"X-Varnish-Cache", layer::server, varnish_recipe_values},
    vendor_row{"X-Varnish-Cache", layer::server, loose_values},
    vendor_row{"X-Proxy-Cache", layer::server, nginx_values},
    vendor_row{"X-Cache-Status", layer::server, nginx_values},
    vendor_row{"X-Kinsta-Cache", layer::server, loose_values},
    vendor_row{"X-Cache-Remote", layer::edge, x_cache_edge_values},
    vendor_row{"x-vercel-cache", layer::edge, vercel_values},
    vendor_row{"CF-Cache-Status", layer::edge, cloudflare_values},
};

constexpr std::array keeping{
    keeping_row{"X-Cacheable", "YES", true},       keeping_row{"X-Cacheable", "SHORT", true},
    keeping_row{"X-Cacheable", "NO", false},       keeping_row{"X-Check-Cacheable", "YES", true},
    keeping_row{"X-Check-Cacheable", "NO", false},
};

}  // namespace

std::span<const vendor_row> vendor_rows() noexcept {
    return rows;
}

std::span<const keeping_row> keeping_rows() noexcept {
    return keeping;
}

bool is_edge_name(std::string_view cache) noexcept {
    constexpr std::array<std::string_view, 2> names{"Netlify Edge", "Netlify Durable"};
    return std::ranges::any_of(names, [&](std::string_view name) { return same_name(name, cache); });
}

}  // namespace understudy::http::detail
