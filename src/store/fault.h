// store/fault.h - crash points: where a test makes the process kill itself, to see what is left on disk.
//
// Only with UNDERSTUDY_FAULTS compiled in (dev and asan builds); otherwise every call is empty and the environment is
// not read. UNDERSTUDY_CRASH_AT="name:N" or "name:N:moment" names the N-th event of that name in this process, counted
// from 1; moment is "before", "torn" or "after" (the default). Counts are per process and thread-safe; a forked child
// counts from 1 again.
//
//   name            one event is                      moments
//   journal         one append of a journal           before, torn (half of the line is on disk), after (synced)
//   backup          one entry handed to a backup      after (what is on disk by then is not defined)
//   backup_finish   the end of one backup             after (synced)
#pragma once

#include <string_view>

namespace understudy::store {

enum class crash_moment { none, before, torn, after };

#ifdef UNDERSTUDY_FAULTS
// Counts one event of `name`; says where in it this process is to die, if it is.
[[nodiscard]] crash_moment next_crash(std::string_view name);
// SIGKILL to this process. Does not return.
[[noreturn]] void crash_now();
// Counts one event of `name`, and dies here if it is the one.
void crash_point(std::string_view name);
#else
[[nodiscard]] constexpr crash_moment next_crash(std::string_view /*name*/) noexcept {
    return crash_moment::none;
}
inline void crash_now() noexcept {}
inline void crash_point(std::string_view /*name*/) noexcept {}
#endif

}  // namespace understudy::store
