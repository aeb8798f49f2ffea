#include "http/cookie_jar.h"

#include <gtest/gtest.h>

namespace understudy::http {
namespace {

using std::chrono::seconds;

constexpr wall_time noon{seconds(1'800'000'000)};
constexpr cookie_place shop{"shop.example.com", "/account/orders?page=2", false};
constexpr cookie_place shop_tls{"shop.example.com", "/account/orders", true};

cookie_place at(std::string_view host, std::string_view path = "/", bool secure = false) {
    return {host, path, secure};
}

TEST(cookie_jar, gives_back_what_was_set) {
    cookie_jar jar;
    EXPECT_EQ(jar.cookie_header(shop, noon), "");
    EXPECT_EQ(jar.store("a=1; Path=/", shop, noon), cookie_outcome::stored);
    EXPECT_EQ(jar.store("b=2", shop, noon), cookie_outcome::stored);
    EXPECT_EQ(jar.store("c=3; Path=/", shop, noon), cookie_outcome::stored);
    // Longer paths first, then older ones: the default path of b is /account.
    EXPECT_EQ(jar.cookie_header(shop, noon), "b=2; a=1; c=3");
    EXPECT_EQ(jar.cookie_header(at("shop.example.com", "/"), noon), "a=1; c=3");
    EXPECT_EQ(jar.cookie_header(at("SHOP.example.COM", "/account"), noon), "b=2; a=1; c=3");
    EXPECT_EQ(jar.store("a=9; Path=/", shop, noon), cookie_outcome::replaced);
    EXPECT_EQ(jar.cookie_header(at("shop.example.com"), noon), "a=9; c=3");
    EXPECT_EQ(jar.size(), 3u);
    ASSERT_NE(jar.value("a", shop, noon), nullptr);
    EXPECT_EQ(*jar.value("a", shop, noon), "9");
    EXPECT_FALSE(jar.has("A", shop, noon));
    jar.clear();
    EXPECT_FALSE(jar.has("a", shop, noon));
}

TEST(cookie_jar, paths) {
    cookie_jar jar;
    jar.store("p=1; Path=/shop", at("h.test"), noon);
    struct row {
        const char* path;
        bool sent;
    };
    for (const auto& [path, sent] :
         {row{"/shop", true}, row{"/shop/", true}, row{"/shop/a?b", true}, row{"/shop?x=/", true},
          row{"/shopping", false}, row{"/", false}, row{"", false}, row{"/Shop", false}, row{"/?/shop", false}})
        EXPECT_EQ(jar.has("p", at("h.test", path), noon), sent) << path;
    cookie_jar slash;
    slash.store("p=1; Path=/shop/", at("h.test"), noon);
    EXPECT_TRUE(slash.has("p", at("h.test", "/shop/a"), noon));
    EXPECT_FALSE(slash.has("p", at("h.test", "/shop"), noon));
}

TEST(cookie_jar, domains) {
    cookie_jar jar;
    EXPECT_EQ(jar.store("host=1", at("a.example.com"), noon), cookie_outcome::stored);
    EXPECT_EQ(jar.store("wide=1; Domain=example.com", at("a.example.com"), noon), cookie_outcome::stored);
    EXPECT_EQ(jar.cookie_header(at("a.example.com"), noon), "host=1; wide=1");
    EXPECT_EQ(jar.cookie_header(at("example.com"), noon), "wide=1");
    EXPECT_EQ(jar.cookie_header(at("b.a.example.com"), noon), "wide=1");
    EXPECT_EQ(jar.cookie_header(at("badexample.com"), noon), "");
    EXPECT_EQ(jar.cookie_header(at("example.com.evil.test"), noon), "");
    for (const auto* foreign :
         {"x=1; Domain=other.com", "x=1; Domain=b.a.example.com", "x=1; Domain=com", "x=1; Domain=ample.com"})
        EXPECT_EQ(jar.store(foreign, at("a.example.com"), noon), cookie_outcome::foreign_domain) << foreign;
}

TEST(cookie_jar, addresses_and_single_labels_match_themselves_only) {
    cookie_jar jar;
    EXPECT_EQ(jar.store("a=1; Domain=127.0.0.1", at("127.0.0.1"), noon), cookie_outcome::stored);
    EXPECT_EQ(jar.store("a=1; Domain=0.0.1", at("127.0.0.1"), noon), cookie_outcome::foreign_domain);
    EXPECT_EQ(jar.store("a=1; Domain=localhost", at("localhost"), noon), cookie_outcome::stored);
    EXPECT_EQ(jar.store("a=1", at("[::1]"), noon), cookie_outcome::stored);
    EXPECT_TRUE(jar.has("a", at("127.0.0.1"), noon));
    EXPECT_TRUE(jar.has("a", at("localhost"), noon));
    EXPECT_TRUE(jar.has("a", at("[::1]"), noon));
    EXPECT_FALSE(jar.has("a", at("x.127.0.0.1"), noon));
}

TEST(cookie_jar, secure) {
    cookie_jar jar;
    EXPECT_EQ(jar.store("s=1; Secure; Path=/", shop, noon), cookie_outcome::insecure);
    EXPECT_EQ(jar.store("s=1; Secure; Path=/", shop_tls, noon), cookie_outcome::stored);
    EXPECT_TRUE(jar.has("s", shop_tls, noon));
    EXPECT_FALSE(jar.has("s", shop, noon));
    EXPECT_EQ(jar.store("__Secure-a=1; Path=/", shop_tls, noon), cookie_outcome::insecure);
    EXPECT_EQ(jar.store("__Host-a=1; Secure; Path=/x", shop_tls, noon), cookie_outcome::insecure);
    EXPECT_EQ(jar.store("__Host-a=1; Secure; Path=/; Domain=example.com", shop_tls, noon), cookie_outcome::insecure);
    EXPECT_EQ(jar.store("__Host-a=1; Secure; Path=/", shop_tls, noon), cookie_outcome::stored);
}

TEST(cookie_jar, expiry) {
    cookie_jar jar;
    jar.store("m=1; Path=/; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", shop, noon);
    jar.store("e=1; Path=/; Expires=Fri, 15 Jan 2027 08:01:00 GMT", shop, noon);
    jar.store("s=1; Path=/", shop, noon);
    ASSERT_EQ(show(noon), "2027-01-15T08:00:00.000Z");
    EXPECT_EQ(jar.cookie_header(shop, noon + seconds(59)), "m=1; e=1; s=1");
    EXPECT_EQ(jar.cookie_header(shop, noon + seconds(60)), "s=1");
    EXPECT_EQ(jar.store("s=; Path=/; Max-Age=0", shop, noon), cookie_outcome::removed);
    EXPECT_EQ(jar.store("none=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT", shop, noon), cookie_outcome::removed);
    EXPECT_EQ(jar.cookie_header(shop, noon), "m=1; e=1");
    EXPECT_EQ(jar.store("late=1", shop, noon + seconds(61)), cookie_outcome::stored);
    EXPECT_EQ(jar.size(), 1u);
}

TEST(cookie_jar, limits) {
    cookie_jar few({.count = 2, .bytes = 1000});
    few.store("a=1; Path=/", shop, noon);
    few.store("b=1; Path=/", shop, noon);
    EXPECT_EQ(few.store("c=1; Path=/", shop, noon), cookie_outcome::stored);
    EXPECT_EQ(few.cookie_header(shop, noon), "b=1; c=1");

    cookie_jar small({.count = 100, .bytes = 60});
    EXPECT_EQ(small.store("a=" + std::string(60, 'v'), shop, noon), cookie_outcome::over_limit);
    small.store("a=1; Path=/", shop, noon);  // 19 bytes each
    small.store("b=1; Path=/", shop, noon);
    small.store("c=1; Path=/", shop, noon);
    EXPECT_EQ(small.size(), 3u);
    // The cookie that was just replaced is never the one that goes.
    EXPECT_EQ(small.store("a=" + std::string(20, 'v') + "; Path=/", shop, noon), cookie_outcome::replaced);
    EXPECT_TRUE(small.has("a", shop, noon));
    EXPECT_FALSE(small.has("b", shop, noon));
    EXPECT_TRUE(small.has("c", shop, noon));
    cookie_jar none({.count = 0, .bytes = 60});
    EXPECT_EQ(none.store("a=1", shop, noon), cookie_outcome::over_limit);
}

TEST(cookie_jar, all_of_a_response) {
    cookie_jar jar;
    const headers response{{"Set-Cookie", "sessionid=x; Path=/; HttpOnly; SameSite=Lax"},
                           {"set-cookie", "csrftoken=y; Path=/"},
                           {"Set-Cookie", "bad"},
                           {"Set-Cookie", "z=1; Domain=other.test"}};
    EXPECT_EQ(jar.store_all(response, shop, noon), 2u);
    EXPECT_EQ(jar.cookie_header(shop, noon), "sessionid=x; csrftoken=y");
}

}  // namespace
}  // namespace understudy::http
