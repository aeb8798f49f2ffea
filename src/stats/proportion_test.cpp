// Exact intervals and Fisher's test against printed examples and against adding up every term; then the comparison of
// blocks, above all that one bad block does not convince it.
#include "stats/proportion.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace understudy::stats {
namespace {

struct known_interval {
    std::uint64_t events, trials;
    double confidence, low, high;
};

// Computed with 40 digits from binomial sums. 0 of 10 (0.3085) and 81 of 263 (0.2527, 0.3676) also stand in print: the
// latter in Newcombe, Statistics in Medicine 17 (1998), table I, method 5, as do 15 of 148 (0.0578, 0.1617).
TEST(clopper_pearson, known_values) {
    const std::vector<known_interval> rows{{0, 10, 0.95, 0, 0.3084971078187608},
                                           {1, 10, 0.95, 0.002528578544461785, 0.4450161170281954},
                                           {5, 10, 0.95, 0.1870860284473985, 0.8129139715526015},
                                           {10, 10, 0.95, 0.6915028921812392, 1},
                                           {3, 1000, 0.95, 0.0006190999316495713, 0.008742023238478304},
                                           {81, 263, 0.95, 0.2527367455852712, 0.3676219226013514},
                                           {15, 148, 0.95, 0.05784401008344856, 0.161650490349479},
                                           {1, 100'000, 0.99, 5.012541697916406e-8, 7.429890621390487e-5},
                                           {500, 1000, 0.90, 0.4735177312356912, 0.5264822687643088}};
    for (const known_interval& row : rows) {
        const interval range = clopper_pearson({row.events, row.trials}, row.confidence).value();
        EXPECT_NEAR(range.low, row.low, 1e-12) << row.events << " of " << row.trials;
        EXPECT_NEAR(range.high, row.high, 1e-12) << row.events << " of " << row.trials;
    }
}

// P(X <= k) by adding up.
double at_most(unsigned k, unsigned n, double share) {
    double sum = 0;
    double choose = 1;
    for (unsigned i = 0; i <= k; ++i) {
        sum += choose * std::pow(share, i) * std::pow(1 - share, n - i);
        choose = choose * (n - i) / (i + 1);
    }
    return sum;
}

TEST(clopper_pearson, the_ends_leave_half_of_the_rest_on_each_side) {
    for (unsigned n = 1; n <= 30; ++n) {
        for (unsigned k = 0; k <= n; ++k) {
            const interval range = clopper_pearson({k, n}).value();
            if (k < n) {
                EXPECT_NEAR(at_most(k, n, range.high), 0.025, 1e-10);
            }
            if (k > 0) {
                EXPECT_NEAR(1 - at_most(k - 1, n, range.low), 0.025, 1e-10);
            }
            EXPECT_LE(range.low, range.estimate);
            EXPECT_GE(range.high, range.estimate);
        }
    }
}

TEST(clopper_pearson, rises_with_events) {
    interval before = clopper_pearson({0, 40}).value();
    for (std::uint64_t k = 1; k <= 40; ++k) {
        const interval range = clopper_pearson({k, 40}).value();
        EXPECT_GT(range.low, before.low);
        EXPECT_GE(range.high, before.high);
        before = range;
    }
    EXPECT_FALSE(clopper_pearson({0, 0}));
    EXPECT_FALSE(clopper_pearson({3, 2}));
    EXPECT_FALSE(clopper_pearson({1, 2}, 1));
}

TEST(upper_bound_of_none, rule_of_three) {
    EXPECT_NEAR(upper_bound_of_none(100), 0.0295130, 1e-7);  // Hanley and Lippman-Hand 1983: 3 % for 100
    EXPECT_NEAR(upper_bound_of_none(1'000'000) * 1e6, 2.9957, 1e-4);
    EXPECT_DOUBLE_EQ(upper_bound_of_none(1), 0.95);
    EXPECT_EQ(upper_bound_of_none(0), 1);
    // The two-sided interval of 90 % has the same upper end.
    EXPECT_NEAR(upper_bound_of_none(59), clopper_pearson({0, 59}, 0.90)->high, 1e-12);
}

// Fisher 1935: the lady tasting tea (3 of 4 right), and the convictions of twins of criminals.
TEST(fisher, printed_examples) {
    EXPECT_NEAR(fisher_exact({3, 4}, {1, 4}), 0.4857142857, 1e-10);
    EXPECT_NEAR(fisher_exact({2, 17}, {10, 13}), 0.0005367241, 1e-10);
}

double choose(unsigned n, unsigned k) {
    double value = 1;
    for (unsigned i = 1; i <= k; ++i)
        value = value * (n - k + i) / i;
    return value;
}

TEST(fisher, agrees_with_counting_tables) {
    seeded_random random(61);
    for (int round = 0; round < 300; ++round) {
        const auto n1 = static_cast<unsigned>(1 + random.below(15));
        const auto n2 = static_cast<unsigned>(1 + random.below(15));
        const auto k1 = static_cast<unsigned>(random.below(n1 + 1));
        const auto k2 = static_cast<unsigned>(random.below(n2 + 1));
        const double seen = choose(n1, k1) * choose(n2, k2);
        double extreme = 0;
        for (unsigned x = 0; x <= n1; ++x) {
            if (x > k1 + k2 || k1 + k2 - x > n2) continue;
            const double ways = choose(n1, x) * choose(n2, k1 + k2 - x);
            if (ways <= seen * (1 + 1e-9)) extreme += ways;
        }
        const double expected = extreme / choose(n1 + n2, k1 + k2);
        EXPECT_NEAR(fisher_exact({k1, n1}, {k2, n2}), expected, 1e-10);
        EXPECT_NEAR(fisher_exact({k2, n2}, {k1, n1}), expected, 1e-10);
        EXPECT_NEAR(fisher_exact({n1 - k1, n1}, {n2 - k2, n2}), expected, 1e-10);
    }
}

TEST(fisher, ends) {
    EXPECT_DOUBLE_EQ(fisher_exact({0, 1000}, {0, 1000}), 1);
    EXPECT_DOUBLE_EQ(fisher_exact({1000, 1000}, {7, 7}), 1);
    EXPECT_DOUBLE_EQ(fisher_exact({0, 0}, {7, 7}), 1);
    EXPECT_DOUBLE_EQ(fisher_exact({8, 7}, {7, 7}), 1);
    // The one table: 2 / C(200, 100) is far below what is told apart.
    EXPECT_NEAR(fisher_exact({0, 100}, {100, 100}), 1e-30, 1e-32);
    EXPECT_LE(fisher_exact({0, 1'000'000'000}, {500'000'000, 1'000'000'000}), 1e-29);
    EXPECT_NEAR(fisher_exact({500'000, 1'000'000}, {500'000, 1'000'000}), 1, 1e-9);
}

std::vector<paired_tally> blocks_of(std::size_t count, tally before, tally after) {
    return std::vector<paired_tally>(count, paired_tally{before, after});
}

TEST(compare_rates, clear_difference) {
    const rate_comparison answer = compare_rates(blocks_of(8, {0, 100}, {20, 100})).value();
    EXPECT_EQ(answer.before.trials, 800u);
    EXPECT_EQ(answer.after.events, 160u);
    EXPECT_DOUBLE_EQ(answer.range.estimate, 0.2);
    EXPECT_TRUE(answer.range.excludes(0));
    EXPECT_LT(answer.p_pooled, 1e-20);
    EXPECT_DOUBLE_EQ(answer.p_blocks, 2.0 / 256);
    EXPECT_DOUBLE_EQ(answer.p, answer.p_blocks);
}

// One block in which everything failed convinces the pooled test, and must not convince us.
TEST(compare_rates, one_bad_block_is_no_proof) {
    std::vector<paired_tally> blocks = blocks_of(8, {0, 100}, {0, 100});
    blocks[3].after.events = 100;
    const rate_comparison answer = compare_rates(blocks).value();
    EXPECT_LT(answer.p_pooled, 1e-20);
    EXPECT_DOUBLE_EQ(answer.p, 1);
}

TEST(compare_rates, odd_input) {
    EXPECT_FALSE(compare_rates({}));
    EXPECT_FALSE(compare_rates(blocks_of(8, {0, 0}, {1, 2})));
    EXPECT_FALSE(compare_rates(blocks_of(8, {3, 2}, {1, 2})));
    const rate_comparison none = compare_rates(blocks_of(8, {0, 50}, {0, 50})).value();
    EXPECT_DOUBLE_EQ(none.p, 1);
    EXPECT_EQ(none.range.estimate, 0);
    EXPECT_FALSE(none.range.excludes(0));
    // A block without requests in one arm counts in the sums, not in the pairs.
    std::vector<paired_tally> blocks = blocks_of(6, {0, 100}, {20, 100});
    blocks.push_back({.before = {0, 0}, .after = {5, 10}});
    const rate_comparison gap = compare_rates(blocks).value();
    EXPECT_DOUBLE_EQ(gap.p_blocks, 2.0 / 64);
    EXPECT_EQ(gap.after.events, 125u);
}

}  // namespace
}  // namespace understudy::stats
