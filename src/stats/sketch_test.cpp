#include "stats/sketch.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "base/random.h"

namespace understudy::stats {
namespace {

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

sketch of(const std::vector<std::uint64_t>& values) {
    sketch out;
    for (const auto value : values)
        out.record(value);
    return out;
}

std::vector<std::uint64_t> random_values(std::uint64_t seed, std::size_t count) {
    seeded_random random(seed);
    std::vector<std::uint64_t> out(count);
    for (auto& value : out)
        value = random() >> random.below(64);
    return out;
}

TEST(sketch, every_bucket_begins_behind_the_one_before_it) {
    std::uint64_t next = 0;
    for (std::uint16_t bucket = 0; bucket < sketch::bucket_limit; ++bucket) {
        ASSERT_EQ(sketch::lowest_of(bucket), next) << bucket;
        ASSERT_EQ(sketch::bucket_of(sketch::lowest_of(bucket)), bucket);
        ASSERT_EQ(sketch::bucket_of(sketch::highest_of(bucket)), bucket);
        const double width = static_cast<double>(sketch::highest_of(bucket) - sketch::lowest_of(bucket));
        ASSERT_LE(width, static_cast<double>(sketch::lowest_of(bucket)) / 8);
        next = sketch::highest_of(bucket) + 1;
    }
    EXPECT_EQ(next, 0u) << "the last one ends with the greatest number";
    EXPECT_EQ(sketch::bucket_of(most), sketch::bucket_limit - 1);
}

TEST(sketch, quantiles_are_off_by_six_percent_at_most) {
    auto values = random_values(7, 5001);
    const auto made = of(values);
    std::ranges::sort(values);
    for (const double q : {0.0, 0.01, 0.25, 0.5, 0.9, 0.999, 1.0}) {
        const auto rank = std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(q * 5001)));
        const auto exact = static_cast<double>(values[rank - 1]);
        EXPECT_NEAR(static_cast<double>(made.quantile(q).value()), exact, exact * 0.0625) << q;
    }
    EXPECT_EQ(made.min(), values.front());
    EXPECT_EQ(made.max(), values.back());
    EXPECT_EQ(made.count(), 5001u);
}

TEST(sketch, order_and_grouping_do_not_matter) {
    auto values = random_values(11, 3000);
    const auto whole = of(values);
    std::ranges::reverse(values);
    EXPECT_EQ(of(values), whole);
    sketch parts[3];
    for (std::size_t i = 0; i < values.size(); ++i)
        parts[i % 3].record(values[i]);
    parts[2].merge(parts[0]);
    parts[1].merge(parts[2]);
    EXPECT_EQ(parts[1], whole);
    sketch none;
    none.merge(whole);
    EXPECT_EQ(none, whole);
    none.merge(sketch{});
    EXPECT_EQ(none, whole);
}

TEST(sketch, empty_and_full) {
    sketch none;
    EXPECT_FALSE(none.quantile(0.5));
    EXPECT_FALSE(none.mean());
    none.record(5, 0);
    EXPECT_TRUE(none.empty());
    sketch full;
    full.record(most, 3);
    EXPECT_EQ(full.sum(), most);
    EXPECT_EQ(full.quantile(0.5), most);
}

TEST(sketch, distances_have_known_values) {
    EXPECT_EQ(ks_distance(of({1, 2, 3}), of({1, 2, 3})), 0.0);
    EXPECT_EQ(ks_distance(of({1, 2}), of({100, 200})), 1.0);
    EXPECT_DOUBLE_EQ(ks_distance(of({1, 1, 1, 9}), of({1, 9, 9, 9})).value(), 0.5);
    EXPECT_EQ(octaves_apart(of({10, 20}), of({10, 20})), 0.0);
    // 3 + 1 to 7 + 1 is one power of two.
    EXPECT_DOUBLE_EQ(octaves_apart(of({3}), of({7})).value(), 1.0);
    EXPECT_DOUBLE_EQ(octaves_apart(of({3, 3}), of({7, 3})).value(), 0.5);
    // Of large values twice as large is one, within a bucket's width.
    EXPECT_NEAR(octaves_apart(of({100'000, 900'000}), of({200'000, 1'800'000})).value(), 1.0, 0.01);
    EXPECT_EQ(octaves_apart(of({3, 9}), of({7})), octaves_apart(of({7}), of({3, 9})));
    EXPECT_FALSE(ks_distance(sketch{}, of({1})));
    EXPECT_FALSE(octaves_apart(of({1}), sketch{}));
}

TEST(sketch, the_spread_of_its_logarithms) {
    EXPECT_FALSE(octaves_spread(sketch{}));
    EXPECT_EQ(octaves_spread(of({5, 5, 5})), 0.0);
    EXPECT_DOUBLE_EQ(octaves_spread(of({3, 7})).value(), 0.5);  // 2 and 3
    EXPECT_NEAR(octaves_spread(of({1000, 16'000})).value(), 2.0, 0.05);
}

TEST(sketch, is_made_again_from_its_buckets) {
    const auto made = of(random_values(3, 500));
    const auto again = sketch::from_buckets(made.buckets(), *made.min(), *made.max(), made.sum());
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, made);
    EXPECT_EQ(*sketch::from_buckets({}, 0, 0, 0), sketch{});
    const std::vector<std::vector<sketch::bucket_count>> bad{
        {{3, 1}, {3, 1}}, {{4, 1}, {3, 1}}, {{3, 0}}, {{496, 1}}, {{3, std::uint64_t{1} << 62}}, {{5, 1}}};
    for (const auto& buckets : bad)
        EXPECT_FALSE(sketch::from_buckets(buckets, 3, 3, 3));
}

}  // namespace
}  // namespace understudy::stats
