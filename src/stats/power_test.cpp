#include "stats/power.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "stats/detail/test_noise.h"
#include "stats/equivalence.h"
#include "stats/interval.h"
#include "stats/permutation.h"

namespace understudy::stats {
namespace {

// t(.975, 6) = 2.44691, t(.80, 6) = 0.90570, t(.975, 5) = 2.57058 and t(.80, 5) = 0.91954, from tables. Of eight pairs
// trimming leaves six.
TEST(power, worked_example) {
    EXPECT_NEAR(smallest_visible(0.03, 7).value(), (2.44691 + 0.90570) * 0.03 / std::sqrt(7.0), 1e-6);
    EXPECT_NEAR(smallest_visible(0.03, 8).value(), 1.03 * (2.57058 + 0.91954) * 0.03 / std::sqrt(8.0), 1e-6);
    EXPECT_EQ(smallest_visible(0, 8), 0);
}

TEST(power, falls_with_pairs_and_rises_with_noise) {
    double before = std::numeric_limits<double>::infinity();
    for (std::size_t pairs = 2; pairs < 60; ++pairs) {
        const double now = smallest_visible(1, pairs).value();
        // One more is trimmed at each end from every eighth pair on.
        EXPECT_LT(now, pairs % trimmed_share == 0 ? 1.06 * before : before) << pairs;
        EXPECT_DOUBLE_EQ(smallest_visible(2, pairs).value(), 2 * now);
        EXPECT_GT(smallest_visible(1, pairs, {.power = 0.9}).value(), now);
        EXPECT_GT(smallest_visible(1, pairs, {.alpha = 0.01}).value(), now);
        before = now;
    }
}

TEST(power, pairs_needed_is_the_least_that_will_do) {
    for (const double effect : {0.05, 0.1, -0.3, 0.5, 0.9, 1.4}) {
        const std::size_t pairs = pairs_needed(1, effect).value();
        EXPECT_LE(smallest_visible(1, pairs).value(), std::fabs(effect));
        if (pairs > fewest_pairs) {
            EXPECT_GT(smallest_visible(1, pairs - 1).value(), std::fabs(effect));
        }
    }
    // With normal quantiles (1.96 + 0.84)^2 / 0.25 = 31.4; t adds some two, trimming as many again.
    EXPECT_NEAR(static_cast<double>(pairs_needed(1, 0.5).value()), 35, 2);
    EXPECT_EQ(pairs_needed(1, 100), fewest_pairs);
    EXPECT_EQ(pairs_needed(0, 0.1), fewest_pairs);
}

TEST(power, nothing_to_say) {
    EXPECT_FALSE(smallest_visible(1, 1));
    EXPECT_FALSE(smallest_visible(-1, 8));
    EXPECT_FALSE(smallest_visible(std::nan(""), 8));
    EXPECT_FALSE(smallest_visible(1, 8, {.alpha = 0}));
    EXPECT_FALSE(smallest_visible(1, 8, {.power = 1}));
    EXPECT_FALSE(pairs_needed(1, 0));
    EXPECT_FALSE(pairs_needed(1, 1e-9));
    EXPECT_FALSE(pairs_needed(std::nan(""), 1));
}

// The formula keeps its promise for the interval, and the header says by how much the whole rule falls short of it.
TEST(power, simulated) {
    constexpr int runs = 1000;
    for (const std::size_t pairs : {6u, 8u, 12u}) {
        test::noise noise(51 + pairs);
        const double effect = smallest_visible(1, pairs).value();
        int by_interval = 0;
        int by_rule = 0;
        for (int run = 0; run < runs; ++run) {
            const auto differences = noise.draw(test::shape::normal, pairs, -effect);
            by_interval += trimmed_interval(differences)->excludes(0) ? 1 : 0;
            by_rule += decide({.differences = differences}).verdict == decision::improved ? 1 : 0;
        }
        EXPECT_NEAR(by_interval / 1000.0, 0.80, 0.05) << pairs;
        const double expected = pairs == 6 ? 0.61 : pairs == 8 ? 0.76 : 0.80;
        EXPECT_NEAR(by_rule / 1000.0, expected, 0.05) << pairs;
    }
}

}  // namespace
}  // namespace understudy::stats
