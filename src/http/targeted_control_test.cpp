#include "http/targeted_control.h"

#include <array>

#include <gtest/gtest.h>

namespace understudy::http {
namespace {

using std::chrono::seconds;

constexpr std::array<std::string_view, 2> example{"ExampleCDN-Cache-Control", "CDN-Cache-Control"};

TEST(targeted_control, is_a_dictionary) {
    const auto read = parse_targeted_control("max-age=60, no-store;x=1, private=\"set-cookie\", ext=token, off=?0");
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->seconds("max-age"), seconds(60));
    EXPECT_TRUE(read->has_without_argument("no-store"));
    EXPECT_FALSE(read->has_without_argument("private"));
    EXPECT_TRUE(read->has("ext"));
    EXPECT_FALSE(read->has("off"));
    // RFC 9213 2.1: implementations should not consume what breaks a directive's own type.
    EXPECT_EQ(parse_targeted_control("max-age=60.5")->seconds("max-age"), seconds(0));
    EXPECT_EQ(parse_targeted_control("max-age=\"60\"")->seconds("max-age"), seconds(0));
    EXPECT_EQ(parse_targeted_control("max-age=-1")->seconds("max-age"), seconds(0));
    for (const auto* bad :
         {"", "  ", "max-age=60,", "Max-Age=60", "max-age=60 no-store", "max-age =60", "a=", "=1", ",a"})
        EXPECT_FALSE(parse_targeted_control(bad).has_value()) << bad;
    EXPECT_EQ(parse_targeted_control("max-age=1, max-age=2")->seconds("max-age"), seconds(2));
}

TEST(targeted_control, first_valid_field_of_the_target_list_wins) {
    struct row {
        headers fields;
        const char* field;
        std::optional<seconds> lifetime;
    };
    const std::vector<row> rows{
        // The examples of RFC 9213 3.1.
        {{{"Cache-Control", "max-age=60, s-maxage=120"}, {"CDN-Cache-Control", "max-age=600"}},
         "CDN-Cache-Control",
         seconds(600)},
        {{{"CDN-Cache-Control", "max-age=600"}, {"Cache-Control", "no-store"}}, "CDN-Cache-Control", seconds(600)},
        {{{"Cache-Control", "no-store"}}, "Cache-Control", {}},
        {{{"Cache-Control", "no-store"}, {"CDN-Cache-Control", "none"}}, "CDN-Cache-Control", {}},
        // Order of the list, not of the fields; empty or broken is as if absent.
        {{{"CDN-Cache-Control", "max-age=1"}, {"ExampleCDN-Cache-Control", "max-age=2"}},
         "ExampleCDN-Cache-Control",
         seconds(2)},
        {{{"CDN-Cache-Control", "max-age=1"}, {"ExampleCDN-Cache-Control", ""}}, "CDN-Cache-Control", seconds(1)},
        {{{"CDN-Cache-Control", "max-age=1"}, {"ExampleCDN-Cache-Control", "max-age=2,"}},
         "CDN-Cache-Control",
         seconds(1)},
        {{{"CDN-Cache-Control", "max-age=1;;"}, {"Cache-Control", "max-age=3"}}, "Cache-Control", seconds(3)},
        // One that is on no list changes nothing.
        {{{"OtherCDN-Cache-Control", "max-age=9"}, {"Cache-Control", "max-age=3"}}, "Cache-Control", seconds(3)},
        {{}, "Cache-Control", {}},
    };
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto read = read_effective_control(rows[i].fields, example);
        EXPECT_EQ(read.field, rows[i].field) << i;
        EXPECT_EQ(read.control.seconds("max-age"), rows[i].lifetime) << i;
        EXPECT_EQ(read.targeted, read.field != "Cache-Control") << i;
    }
}

