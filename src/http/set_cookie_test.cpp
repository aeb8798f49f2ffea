#include "http/set_cookie.h"

#include <gtest/gtest.h>

namespace understudy::http {
namespace {

std::string date(std::string_view text) {
    const auto when = parse_cookie_date(text);
    return when ? show(*when) : "none";
}

TEST(set_cookie, every_attribute) {
    const auto cookie = parse_set_cookie(
        "sid = a=b; c ; Path=/shop; DOMAIN=.Example.COM; Max-Age=60; expires=Wed, 09 Jun 2021 10:18:14 GMT; Secure; "
        "HttpOnly; SameSite=LAX; Priority=High");
    ASSERT_TRUE(cookie.has_value());
    EXPECT_EQ(cookie->name, "sid");
    EXPECT_EQ(cookie->value, "a=b");
    EXPECT_EQ(cookie->path, "/shop");
    EXPECT_EQ(cookie->domain, "example.com");
    EXPECT_EQ(cookie->max_age, std::chrono::seconds(60));
    ASSERT_TRUE(cookie->expires.has_value());
    EXPECT_EQ(show(*cookie->expires), "2021-06-09T10:18:14.000Z");
    EXPECT_TRUE(cookie->secure);
    EXPECT_TRUE(cookie->http_only);
    EXPECT_EQ(cookie->site, same_site::lax);
}

TEST(set_cookie, plain) {
    const auto cookie = parse_set_cookie("a=");
    ASSERT_TRUE(cookie.has_value());
    EXPECT_EQ(cookie->value, "");
    EXPECT_FALSE(cookie->secure || cookie->http_only || cookie->path || cookie->domain || cookie->max_age);
    EXPECT_FALSE(cookie->expires.has_value());
    EXPECT_EQ(cookie->site, same_site::unset);
    EXPECT_EQ(parse_set_cookie("a=\"q\"")->value, "\"q\"");
}

TEST(set_cookie, attributes_that_cannot_be_read_are_not_there) {
    const auto cookie = parse_set_cookie("a=b; Path=shop; Domain=; Max-Age=1x; Expires=never; SameSite=Maybe; ; ;=x");
    ASSERT_TRUE(cookie.has_value());
    EXPECT_FALSE(cookie->path || cookie->domain || cookie->max_age || cookie->expires);
    EXPECT_EQ(cookie->site, same_site::unset);
    EXPECT_EQ(parse_set_cookie("a=b; Path=/x; Path=/y")->path, "/y");
    EXPECT_FALSE(parse_set_cookie("a=b; Path=/x; Path=y")->path.has_value());
    EXPECT_FALSE(parse_set_cookie("a=b; Domain=" + std::string(1025, 'd'))->domain.has_value());
}

TEST(set_cookie, max_age_is_bounded) {
    EXPECT_EQ(parse_set_cookie("a=b; max-age=0")->max_age, std::chrono::seconds(0));
    EXPECT_EQ(parse_set_cookie("a=b; max-age=-99")->max_age, std::chrono::seconds(0));
    const auto longest = parse_set_cookie("a=b; max-age=99999999999999999999")->max_age;
    ASSERT_TRUE(longest.has_value());
    EXPECT_GT(*longest, std::chrono::years(50));
    EXPECT_LT(*longest, std::chrono::years(200));
}

TEST(set_cookie, refused) {
    for (const std::string_view bad : {"", "a", "=b", " = b", ";a=b", "a; b=c", "a=b\r\nX: y", "a=\x01", "a=\x7f"})
        EXPECT_FALSE(parse_set_cookie(bad).has_value()) << bad;
    EXPECT_FALSE(parse_set_cookie(std::string_view("a=b\0", 4)).has_value());
    EXPECT_TRUE(parse_set_cookie("a=" + std::string(max_cookie_bytes - 1, 'v')).has_value());
    EXPECT_FALSE(parse_set_cookie("a=" + std::string(max_cookie_bytes, 'v')).has_value());
}

TEST(set_cookie, dates) {
    // One instant in the three forms of RFC 9110 5.6.7, then what is found in the wild.
    for (const auto* same :
         {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
          "6 nov 1994 8:49:37", "06/November/1994 08:49:37", "08:49:37 06 Nov 94 UTC +0100"})
        EXPECT_EQ(date(same), "1994-11-06T08:49:37.000Z") << same;
    EXPECT_EQ(date("Thu, 01 Jan 1970 00:00:00 GMT"), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(date("29 Feb 2024 00:00:00"), "2024-02-29T00:00:00.000Z");
    EXPECT_EQ(date("1 Jan 69 00:00:00"), "2069-01-01T00:00:00.000Z");
    EXPECT_EQ(date("1 Jan 70 00:00:00"), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(date("31 Dec 9999 23:59:59"), "9999-12-31T23:59:59.000Z");
    for (const auto* bad :
         {"", "0", "29 Feb 2023 00:00:00", "31 Apr 2024 00:00:00", "1 Jan 2024", "1 Jan 2024 24:00:00",
          "1 Jan 2024 00:60:00", "1 Jan 2024 00:00:60", "00:00:00 2024 Jan", "1 Foo 2024 00:00:00",
          "1 Jan 1600 00:00:00", "1 Jan 20240 00:00:00", "0 Jan 2024 00:00:00"})
        EXPECT_EQ(date(bad), "none") << bad;
}

}  // namespace
}  // namespace understudy::http
