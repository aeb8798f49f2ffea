// The rule case by case, each reason for not deciding once, then what it promises over many seeded runs: few false
// alarms, little false sameness, and no change of mind as the margin widens.
#include "stats/equivalence.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "stats/detail/test_noise.h"

namespace understudy::stats {
namespace {

paired_answer ask(const std::vector<double>& differences, double margin, bool exact = false,
                  direction better = direction::lower_is_better) {
    return decide({.differences = differences, .margin = margin, .better = better, .exact_counts = exact});
}

std::vector<double> scaled(std::vector<double> values, double factor) {
    for (double& value : values)
        value *= factor;
    return values;
}

TEST(equivalence, by_where_the_interval_lies) {
    const auto of = [](double low, double high) { return equivalent({.low = low, .high = high}, 1); };
    EXPECT_EQ(of(-0.9, 0.9), equivalence::same);
    EXPECT_EQ(of(0.2, 0.9), equivalence::same);
    EXPECT_EQ(of(-1, 0.5), equivalence::unclear);
    EXPECT_EQ(of(0.5, 1.5), equivalence::unclear);
    EXPECT_EQ(of(-3, 3), equivalence::unclear);
    EXPECT_EQ(of(1, 2), equivalence::unclear);
    EXPECT_EQ(of(1.1, 2), equivalence::different);
    EXPECT_EQ(of(-2, -1.1), equivalence::different);
    EXPECT_EQ(equivalent({.low = 0, .high = 0}, 0), equivalence::unclear);
    EXPECT_EQ(equivalent({.low = 0, .high = 0}, std::nan("")), equivalence::unclear);
}

TEST(decide, clear_cases) {
    const std::vector<double> faster{-0.5, -0.45, -0.52, -0.49, -0.55, -0.47, -0.5, -0.51};
    const paired_answer improved = ask(faster, 0.05);
    EXPECT_EQ(improved.verdict, decision::improved);
    EXPECT_EQ(improved.reason, decision_reason::moved);
    EXPECT_EQ(improved.pairs, 8u);
    EXPECT_DOUBLE_EQ(improved.p.value(), 2.0 / 256);
    EXPECT_TRUE(improved.range->excludes(0));
    EXPECT_LT(improved.range90->high - improved.range90->low, improved.range->high - improved.range->low);

    EXPECT_EQ(ask(scaled(faster, -1), 0.05).verdict, decision::worse);
    EXPECT_EQ(ask(faster, 0.05, false, direction::higher_is_better).verdict, decision::worse);
    EXPECT_EQ(ask(scaled(faster, -1), 0.05, false, direction::higher_is_better).verdict, decision::improved);

    const paired_answer same = ask({0.01, -0.02, 0.005, 0.01, -0.01, 0.0, 0.015, -0.01}, 0.05);
    EXPECT_EQ(same.verdict, decision::same);
    EXPECT_EQ(same.reason, decision_reason::inside_margin);
}

TEST(decide, reasons_for_not_deciding) {
    EXPECT_EQ(ask({0.5, -0.4, 0.3, -0.6, 0.2, -0.1, 0.4, -0.3}, 0.05).reason, decision_reason::too_noisy);
    // Other than 0, but the estimate is below the margin and the interval crosses it.
    const std::vector<double> small{0.02, 0.03, 0.06, 0.08, 0.01, 0.05, 0.09, 0.03};
    EXPECT_EQ(ask(small, 0.05).reason, decision_reason::below_margin);
    EXPECT_EQ(ask(small, 0.05).verdict, decision::inconclusive);
    EXPECT_EQ(ask(small, 0.20).verdict, decision::same);
    EXPECT_EQ(ask({-0.5, -0.5, -0.5, -0.5, -0.5}, 0.05).reason, decision_reason::too_few_pairs);
    EXPECT_EQ(ask({}, 0.05).reason, decision_reason::too_few_pairs);
    EXPECT_EQ(ask({}, 0.05, true).reason, decision_reason::too_few_pairs);
    EXPECT_EQ(ask({0.1, std::nan("")}, 0.05).reason, decision_reason::bad_input);
    EXPECT_EQ(ask({0.1, 0.1}, -1).reason, decision_reason::bad_input);
    EXPECT_EQ(ask({0.1, 0.1}, std::nan("")).reason, decision_reason::bad_input);
    EXPECT_EQ(ask({0.1, 0.1}, std::numeric_limits<double>::infinity()).reason, decision_reason::bad_input);
}

// Six pairs of which one goes the other way: t finds 0 outside, of 64 sign patterns 4 are as far out.
TEST(decide, needs_both_tests) {
    const paired_answer answer = ask({-1, -1.2, -0.9, -1.1, -1, 0.05}, 0.1);
    EXPECT_TRUE(answer.range->excludes(0));
    EXPECT_DOUBLE_EQ(answer.p.value(), 4.0 / 64);
    EXPECT_EQ(answer.verdict, decision::inconclusive);
    EXPECT_EQ(answer.reason, decision_reason::not_significant);
}

TEST(decide, constant_data_without_noise) {
    EXPECT_EQ(ask(std::vector<double>(6, -0.3), 0.05).verdict, decision::improved);
    EXPECT_EQ(ask(std::vector<double>(6, -0.3), 0.05).range->low, -0.3);
    EXPECT_EQ(ask(std::vector<double>(6, 0.05), 0.05).verdict, decision::worse);  // the margin itself counts as moved
    EXPECT_EQ(ask(std::vector<double>(6, 0.01), 0.05).verdict, decision::same);
    EXPECT_EQ(ask(std::vector<double>(6, 0.0), 0.05).verdict, decision::same);
    EXPECT_EQ(ask(std::vector<double>(6, 0.0), 0).verdict, decision::inconclusive);
    EXPECT_EQ(ask(std::vector<double>(5, 0.0), 0.05).verdict, decision::inconclusive);
}

TEST(decide, exact_counts_need_one_pair) {
    EXPECT_EQ(ask({-11}, 1, true).verdict, decision::improved);
    EXPECT_EQ(ask({-11}, 1, true).reason, decision_reason::exact);
    EXPECT_FALSE(ask({-11}, 1, true).p);
    EXPECT_EQ(ask({-11}, 1, true).range->high, -11);
    EXPECT_EQ(ask({3, 3, 3}, 1, true).verdict, decision::worse);
    EXPECT_EQ(ask({3, 3, 3}, 1, true, direction::higher_is_better).verdict, decision::improved);
    EXPECT_EQ(ask({0}, 1, true).verdict, decision::same);
    EXPECT_EQ(ask({0}, 0, true).verdict, decision::same);
    EXPECT_EQ(ask({1}, 0, true).verdict, decision::worse);
    EXPECT_EQ(ask({1}, 2, true).verdict, decision::same);
    EXPECT_EQ(ask({-11}, 1, false).verdict, decision::inconclusive);
}

TEST(decide, exact_counts_that_are_not) {
    EXPECT_EQ(ask({-11, -11, -10}, 1, true).reason, decision_reason::too_few_pairs);
    EXPECT_EQ(ask({-11, -11, -10, -11, -11, -11}, 1, true).reason, decision_reason::moved);
    EXPECT_EQ(ask({0.1 + 0.2, 0.3}, 0.1, true).reason, decision_reason::exact);  // equal but for rounding
}

// A change against which nothing is done is called improved or worse in at most 5 % of runs, at any margin.
TEST(decide, false_alarms_without_a_change) {
    constexpr int runs = 800;
    for (const auto kind : {test::shape::normal, test::shape::lognormal_pair, test::shape::heavy_tailed}) {
        for (const std::size_t pairs : {6u, 8u, 12u}) {
            test::noise noise(41 + pairs);
            int alarms = 0;
            for (int run = 0; run < runs; ++run) {
                const decision verdict = ask(noise.draw(kind, pairs), 0).verdict;
                alarms += verdict == decision::improved || verdict == decision::worse ? 1 : 0;
            }
            // 5 % and three standard errors.
            EXPECT_LE(alarms, runs * 0.073) << static_cast<int>(kind) << " " << pairs;
        }
    }
}

// A change of exactly the margin is called the same in at most 5 % of runs, and one of 0 nearly always if the margin is
// wide beside the noise.
TEST(decide, false_sameness) {
    constexpr int runs = 1500;
    test::noise noise(42);
    int wrong = 0;
    int right = 0;
    for (int run = 0; run < runs; ++run) {
        wrong += ask(noise.draw(test::shape::normal, 8, 2), 2).verdict == decision::same ? 1 : 0;
        right += ask(noise.draw(test::shape::normal, 8, 0), 2).verdict == decision::same ? 1 : 0;
    }
    EXPECT_LE(wrong, runs * 0.067);
    EXPECT_GE(right, runs * 0.98);
}

// A wider margin never makes a change of what was the same, nor better of worse.
TEST(decide, margins_are_monotonic) {
    test::noise noise(43);
    for (int run = 0; run < 60; ++run) {
        const std::vector<double> differences = noise.draw(test::shape::normal, 8, noise.normal());
        bool was_same = false;
        bool had_stopped_moving = false;
        for (double margin = 0; margin < 5; margin += 0.1) {
            const decision verdict = ask(differences, margin).verdict;
            const bool moved = verdict == decision::improved || verdict == decision::worse;
            EXPECT_FALSE(was_same && verdict != decision::same);
            EXPECT_FALSE(had_stopped_moving && moved);
            was_same = verdict == decision::same;
            had_stopped_moving |= !moved;
        }
        EXPECT_TRUE(was_same);
    }
}

TEST(decide, has_words) {
    EXPECT_EQ(word(decision::improved), "improved");
    EXPECT_EQ(word(decision::inconclusive), "inconclusive");
    for (int reason = 0; reason <= static_cast<int>(decision_reason::not_significant); ++reason)
        EXPECT_FALSE(text(static_cast<decision_reason>(reason)).empty());
}

}  // namespace
}  // namespace understudy::stats
