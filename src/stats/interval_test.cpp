#include "stats/interval.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "stats/bootstrap.h"
#include "stats/detail/test_noise.h"

namespace understudy::stats {
namespace {

// Darwin's maize (Fisher, The Design of Experiments, section 17): mean 20.933 eighths of an inch, t = 2.148 with 14
// degrees of freedom, so the 95 % interval just leaves out 0: 0.0039 to 5.2294 inches.
TEST(interval, darwins_maize) {
    const std::vector<double> maize{49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48};
    const interval range = paired_interval(maize).value();
    EXPECT_DOUBLE_EQ(range.estimate, 314.0 / 15);
    EXPECT_NEAR(range.low / 8, 0.003899, 1e-6);
    EXPECT_NEAR(range.high / 8, 5.229434, 1e-6);
    EXPECT_TRUE(range.excludes(0));
    EXPECT_FALSE(paired_interval(maize, 0.99)->excludes(0));
}

TEST(interval, wider_with_more_confidence_and_moves_with_the_data) {
    test::noise noise(31);
    const std::vector<double> differences = noise.draw(test::shape::normal, 8);
    double before = 0;
    for (const double confidence : {0.5, 0.8, 0.9, 0.95, 0.99}) {
        const interval range = paired_interval(differences, confidence).value();
        EXPECT_GT(range.high - range.low, before);
        EXPECT_EQ(range.confidence, confidence);
        before = range.high - range.low;
    }
    std::vector<double> shifted;
    for (const double value : differences)
        shifted.push_back(3 - 2 * value);
    const interval a = paired_interval(differences).value();
    const interval b = paired_interval(shifted).value();
    EXPECT_NEAR(b.low, 3 - 2 * a.high, 1e-12);
    EXPECT_NEAR(b.high, 3 - 2 * a.low, 1e-12);
}

TEST(interval, equal_differences_have_no_width) {
    const interval range = paired_interval(std::vector<double>(7, 0.1)).value();
    EXPECT_EQ(range.low, 0.1);
    EXPECT_EQ(range.high, 0.1);
}

TEST(interval, nothing_to_say) {
    EXPECT_FALSE(paired_interval({}));
    EXPECT_FALSE(paired_interval(std::vector<double>{1}));
    EXPECT_FALSE(paired_interval(std::vector<double>{1, std::nan("")}));
    EXPECT_FALSE(paired_interval(std::vector<double>{1, std::numeric_limits<double>::infinity()}));
    EXPECT_FALSE(paired_interval(std::vector<double>{1, 2}, 1));
    EXPECT_FALSE(paired_interval(std::vector<double>{1, 2}, 0));
}

struct coverage {
    double t = 0, percentile = 0, bca = 0;
};

// How often each 95 % interval holds the true mean, 0.
coverage measure(test::shape kind, std::size_t pairs, int runs) {
    test::noise noise(1000 + pairs * 10 + static_cast<std::uint64_t>(kind));
    coverage seen;
    for (int run = 0; run < runs; ++run) {
        const std::vector<double> differences = noise.draw(kind, pairs);
        bootstrap_options options{.seed = noise.random()(), .resamples = 300};
        seen.t += paired_interval(differences)->excludes(0) ? 0 : 1;
        seen.percentile += bootstrap_interval(differences, options)->excludes(0) ? 0 : 1;
        options.kind = bootstrap_kind::bca;
        seen.bca += bootstrap_interval(differences, options)->excludes(0) ? 0 : 1;
    }
    return {.t = seen.t / runs, .percentile = seen.percentile / runs, .bca = seen.bca / runs};
}

// The ground for the choice made in the header.
TEST(interval, t_holds_its_level_where_bootstraps_do_not) {
    constexpr int runs = 600;
    for (const auto kind : {test::shape::normal, test::shape::lognormal_pair, test::shape::heavy_tailed}) {
        for (const std::size_t pairs : {6u, 8u, 12u}) {
            const coverage seen = measure(kind, pairs, runs);
            const std::string what = std::to_string(static_cast<int>(kind)) + " " + std::to_string(pairs) + ": t " +
                                     std::to_string(seen.t) + " percentile " + std::to_string(seen.percentile) +
                                     " bca " + std::to_string(seen.bca);
            // 95 % less three standard errors of 0.9 %.
            EXPECT_GE(seen.t, 0.923) << what;
            EXPECT_LT(seen.percentile, 0.93) << what;
            EXPECT_LT(seen.bca, 0.93) << what;
        }
    }
}

}  // namespace
}  // namespace understudy::stats
