// net/governor.h - how fast a walk over a server's keys may go without being felt by its other clients.
//
// A closed loop, and pure: it is told what was measured, and says how many commands the next burst may have and how
// long to rest after it.
//
// guide  A server answers one client at a time, so what a burst of commands costs another client is, at worst, the time
//        that the burst keeps the server: its round trip less that of a PING. Two things follow. A burst is meant to
//        keep it for two fifths of the latency that may be added: whoever meets it waits for its system calls too. And
//        the bursts take a share of the server's time, of what its other clients leave of it where it says how busy it
//        is, so that few meet one at all: a rest follows each of them.
//        What a command costs is the median of the last bursts: a single one is late because of other clients, or of a
//        machine that stands still for a moment, as often as because of us, and to rest for these would be to pay for
//        what others did. One that took several times what it should is paid for whole, for it may have been ours.
//        What the server says of itself slows both: PINGs of our own between bursts that take longer than before, its
//        main thread near its limit, replicas that fall behind (a scan makes a primary delete keys that have expired,
//        which its replicas are told of).
//
// Times are of the monotonic clock. Not thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/server_info.h"

namespace understudy::net {

struct governor_limits {
    std::chrono::nanoseconds added{250'000};  // latency that may be added to another client's request, or
    double added_share = 0.05;                // this share of its latency without us, whichever is more
    double share = 0.15;                      // of the server's time, at most, where it does not say how busy it is
    double free_share = 1.0 / 3;              // of what others leave of its main thread, where it does
    double busy = 0.85;                       // share of its main thread beyond which we rest longer
    std::uint64_t lag_bytes = 4 << 20;        // that a replica may be behind
    std::size_t most_commands = 4096;         // of a burst
    bool governed = true;                     // false: bursts of most_commands, no rest; budgets hold all the same

    // Budgets; 0: none.
    std::uint64_t operations = 0, bytes = 0;
    std::chrono::nanoseconds time{0};
};

// From INFO, now and then.
struct server_load {
    std::chrono::nanoseconds at{0};   // on any clock that runs evenly
    double main_thread_seconds = -1;  // used_cpu_sys_main_thread + used_cpu_user_main_thread; < 0: not told
    std::uint64_t operations_per_second = 0;
    std::uint64_t replica_lag_bytes = 0;  // of the one that is furthest behind
};

// From the default sections of INFO.
[[nodiscard]] server_load load_of(const info& said, std::chrono::nanoseconds at);

// Why the walk is not faster than it is.
enum class pace : std::uint8_t { own_share, latency, busy, replicas };

enum class budget : std::uint8_t { none, operations, bytes, time };

class governor {
public:
    explicit governor(const governor_limits& limits)
        : limits_(limits), commands_(first_commands), share_(limits.share) {}

    // A PING before the walk, with nothing of ours going on.
    void quiet_ping(std::chrono::nanoseconds took);
    // A PING between two bursts.
    void ping(std::chrono::nanoseconds took);
    // Two that are less than 100 ms apart are as one.
    void load(const server_load&);
    void burst(std::size_t commands, std::uint64_t reply_bytes, std::chrono::nanoseconds took);

    // Of the next burst; at least 1.
    [[nodiscard]] std::size_t commands() const;
    // To rest now, before it.
    [[nodiscard]] std::chrono::nanoseconds rest() const;
    // When the burst after one that began then may begin: the server's share is of what it was held, not of our own
    // part; and what a timer came late, up to 2 ms, is made up for. Ungoverned: at once.
    [[nodiscard]] std::chrono::nanoseconds next(std::chrono::nanoseconds begun);
    // Whether it is time for a PING (each 100 ms), and for INFO (each second). Says so once.
    [[nodiscard]] bool ping_due(std::chrono::nanoseconds at);
    [[nodiscard]] bool load_due(std::chrono::nanoseconds at);
    [[nodiscard]] net::pace pace() const { return pace_; }
    // "the server's own latency rose from 80 us to 400 us": for people; empty where nothing holds it back.
    [[nodiscard]] std::string why() const;
    // Which budget is used up.
    [[nodiscard]] budget spent(std::chrono::nanoseconds since_start) const;

    // The latency that may be added.
    [[nodiscard]] std::chrono::nanoseconds allowance() const;
    // How long the server was kept by the last burst, as far as that was ours.
    [[nodiscard]] std::chrono::nanoseconds held() const { return held_; }
    [[nodiscard]] std::uint64_t operations() const { return operations_; }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

private:
    static constexpr std::size_t first_commands = 32;
    static constexpr std::size_t window = 15;  // PINGs, and bursts, that are looked at together

    void slow_down(net::pace why);
    void speed_up(double by);

    governor_limits limits_;
    std::vector<std::chrono::nanoseconds> quiet_;
    std::deque<std::chrono::nanoseconds> recent_;
    std::deque<std::chrono::nanoseconds> costs_;  // of a command, in the last bursts
    std::optional<server_load> load_;
    std::size_t commands_;
    double share_;
    double rate_ = 1;  // of that share
    std::chrono::nanoseconds held_{0}, due_{0};
    std::chrono::nanoseconds pinged_{0}, loaded_{0};  // when that was due last
    std::chrono::nanoseconds held_since_{0};          // in all, since the last load
    net::pace pace_ = net::pace::own_share;
    std::string why_;
    std::uint64_t operations_ = 0, bytes_ = 0;
};

[[nodiscard]] std::string_view word(pace) noexcept;
[[nodiscard]] std::string_view word(budget) noexcept;

}  // namespace understudy::net
