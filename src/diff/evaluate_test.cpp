#include "diff/evaluate.h"

#include <cmath>

#include <gtest/gtest.h>

#include "diff/detail/test_arms.h"

namespace understudy::diff {
namespace {

using namespace detail;
using model::metric;
using model::verdict;

evaluation asked(metric of, const std::vector<model::measurement>& arms, bool switchable = true,
                 std::optional<double> margin = std::nullopt) {
    const question about{of, page(), margin, switchable, 1};
    return evaluate(about, pairs_of(arms, about.key));
}

rows_of always(const model::series& one) {
    return [one](int) { return std::vector{one}; };
}

rows_of times(const std::vector<double>& milliseconds) {
    return [milliseconds](int block) {
        return std::vector{row(page(), milliseconds[static_cast<std::size_t>(block - 1)], 1)};
    };
}

TEST(evaluate, pairs_by_block_and_leaves_out_what_has_no_partner) {
    const std::vector<model::measurement> arms{arm("A", 2, {row(page(), 2, 1)}), arm("B", 1, {row(page(), 10, 1)}),
                                               arm("A", 1, {row(page(), 1, 1)}), arm("B", 2, {row(page(), 20, 1)}),
                                               arm("A", 3, {row(page(), 3, 1)}), arm("A'", 3, {row(page(), 30, 1)}),
                                               arm("A", 4, {row(page(), 4, 1)}), arm("B", 4, {row(page(), 40, 1, 0)})};
    const auto pairs = pairs_of(arms, page());
    ASSERT_EQ(pairs.size(), 2u);
    EXPECT_NEAR(*value_of(*pairs[0].before, metric::response_time), 1, 0.01);
    EXPECT_NEAR(*value_of(*pairs[0].after, metric::response_time), 10, 0.1);
    EXPECT_NEAR(*value_of(*pairs[1].before, metric::response_time), 2, 0.02);
    EXPECT_EQ(pairs_of(arms, page(), "A", "A'").size(), 1u);
    EXPECT_TRUE(pairs_of(arms, page("search")).empty());
}

TEST(evaluate, a_ratio_of_times_with_an_interval) {
    // ln ratios: -0.693 +- small. Of eight pairs the least and the greatest are trimmed; the interval by hand, from
    // t(0.975, 5) = 2.570582 and the sum of squares with the two replaced by their neighbours.
    const std::vector<double> before{100, 100, 100, 100, 100, 100, 100, 100};
    const std::vector<double> after{48, 50, 52, 49, 51, 50, 47, 53};
    const auto got = asked(metric::response_time, arms_of(times(before), times(after)));
    double mean = 0, winsorised = 0, squares = 0;
    for (const double one : {48, 50, 52, 49, 51, 50})
        mean += std::log(one / 100) / 6;
    for (const double one : {48, 50, 52, 49, 51, 50, 48, 52})
        winsorised += std::log(one / 100) / 8;
    for (const double one : {48, 50, 52, 49, 51, 50, 48, 52})
        squares += std::pow(std::log(one / 100) - winsorised, 2);
    const double half = 2.570582 * std::sqrt(squares / (6 * 5));
    ASSERT_TRUE(got.relative);
    EXPECT_EQ(got.finding.verdict, verdict::improved);
    EXPECT_FALSE(got.exact);
    EXPECT_EQ(got.finding.unit, "ms");
    EXPECT_NEAR(*got.finding.reference, 100, 0.5);
    EXPECT_NEAR(*got.finding.candidate, 50, 0.25);
    // The histogram keeps three digits or so.
    EXPECT_NEAR(*got.finding.change, std::expm1(mean), 0.005);
    EXPECT_NEAR(got.relative->low, std::expm1(mean - half), 0.005);
    EXPECT_NEAR(got.relative->high, std::expm1(mean + half), 0.005);
    EXPECT_NEAR(got.difference->low, -50 - 2.364624 * std::sqrt(28.0 / 7 / 8), 0.5);
    EXPECT_NEAR(got.value->high, 50 + 2.364624 * std::sqrt(28.0 / 7 / 8), 0.5);
    EXPECT_EQ(got.finding.range->low, got.relative->low);
    EXPECT_NEAR(*got.finding.p, 2.0 / 256, 1e-12);
    EXPECT_EQ(got.finding.margin, 10);
}

TEST(evaluate, six_pairs_at_least_for_times) {
    const std::vector<double> before{100, 101, 99, 100, 102, 98}, after{50, 51, 49, 50, 52, 48};
    EXPECT_EQ(asked(metric::response_time, arms_of(times(before), times(after), 5)).finding.verdict,
              verdict::inconclusive);
    EXPECT_EQ(asked(metric::response_time, arms_of(times(before), times(after), 6)).finding.verdict, verdict::improved);
}

TEST(evaluate, times_that_did_not_alternate_say_nothing) {
    const std::vector<double> before(8, 100), after(8, 50);
    const auto got = asked(metric::response_time, arms_of(times(before), times(after)), false);
    EXPECT_EQ(got.finding.verdict, verdict::inconclusive);
    EXPECT_NE(got.finding.why.find("alternated"), std::string::npos);
}

struct count_case {
    std::string name;
    std::uint64_t before, after;
    verdict expected;
    std::optional<double> change;
};

TEST(evaluate, constant_counts_are_exact) {
    for (const auto& one : std::vector<count_case>{{"fewer", 25, 3, verdict::improved, -0.88},
                                                   {"more", 3, 25, verdict::worse, 22.0 / 3},
                                                   {"equal", 7, 7, verdict::same, 0},
                                                   {"from none", 0, 2, verdict::worse, std::nullopt},
                                                   {"to none", 2, 0, verdict::improved, -1},
                                                   {"none", 0, 0, verdict::same, 0}}) {
        for (const bool switchable : {true, false}) {
            for (const int pairs : {1, 8}) {
                const auto got = asked(
                    metric::database_calls,
                    arms_of(always(row(page(), 5, one.before)), always(row(page(), 5, one.after)), pairs), switchable);
                EXPECT_EQ(got.finding.verdict, one.expected) << one.name;
                EXPECT_TRUE(got.exact);
                EXPECT_FALSE(got.finding.p);
                EXPECT_EQ(got.difference->low, got.difference->high);
                EXPECT_EQ(got.difference->low, static_cast<double>(one.after) - static_cast<double>(one.before));
                ASSERT_EQ(got.finding.change.has_value(), one.change.has_value()) << one.name;
                if (one.change) EXPECT_NEAR(*got.finding.change, *one.change, 1e-12);
                EXPECT_EQ(got.relative.has_value(), one.change.has_value());
            }
        }
    }
}

TEST(evaluate, equal_means_of_unequal_requests_are_no_exact_count) {
    auto mixed = row(page(), 5, 2, 10);
    mixed.database_calls = {{1, 5}, {3, 5}};
    const auto fewer = row(page(), 5, 1);
    const auto few = asked(metric::database_calls, arms_of(always(mixed), always(fewer), 2));
    EXPECT_FALSE(few.exact);
    EXPECT_EQ(few.finding.verdict, verdict::inconclusive);
    EXPECT_EQ(asked(metric::database_calls, arms_of(always(mixed), always(fewer))).finding.verdict, verdict::improved);
    EXPECT_EQ(asked(metric::database_calls, arms_of(always(mixed), always(fewer)), false).finding.verdict,
              verdict::inconclusive);
    EXPECT_EQ(asked(metric::database_calls, arms_of(always(fewer), always(mixed)), false).finding.verdict,
              verdict::worse);
}

TEST(evaluate, an_unknown_count_is_never_a_number) {
    auto unknown = row(page(), 5, 1);
    unknown.database_unknown = {"the answers carry no report", "instrument it"};
    for (const bool first : {true, false}) {
        const auto known = row(page(), 5, 9);
        const auto got =
            asked(metric::database_calls, arms_of(always(first ? unknown : known), always(first ? known : unknown)));
        EXPECT_EQ(got.finding.verdict, verdict::inconclusive);
        EXPECT_FALSE(got.finding.reference);
        EXPECT_FALSE(got.value);
        EXPECT_EQ(got.finding.why, "the answers carry no report");
        EXPECT_EQ(got.finding.advice, "instrument it");
    }
    const auto nothing = asked(metric::database_calls, {});
    EXPECT_EQ(nothing.finding.verdict, verdict::inconclusive);
    EXPECT_FALSE(nothing.finding.why.empty());
}

model::series cached(std::uint64_t hit, std::uint64_t miss, std::uint64_t unknown, std::uint64_t errors = 0) {
    auto out = row(page(), 5, 1, hit + miss + unknown);
    out.cache = {hit, miss, 0, 0, unknown};
    if (unknown) out.cache_unknown = {"no header tells", "send Cache-Status"};
    if (errors) out.errors["HTTP 500"] = errors;
    return out;
}

struct cache_case {
    std::string name;
    model::series row;
    std::optional<double> percent;
};

TEST(evaluate, hits_are_counted_only_where_every_good_answer_told) {
    for (const auto& one : std::vector<cache_case>{{"all hit", cached(10, 0, 0), 100},
                                                   {"none", cached(0, 10, 0), 0},
                                                   {"some", cached(3, 7, 0), 30},
                                                   {"only hits are told", cached(1, 0, 9), std::nullopt},
                                                   {"none is told", cached(0, 0, 10), std::nullopt},
                                                   {"only the errors do not tell", cached(8, 0, 2, 2), 100},
                                                   {"all failed", cached(0, 0, 10, 10), std::nullopt}}) {
        EXPECT_EQ(value_of(one.row, metric::cache_status), one.percent) << one.name;
    }
    const auto better = asked(metric::cache_status, arms_of(always(cached(0, 10, 0)), always(cached(10, 0, 0))));
    EXPECT_EQ(better.finding.verdict, verdict::improved);
    EXPECT_TRUE(better.exact);
    EXPECT_EQ(better.difference->low, 100);
    EXPECT_FALSE(better.relative) << "before was 0";
    EXPECT_EQ(asked(metric::cache_status, arms_of(always(cached(10, 0, 0)), always(cached(0, 10, 0)))).finding.verdict,
              verdict::worse);
    const auto lucky = asked(metric::cache_status, arms_of(always(cached(0, 10, 0)), always(cached(1, 0, 9))));
    EXPECT_EQ(lucky.finding.verdict, verdict::inconclusive);
    EXPECT_EQ(lucky.finding.advice, "send Cache-Status");
}

model::series failing(std::uint64_t errors, std::uint64_t requests = 10) {
    auto out = row(page(), 5, 1, requests);
    if (errors) out.errors["HTTP 500"] = errors;
    return out;
}

TEST(evaluate, errors) {
    const auto of = [](std::uint64_t before, std::uint64_t after, int pairs = blocks) {
        return asked(metric::error_rate, arms_of(always(failing(before)), always(failing(after)), pairs));
    };
    EXPECT_EQ(of(0, 0).finding.verdict, verdict::same);
    EXPECT_TRUE(of(0, 0).exact);
    EXPECT_EQ(of(0, 10, 1).finding.verdict, verdict::worse) << "all fail: exact";
    EXPECT_EQ(of(10, 0, 1).finding.verdict, verdict::improved);
    const auto some = of(0, 2);
    EXPECT_EQ(some.finding.verdict, verdict::worse);
    EXPECT_FALSE(some.exact);
    EXPECT_NEAR(*some.finding.candidate, 20, 1e-9);
    EXPECT_NEAR(*some.finding.p, 2.0 / 256, 1e-9) << "the sign-flip test is the coarser one";
    EXPECT_LT(some.difference->low, 20);
    EXPECT_GT(some.difference->low, 0);
    EXPECT_EQ(of(0, 1, 2).finding.verdict, verdict::inconclusive);
    // One failure in 80 says nothing either way.
    const auto one =
        asked(metric::error_rate,
              arms_of(always(failing(0)), [](int block) { return std::vector{failing(block == 3 ? 1 : 0)}; }));
    EXPECT_EQ(one.finding.verdict, verdict::inconclusive);
    EXPECT_FALSE(one.finding.why.empty());
}

TEST(evaluate, noise_floor_and_smallest_effect) {
    const std::vector<double> a{100, 100, 100, 100, 100, 100, 100, 100}, b{102, 98, 101, 99, 103, 97, 100, 100};
    const question about{metric::response_time, page(), std::nullopt, true, 1};
    const auto arms = arms_of(times(a), times(b), blocks, "A", "A'");
    const auto noise = noise_of(about, pairs_of(arms, page(), "A", "A'"), blocks);
    ASSERT_TRUE(noise.floor);
    EXPECT_NEAR(*noise.floor, 2.0, 0.15);  // percent
    // Six pairs are left after trimming: 1.03 (t[0.975, 5] + t[0.8, 5]) s / sqrt(8).
    EXPECT_NEAR(*noise.smallest_visible, 1.03 * (2.5706 + 0.9195) * *noise.floor / std::sqrt(8.0), 0.002);
    const auto more = noise_of(about, pairs_of(arms, page(), "A", "A'"), 2 * blocks);
    EXPECT_LT(*more.smallest_visible, 0.75 * *noise.smallest_visible) << "of the pairs that are planned, not of these";
    EXPECT_FALSE(noise_of(about, {}, blocks).floor);
}

}  // namespace
}  // namespace understudy::diff
