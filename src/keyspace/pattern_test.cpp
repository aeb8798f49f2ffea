#include "keyspace/pattern.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "base/random.h"

namespace understudy::keyspace {
namespace {

key_pattern parsed(std::string_view text) {
    auto pattern = key_pattern::parse(text, breadth::allow_broad);
    EXPECT_TRUE(pattern.has_value()) << text;
    return pattern.has_value() ? *pattern : key_pattern::exactly("unparsed").value();
}

TEST(key_pattern, matches) {
    struct row {
        const char* pattern;
        const char* key;
        bool expected;
    };
    for (const auto& [pattern, key, expected] : {
             row{"a", "a", true},
             row{"a", "ab", false},
             row{"a", "", false},
             row{"a*", "a", true},
             row{"a*", "abc", true},
             row{"a*", "ba", false},
             row{"a*c", "ac", true},
             row{"a*c", "abcbc", true},
             row{"a*c", "abcb", false},
             row{"ab*bc", "abc", false},
             row{"ab*bc", "abbc", true},
             row{"a*b*c", "a--b--c", true},
             row{"a*b*c", "a--c--b", false},
             row{"a*bb*b", "abbb", true},
             row{"a*bb*b", "abb", false},
             row{"*", "", true},
             row{"*", "x", true},
             row{"*a", "aa", true},
             row{"**a**", "xay", true},
             row{"site1:wp:posts:*", "site1:wp:posts:5", true},
             row{"site1:wp:posts:*", "site1:wp:post_meta:5", false},
             row{R"(a\*b)", "a*b", true},
             row{R"(a\*b)", "axb", false},
             row{R"(a\\b)", "a\\b", true},
             row{R"(a\x2ab)", "a*b", true},
             row{"a?c", "abc", false},
             row{"a?c", "a?c", true},
             row{"a[bc]", "ab", false},
             row{"a[bc]", "a[bc]", true},
             row{"a[^b]*", "a[^b]c", true},
         })
        EXPECT_EQ(parsed(pattern).matches(key), expected) << pattern << " on " << key;
}

TEST(key_pattern, overlaps) {
    struct row {
        const char *left, *right;
        bool expected;
    };
    for (const auto& [left, right, expected] : {
             row{"a", "a", true},
             row{"a", "b", false},
             row{"a*", "ab*", true},
             row{"a*", "b*", false},
             row{"shop:1:category:*", "shop:1:*", true},
             row{"shop:1:category:*", "shop:2:*", false},
             row{"shop:1:category:*", "shop:1:cart:*", false},
             row{"a*c", "ab*", true},
             row{"a*c", "a*d", false},
             row{"a*b*c", "abc", true},
             row{"a*b*c", "ac", false},
             row{"a*x", "a*y*x", true},
             row{"*", "b", true},
             row{R"(a\*)", "a*", true},
             row{R"(a\*)", "ab", false},
         }) {
        EXPECT_EQ(parsed(left).overlaps(parsed(right)), expected) << left << " and " << right;
        EXPECT_EQ(parsed(right).overlaps(parsed(left)), expected) << right << " and " << left;
    }
}

// All words of two letters up to a length, as long as the patterns are short enough for one of them to show it.
TEST(key_pattern, overlaps_where_a_key_shows_it) {
    std::vector<std::string> words{""};
    for (std::size_t at = 0; words[at].size() < 8; ++at) {
        words.push_back(words[at] + "a");
        words.push_back(words[at] + "b");
    }
    seeded_random random(5);
    const auto drawn = [&] {
        std::string out;
        while (out.empty() || random.below(4) > 0)
            if (out.size() < 4)
                out += "ab*"[random.below(3)];
            else
                break;
        return out;
    };
    for (int round = 0; round < 400; ++round) {
        const auto left = parsed(drawn()), right = parsed(drawn());
        const bool shown =
            std::ranges::any_of(words, [&](const auto& w) { return left.matches(w) && right.matches(w); });
        EXPECT_EQ(left.overlaps(right), shown) << left.text() << " and " << right.text();
    }
}

TEST(key_pattern, refused) {
    for (const auto* bad :
         {"", "*", "**", "*a", R"(\)", R"(a\)", R"(a\q)", R"(a\x)", R"(a\x4)", R"(a\x4g)", R"(a\X41)", R"(secret\?)"}) {
        const auto pattern = key_pattern::parse(bad);
        ASSERT_FALSE(pattern.has_value()) << bad;
        EXPECT_EQ(pattern.error().code, errc::config_bad_value);
        EXPECT_EQ(pattern.error().text().find("secret"), std::string::npos);
    }
    EXPECT_FALSE(key_pattern::parse("", breadth::allow_broad).has_value());
    EXPECT_TRUE(key_pattern::parse("*", breadth::allow_broad).has_value());
    EXPECT_TRUE(key_pattern::parse(R"(\*a)").has_value());
    EXPECT_TRUE(key_pattern::parse(std::string(max_pattern_bytes, 'a')).has_value());
    EXPECT_FALSE(key_pattern::parse(std::string(max_pattern_bytes + 1, 'a')).has_value());
    std::string stars;
    for (std::size_t i = 0; i < max_pattern_stars; ++i)
        stars += "a*";
    EXPECT_TRUE(key_pattern::parse(stars).has_value());
    EXPECT_FALSE(key_pattern::parse(stars + "a*").has_value());
    EXPECT_EQ(key_pattern::parse("ab\\q").error().text().find("byte 3") == std::string::npos, false);
}

TEST(key_pattern, glob_escapes_all_that_redis_reads) {
    EXPECT_EQ(parsed(R"(a?[b-c]^\\\*d*)").to_redis_glob(), R"(a\?\[b-c\]\^\\\*d*)");
    EXPECT_EQ(parsed("a**b").to_redis_glob(), "a*b");
    EXPECT_EQ(parsed("*").to_redis_glob(), "*");
    EXPECT_EQ(parsed(R"(a\x00\xff*)").to_redis_glob(), std::string("a\0\xff*", 4));
}

TEST(key_pattern, text_is_printable_and_parses_to_the_same) {
    EXPECT_EQ(parsed(R"(a\x00\x0a\xff\x41**\x2a\\)").text(), R"(a\x00\x0a\xffA*\*\\)");
    seeded_random random(7);
    constexpr std::string_view alphabet("a*\\\0\xff\n?[]^ ", 11);
    for (int i = 0; i < 5000; ++i) {
        std::string key;
        for (auto left = 1 + random.below(12); left > 0; --left)
            key += alphabet[random.below(alphabet.size())];
        const auto exact = key_pattern::exactly(key);
        ASSERT_TRUE(exact.has_value());
        EXPECT_TRUE(exact->is_literal());
        EXPECT_TRUE(exact->matches(key));
        EXPECT_EQ(parsed(exact->text()), *exact);
        EXPECT_EQ(parsed(exact->text()).literal_prefix(), key);
        if (const auto pattern = key_pattern::parse(key, breadth::allow_broad)) {
            EXPECT_EQ(parsed(pattern->text()), *pattern);
        }
    }
    EXPECT_FALSE(key_pattern::exactly("").has_value());
}

// The definition, with a table instead of a search: row i, column j: does pattern[i..] match key[j..]?
bool by_definition(std::string_view pattern, std::string_view key) {
    std::vector<std::vector<bool>> fits(pattern.size() + 1, std::vector<bool>(key.size() + 1, false));
    fits[pattern.size()][key.size()] = true;
    for (std::size_t i = pattern.size(); i-- > 0;)
        for (std::size_t j = key.size() + 1; j-- > 0;)
            fits[i][j] = pattern[i] == '*' ? fits[i + 1][j] || (j < key.size() && fits[i][j + 1])
                                           : j < key.size() && pattern[i] == key[j] && fits[i + 1][j + 1];
    return fits[0][0];
}

TEST(key_pattern, agrees_with_the_definition) {
    seeded_random random(1);
    int matched = 0;
    for (int i = 0; i < 40000; ++i) {
        std::string pattern, key;
        for (auto left = 1 + random.below(8); left > 0; --left)
            pattern += "aab*"[random.below(4)];
        for (auto left = random.below(10); left > 0; --left)
            key += "aab"[random.below(3)];
        const bool expected = by_definition(pattern, key);
        matched += expected;
        ASSERT_EQ(parsed(pattern).matches(key), expected) << pattern << " on " << key;
    }
    EXPECT_GT(matched, 4000);
}

TEST(key_pattern, no_blow_up) {
    std::string pattern;
    for (std::size_t i = 0; i < max_pattern_stars; ++i)
        pattern += "a*";
    pattern += "b";
    EXPECT_FALSE(parsed(pattern).matches(std::string(100000, 'a')));
}

}  // namespace
}  // namespace understudy::keyspace
