#include "net/detail/engine.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <unistd.h>

#include "base/interrupt.h"

namespace understudy::net::detail {

engine::engine() = default;

void engine::watch_interrupts() {
    if (watching_) return;
    if (!interrupts_.is_open()) {
        const int fd = interrupt_fd();
        if (fd < 0) return;
        // A copy, since the io_context closes what it watches.
        const int copy = ::dup(fd);
        if (copy < 0) return;
        interrupts_.assign(copy);
    }
    watching_ = true;
    interrupts_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code&) {
        watching_ = false;
        woken_ = true;
    });
}

engine::ended engine::drive(const bool& done, deadline until) {
    if (context_.stopped()) context_.restart();
    watch_interrupts();
    if (interrupt_signal() != 0) return ended::interrupted;
    while (!done) {
        const std::size_t ran = until.is_never() ? context_.run_one() : context_.run_one_until(until.when());
        if (woken_) {
            woken_ = false;
            if (interrupt_signal() != 0 && !done) return ended::interrupted;
            // A signal that was cleared before we saw it.
            watch_interrupts();
        }
        if (ran == 0 && !done) return ended::timed_out;
    }
    return ended::done;
}

status engine::sleep_until(deadline::clock::time_point moment) {
    // A timer and not the bound of the wait: epoll_wait counts in whole milliseconds, a timer does not.
    bool done = false;
    asio::steady_timer timer(context_, moment);
    timer.async_wait([&done](const boost::system::error_code&) { done = true; });
    const auto how = drive(done, deadline::never());
    if (how == ended::done) return {};
    timer.cancel();
    finish(done);
    return std::unexpected(ending(how, {}));
}

void engine::finish(const bool& done) {
    while (!done)
        if (context_.run_one() == 0) context_.restart();
}

error engine::ending(ended how, const std::string& where) {
    if (how == ended::timed_out) return {errc::timed_out, "no answer within the time allowed", where, false};
    error signalled = interrupted_error();
    signalled.where = where;
    return signalled;
}

error unexpected_exception(const std::exception_ptr& thrown, const std::string& where) {
    try {
        std::rethrow_exception(thrown);
    } catch (const boost::system::system_error& failed) {
        // what() of Boost 1.81 appends file names and signatures.
        return {errc::internal, failed.code().message(), where, false};
    } catch (const std::bad_alloc&) {
        return {errc::over_limit, "not enough memory", where, false};
    } catch (...) {
        return {errc::internal, "an unexpected exception in the network layer", where, false};
    }
}

}  // namespace understudy::net::detail
