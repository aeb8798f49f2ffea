#include "measure/pacer.h"

#include <algorithm>

namespace understudy::measure {

status pacer::wait() {
    if (per_second_ <= 0) return {};
    const auto due = next_;
    next_ = std::max(due, net::deadline::clock::now()) +
            std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(1 / per_second_));
    return runtime_.sleep_until(due);
}

}  // namespace understudy::measure
