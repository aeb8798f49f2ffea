#include "stats/permutation.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "stats/detail/test_noise.h"

namespace understudy::stats {
namespace {

// All patterns, one after the other.
double naive_p(const std::vector<double>& differences) {
    const auto sum_of = [&](std::uint32_t pattern) {
        long double sum = 0;
        for (std::size_t i = 0; i < differences.size(); ++i)
            sum += (pattern >> i & 1) != 0 ? -differences[i] : differences[i];
        return std::fabs(sum);
    };
    const std::uint32_t patterns = 1u << differences.size();
    std::uint32_t extreme = 0;
    for (std::uint32_t pattern = 0; pattern < patterns; ++pattern)
        if (sum_of(pattern) >= sum_of(0) - 1e-9L) ++extreme;
    return static_cast<double>(extreme) / patterns;
}

// Fisher, The Design of Experiments, section 21: Darwin's 15 pairs of maize, in eighths of an inch. 863 of the 32768
// patterns give a sum of 314 or more, and as many one of -314 or less.
TEST(permutation, darwins_maize) {
    const std::vector<double> maize{49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48};
    const permutation_result answer = sign_flip_test(maize);
    EXPECT_TRUE(answer.exact);
    EXPECT_DOUBLE_EQ(answer.mean, 314.0 / 15);
    EXPECT_DOUBLE_EQ(answer.p, 2 * 863.0 / 32768);
    EXPECT_DOUBLE_EQ(answer.smallest_p, 2.0 / 32768);
}

TEST(permutation, agrees_with_naive_enumeration) {
    test::noise noise(11);
    for (std::size_t pairs = 1; pairs <= 12; ++pairs) {
        for (int round = 0; round < 10; ++round) {
            std::vector<double> differences = noise.draw(test::shape::heavy_tailed, pairs, 0.8);
            // Ties and zeros are where counting goes wrong.
            if (round % 2 == 1)
                for (double& value : differences)
                    value = std::round(value) * 0.1;
            EXPECT_DOUBLE_EQ(sign_flip_test(differences).p, naive_p(differences)) << pairs;
        }
    }
}

TEST(permutation, sign_and_scale_do_not_matter) {
    test::noise noise(12);
    const std::vector<double> differences = noise.draw(test::shape::normal, 9, 0.5);
    std::vector<double> other;
    for (const double value : differences)
        other.push_back(-1e6 * value);
    EXPECT_DOUBLE_EQ(sign_flip_test(differences).p, sign_flip_test(other).p);
}

TEST(permutation, smallest_p_is_reached_by_equal_differences) {
    for (std::size_t pairs = 1; pairs <= most_exact_pairs; ++pairs) {
        const permutation_result answer = sign_flip_test(std::vector<double>(pairs, 0.1));
        EXPECT_DOUBLE_EQ(answer.p, std::pow(0.5, static_cast<double>(pairs)) * 2);
        EXPECT_DOUBLE_EQ(answer.p, answer.smallest_p);
    }
    EXPECT_GT(smallest_p(fewest_pairs - 1), 0.05);
    EXPECT_LE(smallest_p(fewest_pairs), 0.05);
    EXPECT_DOUBLE_EQ(smallest_p(0), 1);
    EXPECT_DOUBLE_EQ(smallest_p(17, 999), 0.001);
}

TEST(permutation, drawn_patterns_come_near_the_exact_answer) {
    // 16 pairs are enumerated; with a zero added the test is the same, and 17 pairs are drawn.
    test::noise noise(13);
    for (const double shift : {0.0, 0.3, 0.6}) {
        std::vector<double> differences = noise.draw(test::shape::normal, 16, shift);
        const permutation_result exact = sign_flip_test(differences);
        differences.push_back(0);
        const permutation_result drawn = sign_flip_test(differences, 5, 50'000);
        EXPECT_TRUE(exact.exact);
        EXPECT_FALSE(drawn.exact);
        EXPECT_NEAR(drawn.p, exact.p, 5 * std::sqrt(exact.p * (1 - exact.p) / 50'000) + 1e-4);
        EXPECT_DOUBLE_EQ(drawn.p, sign_flip_test(differences, 5, 50'000).p);
    }
    // More than one word of random bits; p is never 0.
    EXPECT_DOUBLE_EQ(sign_flip_test(std::vector<double>(100, 1.0), 1, 999).p, 0.001);
}

TEST(permutation, nothing_to_say) {
    EXPECT_DOUBLE_EQ(sign_flip_test({}).p, 1);
    EXPECT_DOUBLE_EQ(sign_flip_test(std::vector<double>(8, 0.0)).p, 1);
    EXPECT_DOUBLE_EQ(sign_flip_test(std::vector<double>{1, std::nan(""), 1}).p, 1);
    EXPECT_DOUBLE_EQ(sign_flip_test(std::vector<double>{1, std::numeric_limits<double>::infinity()}).p, 1);
}

TEST(permutation, holds_its_level_without_a_difference) {
    test::noise noise(14);
    for (const auto kind : {test::shape::normal, test::shape::lognormal_pair, test::shape::heavy_tailed}) {
        int alarms = 0;
        constexpr int runs = 2000;
        for (int run = 0; run < runs; ++run)
            alarms += sign_flip_test(noise.draw(kind, 8)).p <= 0.05 ? 1 : 0;
        // 12 / 256 = 4.7 % are expected; three standard errors are 1.4 %.
        EXPECT_NEAR(alarms / static_cast<double>(runs), 12.0 / 256, 0.0142);
    }
}

}  // namespace
}  // namespace understudy::stats
