#include <csignal>
#include <set>

#include <gtest/gtest.h>
#include <poll.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/interrupt.h"
#include "base/random.h"
#include "base/units.h"

using namespace understudy;
using namespace std::chrono_literals;

TEST(error, numbers_are_used_once) {
    std::set<int> numbers;
#define X(name, number, exit) EXPECT_TRUE(numbers.insert(number).second) << #name;
    UNDERSTUDY_ERROR_CODES(X)
#undef X
    EXPECT_EQ(exit_of(errc::config_wrong_type), exit_code::usage);
    EXPECT_EQ(exit_of(errc::locked), exit_code::refused);
    EXPECT_EQ(name_of(errc::auth_failed), "auth_failed");
}

TEST(error, text_says_where_and_whether_to_retry) {
    EXPECT_EQ((error{errc::timed_out, "no answer in 2 s", "127.0.0.1:1", true}).text(),
              "127.0.0.1:1: no answer in 2 s (safe to try again)");
}

TEST(error, try_and_let_pass_errors_on) {
    const auto half = [](int n) -> result<int> {
        if (n % 2) return fail(errc::usage, "odd");
        return n / 2;
    };
    const auto quarter = [&](int n) -> result<int> {
        UNDERSTUDY_LET(first, half(n));
        UNDERSTUDY_TRY(half(first));
        return first / 2;
    };
    EXPECT_EQ(*quarter(8), 2);
    EXPECT_EQ(quarter(6).error().code, errc::usage);
}

TEST(hash, known_answers) {
    EXPECT_EQ(hex(sha256_of("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    // RFC 4231, test case 2
    EXPECT_EQ(hex(keyed_digest("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_NE(random_bytes(16), random_bytes(16));
}

TEST(random, same_seed_same_numbers) {
    seeded_random a(7), b(7), c(8);
    EXPECT_EQ(a(), b());
    EXPECT_NE(a(), c());
    for (int i = 0; i < 1000; ++i) {
        EXPECT_LT(a.below(3), 3u);
        const double u = a.unit();
        EXPECT_TRUE(u >= 0 && u < 1);
    }
}

TEST(units, durations) {
    EXPECT_EQ(show(1500us), "1.50 ms");
    EXPECT_EQ(show(12345ms), "12.3 s");
    EXPECT_EQ(show(250s), "4 min 10 s");
    EXPECT_EQ(show(21599600ms), "6 h");
    EXPECT_EQ(show(47h + 5min), "47 h 5 min");
    EXPECT_EQ(show(49h), "2 d 1 h");
    EXPECT_EQ(show(24h * 14 - 3s), "14 d");
    EXPECT_EQ(parse_duration("250ms"), 250ms);
    EXPECT_EQ(parse_duration("7d"), 168h);
    EXPECT_EQ(parse_duration("10"), std::nullopt);
    EXPECT_EQ(parse_duration("-1s"), std::nullopt);
    EXPECT_EQ(parse_duration("99999999999999d"), std::nullopt);
    EXPECT_EQ(parse_short_duration("250us"), 250us);
    EXPECT_EQ(parse_short_duration("2ms"), 2ms);
    EXPECT_EQ(parse_short_duration("us"), std::nullopt);
    EXPECT_EQ(parse_short_duration("250"), std::nullopt);
}

TEST(units, bytes) {
    EXPECT_EQ(parse_bytes("64kb"), 65536u);
    EXPECT_EQ(parse_bytes("10MB"), 10u << 20);
    EXPECT_EQ(parse_bytes("10x"), std::nullopt);
    EXPECT_EQ(parse_bytes("99999999999999999gb"), std::nullopt);
    EXPECT_EQ(show_bytes(1536), "1.50 KB");
}

TEST(units, times_round_trip) {
    const auto time = parse_time("2026-11-23T23:14:07.123Z");
    ASSERT_TRUE(time);
    EXPECT_EQ(show(*time), "2026-11-23T23:14:07.123Z");
    EXPECT_FALSE(parse_time("2026-13-23T23:14:07.123Z"));
    EXPECT_FALSE(parse_time("yesterday"));
}

TEST(interrupt, a_signal_is_seen_until_it_is_cleared) {
    watch_interrupts();
    EXPECT_EQ(interrupt_signal(), 0);
    std::raise(SIGTERM);
    EXPECT_EQ(interrupt_signal(), SIGTERM);
    pollfd wait{interrupt_fd(), POLLIN, 0};
    EXPECT_EQ(poll(&wait, 1, 0), 1);
    EXPECT_EQ(interrupted_error().code, errc::interrupted);
    clear_interrupt();
    EXPECT_EQ(interrupt_signal(), 0);
    EXPECT_EQ(poll(&wait, 1, 0), 0);
}
