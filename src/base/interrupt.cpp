#include "base/interrupt.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace understudy {

namespace {

std::atomic<int> seen{0};
std::atomic<int> descriptor{-1};

void on_signal(int number) {
    const int saved = errno;
    seen.store(number);
    const std::uint64_t one = 1;
    if (const int fd = descriptor.load(); fd >= 0) (void)!write(fd, &one, sizeof one);
    errno = saved;
}

}  // namespace

void watch_interrupts() {
    if (descriptor.load() < 0) descriptor.store(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    struct sigaction action = {};
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
        sigaction(number, &action, nullptr);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, nullptr);
    sigaction(SIGXFSZ, &action, nullptr);
}

int interrupt_signal() noexcept {
    return seen.load();
}

int interrupt_fd() noexcept {
    return descriptor.load();
}

void clear_interrupt() noexcept {
    std::uint64_t count = 0;
    if (const int fd = descriptor.load(); fd >= 0) (void)!read(fd, &count, sizeof count);
    seen.store(0);
}

status pause_for(std::chrono::milliseconds span) {
    const auto until = std::chrono::steady_clock::now() + span;
    for (;;) {
        if (interrupt_signal() != 0) return std::unexpected(interrupted_error());
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        if (left.count() <= 0) return {};
        pollfd wait{interrupt_fd(), POLLIN, 0};
        ::poll(&wait, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 60'000)));
    }
}

error interrupted_error() {
    const int number = interrupt_signal();
    return {errc::interrupted,
            std::string("ended by ") + (number == SIGTERM  ? "SIGTERM"
                                        : number == SIGHUP ? "SIGHUP"
                                                           : "SIGINT (Ctrl-C)"),
            {},
            true};
}

}  // namespace understudy
