#include "keyspace/family.h"

#include <cctype>

#include <gtest/gtest.h>

#include "base/random.h"

namespace understudy::keyspace {
namespace {

struct row {
    std::string_view key;
    std::string_view expected;
};

// Keys of a real WordPress with an object cache.
TEST(key_template, wordpress) {
    for (const auto& [key, expected] : {
             row{"site1:wp:posts:5", "site1:wp:posts:{int}"},
             row{"site1:wp:posts:wp_query-6f9765161a0d3eb46374b89354383a66-0.62245500 1795448311",
                 "site1:wp:posts:wp_query-{md5}-{gen}"},
             row{"site1:wp:posts:wp_query-972429214cc05fd70ed1eba931a1bfa8-0.93616600 17954484240.93548700 1795448424",
                 "site1:wp:posts:wp_query-{md5}-{gen}"},
             row{"site1:wp:posts:last_changed", "site1:wp:posts:last_changed"},
             row{"site1:wp:terms:16", "site1:wp:terms:{int}"},
             row{"site1:wp:terms:get_terms-ebdabf703454fda44aaaf624a3817946-0.62291500 1795448311",
                 "site1:wp:terms:get_terms-{md5}-{gen}"},
             row{"site1:wp:category_relationships:12", "site1:wp:category_relationships:{int}"},
             row{"site1:wp:post_format_relationships:60", "site1:wp:post_format_relationships:{int}"},
             row{"site1:wp:post_meta:15", "site1:wp:post_meta:{int}"},
             row{"site1:wp:users:1", "site1:wp:users:{int}"},
             row{"site1:wp:userlogins:admin", "site1:wp:userlogins:{name}"},
             row{"site1:wp:userslugs:jane-doe", "site1:wp:userslugs:{name}"},
             row{"site1:wp:useremail:jane.doe@example.com", "site1:wp:useremail:{email}"},
             row{"site1:wp:comment:get_comment_child_ids-8-0103baaad3721b07dfc52fd34c1cb630-0.61262900 1795448305",
                 "site1:wp:comment:get_comment_child_ids-{int}-{md5}-{gen}"},
             row{"site1:wp:options:alloptions", "site1:wp:options:alloptions"},
             row{"site1:wp:options:finished_updating_comment_type", "site1:wp:options:finished_updating_comment_type"},
             row{"site1:wp:site-options:1-notoptions", "site1:wp:site-options:{int}-notoptions"},
             row{"site1:wp:site-transient:update_plugins", "site1:wp:site-transient:update_plugins"},
             row{"ms2:posts:7", "ms2:posts:{int}"},
         })
        EXPECT_EQ(key_template(key), expected) << key;
}

TEST(key_template, other_frameworks) {
    for (const auto& [key, expected] : {
             row{":1:views.decorators.cache.cache_page.shop.GET.0cc175b9c0f1b6a831c399e269772661."
                 "d41d8cd98f00b204e9800998ecf8427e.en-us.UTC",
                 ":{int}:views.decorators.cache.cache_page.shop.GET.{md5}.{md5}.en-us.UTC"},
             row{":1:django.contrib.sessions.cachek3v9x0q8z2m7n1p5r4t6w8y0a2c4e6g8",
                 ":{int}:django.contrib.sessions.cache{id}"},
             row{"laravel_cache_:da39a3ee5e6b4b0d3255bfef95601890afd80709:user", "laravel_cache_:{sha1}:user"},
             row{"nginx-cache:httpsGETshop.example/about", "nginx-cache:httpsGETshop.example/about"},
             row{"spring:session:sessions:550e8400-e29b-41d4-a716-446655440000", "spring:session:sessions:{uuid}"},
             row{"PHPREDIS_SESSION:q7v2m9x4k1z8n3p6r5t0w2y4b6", "PHPREDIS_SESSION:{id}"},
             row{std::string_view("ns:\0tags\0news", 13), "ns:\\x00tags\\x00news"},
             row{"views/products/42-20261123101500000000", "views/products/{int}-{int}"},
             row{"report:2026-11-23", "report:{date}"},
             row{"report:2026-11-23T10:15:00.123Z:eu", "report:{date}:eu"},
             row{"report:2026-13-23", "report:{int}-{int}-{int}"},
             row{"{user1000}.following", "{user{int}}.following"},
             row{"a|b c", "a|b c"},
             row{"v2:item:oauth2callback:10", "v2:item:oauth2callback:{int}"},
             row{"", ""},
             row{"a\\b", "a\\\\b"},
         })
        EXPECT_EQ(key_template(key), expected) << key;
}

TEST(key_template, hides_what_is_of_a_user_or_secret) {
    for (const auto& [key, expected] : {
             row{"user:jane.doe+shop@mail.example.com:cart", "user:{email}:cart"},
             row{"jane%40example.com", "{email}"},
             row{"jane%2540example.com:x", "{email}:x"},
             row{"u:\"jane doe\"@example.com", "u:{email}"},
             row{"u:@jane", "u:{email}"},
             row{"reset_jane@example.com", "{email}"},
             row{"/search?q=red+shoes&page=2", "/search?q={value}&page={value}"},
             row{"jwt:eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9"
                 "PlFUP0THsR8U",
                 "jwt:{id}.{id}.{id}"},
             row{"tok:aB3dE-fG7hI_jK9lM", "tok:{id}"},
             row{"t:QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "t:{id}=="},
             row{"code:x7k2p9", "code:{id}"},
             row{"git:a1b2c3d", "git:{hex}"},
             row{"sum:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "sum:{hex}"},
             row{"SUM:D41D8CD98F00B204E9800998ECF8427E", "SUM:{md5}"},
             row{"ip:2001:db8::ff00:42:8329", "ip:{ip}"},
             row{"mac:00:1a:2b:3c:4d:5e", "mac:{ip}"},
             row{"ip:10.1.2.3", "ip:{int}.{int}.{int}.{int}"},
             row{"name:J\xc3\xbcrgen:M\xc3\xbcller", "name:{bytes}"},
             row{"h:\x01\x9f\x22\xc3\x41\xff:x", "h:{bytes}:x"},
             row{"user4711", "user{int}"},
             row{"secret:qXwErTyUiOpAsDfGhJkL", "secret:{id}"},
             row{"secret:qwertyuiopasdfghjklzxcvbnmqwertyui", "secret:{id}"},
         })
        EXPECT_EQ(key_template(key), expected) << key;
}

TEST(key_template, long_keys_are_cut_between_segments) {
    const std::string long_path = "cache:" + std::string(600, 'a');
    EXPECT_EQ(key_template(long_path), "cache:{more}");
    EXPECT_EQ(key_template(std::string(600, '/')), std::string(512, '/') + "{more}");
    EXPECT_EQ(key_template(std::string(600, 'a')), "{more}");
    const std::string mail = std::string(500, ':') + "jane.doe.smith@example.com";
    EXPECT_EQ(key_template(mail), std::string(500, ':') + "{more}");
}

// Planted in every kind of surroundings, no part of five bytes of a secret is to be seen.
TEST(key_template, shows_no_part_of_a_planted_secret) {
    seeded_random random(3);
    constexpr std::string_view hex = "0123456789abcdef";
    constexpr std::string_view base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    constexpr std::string_view base36 = "0123456789abcdefghijklmnopqrstuvwxyz";
    for (int i = 0; i < 4000; ++i) {
        const auto& alphabet = i % 3 == 0 ? hex : i % 3 == 1 ? base62 : base36;
        std::string secret;
        for (auto left = 24 + random.below(40); left > 0; --left)
            secret += alphabet[random.below(alphabet.size())];
        const std::string_view before[] = {"", "session:", "a.b.", "cache_", "x-", "user/", "{", "k ", "p|"};
        const std::string_view after[] = {"", ":data", ".en", "_meta", "-v2", "/x", "}", " y", "|q"};
        const std::string key = std::string(before[random.below(9)]) + secret + std::string(after[random.below(9)]);
        const std::string shown = key_template(key);
        for (std::size_t at = 0; at + 5 <= secret.size(); ++at)
            ASSERT_EQ(shown.find(secret.substr(at, 5)), std::string::npos) << key << " is shown as " << shown;
    }
}

TEST(key_template, output_is_printable_and_bounded_for_any_bytes) {
    seeded_random random(5);
    for (int i = 0; i < 5000; ++i) {
        std::string key;
        for (auto left = random.below(700); left > 0; --left)
            key += i % 2 == 0 ? static_cast<char>(random.below(256)) : ":@%40-_.0123abcXYZ =?&\" \\"[random.below(25)];
        const std::string shown = key_template(key);
        ASSERT_LE(shown.size(), 8 * max_template_input);
        for (const char byte : shown)
            ASSERT_TRUE(byte >= 0x20 && byte < 0x7f);
    }
}

}  // namespace
}  // namespace understudy::keyspace
