// net/runtime.h - what the waits of one thread run on.
//
// A runtime owns one io_context and no thread of its own: a call of a link or client runs the io_context in the
// calling thread until its operation is done, its deadline has passed, or a signal came (base/interrupt.h). So there is
// no hand-over between threads on the path of a measured request, and nothing runs between calls.
//
// Thread rule: a runtime and all links and clients made on it belong to one thread. Use one runtime per thread. It must
// outlive what was made on it.
#pragma once

#include <chrono>
#include <memory>

#include "base/error.h"
#include "net/deadline.h"

namespace understudy::net {

namespace detail {
class engine;
}

class runtime {
public:
    runtime();
    ~runtime();
    runtime(const runtime&) = delete;
    runtime& operator=(const runtime&) = delete;

    // Waits that long; errc::interrupted when a signal came before or during it.
    [[nodiscard]] status sleep(std::chrono::milliseconds span);
    // The same up to a moment, with the precision of the clock (for schedules). A moment that has passed is no wait.
    [[nodiscard]] status sleep_until(deadline::clock::time_point moment);

    // For this module only.
    [[nodiscard]] detail::engine& engine() noexcept { return *engine_; }

private:
    std::unique_ptr<detail::engine> engine_;
};

}  // namespace understudy::net
