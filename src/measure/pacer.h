// measure/pacer.h - requests no closer together than an environment's limit says.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "net/deadline.h"
#include "net/runtime.h"

namespace understudy::measure {

// Thread rule: that of its runtime, which must outlive it.
class pacer {
public:
    // per_second 0: no limit.
    pacer(net::runtime& runtime, double per_second) : runtime_(runtime), per_second_(per_second) {}

    // Waits until the next request is due; errc::interrupted when a signal came.
    [[nodiscard]] status wait() {
        if (per_second_ <= 0) return {};
        const auto due = next_;
        next_ = std::max(due, net::deadline::clock::now()) +
                std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(1 / per_second_));
        return runtime_.sleep_until(due);
    }

private:
    net::runtime& runtime_;
    double per_second_;
    net::deadline::clock::time_point next_ = net::deadline::clock::now();
};

}  // namespace understudy::measure
