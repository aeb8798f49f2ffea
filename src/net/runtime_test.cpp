#include "net/runtime.h"

#include <chrono>
#include <csignal>
#include <thread>

#include <gtest/gtest.h>
#include <pthread.h>

#include "base/interrupt.h"
#include "net/deadline.h"
#include "net/endpoint.h"
#include "net/fake_server_test.h"
#include "net/http_client.h"
#include "net/read_only_link.h"

namespace understudy::net {
namespace {

using namespace std::chrono_literals;

// Sends SIGTERM to the process a little later, from another thread.
class later {
public:
    explicit later(std::chrono::milliseconds span)
        : thread_([span] {
              std::this_thread::sleep_for(span);
              ::kill(::getpid(), SIGTERM);
          }) {}
    ~later() { thread_.join(); }
    later(const later&) = delete;
    later& operator=(const later&) = delete;

private:
    std::thread thread_;
};

struct interrupts : ::testing::Test {
    void SetUp() override {
        watch_interrupts();
        clear_interrupt();
    }
    void TearDown() override { clear_interrupt(); }
};

TEST(deadline, is_a_moment_that_bounds_waits) {
    EXPECT_FALSE(deadline::never().expired());
    EXPECT_EQ(deadline::never().remaining(), std::chrono::milliseconds::max());
    EXPECT_TRUE(deadline::after(0ms).expired());
    EXPECT_EQ(deadline::after(-5ms).remaining(), 0ms);
    const auto hour = deadline::after(1h);
    EXPECT_FALSE(hour.expired());
    EXPECT_GT(hour.remaining(), 59min);
    EXPECT_LE(hour.remaining(), 1h);
    EXPECT_TRUE(deadline::after(std::chrono::milliseconds::max()).is_never());
    EXPECT_EQ(deadline::earlier(hour, deadline::never()).when(), hour.when());
}

TEST(endpoint, never_shows_its_password) {
    redis_endpoint one{
        .host = "10.0.0.1", .port = 6380, .unix_path = {}, .database = 2, .username = "u", .password = "s"};
    EXPECT_EQ(one.text(), "10.0.0.1:6380/2");
    one.host = "::1";
    one.database = 0;
    EXPECT_EQ(one.text(), "[::1]:6380");
    one.unix_path = "/run/r.sock";
    EXPECT_EQ(one.text(), "unix:/run/r.sock");
    one.database = 3;
    EXPECT_EQ(one.text(), "unix:/run/r.sock/3");
}

TEST_F(interrupts, sleep_sleeps_at_least_its_time_and_ends_by_a_signal) {
    runtime on;
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_TRUE(on.sleep(20ms));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 20ms);
    EXPECT_TRUE(on.sleep(0ms));

    const later signal(30ms);
    const auto slept = on.sleep(1h);
    ASSERT_FALSE(slept);
    EXPECT_EQ(slept.error().code, errc::interrupted);
    EXPECT_EQ(on.sleep(0ms).error().code, errc::interrupted) << "the flag stands until it is cleared";
    clear_interrupt();
    EXPECT_TRUE(on.sleep(1ms)) << "waits work again for whoever puts things back";
}

TEST_F(interrupts, a_call_to_a_silent_redis_ends_by_a_signal_and_the_link_is_dead) {
    test::fake_redis server(test::with_hello([](const test::words&) { return ""; }));
    runtime on;
    auto link = read_only_link::connect(on, {.port = server.port()}, deadline::after(10s));
    ASSERT_TRUE(link) << link.error().text();
    {
        const later signal(30ms);
        EXPECT_EQ(link->call({"PING"}, deadline::never()).error().code, errc::interrupted);
    }
    clear_interrupt();
    EXPECT_FALSE(link->alive());
    EXPECT_EQ(link->call({"PING"}, deadline::never()).error().code, errc::connection_lost);
}

TEST_F(interrupts, an_http_request_that_hangs_ends_by_a_signal_and_the_client_lives) {
    test::fake_server server({test::hang, [](int fd) {
                                  test::receive_until(fd, "\r\n\r\n");
                                  test::send_all(fd, "HTTP/1.1 204 No Content\r\n\r\n");
                              }});
    runtime on;
    auto client = http_client::make(on, server.url());
    ASSERT_TRUE(client);
    {
        const later signal(30ms);
        EXPECT_EQ(client->send({}, deadline::never()).error().code, errc::interrupted);
    }
    EXPECT_EQ(client->send({}, deadline::never()).error().code, errc::interrupted) << "before a byte is sent";
    clear_interrupt();
    const auto response = client->send({}, deadline::after(10s));
    ASSERT_TRUE(response) << response.error().text();
    EXPECT_EQ(response->status, 204);
}

TEST_F(interrupts, two_runtimes_on_two_threads_both_see_one_signal) {
    errc first{};
    errc second{};
    const auto wait = [](errc* seen) {
        runtime on;
        *seen = on.sleep(1h).error().code;
    };
    std::thread left(wait, &first);
    std::thread right(wait, &second);
    {
        const later signal(50ms);
    }
    left.join();
    right.join();
    EXPECT_EQ(first, errc::interrupted);
    EXPECT_EQ(second, errc::interrupted);
}

}  // namespace
}  // namespace understudy::net
