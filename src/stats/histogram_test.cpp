// The layout against numbers worked out by hand, quantiles against the sorted sample, merging against recording all,
// and every rule by which from_buckets refuses.
#include "stats/histogram.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace understudy::stats {
namespace {

using buckets_type = std::vector<histogram::bucket_count>;

// Latencies from a nanosecond to half an hour, all magnitudes alike.
std::vector<std::int64_t> some_values(std::uint64_t seed, std::size_t count) {
    seeded_random random(seed);
    std::vector<std::int64_t> values(count);
    for (auto& value : values)
        value = static_cast<std::int64_t>(std::exp2(random.unit() * 41));
    return values;
}

histogram of(const std::vector<std::int64_t>& values) {
    histogram made;
    for (const std::int64_t value : values)
        made.record(value);
    return made;
}

// Worked out by hand from docs/formats/histogram.md; files depend on these.
TEST(histogram, indexes_are_as_documented) {
    const std::vector<std::pair<std::int64_t, std::uint32_t>> known{
        {0, 0},
        {1, 1},
        {1023, 1023},
        {1024, 1024},
        {2047, 2047},
        {2048, 2048},
        {2049, 2048},
        {2050, 2049},
        {4095, 3071},
        {4096, 3072},
        {1'000'000, 11169},
        {1'000'000'000, 21363},
        {8191, 4095},
        {8192, 4096},
        {histogram::highest_value, histogram::bucket_limit - 1}};
    for (const auto& [value, bucket] : known)
        EXPECT_EQ(histogram::bucket_of(value), bucket) << value;
}

TEST(histogram, buckets_tile_the_range_and_are_narrow) {
    EXPECT_EQ(histogram::lowest_of(0), 0);
    for (std::uint32_t bucket = 0; bucket < histogram::bucket_limit; ++bucket) {
        const std::int64_t low = histogram::lowest_of(bucket);
        const std::int64_t high = histogram::highest_of(bucket);
        ASSERT_EQ(histogram::bucket_of(low), bucket);
        ASSERT_EQ(histogram::bucket_of(high), bucket);
        ASSERT_LE((high - low) * 1024, low) << bucket;
        if (bucket + 1 < histogram::bucket_limit) {
            ASSERT_EQ(high + 1, histogram::lowest_of(bucket + 1));
        }
    }
    EXPECT_EQ(histogram::highest_of(histogram::bucket_limit - 1), histogram::highest_value);
}

TEST(histogram, empty_has_no_numbers) {
    const histogram none;
    EXPECT_TRUE(none.empty());
    EXPECT_FALSE(none.min() || none.max() || none.mean() || none.quantile(0.5));
    EXPECT_TRUE(none.buckets().empty());
    EXPECT_EQ(none.extremes(), histogram_extremes{});
}

TEST(histogram, quantiles_agree_with_the_sorted_sample) {
    for (const std::size_t count : {1u, 2u, 7u, 100u, 5000u}) {
        std::vector<std::int64_t> values = some_values(count, count);
        const histogram made = of(values);
        std::ranges::sort(values);
        for (int permille = 0; permille <= 1000; ++permille) {
            // ceil(permille * count / 1000) in whole numbers
            const std::size_t rank = std::max<std::size_t>(1, (permille * count + 999) / 1000);
            const std::int64_t exact = values[rank - 1];
            const std::int64_t got = made.quantile(permille / 1000.0).value();
            ASSERT_LE(std::abs(got - exact) * 1000, exact) << count << " " << permille;
            if (exact < 2048) {
                ASSERT_EQ(got, exact);
            }
        }
        EXPECT_EQ(made.quantile(0), values.front());
        EXPECT_EQ(made.quantile(1), values.back());
        EXPECT_EQ(made.min(), values.front());
        EXPECT_EQ(made.max(), values.back());
        EXPECT_EQ(made.count(), count);
        long double sum = 0;
        for (const std::int64_t value : values)
            sum += static_cast<long double>(value);
        EXPECT_DOUBLE_EQ(made.mean().value(), static_cast<double>(sum / static_cast<long double>(count)));
    }
}

TEST(histogram, quantile_takes_odd_arguments) {
    const histogram made = of({10, 20, 30});
    EXPECT_EQ(made.quantile(-1), 10);
    EXPECT_EQ(made.quantile(2), 30);
    EXPECT_FALSE(made.quantile(std::nan("")));
    EXPECT_EQ(made.quantile(1.0 / 3), 10);
    EXPECT_EQ(made.quantile(0.34), 20);
}

TEST(histogram, clamps_and_counts_what_is_out_of_range) {
    histogram made;
    made.record(-5);
    made.record(histogram::highest_value);
    EXPECT_EQ(made.over(), 0u);
    made.record(histogram::highest_value + 1, 3);
    made.record(std::numeric_limits<std::int64_t>::max());
    made.record(7, 0);
    EXPECT_EQ(made.count(), 6u);
    EXPECT_EQ(made.over(), 4u);
    EXPECT_EQ(made.min(), 0);
    EXPECT_EQ(made.max(), histogram::highest_value);
    EXPECT_EQ(made.buckets(), (buckets_type{{0, 1}, {histogram::bucket_limit - 1, 5}}));
}

TEST(histogram, the_sum_stays_at_its_limit) {
    histogram made;
    made.record(histogram::highest_value, std::uint64_t{1} << 20);
    EXPECT_EQ(made.extremes().sum, std::numeric_limits<std::uint64_t>::max());
    made.record(1);
    EXPECT_EQ(made.extremes().sum, std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(histogram::from_buckets(made.buckets(), made.extremes()).value(), made);
}

TEST(histogram, merging_is_the_same_as_recording_all_in_any_grouping) {
    const auto a = some_values(1, 300);
    const auto b = some_values(2, 500);
    const auto c = some_values(3, 1);
    std::vector<std::int64_t> all(a);
    all.insert(all.end(), b.begin(), b.end());
    all.insert(all.end(), c.begin(), c.end());

    histogram left = of(a);
    left.merge(of(b));
    left.merge(of(c));
    histogram tail = of(c);
    tail.merge(of(b));
    histogram right;
    right.merge(tail);
    right.merge(of(a));
    right.merge(histogram{});
    EXPECT_EQ(left, of(all));
    EXPECT_EQ(right, of(all));
    EXPECT_NE(left, of(a));
}

TEST(histogram, merging_with_itself_doubles) {
    const auto values = some_values(4, 200);
    histogram twice = of(values);
    twice.merge(of(values));
    histogram self = of(values);
    self.merge(self);
    EXPECT_EQ(self, twice);
}

TEST(histogram, a_copy_is_independent) {
    histogram first = of({1, 2, 3});
    const histogram second = first;
    first.record(1'000'000);
    EXPECT_EQ(second, of({1, 2, 3}));
}

TEST(histogram, round_trip) {
    const histogram made = of(some_values(5, 2000));
    const auto again = histogram::from_buckets(made.buckets(), made.extremes());
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, made);
    EXPECT_EQ(histogram::from_buckets({}, {}).value(), histogram{});
    EXPECT_EQ(histogram::from_buckets({}).value(), histogram{});
}

TEST(histogram, without_extremes_they_are_guessed_within_the_buckets) {
    const histogram made = of(some_values(6, 2000));
    const histogram guessed = histogram::from_buckets(made.buckets()).value();
    EXPECT_EQ(guessed.buckets(), made.buckets());
    EXPECT_LE(*guessed.min(), *made.min());
    EXPECT_GE(*guessed.max(), *made.max());
    EXPECT_NEAR(*guessed.mean() / *made.mean(), 1, 0.0005);
}

TEST(histogram, refuses_damaged_buckets) {
    const std::uint64_t most = std::uint64_t{1} << 48;
    const std::vector<buckets_type> bad{{{histogram::bucket_limit, 1}},
                                        {{5, 1}, {5, 1}},
                                        {{6, 1}, {5, 1}},
                                        {{5, 0}},
                                        {{5, most + 1}},
                                        {{5, most}, {6, 1}},
                                        {{5, 1}, {6, ~std::uint64_t{0}}}};
    for (const auto& buckets : bad) {
        const auto made = histogram::from_buckets(buckets);
        ASSERT_FALSE(made);
        EXPECT_EQ(made.error().code, errc::bad_file);
    }
    EXPECT_TRUE(histogram::from_buckets(buckets_type{{5, most}}));
}

TEST(histogram, refuses_extremes_that_do_not_fit) {
    const buckets_type good{{5, 2}, {3072, 1}};  // 5, 5, and 4096 to 4099
    const auto accepts = [&good](histogram_extremes extremes) {
        return histogram::from_buckets(good, extremes).has_value();
    };
    EXPECT_TRUE(accepts({.min = 5, .max = 4097, .sum = 4107}));
    EXPECT_FALSE(accepts({.min = 4, .max = 4097, .sum = 4107}));
    EXPECT_FALSE(accepts({.min = 6, .max = 4097, .sum = 4107}));
    EXPECT_FALSE(accepts({.min = 5, .max = 4095, .sum = 4107}));
    EXPECT_FALSE(accepts({.min = 5, .max = 4100, .sum = 4107}));
    EXPECT_FALSE(accepts({.min = 5, .max = 4097, .sum = 4000}));
    EXPECT_FALSE(accepts({.min = 5, .max = 4097, .sum = 5000}));
    EXPECT_FALSE(accepts({.min = 5, .max = 4097, .sum = 4109})) << "more than all at the greatest";
    EXPECT_FALSE(accepts({.min = 5, .max = 4097, .sum = std::numeric_limits<std::uint64_t>::max()}));
    EXPECT_FALSE(accepts({.min = 5, .max = 4097, .sum = 4107, .over = 1}));
    EXPECT_FALSE(histogram::from_buckets({}, {.min = 0, .max = 0, .sum = 1}));
    EXPECT_FALSE(histogram::from_buckets(buckets_type{{3072, 2}}, {.min = 4099, .max = 4096, .sum = 8195}));
}

}  // namespace
}  // namespace understudy::stats
