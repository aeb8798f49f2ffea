// net/detail/engine.h - runs one coroutine on the io_context, in the calling thread, until it ends or has to.
//
// A deadline is not a timer but the bound of each wait of the io_context (run_one_until), so that a call costs no
// system call more than its own reads and writes. The interrupt descriptor is watched by one lasting wait.
//
// To end an operation early: its cancellation signal is emitted, then `abandon` closes what it waits on, and the
// io_context runs until the coroutine has ended, so it may point into the caller's stack.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/error.h"
#include "net/deadline.h"

namespace understudy::net::detail {

namespace asio = boost::asio;

class engine {
public:
    enum class ended : std::uint8_t { done, timed_out, interrupted };

    engine();

    [[nodiscard]] asio::io_context& context() noexcept { return context_; }

    // Errors of its own: timed_out and interrupted. If either holds before the start, the coroutine never runs and
    // `abandon` is not called. A coroutine that throws gives errc::internal.
    template <class T>
    [[nodiscard]] result<T> run(asio::awaitable<result<T>> work, deadline until, const std::string& where,
                                const std::function<void()>& abandon);

    // Runs handlers until `done` is true, the deadline has passed or a signal came.
    [[nodiscard]] ended drive(const bool& done, deadline until);
    // Waits up to a moment; errc::interrupted.
    [[nodiscard]] status sleep_until(deadline::clock::time_point moment);
    // Runs handlers until `done` is true, come what may; for operations that were told to end.
    void finish(const bool& done);

    [[nodiscard]] static error ending(ended how, const std::string& where);

private:
    void watch_interrupts();

    asio::io_context context_{1};
    asio::posix::stream_descriptor interrupts_{context_};
    bool watching_ = false;
    bool woken_ = false;
};

[[nodiscard]] error unexpected_exception(const std::exception_ptr& thrown, const std::string& where);

template <class T>
result<T> engine::run(asio::awaitable<result<T>> work, deadline until, const std::string& where,
                      const std::function<void()>& abandon) {
    bool done = false;
    if (const ended how = drive(done, deadline::at({})); how == ended::interrupted)
        return std::unexpected(ending(how, where));
    if (until.expired()) return std::unexpected(ending(ended::timed_out, where));

    std::optional<result<T>> outcome;
    std::exception_ptr thrown;
    asio::cancellation_signal stop;
    asio::co_spawn(context_, std::move(work),
                   asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr failed, result<T> value) {
                       thrown = std::move(failed);
                       outcome = std::move(value);
                       done = true;
                   }));
    const ended how = drive(done, until);
    if (how != ended::done) {
        stop.emit(asio::cancellation_type::terminal);
        // co_spawn passes the signal on by way of the queue, where it may stand behind the very completion: `stop` has
        // to live until it is through.
        bool passed_on = false;
        asio::post(context_, [&passed_on] { passed_on = true; });
        abandon();
        finish(done);
        finish(passed_on);
        if (thrown || !outcome->has_value()) return std::unexpected(ending(how, where));
    }
    if (thrown) return std::unexpected(unexpected_exception(thrown, where));
    return std::move(*outcome);
}

}  // namespace understudy::net::detail
