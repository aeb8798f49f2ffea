// measure/pacer.h - requests no closer together than an environment's limit says.
#pragma once

#include "base/error.h"
#include "net/deadline.h"
#include "net/runtime.h"

namespace understudy::measure {

class pacer {
public:
    // 0: no limit. The runtime must outlive it.
    pacer(net::runtime& runtime, double per_second) : runtime_(runtime), per_second_(per_second) {}

    // Returns when the next request is due. errc::interrupted.
    [[nodiscard]] status wait();

private:
    net::runtime& runtime_;
    double per_second_;
    net::deadline::clock::time_point next_ = net::deadline::clock::now();
};

}  // namespace understudy::measure
