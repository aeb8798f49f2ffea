#include "rehearse/plan.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace understudy::rehearse {
namespace {

std::string text_of(const std::vector<arm_slot>& order) {
    std::string out;
    for (const auto& one : order)
        out += (out.empty() ? "" : " ") + one.arm;
    return out;
}

TEST(plan, each_arm_is_first_as_often_as_the_other) {
    EXPECT_EQ(text_of(block_order(4, true)), "B A A B B A A B");
    EXPECT_EQ(text_of(block_order(2, false)), "A A B B");
    EXPECT_EQ(text_of(noise_order(4)), "A A' A' A A A' A' A");
}

TEST(plan, noise_is_measured_in_eight_blocks_at_most) {
    EXPECT_EQ(noise_order(6).size(), 12u);
    EXPECT_EQ(noise_order(12).size(), 16u);
    EXPECT_EQ(block_order(12, true).size(), 24u);
}

TEST(plan, controls_are_warm_and_kept_apart) {
    model::project project;
    model::environment on;
    on.identities.push_back({});
    on.identities.back().name = "anonymous";
    for (const auto* name : {"category", "cart", "about"}) {
        project.routes.emplace_back();
        project.routes.back().name = name;
        project.routes.back().identities = {"anonymous"};
    }
    model::change change;
    change.route = "category";
    change.controls = {"cart"};
    change.purge = {"category:*"};
    const auto routes = routes_of(project, change, on);
    ASSERT_EQ(routes.size(), 2u) << "a route that nothing is expected of and one identity asks is left out";
    EXPECT_EQ(routes[0].route->name, "category");
    EXPECT_GT(routes[0].cold, 0);
    EXPECT_FALSE(routes[0].apart);
    EXPECT_EQ(routes[1].route->name, "cart");
    EXPECT_EQ(routes[1].cold, 0);
    EXPECT_TRUE(routes[1].apart);
}

}  // namespace
}  // namespace understudy::rehearse
