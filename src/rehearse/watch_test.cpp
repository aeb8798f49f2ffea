#include "rehearse/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy::rehearse {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

server_sight plain_sight() {
    server_sight out;
    out.run_id = "0123";
    out.settings = {{"maxmemory", "0"}, {"hz", "10"}};
    out.release = "revision-1\ndeploy-serial 7\n";
    out.calls = 1000;
    out.writes = 100;
    return out;
}

TEST(deploy_serial, is_read_from_its_own_line_only) {
    EXPECT_EQ(deploy_serial("revision-1\ndeploy-serial 7\n"), 7u);
    EXPECT_EQ(deploy_serial("revision-1\nby grace\ndeploy-serial 12"), 12u);
    EXPECT_EQ(deploy_serial("revision-1\n"), std::nullopt);
    EXPECT_EQ(deploy_serial("deploy-serial 7\n"), std::nullopt) << "the first line is the name";
    EXPECT_EQ(deploy_serial("revision-1\n7\n"), std::nullopt);
    EXPECT_EQ(deploy_serial("revision-1\ndeploy-serial seven\n"), std::nullopt);
    EXPECT_EQ(deploy_serial("revision-1\ndeploy-serial 7a\n"), std::nullopt);
    EXPECT_EQ(deploy_serial("revision-1\ndeploy-serial 99999999999999999999\n"), std::nullopt);
}

TEST(what_disturbed, traffic_alone_disturbs_nothing) {
    auto after = plain_sight();
    after.calls += 500;
    after.writes += 20;
    EXPECT_THAT(what_disturbed(plain_sight(), after, {}), IsEmpty());
}

TEST(what_disturbed, tells_of_what_others_did) {
    const auto told = [](auto change) {
        auto after = plain_sight();
        change(after);
        return what_disturbed(plain_sight(), after, {});
    };
    EXPECT_THAT(told([](auto& s) {
                    s.run_id = "4567";
                    s.calls = 3;
                }),
                ElementsAre("the Redis server was restarted"));
    EXPECT_THAT(told([](auto& s) { s.flushes = 1; }),
                ElementsAre("somebody flushed the database (FLUSHALL or FLUSHDB)"));
    EXPECT_THAT(told([](auto& s) { s.config_sets = 2; }), ElementsAre("somebody changed a setting (CONFIG SET)"));
    EXPECT_THAT(told([](auto& s) { s.calls = 900; }),
                ElementsAre("somebody reset the server's statistics (CONFIG RESETSTAT)"));
    EXPECT_THAT(told([](auto& s) { s.settings["hz"] = "50"; }), ElementsAre("the setting hz was changed"));
    EXPECT_THAT(told([](auto& s) { s.release = "revision-1\ndeploy-serial 8\n"; }),
                ElementsAre("another deploy took place"));
}

// The shape explains the counters, so it is told alone.
TEST(what_disturbed, tells_of_a_cluster_of_another_shape) {
    auto after = plain_sight();
    after.reshaped = {"slots 0-99 moved from a:1 to b:2"};
    after.calls = 3;
    after.run_id = "4567";
    EXPECT_THAT(what_disturbed(plain_sight(), after, {}), ElementsAre("slots 0-99 moved from a:1 to b:2"));
    after.reshaped.clear();
    after.run_id = "0123,4567";
    EXPECT_THAT(what_disturbed(plain_sight(), after, {}), ElementsAre("a server of the Redis Cluster was restarted"));
    after.master = false;
    after.server = "b:2";
    EXPECT_THAT(what_disturbed(plain_sight(), after, {}), ElementsAre("the Redis server b:2 became a replica"));
}

TEST(what_disturbed, takes_off_what_was_ours) {
    auto after = plain_sight();
    after.config_sets = 1;
    after.settings["maxmemory"] = "100mb";
    expected_changes ours;
    ours.config_sets = 1;
    ours.settings = {"maxmemory"};
    EXPECT_THAT(what_disturbed(plain_sight(), after, ours), IsEmpty());
    after.config_sets = 2;
    EXPECT_THAT(what_disturbed(plain_sight(), after, ours), ElementsAre("somebody changed a setting (CONFIG SET)"));
}

// A deploy by hand that our own rollback overlapped: the release is ours, the count is not.
TEST(what_disturbed, counts_the_deploys_of_others_during_ours) {
    expected_changes ours;
    ours.release = true;
    auto after = plain_sight();
    after.release = "revision-2\ndeploy-serial 8\n";
    EXPECT_THAT(what_disturbed(plain_sight(), after, ours), IsEmpty());
    after.release = "revision-2\ndeploy-serial 9\n";
    EXPECT_THAT(what_disturbed(plain_sight(), after, ours), ElementsAre("another deploy took place"));
    after.release = "revision-2\nno count here\n";
    EXPECT_THAT(what_disturbed(plain_sight(), after, ours), IsEmpty()) << "nobody can tell";
}

TEST(foreign_writes, is_an_arm_far_above_its_like) {
    std::vector<arm_writes> arms;
    for (int block = 1; block <= 4; ++block) {
        arms.push_back({"A", "block " + std::to_string(block) + ", before", 100});
        arms.push_back({"B", "block " + std::to_string(block) + ", after", 1000});
    }
    EXPECT_THAT(foreign_writes(arms), IsEmpty()) << "the change itself writes more";
    arms[2].writes = 2100;
    const auto found = foreign_writes(arms);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].what, "foreign writes: 2100 calls of write commands, usually 100");
    EXPECT_EQ(found[0].where, "block 2, before");
}

}  // namespace
}  // namespace understudy::rehearse
