// net/deadline.h - the moment at which a wait ends. A value; every call that may wait takes one.
//
// It is a moment, not a span, so one deadline can be handed through several calls and bounds their sum.
#pragma once

#include <chrono>

namespace understudy::net {

class deadline {
public:
    using clock = std::chrono::steady_clock;

    [[nodiscard]] static deadline after(std::chrono::milliseconds span) {
        // A span that would run past the end of the clock is no limit at all.
        const auto now = clock::now();
        if (span > std::chrono::duration_cast<std::chrono::milliseconds>(clock::time_point::max() - now))
            return never();
        return deadline{now + span};
    }
    [[nodiscard]] static deadline at(clock::time_point moment) { return deadline{moment}; }
    [[nodiscard]] static deadline never() { return deadline{clock::time_point::max()}; }

    [[nodiscard]] bool is_never() const { return at_ == clock::time_point::max(); }
    [[nodiscard]] bool expired() const { return !is_never() && clock::now() >= at_; }
    // Zero when it has passed; milliseconds::max() for never().
    [[nodiscard]] std::chrono::milliseconds remaining() const {
        using std::chrono::milliseconds;
        if (is_never()) return milliseconds::max();
        const auto left = std::chrono::ceil<milliseconds>(at_ - clock::now());
        return left.count() > 0 ? left : milliseconds{0};
    }
    [[nodiscard]] clock::time_point when() const { return at_; }
    [[nodiscard]] static deadline earlier(deadline left, deadline right) { return left.at_ < right.at_ ? left : right; }

private:
    explicit deadline(clock::time_point moment) : at_(moment) {}
    clock::time_point at_;
};

}  // namespace understudy::net
