#include "net/governor.h"

#include <gtest/gtest.h>

namespace understudy::net {

namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

// A server that takes so long for a command, and so long for the way to it and back.
struct simple_server {
    nanoseconds command = 1us, way = 50us;

    nanoseconds burst(std::size_t commands) const { return way + command * static_cast<int>(commands); }
};

// The share of time that bursts took, and the longest of them once it had settled.
struct walked {
    double share = 0;
    nanoseconds longest{0};
    double commands_per_second = 0;
};

walked walk(governor& by, const simple_server& server, int bursts = 400) {
    nanoseconds busy{0}, all{0}, longest{0};
    std::uint64_t commands = 0;
    for (int i = 0; i < bursts; ++i) {
        const auto count = by.commands();
        const auto took = server.burst(count);
        by.burst(count, count * 20, took);
        if (i % 10 == 0) by.ping(server.way);
        if (i < bursts / 4) continue;
        busy += took - server.way;
        longest = std::max(longest, took - server.way);
        all += took + by.rest();
        commands += count;
    }
    const auto seconds = [](nanoseconds of) { return std::chrono::duration<double>(of).count(); };
    return {seconds(busy) / seconds(all), longest, static_cast<double>(commands) / seconds(all)};
}

governor made(const governor_limits& limits, nanoseconds way = 50us) {
    governor out(limits);
    for (int i = 0; i < 20; ++i)
        out.quiet_ping(way);
    return out;
}

}  // namespace

