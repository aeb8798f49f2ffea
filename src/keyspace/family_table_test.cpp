#include "keyspace/family_table.h"

#include <fstream>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "base/random.h"

namespace understudy::keyspace {
namespace {

struct counted {
    std::uint64_t keys = 0;
    std::uint64_t bytes = 0;
    void merge(const counted& other) {
        keys += other.keys;
        bytes += other.bytes;
    }
};

using table = family_table<counted>;

void add(table& to, std::string_view key) {
    if (auto* record = to.at(key)) {
        ++record->keys;
        record->bytes += key.size();
    }
}

table of(const std::vector<std::string>& keys, std::size_t most = std::size_t{1} << 16) {
    table out(most);
    for (const auto& key : keys)
        add(out, key);
    return out;
}

std::map<std::string, std::uint64_t> patterns(const table& from) {
    std::map<std::string, std::uint64_t> out;
    for (const auto& one : from.families([](const counted& record) { return record.keys; }))
        out[one.pattern] = one.record.keys;
    return out;
}

template <class Keys>
void shuffle(Keys& keys, std::uint64_t seed) {
    seeded_random random(seed);
    for (std::size_t i = keys.size(); i > 1; --i)
        std::swap(keys[i - 1], keys[random.below(i)]);
}

std::string word(std::uint64_t number, std::size_t letters = 5) {
    std::string out;
    for (std::size_t i = 0; i < letters; ++i, number /= 20)
        out += "bcdfghjklmnpqrstvwxz"[number % 20];
    return out;
}

std::vector<std::string> wordpress_keys() {
    std::ifstream in(UNDERSTUDY_SOURCE_DIR "/corpus/keyspace/wordpress-keys.txt", std::ios::binary);
    std::vector<std::string> out;
    for (std::string line; std::getline(in, line);)
        out.push_back(line);
    return out;
}

TEST(family_table, wordpress_has_the_families_that_its_source_has) {
    const auto keys = wordpress_keys();
    ASSERT_EQ(keys.size(), 602u);
    const auto found = patterns(of(keys));
    for (const std::string pattern : {"posts:{int}",
                                      "posts:wp_query-{md5}-{gen}",
                                      "posts:last_changed",
                                      "terms:{int}",
                                      "terms:get_terms-{md5}-{gen}",
                                      "category_relationships:{int}",
                                      "post_tag_relationships:{int}",
                                      "post_format_relationships:{int}",
                                      "post_meta:{int}",
                                      "users:{int}",
                                      "user_meta:{int}",
                                      "userlogins:{name}",
                                      "userslugs:{name}",
                                      "useremail:{email}",
                                      "comment:{int}",
                                      "options:alloptions",
                                      "options:notoptions",
                                      "site-transient:update_core",
                                      "site-transient:update_plugins",
                                      "site-transient:update_themes",
                                      "transient:global_styles_twentytwentythree"})
        EXPECT_TRUE(found.contains("site1:wp:" + pattern)) << pattern;
    EXPECT_EQ(found.at("site1:wp:posts:{int}"), 49u);
    EXPECT_EQ(found.at("site1:wp:post_meta:{int}"), 40u);
    EXPECT_LE(found.size(), 50u);
    std::uint64_t keys_found = 0;
    for (const auto& [pattern, count] : found)
        keys_found += count;
    EXPECT_EQ(keys_found, keys.size());
}

TEST(family_table, names_are_one_family_and_kinds_are_many) {
    std::vector<std::string> keys;
    for (std::uint64_t i = 0; i < 500; ++i) {
        keys.push_back("shop:1:product:" + word(i) + "-" + word(i * 7) + ":price");
        keys.push_back("shop:1:product:" + word(i) + "-" + word(i * 7) + ":stock");
        keys.push_back("shop:1:category:" + word(i / 4) + ":" + std::to_string(i));
        keys.push_back("shop:1:session:" + std::to_string(i * 31));
        keys.push_back("shop:1:settings");
    }
    const auto found = patterns(of(keys));
    EXPECT_EQ(found, (std::map<std::string, std::uint64_t>{{"shop:{int}:category:*:{int}", 500},
                                                           {"shop:{int}:product:*:price", 500},
                                                           {"shop:{int}:product:*:stock", 500},
                                                           {"shop:{int}:session:{int}", 500},
                                                           {"shop:{int}:settings", 500}}));
}

TEST(family_table, a_kind_among_names_stays) {
    std::vector<std::string> keys;
    for (std::uint64_t i = 0; i < 300; ++i) {
        keys.push_back("page:" + word(i));
        keys.push_back("page:index");
    }
    const auto found = patterns(of(keys));
    EXPECT_EQ(found, (std::map<std::string, std::uint64_t>{{"page:*", 300}, {"page:index", 300}}));
}

TEST(family_table, names_that_begin_alike_are_kinds_by_their_beginning) {
    std::vector<std::string> keys;
    for (std::uint64_t i = 0; i < 200; ++i) {
        keys.push_back("app_cache_product_" + word(i));
        keys.push_back("app_cache_list_" + word(i) + "_" + word(i + 3));
    }
    const auto found = patterns(of(keys));
    EXPECT_EQ(found, (std::map<std::string, std::uint64_t>{{"app_cache_list_*", 200}, {"app_cache_product_*", 200}}));
}

TEST(family_table, a_few_words_stay_as_they_are) {
    const auto found = patterns(of({"a:header", "a:footer", "a:menu", "b:one:1", "b:one:2", "b:two:1"}));
    EXPECT_EQ(found, (std::map<std::string, std::uint64_t>{
                         {"a:footer", 1}, {"a:header", 1}, {"a:menu", 1}, {"b:one:{int}", 2}, {"b:two:{int}", 1}}));
}

std::vector<std::string> many_shapes(std::size_t count) {
    std::vector<std::string> keys;
    for (std::uint64_t i = 0; i < count; ++i) {
        keys.push_back(word(i % 5000) + ":" + word(i % 37, 3) + ":" + word(i * 11 % 977));
        if (i % 3 == 0) keys.push_back("user:" + word(i * 13) + ":cart");
        if (i % 5 == 0) keys.push_back("plain:" + std::to_string(i));
    }
    return keys;
}

TEST(family_table, order_does_not_matter_even_where_it_samples) {
    auto keys = many_shapes(6'000);
    const auto first = of(keys, 300);
    EXPECT_LT(first.rate(), 1);
    EXPECT_LE(first.templates(), 300u);
    for (const std::uint64_t seed : {1, 2, 3}) {
        shuffle(keys, seed);
        const auto other = of(keys, 300);
        EXPECT_EQ(other.rate(), first.rate());
        EXPECT_EQ(patterns(other), patterns(first));
    }
}

TEST(family_table, two_shards_merged_are_the_table_of_both) {
    const auto keys = many_shapes(6'000);
    for (const std::size_t most : {std::size_t{300}, std::size_t{1} << 16}) {
        table left(most), right(most), both(most);
        for (std::size_t i = 0; i < keys.size(); ++i) {
            add(i % 3 == 0 ? left : right, keys[i]);
            add(both, keys[i]);
        }
        left.merge(right);
        EXPECT_EQ(left.rate(), both.rate());
        EXPECT_EQ(patterns(left), patterns(both));
    }
}

TEST(family_table, a_sample_tells_how_many_there_are) {
    table sampled(1000);
    std::uint64_t carts = 0;
    for (std::uint64_t i = 0; i < 30'000; ++i) {
        add(sampled, "user:" + word(i * 7919) + ":cart");
        add(sampled, "plain:" + std::to_string(i));
        ++carts;
    }
    const auto found = patterns(sampled);
    ASSERT_LT(sampled.rate(), 1);
    const double estimate = static_cast<double>(found.at("user:*:cart")) / sampled.rate();
    EXPECT_NEAR(estimate, static_cast<double>(carts), 0.1 * static_cast<double>(carts));
}

TEST(family_table, memory_is_bounded_whatever_the_keys_look_like) {
    seeded_random random(1);
    table made(1000);
    for (int i = 0; i < 40'000; ++i) {
        std::string key;
        for (auto parts = 1 + random.below(9); parts > 0; --parts)
            key += word(random(), 3 + random.below(8)) + ":/|. -_"[random.below(7)];
        add(made, key);
        ASSERT_LE(made.templates(), 1000u);
    }
    EXPECT_FALSE(patterns(made).empty());
}

TEST(text_hash, bits_are_all_alike) {
    constexpr int count = 20'000;
    std::vector<int> ones(64);
    std::set<std::uint64_t> seen;
    for (int i = 0; i < count; ++i) {
        const std::uint64_t hash = text_hash("key:" + std::to_string(i));
        EXPECT_TRUE(seen.insert(hash).second);
        for (std::size_t bit = 0; bit < 64; ++bit)
            ones[bit] += (hash >> bit & 1) != 0;
    }
    for (const int each : ones)
        EXPECT_NEAR(each, count / 2, 5 * 71) << "five standard deviations";
    EXPECT_NE(text_hash(""), text_hash(std::string_view("\0", 1)));
    EXPECT_NE(text_hash("a"), text_hash(std::string_view("a\0", 2)));
}

}  // namespace
}  // namespace understudy::keyspace
