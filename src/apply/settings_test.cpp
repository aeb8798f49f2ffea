// What the primaries of a Cluster have to have alike, and how it is told where they do not.
#include "apply/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy::apply {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const settings one{{"hz", "10"}, {"maxmemory", "0"}};

TEST(node_settings, are_those_of_a_node_by_nature) {
    for (const auto* name : {"port", "bind", "dir", "pidfile", "cluster-announce-ip", "cluster-announce-bus-port",
                             "replica-announce-port", "cluster-config-file", "unixsocket"})
        EXPECT_TRUE(is_node_setting(name)) << name;
    for (const auto* name : {"maxmemory", "maxmemory-policy", "hz", "save", "appendonly", "timeout",
                             "cluster-node-timeout", "cluster-require-full-coverage", "portable", "lfu-decay-time"})
        EXPECT_FALSE(is_node_setting(name)) << name;
}

TEST(agreed_settings, of_primaries_that_are_set_alike) {
    EXPECT_THAT(differing({one}), IsEmpty());
    EXPECT_EQ(joined({one}), one);
    const auto agreed = agreed_settings({one, one, one}, "w");
    ASSERT_TRUE(agreed);
    EXPECT_EQ(*agreed, one);
}

TEST(agreed_settings, name_what_differs_and_no_value) {
    auto other = one;
    other["hz"] = "777";
    const auto wrong = agreed_settings({one, other, one}, "w");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, errc::drift);
    EXPECT_THAT(wrong.error().what, HasSubstr("hz"));
    EXPECT_THAT(wrong.error().what, Not(HasSubstr("777")));
    EXPECT_THAT(wrong.error().what, Not(HasSubstr("maxmemory")));
    EXPECT_EQ(joined({one, other, one}).at("hz"), "10 | 777");
    // One primary that does not have it at all, as an older version.
    other.erase("hz");
    EXPECT_THAT(differing({one, other}), ElementsAre("hz"));
    EXPECT_THAT(differing({other, one}), ElementsAre("hz"));
}

}  // namespace
}  // namespace understudy::apply
