// A client that other users of a Redis server stand for: GETs of random keys at a fixed rate over four connections,
// each timed from the moment at which it was due, so that a server that stalls is not spared the requests it delays.
//
//   foreground_bench PORT KEYS RATE SECONDS    prints p50 and p99 in microseconds
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "resp/value.h"

namespace {

constexpr std::size_t connections = 4;
constexpr std::size_t at_once = 4;  // requests that are due at the same moment, one on each connection

std::int64_t now() {
    timespec at{};
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1'000'000'000LL + at.tv_nsec;
}

struct connection {
    int fd = -1;
    std::deque<std::int64_t> due;  // of requests that are not answered
    understudy::resp::value_builder builder;
};

int connect_to(std::uint16_t port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) return -1;
    return fd;
}

bool take_replies(connection& from, std::vector<std::int64_t>& latencies) {
    std::array<char, 65536> buffer;
    const auto got = recv(from.fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got <= 0) return got < 0 && errno == EAGAIN;
    const auto at = now();
    std::string_view input(buffer.data(), static_cast<std::size_t>(got));
    understudy::resp::value reply;
    while (from.builder.next(input, reply) == understudy::resp::status::token) {
        latencies.push_back(at - from.due.front());
        from.due.pop_front();
    }
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        fmt::print(stderr, "usage: foreground_bench PORT KEYS RATE SECONDS\n");
        return 2;
    }
    const auto keys = std::strtoull(argv[2], nullptr, 10);
    const auto period = 1'000'000'000LL * static_cast<std::int64_t>(at_once) / std::strtoll(argv[3], nullptr, 10);
    const auto length = std::strtoll(argv[4], nullptr, 10) * 1'000'000'000LL;
    std::array<connection, connections> all;
    std::array<pollfd, connections> waits{};
    for (std::size_t i = 0; i < connections; ++i) {
        all[i].fd = connect_to(static_cast<std::uint16_t>(std::strtoul(argv[1], nullptr, 10)));
        if (all[i].fd < 0) return 2;
        waits[i] = {all[i].fd, POLLIN, 0};
    }
    understudy::seeded_random random(7);
    std::vector<std::int64_t> latencies;
    const auto begun = now();
    std::uint64_t sent = 0;
    for (auto due = begun; due < begun + length; due += period) {
        // Until it is due, replies are taken. The wait sleeps: the processor is not this client's alone.
        for (auto left = due - now(); left > 0; left = due - now()) {
            const timespec most{0, left};
            if (ppoll(waits.data(), connections, &most, nullptr) > 0)
                for (std::size_t i = 0; i < connections; ++i)
                    if (waits[i].revents != 0 && !take_replies(all[i], latencies)) return 2;
        }
        for (std::size_t i = 0; i < at_once; ++i) {
            auto& on = all[sent++ % connections];
            const auto key = fmt::format("shop:{}:product:{}", 0, random.below(keys / 3) * 3);
            const auto words = fmt::format("*2\r\n$3\r\nGET\r\n${}\r\n{}\r\n", key.size(), key);
            on.due.push_back(due);
            if (send(on.fd, words.data(), words.size(), MSG_NOSIGNAL) < 0) return 2;
        }
    }
    std::ranges::sort(latencies);
    if (latencies.size() < 100) return 2;
    const auto at = [&](double share) {
        return static_cast<double>(
                   latencies[static_cast<std::size_t>(share * static_cast<double>(latencies.size() - 1))]) /
               1000;
    };
    fmt::print("foreground p50 {:.1f} us, p99 {:.1f} us, {} of {} answered\n", at(0.5), at(0.99), latencies.size(),
               sent);
    return 0;
}
