#include "diff/settings_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy::diff {
namespace {

using settings = std::map<std::string, std::string>;

settings_plan plan(settings there, settings here, const settings_plan_options& options = {}, double scale = 1) {
    return plan_settings({"production", "7.0.15", std::move(there)}, {"staging", "7.0.15", std::move(here), scale},
                         options);
}

std::vector<std::string> names(const auto& rows) {
    std::vector<std::string> out;
    for (const auto& one : rows)
        out.push_back(one.setting);
    return out;
}

TEST(settings_plan, what_is_alike_is_no_change) {
    const auto got = plan({{"hz", "10"}, {"port", "6379"}}, {{"hz", "10"}, {"port", "6379"}});
    EXPECT_TRUE(got.empty());
    EXPECT_TRUE(got.left.empty());
}

TEST(settings_plan, what_matters_is_set) {
    const auto got =
        plan({{"maxmemory-policy", "allkeys-lru"}, {"hz", "10"}}, {{"maxmemory-policy", "noeviction"}, {"hz", "50"}});
    EXPECT_EQ(got.becoming(), (settings{{"maxmemory-policy", "allkeys-lru"}, {"hz", "10"}}));
    EXPECT_EQ(got.set.at(0).setting, "maxmemory-policy") << "the most important first";
    EXPECT_EQ(got.set.at(0).was, "noeviction");
    EXPECT_FALSE(got.set.at(0).effect.empty());
}

TEST(settings_plan, memory_by_the_scale) {
    EXPECT_EQ(plan({{"maxmemory", "1000000"}}, {{"maxmemory", "0"}}, {}, 0.1).becoming(),
              (settings{{"maxmemory", "100000"}}));
    EXPECT_EQ(plan({{"maxmemory", "0"}}, {{"maxmemory", "5"}}, {}, 0.1).becoming(), (settings{{"maxmemory", "0"}}))
        << "no limit has no tenth";
    EXPECT_TRUE(plan({{"maxmemory", "1000000"}}, {{"maxmemory", "100400"}}, {}, 0.1).empty()) << "near enough";
    EXPECT_EQ(plan({{"maxmemory", "1000000"}}, {{"maxmemory", "100000"}}).becoming(),
              (settings{{"maxmemory", "1000000"}}));
}

TEST(settings_plan, what_is_left_says_why) {
    settings_plan_options accepts;
    accepts.accepted = {{"hz", "staging is idle"}};
    const settings there{{"hz", "10"}, {"save", "3600 1"}, {"port", "1"}},
        here{{"hz", "50"}, {"save", ""}, {"port", "2"}};
    const auto got = plan(there, here, accepts);
    EXPECT_TRUE(got.empty());
    ASSERT_EQ(names(got.left), (std::vector<std::string>{"hz", "save", "port"}));
    EXPECT_EQ(got.left[0].reason, "accepted: staging is idle");
    EXPECT_THAT(got.left[1].reason, testing::HasSubstr("--all"));
    EXPECT_EQ(got.left[2].reason, "each server has its own address");
    accepts.all = true;
    EXPECT_EQ(plan(there, here, accepts).becoming(), (settings{{"save", "3600 1"}}));
}

TEST(settings_plan, a_cluster_is_no_setting) {
    settings_plan_options all;
    all.all = true;
    const auto got = plan({{"cluster-enabled", "yes"}}, {{"cluster-enabled", "no"}}, all);
    EXPECT_TRUE(got.empty());
    EXPECT_EQ(names(got.left), std::vector<std::string>{"cluster-enabled"});
}

TEST(settings_plan, what_is_read_at_the_start_goes_into_a_file) {
    const auto got = plan({{"databases", "32"}}, {{"databases", "16"}});
    EXPECT_TRUE(got.set.empty());
    EXPECT_FALSE(got.empty());
    EXPECT_EQ(redis_conf(got, "production"),
              "# which numbers SELECT takes; production has it so, here it was 16\ndatabases 32\n");
    EXPECT_EQ(redis_conf(plan({{"hz", "10"}}, {{"hz", "50"}}), "production"), "");
}

TEST(settings_plan, names_of_another_version) {
    const auto older = plan({{"hash-max-listpack-entries", "512"}}, {{"hash-max-ziplist-entries", "128"}});
    EXPECT_EQ(older.becoming(), (settings{{"hash-max-ziplist-entries", "512"}})) << "as the changed server knows it";
    const auto lacking = plan({{"set-max-listpack-entries", "128"}, {"hz", "10"}}, {{"hz", "10"}});
    EXPECT_TRUE(lacking.empty());
    ASSERT_EQ(names(lacking.left), std::vector<std::string>{"set-max-listpack-entries"});
    EXPECT_EQ(lacking.left[0].here, "no such setting");
    EXPECT_THAT(lacking.left[0].reason, testing::HasSubstr("staging runs a version"));
}

// What the plan promises, held against what drift is found to be afterwards.
TEST(settings_plan, closes_every_difference_that_it_does_not_leave) {
    settings there, here;
    int turn = 0;
    for (const auto& row : compared_settings()) {
        there[std::string(row.setting)] = std::to_string(1000 + turn);
        here[std::string(row.setting)] = std::to_string(2000 + turn++);
    }
    const auto got = plan(there, here, {}, 0.5);
    for (const auto* part : {&got.set, &got.restart})
        for (const auto& one : *part)
            here[one.setting] = one.becomes;
    const auto drift = drift_of({"production", "7.0.15", there}, {"staging", "7.0.15", here, 0.5}, {});
    EXPECT_FALSE(beyond_tolerance(drift));
    std::set<std::string> still, left;
    for (const auto& one : drift)
        if (one.metric != "maxmemory") still.insert(one.metric);
    for (const auto& one : got.left)
        left.insert(one.setting);
    EXPECT_EQ(still, left);
}

}  // namespace
}  // namespace understudy::diff
