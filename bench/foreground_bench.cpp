// A client that stands for the other users of a Redis server: GETs of random keys at a fixed rate over four
// connections.
//
// A request is sent when it is due, whatever became of those before it, so that a server that stalls is not spared the
// requests it delays. Its time ends when the kernel has the answer (SO_TIMESTAMPNS), not when this program gets around
// to reading it, and begins when it is sent: what the client itself waits for its processor is no part of it. How late
// requests were sent is told apart.
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
    clock_gettime(CLOCK_REALTIME, &at);  // as the kernel's stamps
    return at.tv_sec * 1'000'000'000LL + at.tv_nsec;
}

struct connection {
    int fd = -1;
    std::deque<std::int64_t> sent;  // when, of requests that are not answered
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
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    if (connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) return -1;
    return fd;
}

// The kernel begins to stamp a moment after it is asked to.
std::int64_t arrival(const msghdr& message) {
    const auto* stamp = CMSG_FIRSTHDR(&message);
    if (stamp == nullptr || stamp->cmsg_type != SCM_TIMESTAMPNS) return now();
    timespec came{};
    std::memcpy(&came, CMSG_DATA(stamp), sizeof came);
    return came.tv_sec * 1'000'000'000LL + came.tv_nsec;
}

bool take_replies(connection& from, std::vector<std::int64_t>& latencies) {
    static std::array<char, 65536> buffer;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(timespec))> control{};
    iovec part{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const auto got = recvmsg(from.fd, &message, MSG_DONTWAIT);
    if (got <= 0) return got < 0 && errno == EAGAIN;
    const auto at = arrival(message);
    std::string_view input(buffer.data(), static_cast<std::size_t>(got));
    understudy::resp::value reply;
    while (from.builder.next(input, reply) == understudy::resp::status::token) {
        latencies.push_back(at - from.sent.front());
        from.sent.pop_front();
    }
    return true;
}

double quantile(const std::vector<std::int64_t>& sorted, double share) {
    return static_cast<double>(sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))]) / 1000;
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
    std::vector<std::int64_t> latencies, late;
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
            on.sent.push_back(now());
            late.push_back(on.sent.back() - due);
            if (send(on.fd, words.data(), words.size(), MSG_NOSIGNAL) < 0) return 2;
        }
    }
    std::ranges::sort(latencies);
    std::ranges::sort(late);
    if (latencies.size() < 100) return 2;
    fmt::print("foreground p50 {:.1f} us, p99 {:.1f} us, {} of {} answered, sent late p99 {:.1f} us\n",
               quantile(latencies, 0.5), quantile(latencies, 0.99), latencies.size(), sent, quantile(late, 0.99));
    return 0;
}
