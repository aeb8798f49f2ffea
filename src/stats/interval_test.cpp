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

TEST(trimmed_interval, known_values) {
    // Below eight pairs it is Student's.
    const std::vector<double> six{1, 2, 3, 4, 5, 9};
    const auto student = paired_interval(six, 0.9), same = trimmed_interval(six, 0.9);
    EXPECT_NEAR(same->low, student->low, 1e-12);
    EXPECT_NEAR(same->high, student->high, 1e-12);
    // 2 3 4 5 6 7 and an outlier at each end: mean 4.5; Winsorised 2 2 3 4 5 6 7 7, sum of squares 30; t(0.975, 5).
    const std::vector<double> eight{-100, 2, 3, 4, 5, 6, 7, 900};
    const auto range = trimmed_interval(eight);
    EXPECT_NEAR(range->estimate, 4.5, 1e-12);
    EXPECT_NEAR(range->high - range->estimate, 2.570582 * std::sqrt(30.0 / 30), 1e-5);
    // The p is where the interval would just touch 0.
    const double p = *trimmed_p(eight);
    EXPECT_NEAR(trimmed_interval(eight, 1 - p)->low, 0, 1e-6);
    EXPECT_EQ(*trimmed_p(std::vector<double>(8, 0.0)), 1);
    EXPECT_EQ(*trimmed_p(std::vector<double>(8, 2.0)), 0);
    EXPECT_FALSE(trimmed_interval(std::vector<double>{1}));
    EXPECT_FALSE(trimmed_p(std::vector<double>{1, NAN}));
}

TEST(trimmed_interval, holds_its_level_and_is_not_led_by_one_pair) {
    test::noise noise(11);
    constexpr int runs = 4000;
    for (const auto kind : {test::shape::normal, test::shape::lognormal_pair, test::shape::heavy_tailed}) {
        int held = 0;
        for (int i = 0; i < runs; ++i)
            held += trimmed_interval(noise.draw(kind, 8))->excludes(0) ? 0 : 1;
        EXPECT_GT(held, runs * 0.935) << static_cast<int>(kind);
    }
    double width = 0, students = 0;
    for (int i = 0; i < runs; ++i) {
        auto pairs = noise.draw(test::shape::normal, 8);
        pairs[3] += 8;
        const auto ours = trimmed_interval(pairs), theirs = paired_interval(pairs);
        width += ours->high - ours->low;
        students += theirs->high - theirs->low;
    }
    EXPECT_LT(width, 0.6 * students);
}

}  // namespace
}  // namespace understudy::stats
