#include "base/near_name.h"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>

#include "base/random.h"

namespace understudy {
namespace {

// The definition, without a table: slow and plainly right.
std::size_t slow_distance(std::string_view a, std::string_view b) {
    if (a.empty() || b.empty()) return a.size() + b.size();
    const std::size_t differs = a.back() == b.back() ? 0 : 1;
    const auto a1 = a.substr(0, a.size() - 1), b1 = b.substr(0, b.size() - 1);
    std::size_t best = std::min({slow_distance(a1, b) + 1, slow_distance(a, b1) + 1, slow_distance(a1, b1) + differs});
    if (a.size() > 1 && b.size() > 1 && a.back() == b1.back() && a1.back() == b.back())
        best = std::min(best, slow_distance(a.substr(0, a.size() - 2), b.substr(0, b.size() - 2)) + 1);
    return best;
}

TEST(near_name, distance_agrees_with_the_definition) {
    seeded_random random(7);
    const auto word = [&] {
        std::string out;
        for (auto length = random.below(6); length > 0; --length)
            out += static_cast<char>('a' + random.below(3));
        return out;
    };
    for (int i = 0; i < 2000; ++i) {
        const auto a = word(), b = word();
        ASSERT_EQ(edit_distance(a, b), slow_distance(a, b)) << a << " " << b;
    }
}

TEST(near_name, known_distances) {
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
    EXPECT_EQ(edit_distance("onwer", "owner"), 1u);
    EXPECT_EQ(edit_distance("", "abc"), 3u);
    EXPECT_EQ(edit_distance("same", "same"), 0u);
}

TEST(near_name, names_the_nearest_or_nothing) {
    EXPECT_EQ(did_you_mean("urll", {"role", "url"}), "; did you mean \"url\"?");
    EXPECT_EQ(did_you_mean("colour", {"role", "url"}), "");
    EXPECT_EQ(did_you_mean("a", {"b"}), "; did you mean \"b\"?");
    EXPECT_EQ(did_you_mean("url", {}), "");
    EXPECT_EQ(did_you_mean(std::string(100'000, 'x'), {std::string(100'000, 'x')}), "");
}

TEST(near_name, lists) {
    EXPECT_EQ(listed({}), "none");
    EXPECT_EQ(listed({"a"}), "\"a\"");
    EXPECT_EQ(listed({"a", "b", "c"}), "\"a\", \"b\" or \"c\"");
    EXPECT_TRUE(listed(std::vector<std::string>(20, "x")).ends_with(", …"));
}

}  // namespace
}  // namespace understudy
