#include "stats/holm.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace understudy::stats {
namespace {

// Straight from the definition: the largest of (m - j + 1) p(j) over all p(j) up to this one.
std::vector<double> naive_holm(const std::vector<double>& p) {
    std::vector<double> sorted(p);
    std::ranges::sort(sorted);
    std::vector<double> adjusted;
    for (const double value : p) {
        double largest = 0;
        for (std::size_t j = 0; j < sorted.size(); ++j)
            if (sorted[j] <= value) largest = std::max(largest, static_cast<double>(sorted.size() - j) * sorted[j]);
        adjusted.push_back(std::min(1.0, largest));
    }
    return adjusted;
}

// 4 x 0.005, 3 x 0.01, 2 x 0.03, and 0.04 may not come out below 0.06.
TEST(holm, worked_example) {
    const std::vector<double> adjusted = holm_adjusted(std::vector<double>{0.01, 0.04, 0.03, 0.005});
    const std::vector<double> expected{0.03, 0.06, 0.06, 0.02};
    ASSERT_EQ(adjusted.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_DOUBLE_EQ(adjusted[i], expected[i]);
}

TEST(holm, agrees_with_the_definition) {
    seeded_random random(21);
    for (std::size_t count = 0; count < 30; ++count) {
        std::vector<double> p(count);
        for (double& value : p)
            value = std::round(random.unit() * 40) / 200;  // with ties
        EXPECT_EQ(holm_adjusted(p), naive_holm(p));
    }
}

TEST(holm, between_the_raw_value_and_bonferronis) {
    seeded_random random(22);
    std::vector<double> p(12);
    for (double& value : p)
        value = random.unit() * 0.2;
    const std::vector<double> adjusted = holm_adjusted(p);
    for (std::size_t i = 0; i < p.size(); ++i) {
        EXPECT_GE(adjusted[i], p[i]);
        EXPECT_LE(adjusted[i], std::min(1.0, 12 * p[i]));
    }
}

TEST(holm, nonsense_never_helps) {
    const std::vector<double> adjusted = holm_adjusted(std::vector<double>{std::nan(""), 0.01, -0.5, 7});
    EXPECT_EQ(adjusted, (std::vector<double>{1, 0.03, 0, 1}));
}

// A family of 10 true nulls raises an alarm in 1 - (1 - 0.05 / 10)^10 = 4.9 % of runs, not in 40 %.
TEST(holm, family_wise_error) {
    seeded_random random(23);
    int alarms = 0;
    for (int run = 0; run < 5000; ++run) {
        std::vector<double> p(10);
        for (double& value : p)
            value = random.unit();
        alarms += std::ranges::min(holm_adjusted(p)) <= 0.05 ? 1 : 0;
    }
    EXPECT_NEAR(alarms / 5000.0, 0.049, 0.0092);
}

}  // namespace
}  // namespace understudy::stats
