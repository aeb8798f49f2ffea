// When the digest of a plan still holds, and what makes it stale.
#include "purge/plan.h"

#include <gtest/gtest.h>

namespace understudy::purge {
namespace {

plan sample(std::uint64_t keys, wall_time at) {
    plan out;
    out.at = at;
    out.environment = "production";
    out.redis = "10.0.0.5:6379";
    out.run_id = "aaaa";
    pattern_count one, two;
    one.pattern = "shop:1:category:*";
    one.keys = keys;
    two.pattern = "shop:1:product:*";
    out.patterns = {one, two};
    out.digest = digest_of(out);
    return out;
}

wall_time at(int seconds) {
    return wall_time{std::chrono::milliseconds{1'764'316'800'000}} + std::chrono::seconds{seconds};
}

errc code_of(const std::string& digest, const plan& now) {
    const auto held = still_holds(digest, now);
    return held ? errc::internal : held.error().code;
}

TEST(plan, a_fresh_one_holds) {
    const auto was = sample(1000, at(0));
    EXPECT_TRUE(still_holds(was.digest, was));
    EXPECT_TRUE(still_holds(was.digest, sample(1200, at(15 * 60))));  // a tenth and a hundred more
    EXPECT_TRUE(still_holds(was.digest, sample(0, at(1))));           // fewer are no harm
    auto other_order = sample(1000, at(1));
    std::swap(other_order.patterns[0], other_order.patterns[1]);
    EXPECT_TRUE(still_holds(was.digest, other_order));
}

TEST(plan, goes_stale) {
    const auto was = sample(1000, at(0));
    EXPECT_EQ(code_of(was.digest, sample(1000, at(15 * 60 + 1))), errc::stale_plan);
    EXPECT_EQ(code_of(was.digest, sample(1000, at(-1))), errc::stale_plan);  // from the future
    EXPECT_EQ(code_of(was.digest, sample(1201, at(1))), errc::stale_plan);
    for (const auto field : {&plan::environment, &plan::redis, &plan::run_id}) {
        auto other = sample(1000, at(1));
        other.*field += "x";
        EXPECT_EQ(code_of(was.digest, other), errc::stale_plan);
    }
    auto database = sample(1000, at(1));
    database.database = 1;
    EXPECT_EQ(code_of(was.digest, database), errc::stale_plan);
    auto pattern = sample(1000, at(1));
    pattern.patterns[1].pattern = "shop:1:*";
    EXPECT_EQ(code_of(was.digest, pattern), errc::stale_plan);
}

// What is typed is held against its own hash: neither time nor count can be set by hand.
TEST(plan, cannot_be_made_up) {
    const auto was = sample(1000, at(0));
    const auto now = sample(1000, at(10));
    const auto second = was.digest.rfind('-');
    for (const std::string& wrong :
         {std::string{}, std::string("-"), std::string("--"), std::string("x"), std::string("1-2"),
          std::string("1-2-3"), "9" + was.digest, was.digest + "0", was.digest.substr(0, was.digest.size() - 1),
          was.digest.substr(0, second) + "0" + was.digest.substr(second), std::string("-1-1-") + was.digest})
        EXPECT_EQ(code_of(wrong, now), errc::stale_plan) << wrong;
}

}  // namespace
}  // namespace understudy::purge
