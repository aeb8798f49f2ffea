#include "snapshot/notable_keys.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "snapshot/expiry_seconds.h"

namespace understudy::snapshot {
namespace {

std::vector<std::pair<std::uint64_t, std::string>> kept(const notable_keys& of) {
    std::vector<std::pair<std::uint64_t, std::string>> out;
    for (const auto& one : of.keys())
        out.emplace_back(one.number, one.name);
    return out;
}

TEST(notable_keys, order_and_shards_do_not_matter) {
    std::vector<std::pair<std::uint64_t, std::string>> all;
    for (std::uint64_t i = 0; i < 500; ++i)
        all.emplace_back(i / 7, "key" + std::to_string(i));
    notable_keys in_order;
    for (const auto& [number, name] : all)
        in_order.add(number, 0, name);
    ASSERT_EQ(in_order.keys().size(), notable_keys::most);
    EXPECT_EQ(in_order.keys().front().number, 71u);
    std::mt19937_64 chance(29);
    for (int turn = 0; turn < 20; ++turn) {
        std::ranges::shuffle(all, chance);
        notable_keys left, right;
        for (std::size_t i = 0; i < all.size(); ++i)
            (i % 3 == 0 ? left : right).add(all[i].first, 0, all[i].second);
        left.merge(right);
        EXPECT_EQ(kept(left), kept(in_order));
    }
}

TEST(notable_keys, a_key_that_comes_twice_is_one) {
    notable_keys some;
    some.add(5, 0, "a");
    some.add(5, 0, "a");
    some.add(5, 1, "a");
    some.add(0, 0, "nothing");
    EXPECT_EQ(some.keys().size(), 2u);
    some.add(9, 0, std::string(5000, 'x'));
    EXPECT_EQ(some.keys().front().name.size(), notable_keys::longest_name);
}

TEST(expiry_seconds, a_second_that_many_share_stands_out) {
    std::mt19937_64 chance(31);
    expiry_seconds spread, shared;
    for (int i = 0; i < 10'000; ++i) {
        const auto at = static_cast<std::int64_t>(1'700'000'000'000 + chance() % 86'400'000);
        spread.add(at);
        shared.add(i % 4 == 0 ? 1'700'000'123'456 : at);
    }
    EXPECT_LT(spread.most_in_one(), 150u) << "chance";
    EXPECT_NEAR(static_cast<double>(shared.most_in_one()), 2500, 150);
    spread.merge(shared);
    EXPECT_NEAR(static_cast<double>(spread.most_in_one()), 2500, 250);
    EXPECT_EQ(expiry_seconds{}.most_in_one(), 0u);
}

}  // namespace
}  // namespace understudy::snapshot
