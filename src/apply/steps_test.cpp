#include "apply/steps.h"

#include <gtest/gtest.h>

namespace understudy::apply {
namespace {

using model::redis_config_step;
using model::settings_step;
using pairs = std::vector<std::pair<std::string, std::string>>;

TEST(can_evict, by_limit_and_policy_before_and_after) {
    const settings free{{"maxmemory", "0"}, {"maxmemory-policy", "noeviction"}};
    const settings full{{"maxmemory", "100"}, {"maxmemory-policy", "allkeys-lru"}};
    const settings kept{{"maxmemory", "100"}, {"maxmemory-policy", "noeviction"}};
    EXPECT_FALSE(can_evict(redis_config_step{"hz", "50"}, full));
    EXPECT_TRUE(can_evict(redis_config_step{"maxmemory", "50"}, full));
    EXPECT_TRUE(can_evict(redis_config_step{"maxmemory", "200"}, full)) << "the way back is to less";
    EXPECT_TRUE(can_evict(redis_config_step{"maxmemory", "0"}, full));
    EXPECT_FALSE(can_evict(redis_config_step{"maxmemory", "50"}, kept));
    EXPECT_TRUE(can_evict(redis_config_step{"maxmemory-policy", "allkeys-lru"}, kept));
    EXPECT_TRUE(can_evict(redis_config_step{"maxmemory-policy", "noeviction"}, full));
    EXPECT_FALSE(can_evict(redis_config_step{"maxmemory-policy", "allkeys-lru"}, free)) << "without a limit";
    // Neither alone could; both together can.
    EXPECT_TRUE(can_evict(settings_step{{{"maxmemory", "100"}, {"maxmemory-policy", "allkeys-lru"}}}, free));
    EXPECT_FALSE(can_evict(settings_step{{{"hz", "50"}, {"timeout", "1"}}}, full));
    EXPECT_FALSE(can_evict(settings_step{}, full));
}

TEST(in_order, a_limit_that_grows_comes_first_and_one_that_shrinks_last) {
    const std::map<std::string, std::string> all{{"hz", "1"}, {"maxmemory", "100"}, {"maxmemory-policy", "x"}};
    const pairs first{{"maxmemory", "100"}, {"hz", "1"}, {"maxmemory-policy", "x"}};
    const pairs last{{"hz", "1"}, {"maxmemory-policy", "x"}, {"maxmemory", "100"}};
    EXPECT_EQ(in_order(all, {{"maxmemory", "50"}}), first);
    EXPECT_EQ(in_order(all, {{"maxmemory", "200"}}), last);
    EXPECT_EQ(in_order(all, {{"maxmemory", "0"}}), last) << "no limit is more than any";
    EXPECT_EQ(in_order(all, {}), last) << "not known";
    auto none = all;
    none["maxmemory"] = "0";
    EXPECT_EQ(in_order(none, {{"maxmemory", "200"}}).front().first, "maxmemory");
    EXPECT_EQ(in_order({{"hz", "1"}}, {}), (pairs{{"hz", "1"}}));
    EXPECT_TRUE(in_order({}, {}).empty());
}

}  // namespace
}  // namespace understudy::apply
