#include "stats/summary.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "stats/detail/test_noise.h"

namespace understudy::stats {
namespace {

TEST(summary, mean_and_standard_deviation) {
    const std::vector<double> sample{2, 4, 4, 4, 5, 5, 7, 9};
    EXPECT_DOUBLE_EQ(mean(sample).value(), 5);
    EXPECT_DOUBLE_EQ(standard_deviation(sample).value(), std::sqrt(32.0 / 7));
    EXPECT_EQ(standard_deviation(std::vector<double>(7, 0.1)), 0);
    EXPECT_EQ(mean(std::vector<double>(7, 0.1)), 0.1);
    // Digits are not lost to a large common part.
    EXPECT_NEAR(standard_deviation(std::vector<double>{1e9 + 1, 1e9 + 2, 1e9 + 3}).value(), 1, 1e-12);
}

// Definition 7: position q (n - 1) from 0.
TEST(summary, quantiles_interpolate) {
    const std::vector<double> sample{4, 1, 3, 2};
    EXPECT_DOUBLE_EQ(quantile(sample, 0.25).value(), 1.75);
    EXPECT_DOUBLE_EQ(quantile(sample, 0.5).value(), 2.5);
    EXPECT_DOUBLE_EQ(quantile(sample, 0.9).value(), 3.7);
    EXPECT_EQ(quantile(sample, 0), 1);
    EXPECT_EQ(quantile(sample, 1), 4);
    EXPECT_EQ(quantile(sample, -3), 1);
    EXPECT_EQ(quantile(sample, 3), 4);
    EXPECT_EQ(median(std::vector<double>{5, 1, 9}), 5);
    EXPECT_EQ(median(std::vector<double>{5}), 5);
}

TEST(summary, median_absolute_deviation) {
    EXPECT_EQ(median_absolute_deviation(std::vector<double>{1, 1, 2, 2, 4, 6, 9}), 1);
    EXPECT_EQ(median_absolute_deviation(std::vector<double>{3, 3, 3, 1000}), 0);
}

TEST(summary, nothing_to_say) {
    EXPECT_FALSE(mean({}) || median({}) || quantile({}, 0.5) || median_absolute_deviation({}) || median_interval({}));
    EXPECT_FALSE(standard_deviation(std::vector<double>{1}));
    const std::vector<double> broken{1, std::nan(""), 2};
    EXPECT_FALSE(mean(broken) || median(broken) || standard_deviation(broken) || median_interval(broken));
    EXPECT_FALSE(quantile(std::vector<double>{1, 2}, std::nan("")));
}

// Coverage of the ranks k and n + 1 - k is 1 - 2 P(Binomial(n, 1/2) < k); by hand: n = 6, k = 1: 62/64; n = 8, k = 1:
// 254/256; n = 9, k = 2: 492/512; n = 10, k = 2: 1002/1024. Conover (1999) gives 4 and 13 for n = 16: 97.87 %.
TEST(summary, median_interval_ranks) {
    const auto of = [](std::size_t n) {
        std::vector<double> sample(n);
        for (std::size_t i = 0; i < n; ++i)
            sample[i] = static_cast<double>(n - i);
        return median_interval(sample);
    };
    EXPECT_FALSE(of(5));
    struct row {
        std::size_t n;
        double low, high, coverage;
    };
    for (const row& expected : std::vector<row>{{6, 1, 6, 62.0 / 64},
                                                {8, 1, 8, 254.0 / 256},
                                                {9, 2, 8, 492.0 / 512},
                                                {10, 2, 9, 1002.0 / 1024},
                                                {16, 4, 13, 0.97873}}) {
        const interval range = of(expected.n).value();
        EXPECT_EQ(range.low, expected.low) << expected.n;
        EXPECT_EQ(range.high, expected.high) << expected.n;
        EXPECT_NEAR(range.confidence, expected.coverage, 1e-5) << expected.n;
    }
    EXPECT_FALSE(median_interval(std::vector<double>{1, 2, 3, 4, 5, 6}, 0.99));
    EXPECT_FALSE(median_interval(std::vector<double>{1, 2, 3, 4, 5, 6}, 1));
}

TEST(summary, median_interval_covers) {
    test::noise noise(71);
    int held = 0;
    for (int run = 0; run < 2000; ++run) {
        std::vector<double> sample = noise.draw(test::shape::normal, 10);
        for (double& value : sample)
            value = std::exp(value);  // median 1
        held += median_interval(sample)->excludes(1) ? 0 : 1;
    }
    EXPECT_NEAR(held / 2000.0, 1002.0 / 1024, 0.0098);
}

}  // namespace
}  // namespace understudy::stats
