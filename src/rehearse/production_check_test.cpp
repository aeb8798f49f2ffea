// When production's own numbers are a breach, and when they are not.
#include "rehearse/production_check.h"

#include <gtest/gtest.h>

namespace understudy::rehearse {
namespace {

using model::metric;
using model::outcome;
using model::temperature;

model::series row(std::uint64_t calls, double milliseconds, std::uint64_t errors = 0) {
    model::series out;
    out.key = {"category", "anonymous", temperature::warm};
    out.requests = 4;
    for (int i = 0; i < 4; ++i)
        out.latency.record(static_cast<std::int64_t>(milliseconds * 1e6));
    out.database_calls = {{calls, 4}};
    if (errors > 0) out.errors = {{"HTTP 500", errors}};
    return out;
}

model::measurement arm(model::series one) {
    model::measurement out;
    out.rows = {std::move(one)};
    return out;
}

model::change change_of(metric of, model::bound::on on, model::bound::relation how, double amount) {
    model::change out;
    model::expectation one;
    one.metric = of;
    one.route = "category";
    one.bound = {on, how, amount, "bound"};
    one.primary = true;
    out.expect = {one};
    return out;
}

outcome first_of(const model::change& change, model::series before, model::series after) {
    return judge_round(change, arm(std::move(before)), arm(std::move(after))).at(0).outcome;
}

TEST(production_check, bounds) {
    using on = model::bound::on;
    using how = model::bound::relation;
    const auto fewer = change_of(metric::database_calls, on::change_percent, how::at_most, -50);
    EXPECT_EQ(first_of(fewer, row(26, 8), row(0, 2)), outcome::met);
    EXPECT_EQ(first_of(fewer, row(26, 8), row(13, 2)), outcome::met);
    EXPECT_EQ(first_of(fewer, row(26, 8), row(14, 2)), outcome::unmet);  // more than half a call beyond
    const auto same = change_of(metric::database_calls, on::change_absolute, how::same, 0);
    EXPECT_EQ(first_of(same, row(26, 8), row(26, 8)), outcome::met);
    EXPECT_EQ(first_of(same, row(26, 8), row(25, 8)), outcome::unmet);
    const auto at_least = change_of(metric::database_calls, on::change_absolute, how::at_least, 3);
    EXPECT_EQ(first_of(at_least, row(2, 8), row(5, 8)), outcome::met);
    EXPECT_EQ(first_of(at_least, row(2, 8), row(4, 8)), outcome::unmet);
    const auto value = change_of(metric::database_calls, on::value, how::at_most, 2);
    EXPECT_EQ(first_of(value, row(26, 8), row(2, 8)), outcome::met);
    EXPECT_EQ(first_of(value, row(26, 8), row(3, 8)), outcome::unmet);  // no margin on a value
    const auto quicker = change_of(metric::response_time, on::change_percent, how::at_most, -20);
    EXPECT_EQ(first_of(quicker, row(26, 10), row(26, 8)), outcome::met);
    EXPECT_EQ(first_of(quicker, row(26, 10), row(26, 8.8)), outcome::met);  // within the margin of 10 %
    EXPECT_EQ(first_of(quicker, row(26, 10), row(26, 9.5)), outcome::unmet);
}

TEST(production_check, what_production_does_not_tell_is_unknown) {
    const auto fewer =
        change_of(metric::database_calls, model::bound::on::change_percent, model::bound::relation::at_most, -50);
    auto silent = row(26, 8);
    silent.database_calls.clear();
    silent.database_unknown = model::unknown_reason{"no Server-Timing", ""};
    const auto round = judge_round(fewer, arm(row(26, 8)), arm(silent));
    EXPECT_EQ(round.at(0).outcome, outcome::unknown);
    EXPECT_EQ(round.at(0).why, "no Server-Timing");
    EXPECT_EQ(judge_round(fewer, arm(row(26, 8)), {}).at(0).outcome, outcome::unknown);
    auto cold = fewer;
    cold.expect[0].state = temperature::cold;
    EXPECT_EQ(first_of(cold, row(26, 8), row(0, 2)), outcome::unknown);
}

TEST(production_check, two_rounds_running_are_a_breach) {
    const auto fewer =
        change_of(metric::database_calls, model::bound::on::change_percent, model::bound::relation::at_most, -50);
    const auto good = judge_round(fewer, arm(row(26, 8)), arm(row(0, 2)));
    const auto bad = judge_round(fewer, arm(row(26, 8)), arm(row(26, 8)));
    breach_watch watch;
    EXPECT_TRUE(watch.take(bad).empty());
    EXPECT_TRUE(watch.take(good).empty());
    EXPECT_TRUE(watch.take(bad).empty());
    const auto breaches = watch.take(bad);
    ASSERT_EQ(breaches.size(), 1u);
    EXPECT_TRUE(breaches[0].declared);
}

TEST(production_check, errors_of_any_row_are_watched) {
    const model::change nothing;
    const auto round = judge_round(nothing, arm(row(26, 8)), arm(row(26, 8, 1)));
    ASSERT_EQ(round.size(), 1u);
    EXPECT_EQ(round[0].outcome, outcome::unmet);
    // As many as before are no news.
    EXPECT_EQ(judge_round(nothing, arm(row(26, 8, 1)), arm(row(26, 8, 1)))[0].outcome, outcome::met);
    // A row that was not there before had no errors.
    EXPECT_EQ(judge_round(nothing, {}, arm(row(26, 8, 1)))[0].outcome, outcome::unmet);
}

TEST(production_check, a_leak_is_a_breach_at_once) {
    const model::change nothing;
    auto leaking = arm(row(26, 8));
    leaking.leaks = {{"account", "cleo", "ada", "ada, then cleo"}};
    breach_watch watch;
    EXPECT_EQ(watch.take(judge_round(nothing, arm(row(26, 8)), leaking)).size(), 1u);
    // One that leaked before is not the change's.
    EXPECT_TRUE(breach_watch().take(judge_round(nothing, leaking, leaking)).empty());
}

}  // namespace
}  // namespace understudy::rehearse
