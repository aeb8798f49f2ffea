#include "net/runtime.h"

#include <boost/asio/steady_timer.hpp>

#include "net/detail/engine.h"

namespace understudy::net {

runtime::runtime() : engine_(std::make_unique<detail::engine>()) {}
runtime::~runtime() = default;

status runtime::sleep(std::chrono::milliseconds span) {
    return sleep_until(deadline::after(span).when());
}

status runtime::sleep_until(deadline::clock::time_point moment) {
    // A timer and not the bound of the wait: epoll_wait counts in whole milliseconds, a timer does not.
    bool done = false;
    boost::asio::steady_timer timer(engine_->context(), moment);
    timer.async_wait([&done](const boost::system::error_code&) { done = true; });
    const auto how = engine_->drive(done, deadline::never());
    if (how == detail::engine::ended::done) return {};
    timer.cancel();
    engine_->finish(done);
    return std::unexpected(detail::engine::ending(how, {}));
}

}  // namespace understudy::net
