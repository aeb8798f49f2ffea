#include "database/detail/wait.h"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/interrupt.h"

namespace understudy::database::detail {

namespace {

constexpr std::size_t most_addresses = 8;
constexpr std::chrono::milliseconds glance{20};  // how late a wait for a name hears of Ctrl-C

std::unexpected<error> interrupted_at(const std::string& where) {
    error out = interrupted_error();
    out.where = where;
    return std::unexpected(std::move(out));
}

std::unexpected<error> too_late(const std::string& where) {
    return fail(errc::timed_out, "the database did not answer within the time allowed", where, true);
}

struct look_up {
    std::mutex guard;
    std::condition_variable ready;
    bool done = false;
    int code = 0;
    std::vector<std::string> found;
};

int resolve(const std::string& host, int flags, std::vector<std::string>& into) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    addrinfo* list = nullptr;
    const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
    for (const addrinfo* one = list; code == 0 && one && into.size() < most_addresses; one = one->ai_next) {
        char text[NI_MAXHOST] = {};
        if (::getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0)
            into.emplace_back(text);
    }
    if (list) ::freeaddrinfo(list);
    return code;
}

}  // namespace

result<wanted> wait_for(int descriptor, wanted events, moment until, const std::string& where) {
    for (;;) {
        if (interrupt_signal() != 0) return interrupted_at(where);
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        if (left.count() <= 0) return too_late(where);
        pollfd both[2] = {{descriptor, 0, 0}, {interrupt_fd(), POLLIN, 0}};
        if (events.read) both[0].events |= POLLIN;
        if (events.write) both[0].events |= POLLOUT;
        const int ready = ::poll(both, 2, static_cast<int>(std::min<std::int64_t>(left.count(), 60'000)));
        if (ready < 0 && errno != EINTR) return fail(errc::io, "cannot wait for the database's connection", where);
        if (ready <= 0 || both[0].revents == 0) continue;
        const bool broken = (both[0].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
        return wanted{(both[0].revents & POLLIN) != 0 || broken, (both[0].revents & POLLOUT) != 0};
    }
}

result<std::vector<std::string>> addresses_of(const std::string& host, moment until, const std::string& where) {
    std::vector<std::string> numeric;
    if (resolve(host, AI_NUMERICHOST, numeric) == 0) return numeric;
    const auto asked = std::make_shared<look_up>();
    std::thread([asked, host] {
        std::vector<std::string> found;
        const int code = resolve(host, 0, found);
        const std::lock_guard hold(asked->guard);
        asked->code = code;
        asked->found = std::move(found);
        asked->done = true;
        asked->ready.notify_all();
    }).detach();
    std::unique_lock hold(asked->guard);
    while (!asked->ready.wait_for(hold, glance, [&] { return asked->done; })) {
        if (interrupt_signal() != 0) return interrupted_at(where);
        if (std::chrono::steady_clock::now() >= until) return too_late(where);
    }
    if (asked->code != 0 || asked->found.empty())
        return fail(errc::unreachable, std::string("the database's host is not found: ") + gai_strerror(asked->code),
                    where, true);
    return asked->found;
}

bool is_local(const std::string& numeric) {
    in_addr four{};
    if (::inet_pton(AF_INET, numeric.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
    in6_addr six{};
    if (::inet_pton(AF_INET6, numeric.c_str(), &six) != 1) return false;
    return IN6_IS_ADDR_LOOPBACK(&six) || (IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == 127);
}

}  // namespace understudy::database::detail