// Which field of these decides, for the cache that the status headers tell of.
TEST(targeted_control, target_lists_of_vendors) {
    const headers all{{"Cloudflare-CDN-Cache-Control", "max-age=1"},
                      {"Vercel-CDN-Cache-Control", "max-age=2"},
                      {"Netlify-CDN-Cache-Control", "max-age=3"},
                      {"Akamai-Cache-Control", "max-age=4"},
                      {"Surrogate-Control", "max-age=5"},
                      {"CDN-Cache-Control", "max-age=6"},
                      {"X-LiteSpeed-Cache-Control", "max-age=7"},
                      {"Cache-Control", "max-age=8"}};
    struct row {
        headers status;
        const char* own;
        const char* next;
    };
    const std::vector<row> rows{
        {{{"CF-Cache-Status", "MISS"}}, "Cloudflare-CDN-Cache-Control", "CDN-Cache-Control"},
        {{{"x-vercel-cache", "MISS"}}, "Vercel-CDN-Cache-Control", "CDN-Cache-Control"},
        {{{"Cache-Status", "\"Netlify Edge\"; fwd=miss"}}, "Netlify-CDN-Cache-Control", "CDN-Cache-Control"},
        {{{"X-Cache", "TCP_MISS from a1 (AkamaiGHost/9.8)"}}, "Akamai-Cache-Control", "CDN-Cache-Control"},
        {{{"X-Cache", "MISS"}, {"X-Served-By", "cache-a"}}, "Surrogate-Control", "Cache-Control"},
        {{{"X-Cache", "Miss from cloudfront"}}, "CDN-Cache-Control", "Cache-Control"},
        {{{"X-LiteSpeed-Cache", "miss"}}, "X-LiteSpeed-Cache-Control", "Cache-Control"},
        {{{"X-Cache-Status", "MISS"}}, "Cache-Control", "Cache-Control"},
        {{{"X-Varnish", "7"}}, "Cache-Control", "Cache-Control"},
        {{{"Cache-Status", "shop; fwd=miss"}}, "Cache-Control", "Cache-Control"},
    };
    for (const auto& [status, own, next] : rows) {
        const auto report = read_cache_status(status);
        ASSERT_NE(report.nearest(), nullptr);
        const auto targets = target_list(*report.nearest());
        EXPECT_EQ(read_effective_control(all, targets).field, own);
        auto without = all;
        std::erase_if(without, [&](const header& one) { return one.name == own && one.name != "Cache-Control"; });
        EXPECT_EQ(read_effective_control(without, targets).field, next) << own;
    }
}

TEST(targeted_control, surrogate_control_of_esi_alone_says_nothing_of_storing) {
    const auto fastly = read_cache_status({{"X-Cache", "MISS"}, {"X-Served-By", "a"}});
    const auto targets = target_list(*fastly.nearest());
    const headers esi{{"Surrogate-Control", "content=\"ESI/1.0\""}, {"Cache-Control", "max-age=3"}};
    EXPECT_EQ(read_effective_control(esi, targets).field, "Cache-Control");
    const headers both{{"Surrogate-Control", "content=\"ESI/1.0\", max-age=5"}, {"Cache-Control", "max-age=3"}};
    EXPECT_EQ(read_effective_control(both, targets).control.seconds("max-age"), seconds(5));
}

TEST(targeted_control, what_forbids_storing) {
    struct row {
        headers fields;
        const char* said;
    };
    const header nginx{"X-Cache-Status", "MISS"};
    const header cloudflare{"CF-Cache-Status", "MISS"};
    const std::vector<row> rows{
        {{nginx, {"Cache-Control", "max-age=60"}}, ""},
        {{nginx, {"Cache-Control", "no-store, max-age=60"}}, "Cache-Control: no-store"},
        {{nginx, {"Cache-Control", "max-age=60, private"}}, "Cache-Control: private"},
        {{nginx, {"Cache-Control", "private=\"x\", max-age=60"}}, ""},
        {{nginx, {"Cache-Control", "max-age=0"}}, "Cache-Control: max-age=0"},
        {{nginx, {"Cache-Control", "s-maxage=0, max-age=60"}}, "Cache-Control: s-maxage=0"},
        {{nginx, {"Cache-Control", "s-maxage=60, max-age=0"}}, ""},
        {{nginx, {"Cache-Control", "no-cache"}}, "Cache-Control: no-cache"},
        {{nginx, {"Set-Cookie", "a=secret"}, {"Cache-Control", "max-age=60"}}, "Set-Cookie"},
        {{nginx, {"Vary", "*"}, {"Cache-Control", "max-age=60"}}, "Vary: *"},
        {{nginx}, "no lifetime (neither max-age nor Expires)"},
        {{nginx, {"Expires", "x"}}, ""},
        {{nginx, {"CDN-Cache-Control", "no-store"}, {"Cache-Control", "max-age=60"}}, ""},
        {{cloudflare, {"CDN-Cache-Control", "private"}, {"Cache-Control", "max-age=60"}}, "CDN-Cache-Control: private"},
        {{cloudflare, {"CDN-Cache-Control", "max-age=60"}, {"Cache-Control", "no-store"}}, ""},
        {{cloudflare, {"CDN-Cache-Control", "must-revalidate"}, {"Expires", "x"}},
         "no lifetime (neither max-age nor Expires)"},
    };
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto report = read_cache_status(rows[i].fields);
        EXPECT_EQ(what_forbids_storing(rows[i].fields, *report.nearest()), rows[i].said) << i;
    }
}

}  // namespace
}  // namespace understudy::http
