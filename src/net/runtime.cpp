#include "net/runtime.h"

#include "net/detail/engine.h"

namespace understudy::net {

runtime::runtime() : engine_(std::make_unique<detail::engine>()) {}
runtime::~runtime() = default;

status runtime::sleep(std::chrono::milliseconds span) {
    return sleep_until(deadline::after(span).when());
}

status runtime::sleep_until(deadline::clock::time_point moment) {
    return engine_->sleep_until(moment);
}

}  // namespace understudy::net
