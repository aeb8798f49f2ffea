#include "stats/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "stats/distributions.h"

namespace understudy::stats {
namespace {

const std::vector<double> five{0.4, 1.9, -0.6, 3.7, 1.1};

// The means of all 5^5 resamples, ascending: what drawing comes near to.
std::vector<double> every_mean() {
    std::vector<double> means;
    for (int code = 0; code < 3125; ++code) {
        double sum = 0;
        for (int i = 0, rest = code; i < 5; ++i, rest /= 5)
            sum += five[static_cast<std::size_t>(rest % 5)];
        means.push_back(sum / 5);
    }
    std::ranges::sort(means);
    return means;
}

double at(const std::vector<double>& ascending, double share) {
    return ascending[static_cast<std::size_t>(share * static_cast<double>(ascending.size() - 1))];
}

TEST(bootstrap, percentile_comes_near_all_resamples) {
    const std::vector<double> means = every_mean();
    const interval range = bootstrap_interval(five, {.confidence = 0.9, .resamples = 200'000}).value();
    EXPECT_DOUBLE_EQ(range.estimate, 1.3);
    EXPECT_GE(range.low, at(means, 0.047));
    EXPECT_LE(range.low, at(means, 0.053));
    EXPECT_GE(range.high, at(means, 0.947));
    EXPECT_LE(range.high, at(means, 0.953));
}

// Efron and Tibshirani 1993, formulas 14.10, 14.14 and 14.15, the jackknife written out, over all resamples.
TEST(bootstrap, bca_comes_near_all_resamples) {
    const std::vector<double> means = every_mean();
    double below = 0;
    for (const double value : means)
        below += value < 1.3 - 1e-9 ? 1 : value <= 1.3 + 1e-9 ? 0.5 : 0;
    const double z0 = normal_quantile(below / static_cast<double>(means.size()));
    double squares = 0;
    double cubes = 0;
    for (const double left_out : five) {
        const double distance = 1.3 - (6.5 - left_out) / 4;
        squares += distance * distance;
        cubes += distance * distance * distance;
    }
    const double a = cubes / (6 * std::pow(squares, 1.5));
    const auto share = [&](double z) { return normal_cdf(z0 + (z0 + z) / (1 - a * (z0 + z))); };
    const double z = normal_quantile(0.05);

    const interval range =
        bootstrap_interval(five, {.confidence = 0.9, .resamples = 200'000, .kind = bootstrap_kind::bca}).value();
    EXPECT_GE(range.low, at(means, share(z) - 0.005));
    EXPECT_LE(range.low, at(means, share(z) + 0.005));
    EXPECT_GE(range.high, at(means, share(-z) - 0.005));
    EXPECT_LE(range.high, at(means, share(-z) + 0.005));
    EXPECT_GT(share(z), 0.051);  // the sample is skewed to the right, and both ends follow
}

TEST(bootstrap, the_seed_decides) {
    const interval a = bootstrap_interval(five, {.seed = 1, .resamples = 500}).value();
    const interval b = bootstrap_interval(five, {.seed = 1, .resamples = 500}).value();
    EXPECT_EQ(a.low, b.low);
    EXPECT_EQ(a.high, b.high);
    bool differs = false;
    for (std::uint64_t seed = 2; seed < 6; ++seed)
        differs |= bootstrap_interval(five, {.seed = seed, .resamples = 500})->low != a.low;
    EXPECT_TRUE(differs);
}

TEST(bootstrap, odd_input) {
    const interval flat =
        bootstrap_interval(std::vector<double>(8, -0.3), {.resamples = 50, .kind = bootstrap_kind::bca}).value();
    EXPECT_EQ(flat.low, -0.3);
    EXPECT_EQ(flat.high, -0.3);
    EXPECT_FALSE(bootstrap_interval({}));
    EXPECT_FALSE(bootstrap_interval(std::vector<double>{1}));
    EXPECT_FALSE(bootstrap_interval(std::vector<double>{1, std::nan("")}));
    EXPECT_FALSE(bootstrap_interval(five, {.resamples = 0}));
    EXPECT_FALSE(bootstrap_interval(five, {.resamples = 2'000'000}));
    EXPECT_FALSE(bootstrap_interval(five, {.confidence = 1}));
    const interval one = bootstrap_interval(five, {.resamples = 1, .kind = bootstrap_kind::bca}).value();
    EXPECT_LE(one.low, one.estimate);
    EXPECT_GE(one.high, one.estimate);
}

}  // namespace
}  // namespace understudy::stats
