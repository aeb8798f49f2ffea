#include "http/cache_status.h"

#include <gtest/gtest.h>

namespace understudy::http {
namespace {

TEST(cache_status, parameters_of_rfc_9211) {
    // The examples of RFC 9211, section 3 and 2.
    const auto members = parse_cache_status(
        R"(OriginCache; hit; ttl=1100; collapsed=?0, "CDN Company Here"; fwd=uri-miss; fwd-status=304; stored; key="k")");
    ASSERT_TRUE(members.has_value());
    ASSERT_EQ(members->size(), 2u);
    const auto& origin = (*members)[0];
    EXPECT_EQ(origin.cache, "OriginCache");
    EXPECT_TRUE(origin.hit);
    EXPECT_EQ(origin.ttl, 1100);
    EXPECT_FALSE(origin.collapsed);
    EXPECT_FALSE(origin.stored.has_value());
    EXPECT_EQ(origin.result(), cache_result::hit);
    const auto& cdn = (*members)[1];
    EXPECT_EQ(cdn.cache, "CDN Company Here");
    EXPECT_EQ(cdn.forwarded, fwd::uri_miss);
    EXPECT_EQ(cdn.fwd_status, 304);
    EXPECT_EQ(cdn.stored, true);
    EXPECT_EQ(cdn.key, "k");
    EXPECT_EQ(cdn.result(), cache_result::miss);
    EXPECT_EQ(cdn.trust, confidence::high);
}

TEST(cache_status, every_reason_and_its_summary) {
    struct row {
        const char* name;
        fwd reason;
        cache_result result;
    };
    for (const auto& [name, reason, result] :
         {row{"bypass", fwd::bypass, cache_result::bypass}, row{"method", fwd::method, cache_result::bypass},
          row{"uri-miss", fwd::uri_miss, cache_result::miss}, row{"vary-miss", fwd::vary_miss, cache_result::miss},
          row{"miss", fwd::miss, cache_result::miss}, row{"request", fwd::request, cache_result::miss},
          row{"stale", fwd::stale, cache_result::miss}, row{"partial", fwd::partial, cache_result::miss}}) {
        const auto members = parse_cache_status(std::string("c; fwd=") + name);
        ASSERT_TRUE(members.has_value()) << name;
        EXPECT_EQ(members->front().forwarded, reason);
        EXPECT_EQ(members->front().result(), result) << name;
        EXPECT_EQ(name_of(reason), name);
    }
    const auto grown = parse_cache_status("c; fwd=new-reason");
    ASSERT_TRUE(grown.has_value());
    EXPECT_EQ(grown->front().trust, confidence::low);
    EXPECT_EQ(grown->front().result(), cache_result::miss);
}

TEST(cache_status, served_stale_is_hit_with_negative_ttl) {
    const auto members = parse_cache_status("c; hit; ttl=-412; detail=OLD");
    ASSERT_TRUE(members.has_value());
    EXPECT_EQ(members->front().result(), cache_result::stale);
    EXPECT_EQ(members->front().detail, "OLD");
}

TEST(cache_status, what_rfc_9211_forbids_is_malformed) {
    for (const auto* bad :
         {"c; hit; fwd=miss", "c; hit=1", "c; fwd=\"miss\"", "c; ttl=1.5", "c; stored=yes", "c; key=k",
          "c; fwd-status=99", "c; fwd-status=1000", "c; detail=5", "(a b); hit", "5; hit", "c; hit,", "c hit"})
        EXPECT_FALSE(parse_cache_status(bad).has_value()) << bad;
    const auto report = read_cache_status({{"Cache-Status", "c; hit; fwd=miss"}, {"CF-Cache-Status", "MISS"}});
    EXPECT_TRUE(report.malformed);
    ASSERT_EQ(report.members.size(), 1u);
    EXPECT_EQ(report.nearest()->source, "CF-Cache-Status");
}

TEST(cache_status, unknown_parameters_are_left_alone) {
    const auto members = parse_cache_status("c; hit; node=\"a\"; n=(1)");
    EXPECT_FALSE(members.has_value());  // an inner list is no parameter
    EXPECT_TRUE(parse_cache_status("c; hit; node=\"a\"; n=1.5").has_value());
}

TEST(cache_status, comes_before_every_other_header) {
    const auto report = read_cache_status(
        {{"X-Cache", "HIT"}, {"cache-status", "origin; fwd=miss"}, {"Cache-Status", "edge; hit"}, {"Age", "12"}});
    ASSERT_EQ(report.members.size(), 2u);
    EXPECT_EQ(report.nearest()->cache, "edge");
    EXPECT_EQ(report.answered_by()->cache, "edge");
    EXPECT_EQ(report.result(), cache_result::hit);
    EXPECT_EQ(report.age, 12);
    EXPECT_FALSE(report.malformed);
}

struct vendor_case {
    const char* header;
    const char* value;
    cache_result result;
    std::optional<fwd> forwarded = {};
    std::optional<int> status = {};
    const char* detail = "";
    confidence trust = confidence::high;
};

void expect_case(const vendor_case& c) {
    SCOPED_TRACE(std::string(c.header) + ": " + c.value);
    const auto report = read_cache_status({{"Content-Type", "text/html"}, {c.header, c.value}});
    EXPECT_FALSE(report.malformed);
    ASSERT_EQ(report.result(), c.result);
    if (c.result == cache_result::unknown) {
        EXPECT_TRUE(report.members.empty());
        return;
    }
    ASSERT_EQ(report.members.size(), 1u);
    const auto& member = report.members.front();
    EXPECT_EQ(member.forwarded, c.forwarded);
    EXPECT_EQ(member.fwd_status, c.status);
    EXPECT_EQ(member.detail, c.detail);
    EXPECT_EQ(member.trust, c.trust);
    EXPECT_TRUE(same_name(member.source, c.header));
    EXPECT_NE(member.hit, member.forwarded.has_value());
}

// $upstream_cache_status under all its names.
TEST(cache_status, nginx) {
    for (const auto* name : {"X-Cache", "X-Cache-Status", "X-Proxy-Cache", "X-FastCGI-Cache", "Fastcgi-Cache",
                             "X-Nginx-Cache", "x-cache"}) {
        expect_case({name, "MISS", cache_result::miss, fwd::miss});
        expect_case({name, "BYPASS", cache_result::bypass, fwd::bypass});
        expect_case({name, "EXPIRED", cache_result::miss, fwd::stale});
        expect_case({name, "STALE", cache_result::stale, {}, {}, "origin-error"});
        expect_case({name, "UPDATING", cache_result::stale, {}, {}, "updating"});
        expect_case({name, "REVALIDATED", cache_result::miss, fwd::stale, 304});
        expect_case({name, "HIT", cache_result::hit});
        expect_case({name, "hit", cache_result::hit});
        expect_case({name, "-", cache_result::unknown});
        expect_case({name, "", cache_result::unknown});
        expect_case({name, "SCARCE", cache_result::unknown});
    }
}

TEST(cache_status, vendors) {
    using enum cache_result;
    const auto low = confidence::low;
    for (const auto& c : std::initializer_list<vendor_case>{
             {"CF-Cache-Status", "HIT", hit},
             {"CF-Cache-Status", "MISS", miss, fwd::miss},
             {"CF-Cache-Status", "EXPIRED", miss, fwd::stale},
             {"CF-Cache-Status", "REVALIDATED", miss, fwd::stale, 304},
             {"CF-Cache-Status", "STALE", stale, {}, {}, "origin-error"},
             {"CF-Cache-Status", "UPDATING", stale, {}, {}, "updating"},
             {"CF-Cache-Status", "BYPASS", bypass, fwd::bypass},
             {"CF-Cache-Status", "DYNAMIC", bypass, fwd::bypass, {}, "not-eligible"},
             {"CF-Cache-Status", "NONE/UNKNOWN", unknown},
             {"X-Cache", "Hit from cloudfront", hit},
             {"X-Cache", "Miss from cloudfront", miss, fwd::miss},
             {"X-Cache", "RefreshHit from cloudfront", miss, fwd::stale, 304, "", low},
             {"X-Cache", "Error from cloudfront", unknown},
             {"X-Cache", "TCP_HIT from a23-1-2-3.deploy.akamaitechnologies.com (AkamaiGHost/22.1.0-1) (-)", hit},
             {"X-Cache", "TCP_MEM_HIT from a1 (AkamaiGHost/9.8)", hit},
             {"X-Cache", "TCP_MISS from a1 (AkamaiGHost/9.8)", miss, fwd::miss},
             {"X-Cache", "TCP_REFRESH_HIT from a1 (AkamaiGHost/9.8)", miss, fwd::stale, 304},
             {"X-Cache", "TCP_REFRESH_MISS from a1 (AkamaiGHost/9.8)", miss, fwd::stale, 200},
             {"X-Cache", "TCP_REFRESH_FAIL_HIT from a1 (AkamaiGHost/9.8)", stale, {}, {}, "origin-error"},
             {"X-Cache", "TCP_IMS_HIT from a1", hit, {}, {}, "not-modified"},
             {"X-Cache", "TCP_NEGATIVE_HIT from a1", hit, {}, {}, "negative"},
             {"X-Cache", "TCP_DENIED from a1", unknown},
             {"X-Cache", "TCP_COOKIE_DENY from a1", unknown},
             {"X-Cache", "TCP_REMOTE_HIT", hit, {}, {}, "shield"},
             {"X-Cache", "PRIVATE_NOSTORE", bypass, fwd::bypass, {}, "private"},
             {"X-Cache", "CONFIG_NOCACHE", bypass, fwd::bypass},
             {"X-Cache", "N/A", unknown},
             {"X-Cache", "Redirect from cloudfront", unknown},
             {"X-Cache-Remote", "TCP_HIT from a1 (AkamaiGHost/9.8)", hit},
             {"X-Cache", "HIT from proxy.example:3128", hit, {}, {}, "", low},
             {"X-Cache", "MISS from proxy.example", miss, fwd::miss, {}, "", low},
             {"X-Varnish", "32770 3", hit},
             {"X-Varnish", "32770", miss, fwd::miss, {}, "miss-or-pass", low},
             {"X-Varnish", "32770 3 4", unknown},
             {"X-Varnish", "x", unknown},
             {"X-Cache", "hit cached", hit},
             {"X-Cache", "hit graced cached", stale, {}, {}, "updating"},
             {"X-Cache", "hit uncacheable", miss, fwd::miss, {}, "hit-for-miss"},
             {"X-Cache", "HIT-FOR-MISS", miss, fwd::miss, {}, "hit-for-miss"},
             {"X-Cache", "HITMISS", miss, fwd::miss, {}, "hit-for-miss"},
             {"X-Cache", "HIT-FOR-PASS", bypass, fwd::bypass, {}, "hit-for-pass"},
             {"X-Cache", "HITPASS", bypass, fwd::bypass, {}, "hit-for-pass"},
             {"X-Cache", "miss cached", miss, fwd::miss},
             {"X-Cache", "miss uncacheable", miss, fwd::miss, {}, "uncacheable"},
             {"X-Cache", "PASS", bypass, fwd::bypass},
             {"X-Cache", "pass uncacheable", bypass, fwd::bypass},
             {"X-Cache", "pipe uncacheable", bypass, fwd::bypass, {}, "pipe"},
             {"X-Cache", "synth synth", unknown},
             {"X-Varnish-Cache", "HIT-FOR-PASS", bypass, fwd::bypass, {}, "hit-for-pass"},
             {"X-Varnish-Cache", "HIT", hit, {}, {}, "", low},
             {"X-Drupal-Cache", "HIT", hit},
             {"X-Drupal-Cache", "MISS", miss, fwd::miss},
             {"X-Drupal-Dynamic-Cache",
              "UNCACHEABLE (poor cacheability)",
              bypass,
              fwd::bypass,
              {},
              "poor cacheability"},
             {"X-Drupal-Cache", "UNCACHEABLE (request policy)", bypass, fwd::bypass, {}, "request policy"},
             {"X-Drupal-Dynamic-Cache", "UNCACHEABLE (no cacheability)", bypass, fwd::bypass, {}, "no cacheability"},
             {"X-Drupal-Dynamic-Cache", "UNCACHEABLE (response policy)", bypass, fwd::bypass, {}, "response policy"},
             {"X-Drupal-Dynamic-Cache", "HIT", hit},
             {"X-Drupal-Dynamic-Cache", "MISS", miss, fwd::miss},
             {"X-Drupal-Cache", "UNCACHEABLE", bypass, fwd::bypass},
             {"X-LiteSpeed-Cache", "hit", hit},
             {"X-LiteSpeed-Cache", "hit,litemage", hit},
             {"X-LiteSpeed-Cache", "miss", miss, fwd::miss},
             {"X-LiteSpeed-Cache", "bkd", bypass, fwd::bypass},
             {"x-vercel-cache", "HIT", hit},
             {"x-vercel-cache", "MISS", miss, fwd::miss},
             {"x-vercel-cache", "STALE", stale, {}, {}, "updating"},
             {"x-vercel-cache", "PRERENDER", hit, {}, {}, "static"},
             {"x-vercel-cache", "REVALIDATED", miss, fwd::stale},
             {"x-vercel-cache", "BYPASS", bypass, fwd::bypass},
             {"X-Kinsta-Cache", "HIT", hit, {}, {}, "", low},
             {"X-Kinsta-Cache", "MISS", miss, fwd::miss, {}, "", low},
             {"X-Kinsta-Cache", "BYPASS", bypass, fwd::bypass, {}, "", low},
             {"X-Kinsta-Cache", "hit-for-pass", bypass, fwd::bypass, {}, "", low},
             {"WP-Super-Cache", "Served supercache file from PHP", hit, {}, {}, "", low},
             {"WP-Super-Cache", "Served legacy cache file", hit, {}, {}, "", low},
             {"X-WP-Super-Cache", "Served supercache gzip file from PHP", hit, {}, {}, "", low},
             {"X-Nananana", "Batcache", hit, {}, {}, "", low},
             {"X-Nananana", "Batcache-Hit", hit, {}, {}, "", low},
             {"X-Nananana", "Batcache-Set", miss, fwd::miss, {}, "", low},
             {"X-Nananana", "Catwoman", unknown},
             {"X-Rocket-Nginx-Serving-Static", "HIT", hit, {}, {}, "", low},
             {"X-Rocket-Nginx-Serving-Static", "MISS", miss, fwd::miss, {}, "", low},
             {"X-Rocket-Nginx-Serving-Static", "BYPASS", bypass, fwd::bypass, {}, "", low},
             {"X-Rocket-Nginx-Serving-Static", "Yes", hit, {}, {}, "", low},
             {"X-Rocket-Nginx-Serving-Static", "No", miss, fwd::miss, {}, "", low},
             {"X-Cache-Handler", "cache-enabler-engine", hit, {}, {}, "", low},
             {"X-Cache-Handler", "php", unknown},
             {"X-WP-CF-Super-Cache", "hit", hit, {}, {}, "", low},
             {"X-WP-CF-Super-Cache", "cache bypass (logged in)", bypass, fwd::bypass, {}, "", low},
         })
        expect_case(c);
}

TEST(cache_status, a_list_in_x_cache_is_shield_then_edge) {
    const auto report = read_cache_status({{"X-Cache", "MISS, HIT"}, {"Age", "0"}});
    ASSERT_EQ(report.members.size(), 2u);
    EXPECT_EQ(report.members[0].result(), cache_result::miss);
    EXPECT_EQ(report.members[1].result(), cache_result::hit);
    EXPECT_EQ(report.result(), cache_result::hit);
}

TEST(cache_status, edges_stand_closer_to_the_user_than_servers_and_servers_than_applications) {
    const auto report =
        read_cache_status({{"CF-Cache-Status", "MISS"}, {"X-Drupal-Cache", "HIT"}, {"X-Cache-Status", "BYPASS"}});
    ASSERT_EQ(report.members.size(), 3u);
    EXPECT_EQ(report.members[0].source, "X-Drupal-Cache");
    EXPECT_EQ(report.members[1].source, "X-Cache-Status");
    EXPECT_EQ(report.members[2].source, "CF-Cache-Status");
    EXPECT_EQ(report.result(), cache_result::miss);
    ASSERT_NE(report.answered_by(), nullptr);
    EXPECT_EQ(report.answered_by()->source, "X-Drupal-Cache");
}

// A Cache-Status of the application says nothing of the cache before it that knows no RFC 9211.
TEST(cache_status, a_vendors_header_beside_cache_status_stands_nearer_to_the_user) {
    struct row {
        const char* list;
        header said;
        std::optional<const char*> age;
        std::size_t members;
        cache_result result;
        const char* source;
    };
    using enum cache_result;
    for (const auto& [list, said, age, members, result, source] : std::initializer_list<row>{
             {"shop; fwd=miss; stored", {"X-Cache-Status", "HIT"}, {}, 2, hit, "X-Cache-Status"},
             {"shop; hit", {"X-Cache-Status", "BYPASS"}, {}, 2, bypass, "X-Cache-Status"},
             {"shop; hit", {"CF-Cache-Status", "DYNAMIC"}, {}, 2, bypass, "CF-Cache-Status"},
             {"shop; hit", {"X-Cache-Status", "MISS"}, "0", 2, miss, "X-Cache-Status"},
             // An RFC 9211 cache that hits replays what the caches behind it said when it was filled.
             {"front; hit; ttl=5", {"X-Cache-Status", "MISS"}, "4", 1, hit, "Cache-Status"},
             {"\"Netlify Edge\"; fwd=miss", {"X-Cache-Status", "HIT"}, {}, 1, miss, "Cache-Status"},
             // Of these nobody knows where they stand.
             {"shop; fwd=miss", {"X-Cache", "HIT"}, {}, 1, miss, "Cache-Status"},
             {"shop; fwd=miss", {"X-Drupal-Cache", "HIT"}, {}, 1, miss, "Cache-Status"},
             {"shop; fwd=miss", {"X-Cache", "Hit from cloudfront"}, {}, 2, hit, "X-Cache"},
         }) {
        SCOPED_TRACE(std::string(list) + " | " + said.name + ": " + said.value);
        headers fields{said, {"Cache-Status", list}};
        if (age) fields.push_back({"Age", *age});
        const auto report = read_cache_status(fields);
        ASSERT_EQ(report.members.size(), members);
        EXPECT_EQ(report.result(), result);
        EXPECT_EQ(report.nearest()->source, source);
    }
}

TEST(cache_status, fastly) {
    const headers shielded{{"X-Cache", "MISS, HIT"}, {"X-Cache-Hits", "0, 7"}, {"X-Served-By", "cache-a, cache-b"}};
    const auto report = read_cache_status(shielded);
    ASSERT_EQ(report.members.size(), 2u);
    EXPECT_EQ(report.members[0].detail, "miss-or-pass");
    EXPECT_EQ(report.members[0].trust, confidence::low);
    EXPECT_EQ(report.members[1].trust, confidence::high);
    EXPECT_EQ(report.nearest()->whose, vendor::fastly);
    EXPECT_EQ(report.result(), cache_result::hit);

    auto debugged = shielded;
    debugged.push_back({"Fastly-Debug-TTL", "H cache-jfk1026-JFK 41733294.335 864000.000 2273"});
    EXPECT_EQ(read_cache_status(debugged).nearest()->ttl, 41733294);
    debugged.back().value = "(H cache-lon1-LON -3.500 600.000 63)";
    EXPECT_EQ(read_cache_status(debugged).members.size(), 2u);
    EXPECT_EQ(read_cache_status(debugged).nearest()->ttl, -3);
    EXPECT_EQ(read_cache_status(debugged).result(), cache_result::stale);
    debugged.back().value = "H cache-lon1-LON - - 63";
    EXPECT_EQ(read_cache_status(debugged).nearest()->ttl, std::nullopt);
    EXPECT_EQ(read_cache_status(debugged).result(), cache_result::hit);

    const auto alone = read_cache_status({{"Fastly-Debug-TTL", "M cache-lon1-LON - - -"}});
    ASSERT_EQ(alone.members.size(), 1u);
    EXPECT_EQ(alone.result(), cache_result::miss);
    for (const auto* broken : {"", "H", "X a 1 2 3", "HIT a 1 2 3", "("})
        EXPECT_EQ(read_cache_status({{"Fastly-Debug-TTL", broken}}).result(), cache_result::unknown) << broken;
    EXPECT_EQ(read_cache_status({{"Fastly-Debug-TTL", "H a"}}).result(), cache_result::hit);
}

TEST(cache_status, varnish_says_it_twice) {
    const auto hit = read_cache_status({{"X-Varnish", "5 2"}, {"X-Cache", "HIT"}, {"Age", "3"}});
    ASSERT_EQ(hit.members.size(), 2u);
    EXPECT_EQ(hit.nearest()->source, "X-Cache");
    EXPECT_EQ(hit.nearest()->at, layer::server);
    // What X-Varnish cannot tell apart, X-Cache can.
    EXPECT_EQ(read_cache_status({{"X-Varnish", "5"}, {"X-Cache", "PASS"}}).result(), cache_result::bypass);
    EXPECT_EQ(read_cache_status({{"X-Varnish", "5"}, {"X-Cache", "MISS"}}).result(), cache_result::miss);
}

TEST(cache_status, akamai_is_known_by_its_server) {
    EXPECT_EQ(read_cache_status({{"X-Cache", "TCP_HIT from a1 (AkamaiGHost/9.8)"}}).nearest()->whose, vendor::akamai);
    EXPECT_EQ(read_cache_status({{"X-Cache", "TCP_HIT"}}).nearest()->whose, vendor::unsaid);
}

TEST(cache_status, headers_that_say_only_whether_it_is_kept) {
    struct row {
        const char* header;
        const char* value;
        std::optional<bool> stored;
    };
    for (const auto& [name, value, stored] : std::initializer_list<row>{{"X-Cacheable", "YES", true},
                                                                        {"X-Cacheable", "YES:Forced", true},
                                                                        {"X-Cacheable", "YES:briefly:300", true},
                                                                        {"X-Cacheable", "SHORT", true},
                                                                        {"X-Cacheable", "NO:Private", false},
                                                                        {"X-Cacheable", "NO: beresp.status", false},
                                                                        {"X-Cacheable", "perhaps", {}},
                                                                        {"X-Cacheable", "", {}},
                                                                        {"X-Check-Cacheable", "YES", true},
                                                                        {"X-Check-Cacheable", "NO", false}}) {
        const auto report = read_cache_status({{name, value}});
        EXPECT_EQ(report.stored, stored) << value;
        EXPECT_EQ(report.stored_source, stored ? name : "") << value;
        EXPECT_EQ(report.result(), cache_result::unknown) << value;
    }
}

TEST(cache_status, whether_the_application_was_asked) {
    const auto in_front = [](const headers& fields) {
        return read_cache_status(fields).answered_in_front() != nullptr;
    };
    EXPECT_TRUE(in_front({{"X-Cache-Status", "HIT"}}));
    EXPECT_TRUE(in_front({{"CF-Cache-Status", "HIT"}}));
    EXPECT_TRUE(in_front({{"X-Varnish", "5 2"}}));
    EXPECT_TRUE(in_front({{"CF-Cache-Status", "MISS"}, {"X-Cache-Status", "HIT"}}));
    EXPECT_TRUE(in_front({{"Cache-Status", "shop; fwd=miss"}, {"X-Cache-Status", "HIT"}}));
    EXPECT_TRUE(in_front({{"Cache-Status", "front; hit"}, {"Age", "1"}}));
    EXPECT_TRUE(in_front({{"X-Cache", "HIT"}, {"Age", "1"}}));
    EXPECT_TRUE(in_front({{"Cache-Status", "\"Next.js\"; fwd=miss, \"Netlify Edge\"; hit"}}));
    // It may be the application's own cache.
    EXPECT_FALSE(in_front({{"Cache-Status", "shop; hit"}}));
    EXPECT_FALSE(in_front({{"X-Cache", "HIT"}}));
    EXPECT_FALSE(in_front({{"X-Drupal-Cache", "HIT"}}));
    EXPECT_FALSE(in_front({{"X-Drupal-Cache", "HIT"}, {"Age", "1"}}));
    // Who is guessed to have hit further out does not take that away; an old copy further out does.
    EXPECT_TRUE(in_front({{"X-Kinsta-Cache", "HIT"}, {"X-Cache-Status", "HIT"}}));
    EXPECT_FALSE(in_front({{"CF-Cache-Status", "UPDATING"}, {"X-Cache-Status", "HIT"}}));
    // A guess, and an old copy: whoever serves that may have asked first.
    EXPECT_FALSE(in_front({{"X-Kinsta-Cache", "HIT"}}));
    EXPECT_FALSE(in_front({{"Age", "7"}}));
    EXPECT_FALSE(in_front({{"X-Cache-Status", "STALE"}}));
    EXPECT_FALSE(in_front({{"X-Cache-Status", "UPDATING"}}));
    EXPECT_FALSE(in_front({{"X-Cache-Status", "MISS"}}));
    EXPECT_FALSE(in_front({}));
}

TEST(cache_status, age_alone_is_a_guess) {
    const auto report = read_cache_status({{"Age", "7"}});
    ASSERT_EQ(report.members.size(), 1u);
    EXPECT_EQ(report.result(), cache_result::hit);
    EXPECT_EQ(report.nearest()->trust, confidence::low);
    EXPECT_EQ(report.nearest()->source, "Age");
    for (const auto* age : {"0", "", "-1", "x", "1.5"})
        EXPECT_EQ(read_cache_status({{"Age", age}}).result(), cache_result::unknown) << age;
    const auto told = read_cache_status({{"Age", "7"}, {"X-Cache", "MISS"}});
    EXPECT_EQ(told.result(), cache_result::miss);
    EXPECT_EQ(told.age, 7);
}

TEST(cache_status, nothing_said) {
    const auto report = read_cache_status({});
    EXPECT_EQ(report.nearest(), nullptr);
    EXPECT_EQ(report.answered_by(), nullptr);
    EXPECT_EQ(report.result(), cache_result::unknown);
    EXPECT_EQ(name_of(report.result()), "unknown");
    EXPECT_EQ(read_cache_status({{"Cache-Status", ""}, {"X-Cache", "HIT"}}).result(), cache_result::hit);
}

TEST(cache_status, an_endless_list_is_bounded) {
    std::string value = "HIT";
    for (int i = 0; i < 5000; ++i)
        value += ",HIT";
    EXPECT_LE(read_cache_status({{"X-Cache", value}}).members.size(), 64u);
}

}  // namespace
}  // namespace understudy::http