TEST(governor, a_burst_takes_two_fifths_of_what_may_be_added_and_the_bursts_their_share) {
    for (const auto command : {200ns, 1000ns, 5000ns, 40'000ns}) {
        auto governed = made({});
        const auto got = walk(governed, {command, 50us});
        EXPECT_LE(got.longest, 101us + command) << command.count();
        EXPECT_GT(got.longest, 50us) << "nor is it timid";
        EXPECT_LE(got.share, 0.151);
        EXPECT_GT(got.share, 0.05);
        EXPECT_EQ(governed.pace(), pace::own_share);
        EXPECT_TRUE(governed.why().empty());
    }
}

TEST(governor, a_command_that_is_longer_than_all_of_it_goes_alone_and_is_paid_for) {
    auto governed = made({});
    for (int i = 0; i < 20; ++i)
        governed.burst(governed.commands(), 10, 50us + 3ms * static_cast<int>(governed.commands()));
    EXPECT_EQ(governed.commands(), 1u);
    EXPECT_NEAR(static_cast<double>(governed.rest().count()), 3e6 * (1 / 0.15 - 1), 1e5);
}

TEST(governor, a_slow_network_may_be_slowed_by_a_share_of_its_latency) {
    auto governed = made({}, 20ms);
    EXPECT_EQ(governed.allowance(), 1ms);
    EXPECT_EQ(made({}, 1ms).allowance(), 250us);
    const auto got = walk(governed, {1us, 20ms});
    EXPECT_LE(got.longest, 401us);
}

TEST(governor, rests_longer_while_the_server_is_slower_than_it_was) {
    auto governed = made({});
    walk(governed, {});
    const auto before = governed.rest();
    for (int i = 0; i < 40; ++i)
        governed.ping(900us);
    EXPECT_EQ(governed.pace(), pace::latency);
    EXPECT_NE(governed.why().find("from 50.0 us to 900 us"), std::string::npos) << governed.why();
    EXPECT_GT(governed.rest(), before * 10);
    // And comes back, step by step, when it has recovered.
    for (int i = 0; i < 60; ++i)
        governed.ping(50us);
    EXPECT_EQ(governed.pace(), pace::own_share);
    EXPECT_TRUE(governed.why().empty());
    EXPECT_LE(governed.rest(), before * 2);
}

// Commands a second, where one burst in so many stands still for so long.
double speed_with_stalls(int one_in, nanoseconds stall) {
    auto governed = made({});
    nanoseconds all{0};
    std::uint64_t commands = 0;
    for (int i = 0; i < 3000; ++i) {
        const auto count = governed.commands();
        const auto took = 50us + 1us * static_cast<int>(count) + (i % one_in == 0 ? stall : 0ns);
        governed.burst(count, 0, took);
        all += took + governed.rest();
        commands += count;
    }
    return static_cast<double>(commands) / std::chrono::duration<double>(all).count();
}

TEST(governor, a_burst_that_was_late_now_and_then_is_not_paid_for_and_one_that_took_very_long_is) {
    const auto undisturbed = speed_with_stalls(10, 0ns);
    EXPECT_GT(speed_with_stalls(10, 250us), undisturbed * 0.9);
    EXPECT_LT(speed_with_stalls(10, 3ms), undisturbed * 0.35) << "they may have been ours, and keep the server";
    // Where most of them are, that is what a burst takes here.
    EXPECT_LT(speed_with_stalls(1, 250us), undisturbed * 0.4);
}

// A server whose other clients keep so much of its main thread, and that tells each second.
double share_beside(double others) {
    auto governed = made({});
    double thread = 100;
    nanoseconds now{0}, held{0}, all{0}, told{0};
    for (int i = 0; i < 20'000; ++i) {
        const auto count = governed.commands();
        const auto took = 50us + 1us * static_cast<int>(count);
        governed.burst(count, count * 20, took);
        const auto whole = governed.held() + governed.rest();
        now += whole;
        thread += std::chrono::duration<double>(governed.held() + others * whole).count();
        if (i >= 10'000) held += governed.held(), all += whole;
        if (now - told < 1s) continue;
        governed.load({told = now, thread, 1000, 0});
    }
    EXPECT_EQ(governed.pace(), pace::own_share) << others;
    return static_cast<double>(held.count()) / static_cast<double>(all.count());
}

TEST(governor, takes_a_third_of_what_others_leave_of_the_main_thread) {
    EXPECT_NEAR(share_beside(0), 1.0 / 3, 0.005);
    EXPECT_NEAR(share_beside(0.2), 0.8 / 3, 0.005);
    EXPECT_NEAR(share_beside(0.6), 0.4 / 3, 0.005);
    EXPECT_NEAR(share_beside(0.75), 0.25 / 3, 0.005);
}

TEST(governor, two_looks_within_a_moment_say_nothing) {
    auto governed = made({});
    governed.load({1s, 10.0, 1000, 0});
    governed.load({1s + 160ms, 10.048, 1000, 0});  // 30 % busy
    walk(governed, {});
    const auto before = governed.rest();
    governed.load({1s + 162ms, 10.0498, 1000, 0});  // 90 % of two milliseconds
    EXPECT_EQ(governed.pace(), pace::own_share);
    EXPECT_EQ(governed.rest(), before);
    governed.load({2s + 160ms, 11.0, 1000, 0});
    EXPECT_EQ(governed.pace(), pace::busy) << "95 % of the second since the one that counted";
}

TEST(governor, rests_longer_while_the_main_thread_is_busy_or_replicas_are_behind) {
    auto governed = made({});
    walk(governed, {});
    const auto before = governed.rest();
    governed.load({1s, 10.0, 1000, 0});
    EXPECT_EQ(governed.rest(), before) << "one look says nothing of how busy it is";
    governed.load({2s, 10.5, 1000, 0});
    EXPECT_EQ(governed.pace(), pace::own_share);
    governed.load({3s, 11.47, 90'000, 0});
    EXPECT_EQ(governed.pace(), pace::busy);
    EXPECT_NE(governed.why().find("97 % busy"), std::string::npos) << governed.why();
    EXPECT_GT(governed.rest(), before);
    governed.load({4s, 11.5, 1000, 64 << 20});
    EXPECT_EQ(governed.pace(), pace::replicas);
    EXPECT_NE(governed.why().find("64.0 MB behind"), std::string::npos) << governed.why();
    governed.load({5s, -1, 1000, 0});
    governed.load({6s, -1, 1000, 0});
    EXPECT_LE(governed.rest(), before * 2) << "they have caught up, and of its thread the server tells nothing";
}

TEST(governor, never_rests_for_ever_and_never_stands_still) {
    auto governed = made({});
    for (int i = 0; i < 1000; ++i)
        governed.ping(1s);
    governed.burst(32, 0, 5s);
    EXPECT_LE(governed.rest(), 1s);
    for (int i = 0; i < 100; ++i)
        governed.burst(governed.commands(), 0, 5s);
    EXPECT_EQ(governed.commands(), 1u);
}

TEST(governor, ungoverned_takes_all_there_is) {
    governor_limits limits;
    limits.governed = false;
    auto governed = made(limits);
    governed.burst(4096, 0, 100ms);
    EXPECT_EQ(governed.commands(), 4096u);
    EXPECT_EQ(governed.rest(), 0ns);
    EXPECT_EQ(governed.next(5s), 5s) << "whatever the bursts before it took";
}

TEST(governor, makes_up_for_a_timer_that_came_late_but_not_for_a_pause) {
    auto governed = made({});
    governed.burst(32, 0, 50us + 96us);
    const auto each = governed.held() + governed.rest();
    EXPECT_EQ(governed.next(10s), 10s - 2ms + each);
    auto due = governed.next(10s);  // no later than it was to be: one after the other
    EXPECT_EQ(due, 10s - 2ms + each + each);
    EXPECT_EQ(governed.next(due + 1ms), due + each) << "a millisecond late";
    EXPECT_EQ(governed.next(20s), 20s - 2ms + each);
}

TEST(governor, stops_at_its_budgets) {
    governor_limits limits;
    limits.operations = 100;
    limits.bytes = 1000;
    limits.time = 10s;
    auto governed = made(limits);
    EXPECT_EQ(governed.spent(0s), budget::none);
    EXPECT_EQ(governed.spent(10s), budget::time);
    governed.burst(60, 500, 100us);
    EXPECT_LE(governed.commands(), 40u) << "no more than are left";
    EXPECT_EQ(governed.spent(1s), budget::none);
    governed.burst(10, 500, 100us);
    EXPECT_EQ(governed.spent(1s), budget::bytes);
    governed.burst(30, 0, 100us);
    EXPECT_EQ(governed.spent(1s), budget::operations);
    EXPECT_EQ(made({}).spent(std::chrono::hours{1000}), budget::none);
}

TEST(governor, load_comes_from_info) {
    const auto load = load_of(info::parse("instantaneous_ops_per_sec:1234\r\nused_cpu_sys:9.5\r\nused_cpu_user:8.5\r\n"
                                          "used_cpu_sys_main_thread:2.25\r\nused_cpu_user_main_thread:1.5\r\n"
                                          "master_repl_offset:5000\r\n"
                                          "slave0:ip=127.0.0.1,port=1,state=online,offset=4900,lag=0\r\n"
                                          "slave1:ip=127.0.0.1,port=2,state=online,offset=1000,lag=1\r\n"
                                          "slave2:ip=127.0.0.1,port=3,state=online,offset=x,lag=1\r\n"),
                              5s);
    EXPECT_EQ(load.at, 5s);
    EXPECT_DOUBLE_EQ(load.main_thread_seconds, 3.75);
    EXPECT_EQ(load.operations_per_second, 1234u);
    EXPECT_EQ(load.replica_lag_bytes, 4000u);
    EXPECT_DOUBLE_EQ(load_of(info::parse("used_cpu_sys:9.5\r\nused_cpu_user:8.5\r\n"), 0s).main_thread_seconds, 18);
    EXPECT_LT(load_of(info::parse(""), 0s).main_thread_seconds, 0);
    for (const auto* not_time : {"nan", "inf", "-1", "x"})
        EXPECT_LT(load_of(info::parse(std::string("used_cpu_sys:") + not_time + "\r\nused_cpu_user:1\r\n"), 0s)
                      .main_thread_seconds,
                  0)
            << not_time;
}

}  // namespace understudy::net
