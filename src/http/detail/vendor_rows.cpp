// Sources: RFC 9211 for the terms; nginx's ngx_http_upstream.c (ngx_http_cache_status) for $upstream_cache_status;
// Cloudflare's, Akamai's, Azure's, Vercel's and Drupal's own documentation of their headers; Squid and CloudFront by
// what they are seen to send.
#include "http/detail/vendor_rows.h"

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

// X-Cache is everybody's. What CloudFront, Akamai and Azure write can be told apart; the rest is read as nginx's, then
// as the first word of a sentence ("HIT from cache.example").
constexpr std::array x_cache_edge_values{
    value_row{fits::whole, "Hit from cloudfront", hit},
    value_row{fits::whole, "Miss from cloudfront", miss},
    value_row{fits::whole, "RefreshHit from cloudfront", revalidated, confidence::low},
    value_row{fits::whole, "LambdaGeneratedResponse from cloudfront", hit_with("generated")},
    value_row{fits::whole, "FunctionGeneratedResponse from cloudfront", hit_with("generated")},
    value_row{fits::whole, "Error from cloudfront", nothing},
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
constexpr std::array x_cache_prose{
    value_row{fits::whole, "PASS", bypass},
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

constexpr std::array varnish_values{value_row{fits::two_ids, {}, hit}};

// Headers that carry prose.
constexpr std::array loose_values{
    value_row{fits::within, "bypass", bypass, confidence::low},
    value_row{fits::within, "hit", hit, confidence::low},
    value_row{fits::within, "miss", miss, confidence::low},
};

constexpr std::array rows{
    vendor_row{"X-Drupal-Dynamic-Cache", layer::application, drupal_values},
    vendor_row{"X-Drupal-Cache", layer::application, drupal_values},
    vendor_row{"X-WP-CF-Super-Cache", layer::application, loose_values},
    vendor_row{"X-Cache", layer::edge, x_cache_edge_values},
    // A plain X-Cache may as well be the application's own, so names that say whose they are stand closer to the user.
    vendor_row{"X-Cache", layer::server, nginx_values},
    vendor_row{"X-Cache", layer::server, x_cache_prose},
    vendor_row{"X-LiteSpeed-Cache", layer::server, litespeed_values},
    vendor_row{"Fastcgi-Cache", layer::server, nginx_values},
    vendor_row{"X-FastCGI-Cache", layer::server, nginx_values},
    vendor_row{"X-Nginx-Cache", layer::server, nginx_values},
    vendor_row{"X-Varnish", layer::server, varnish_values},
    vendor_row{"X-Varnish-Cache", layer::server, loose_values},
    vendor_row{"X-Proxy-Cache", layer::server, nginx_values},
    vendor_row{"X-Cache-Status", layer::server, nginx_values},
    vendor_row{"X-Kinsta-Cache", layer::server, loose_values},
    vendor_row{"X-Cache-Remote", layer::edge, x_cache_edge_values},
    vendor_row{"x-vercel-cache", layer::edge, vercel_values},
    vendor_row{"CF-Cache-Status", layer::edge, cloudflare_values},
};

}  // namespace

std::span<const vendor_row> vendor_rows() noexcept {
    return rows;
}

}  // namespace understudy::http::detail
