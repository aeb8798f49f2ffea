#include "http/cache_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy::http {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

TEST(cache_control, directives) {
    const auto control =
        parse_cache_control(R"(Public, MAX-AGE=60, private="set-cookie, x-user", s-maxage="30", no-cache , =x, a b)");
    EXPECT_TRUE(control.has("public"));
    EXPECT_TRUE(control.has("Private"));
    EXPECT_FALSE(control.has_without_argument("private"));
    ASSERT_NE(control.argument("private"), nullptr);
    EXPECT_EQ(*control.argument("private"), "set-cookie, x-user");
    EXPECT_EQ(control.seconds("max-age"), seconds(60));
    EXPECT_EQ(control.seconds("s-maxage"), seconds(30));
    EXPECT_EQ(control.seconds("stale-if-error"), std::nullopt);
    EXPECT_TRUE(control.has_without_argument("no-cache"));
    EXPECT_EQ(control.directives.size(), 5u);
}

TEST(cache_control, the_first_of_duplicates_holds_and_nonsense_is_no_freshness) {
    EXPECT_EQ(parse_cache_control("max-age=10, max-age=99").seconds("max-age"), seconds(10));
    for (const auto* bad : {"max-age", "max-age=", "max-age=x", "max-age=-1", "max-age=1.5", "max-age= 1 2"})
        EXPECT_EQ(parse_cache_control(bad).seconds("max-age"), seconds(0)) << bad;
    EXPECT_EQ(parse_cache_control("max-age=99999999999999999999").seconds("max-age"), seconds(2147483648));
}

TEST(cache_control, lines_join) {
    const auto control = read_cache_control({{"Cache-Control", "no-store"}, {"cache-control", "max-age=1"}});
    EXPECT_TRUE(control.has("no-store"));
    EXPECT_TRUE(control.has("max-age"));
}

TEST(cache_control, age) {
    EXPECT_EQ(read_age({{"Age", "5"}}), seconds(5));
    EXPECT_EQ(read_age({{"Age", "5, 7"}}), seconds(5));
    EXPECT_EQ(read_age({{"Age", "99999999999"}}), seconds(2147483648));
    EXPECT_EQ(read_age({{"Age", "x"}}), std::nullopt);
    EXPECT_EQ(read_age({{"Age", ""}}), std::nullopt);
    EXPECT_EQ(read_age({}), std::nullopt);
}

TEST(cache_control, vary_is_a_set) {
    const auto one = read_vary({{"Vary", "Cookie, Accept-Encoding"}, {"Vary", "cookie"}});
    EXPECT_THAT(one.names, ElementsAre("accept-encoding", "cookie"));
    EXPECT_EQ(one, read_vary({{"vary", "accept-encoding,COOKIE"}}));
    EXPECT_TRUE(one.on("Cookie"));
    EXPECT_FALSE(one.on("User-Agent"));
    const auto any = read_vary({{"Vary", "Cookie, *"}});
    EXPECT_TRUE(any.any);
    EXPECT_TRUE(any.names.empty());
    EXPECT_TRUE(any.on("User-Agent"));
    EXPECT_EQ(read_vary({}), vary());
}

TEST(cache_control, entity_tags) {
    // The table of RFC 9110 8.8.3.2.
    struct row {
        const char* left;
        const char* right;
        bool strong, weak;
    };
    for (const auto& [left, right, strong, weak] :
         {row{R"(W/"1")", R"(W/"1")", false, true}, row{R"(W/"1")", R"(W/"2")", false, false},
          row{R"(W/"1")", R"("1")", false, true}, row{R"("1")", R"("1")", true, true}}) {
        const auto a = parse_entity_tag(left);
        const auto b = parse_entity_tag(right);
        ASSERT_TRUE(a && b);
        EXPECT_EQ(strongly_equal(*a, *b), strong);
        EXPECT_EQ(weakly_equal(*a, *b), weak);
    }
    EXPECT_EQ(parse_entity_tag("\"\"")->value, "");
    EXPECT_EQ(parse_entity_tag(R"( "a\b" )")->value, R"(a\b)");
    for (const auto* bad : {"", "abc", "\"", "\"a", "w/\"1\"", "\"a b\"", "\"a\"b\""})
        EXPECT_FALSE(parse_entity_tag(bad).has_value()) << bad;
}

TEST(cache_control, what_a_shared_cache_may_store) {
    struct row {
        const char* control;
        bool authorization;
        storable expected;
    };
    for (const auto& [control, authorization, expected] :
         {row{"", false, storable::heuristic}, row{"max-age=60", false, storable::yes},
          row{"no-store, max-age=60", false, storable::no}, row{"private, max-age=60", false, storable::no},
          row{"private=\"set-cookie\", max-age=60", false, storable::yes}, row{"max-age=60", true, storable::no},
          row{"max-age=60, must-revalidate", true, storable::yes}, row{"s-maxage=60", true, storable::yes},
          row{"public", true, storable::yes}})
        EXPECT_EQ(shared_cache_may_store({{"Cache-Control", control}}, {200, authorization}), expected) << control;
    EXPECT_EQ(shared_cache_may_store({{"Vary", "*"}, {"Expires", "x"}}, {}), storable::no);
    EXPECT_EQ(shared_cache_may_store({{"Expires", "x"}}, {}), storable::yes);
    EXPECT_EQ(shared_cache_may_store({}, {503, false}), storable::no);
    EXPECT_EQ(shared_cache_may_store({{"Cache-Control", "max-age=1"}}, {503, false}), storable::yes);
    EXPECT_EQ(shared_cache_may_store({{"Cache-Control", "max-age=1"}}, {206, false}), storable::no);
}

}  // namespace
}  // namespace understudy::http
