// base/log.h - where progress and warnings go. Nothing but results goes to stdout, so nothing here writes there.
//
// A log is handed in, never global. It takes messages for people, and steps: what was done, how long it took, and what
// became of it, for `--log FILE` (docs/formats/log.md). Neither holds a secret or a user's value: whoever writes one
// sees to that. Keys are named by their templates, commands by their name and without their arguments.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace understudy {

enum class level { detail, info, warning, error };

// Views are good for the length of the call only.
struct log_step {
    std::string_view step;                         // "stage", "arm", "apply": the kind; a word that stays the same
    std::string_view what;                         // which one
    std::optional<std::chrono::nanoseconds> took;  // empty: it begins now, or takes no time
    std::string_view code = {};                    // where it failed: the error's name, "exit 1"; else empty
    std::string_view failed = {};                  // and what is to be said of it
};

struct log_sink {
    std::function<void(level, std::string_view)> write = {};
    std::function<void(const log_step&)> note = {};

    void detail(std::string_view text) const { to(level::detail, text); }
    void info(std::string_view text) const { to(level::info, text); }
    void warning(std::string_view text) const { to(level::warning, text); }
    void step(const log_step& one) const {
        if (note) note(one);
    }
    // Notes that the step has ended, `took` since `started`, with the outcome of `done` (a status or a result).
    template <class T>
    void ended(std::string_view step, std::string_view what, std::chrono::steady_clock::time_point started,
               const result<T>& done) const {
        if (!note) return;
        const auto took = std::chrono::steady_clock::now() - started;
        if (done) return note({step, what, took});
        const auto text = done.error().text();
        note({step, what, took, name_of(done.error().code), text});
    }

private:
    void to(level at, std::string_view text) const {
        if (write) write(at, text);
    }
};

}  // namespace understudy
