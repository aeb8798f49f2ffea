#include "report/detail/facts.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "report/detail/chart.h"
#include "report/report_samples.h"

namespace understudy::report::detail {

namespace {

TEST(facts, numbers_have_three_digits_and_no_idle_zeros) {
    EXPECT_EQ(number(0), "0");
    EXPECT_EQ(number(22), "22");
    EXPECT_EQ(number(41.25), "41.2");
    EXPECT_EQ(number(4.5), "4.5");
    EXPECT_EQ(number(0.0123), "0.0123");
    EXPECT_EQ(number(1234.5), "1234");
    EXPECT_EQ(number(-0.000001), "0");
    EXPECT_EQ(number(std::nan("")), "unknown");
    EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "unknown");
    EXPECT_EQ(signed_number(3), "+3");
    EXPECT_EQ(signed_number(-3), "-3");
    EXPECT_EQ(signed_number(0), "0");
    EXPECT_EQ(amount(std::nullopt, "ms"), "unknown");
    EXPECT_EQ(amount(0.23, "ms"), "230 us");
    EXPECT_EQ(amount(1, "calls"), "1 call");
    EXPECT_EQ(amount(12.5, "%"), "12.5 %");
    EXPECT_EQ(amount(1e300, "ms"), number(1e300) + " ms");
}

model::finding finding(double before, double after, const char* unit) {
    model::finding out;
    out.reference = before;
    out.candidate = after;
    out.unit = unit;
    return out;
}

TEST(facts, change_is_relative_where_it_can_be) {
    auto found = finding(40, 10, "ms");
    found.change = -0.75;
    found.range = model::interval{-0.8, -0.7, 0.95};
    EXPECT_EQ(change_of(found).change, "-75 %");
    EXPECT_EQ(change_of(found).range, "-80 to -70 %");
    found.range = model::interval{-30, -30.5, 0.95};  // not of this change
    EXPECT_EQ(change_of(found).range, "");
}

TEST(facts, shares_change_in_points) {
    auto found = finding(20, 95, "%");
    found.change = 3.75;
    found.range = model::interval{3.5, 4, 0.95};
    EXPECT_EQ(change_of(found).change, "+75 points");
    EXPECT_EQ(change_of(found).range, "+70 to +80 points");
}

TEST(facts, without_a_before_the_difference_counts) {
    auto found = finding(0, 3, "calls");
    found.range = model::interval{2, 4, 0.95};
    EXPECT_EQ(change_of(found).change, "+3 calls");
    EXPECT_EQ(change_of(found).range, "+2 to +4 calls");
    found.candidate.reset();
    EXPECT_EQ(change_of(found).change, "");
}

TEST(facts, rows_hold_what_each_arm_saw) {
    const auto of = samples::improved();
    const auto rows = rows_of(of);
    ASSERT_EQ(rows.size(), 6u);
    EXPECT_EQ(rows[1].key.text(), "category as ada, warm");
    EXPECT_EQ(rows[1].before.all->requests, 80u);
    EXPECT_EQ(rows[1].after.medians.size(), 8u);
    EXPECT_EQ(*rows[1].before.all->redis_hits, 80u);
    EXPECT_TRUE(rows[1].before.median_range);
    EXPECT_LE(rows[1].before.median_range->low, *rows[1].before.median);
    EXPECT_FALSE(rows[1].control);
    EXPECT_TRUE(rows[5].control);
    std::uint64_t requests = 0;
    for (const auto& arm : of.arms)
        if (arm.arm == "A") requests += arm.rows[5].latency.count();
    EXPECT_EQ(rows[5].before.all->latency.count(), requests);
}

TEST(facts, proof_says_so_when_keys_were_not_compared) {
    model::proof of;
    of.done = true;
    of.settings.checked = 24;
    of.eviction = "settings only: too many keys";
    EXPECT_EQ(proof_outcome(of), "the settings are as before; keys were not compared (0 ns)");
    const auto lines = proof_lines(of);
    ASSERT_EQ(lines.size(), 7u);
    EXPECT_EQ(lines[0].mark, mark::good);
    EXPECT_EQ(lines[1].mark, mark::unknown);
    EXPECT_EQ(lines[3].outcome, "unknown: they were not counted");
}

TEST(time_axis, keeps_all_that_was_measured_inside) {
    for (const auto& of : {samples::improved(), samples::inconclusive()}) {
        for (const auto& row : rows_of(of)) {
            const time_axis axis(row.before, row.after);
            for (const auto* one : {&row.before, &row.after}) {
                const double low = static_cast<double>(*one->all->latency.min()) / 1e6,
                             high = static_cast<double>(*one->all->latency.max()) / 1e6;
                EXPECT_GE(axis.at(low), 0);
                EXPECT_LE(axis.at(high), 1);
                EXPECT_LE(axis.at(low), axis.at(*one->median));
            }
            const auto ticks = axis.ticks();
            EXPECT_GE(ticks.size(), 2u);
            EXPECT_LE(ticks.size(), 7u);
            for (const double tick : ticks) {
                EXPECT_GE(axis.at(tick), 0);
                EXPECT_LE(axis.at(tick), 1);
            }
        }
    }
}

TEST(time_axis, takes_extremes_without_breaking) {
    for (const auto& values : std::vector<std::vector<std::int64_t>>{
             {0}, {1}, {5'000'000}, {0, stats::histogram::highest_value}, {1, 1'000'000'000}}) {
        side of;
        of.all.emplace();
        of.all->requests = values.size();
        for (const auto value : values)
            of.all->latency.record(value);
        of.medians = {static_cast<double>(values[0]) / 1e6};
        of.median = of.medians[0];
        const time_axis axis(of, {});
        const std::string strip = time_strip(of, axis, "before", "x") + axis.svg();
        EXPECT_EQ(strip.find("nan"), std::string::npos);
        EXPECT_EQ(strip.find("inf"), std::string::npos);
        EXPECT_LT(strip.size(), 4000u);
    }
    EXPECT_EQ(time_strip({}, time_axis({}, {}), "before", "x"), "");
}

TEST(calls_bars, put_many_counts_together) {
    std::map<std::uint64_t, std::uint64_t> calls;
    for (std::uint64_t i = 0; i < 1000; ++i)
        calls[i * 1'000'000'007] = i + 1;
    EXPECT_LT(calls_bars(calls).size(), 4000u);
    EXPECT_EQ(calls_bars({{3, 10}}), "");
    EXPECT_EQ(cache_bar({}), "");
}

}  // namespace

}  // namespace understudy::report::detail
