#include "model/measurement.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "model/json.h"

namespace understudy::model {
namespace {

using namespace std::chrono_literals;

series row(std::string route, std::uint64_t requests) {
    series out;
    out.key = {std::move(route), "ada", temperature::warm};
    out.requests = requests;
    return out;
}

TEST(series, rates_and_means) {
    auto one = row("home", 8);
    EXPECT_EQ(one.error_rate(), 0);
    EXPECT_FALSE(one.database_mean());
    EXPECT_FALSE(one.hit_share());
    EXPECT_FALSE(one.median());
    one.errors = {{"HTTP 500", 1}, {"timed_out", 1}};
    one.database_calls = {{3, 2}, {6, 1}};
    one.cache = {.hit = 3, .miss = 1, .bypass = 1, .stale = 1, .unknown = 100};
    for (const int ms : {1, 2, 3})
        one.latency.record(ms * 1'000'000);
    EXPECT_EQ(one.error_count(), 2u);
    EXPECT_EQ(one.error_rate(), 0.25);
    EXPECT_EQ(one.database_mean(), 4.0);
    EXPECT_EQ(one.hit_share(), 0.5);
    ASSERT_TRUE(one.median());
    EXPECT_NEAR(static_cast<double>(one.median()->count()), 2e6, 2e3);
    EXPECT_EQ(series{}.error_rate(), 0);
    EXPECT_EQ(one.key.text(), "home as ada, warm");
}

TEST(measurement, merges_row_by_row) {
    measurement a, b;
    a.from = wall_time{1000ms};
    a.to = wall_time{2000ms};
    b.from = wall_time{500ms};
    b.to = wall_time{1500ms};
    a.rows = {row("b", 2), row("d", 1)};
    b.rows = {row("a", 1), row("b", 3), row("e", 1)};
    a.rows[0].errors = {{"HTTP 500", 1}};
    b.rows[1].errors = {{"HTTP 500", 2}, {"timed_out", 1}};
    a.rows[0].database_calls = {{3, 2}};
    b.rows[1].database_calls = {{3, 1}, {4, 2}};
    a.rows[0].latency.record(100);
    b.rows[1].latency.record(300);
    a.rows[0].redis_hits = 5;
    b.rows[1].redis_hits = 6;
    a.rows[0].redis_misses = 1;  // the other does not know
    b.rows[1].cache.hit = 2;
    a.rows[0].missed = {.stored = 1, .not_stored = 0, .because = {}};
    b.rows[1].missed = {.stored = 2, .not_stored = 3, .because = "it missed again"};
    b.rows[1].answered_in_front = 4;
    b.rows[1].cache_unknown = unknown_reason{"no header", "send one"};
    a.leaks = {{"home", "ada", "grace", "grace, then ada"}};
    b.leaks = {a.leaks[0], {"home", "ada", "grace", "anonymous, then ada"}};
    a.lost = 1;
    b.lost = 2;
    a.warnings = {"x"};
    b.warnings = {"x", "y"};
    merge(a, b);
    ASSERT_EQ(a.rows.size(), 4u);
    EXPECT_TRUE(std::ranges::is_sorted(a.rows, {}, &series::key));
    const auto* both = a.find({"b", "ada", temperature::warm});
    ASSERT_NE(both, nullptr);
    EXPECT_EQ(both->requests, 5u);
    EXPECT_EQ(both->errors, (std::map<std::string, std::uint64_t>{{"HTTP 500", 3}, {"timed_out", 1}}));
    EXPECT_EQ(both->database_calls, (std::map<std::uint64_t, std::uint64_t>{{3, 3}, {4, 2}}));
    EXPECT_EQ(both->latency.count(), 2u);
    EXPECT_EQ(both->redis_hits, 11u);
    EXPECT_FALSE(both->redis_misses);
    EXPECT_EQ(both->cache.hit, 2u);
    EXPECT_EQ(both->missed.stored, 3u);
    EXPECT_EQ(both->missed.not_stored, 3u);
    EXPECT_EQ(both->missed.because, "it missed again");
    EXPECT_EQ(both->answered_in_front, 4u);
    ASSERT_TRUE(both->cache_unknown);
    EXPECT_EQ(both->cache_unknown->why, "no header");
    EXPECT_EQ(a.find({"b", "ada", temperature::cold}), nullptr);
    EXPECT_EQ(a.leaks.size(), 2u);
    EXPECT_EQ(a.lost, 3u);
    EXPECT_EQ(a.warnings, (std::vector<std::string>{"x", "y"}));
    EXPECT_EQ(a.from, wall_time{500ms});
    EXPECT_EQ(a.to, wall_time{2000ms});
}

TEST(measurement, merging_into_nothing_gives_the_other) {
    measurement into, from;
    from.from = wall_time{500ms};
    from.to = wall_time{900ms};
    from.rows = {row("a", 1)};
    from.rows[0].redis_hits = 3;
    merge(into, from);
    EXPECT_EQ(to_json(into), to_json(from));
    merge(into, measurement{});
    EXPECT_EQ(to_json(into), to_json(from));
}

}  // namespace
}  // namespace understudy::model
