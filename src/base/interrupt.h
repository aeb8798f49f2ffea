// base/interrupt.h - Ctrl-C and its kin, as a flag that waits can see.
//
// SIGINT, SIGTERM and SIGHUP are about the process, so this is the one piece of process-wide state. A signal sets the
// flag and makes the descriptor readable; every wait of the program watches one of the two and ends with
// errc::interrupted. Whoever then puts things back (the rollback of a rehearsal) first calls clear_interrupt(), so
// that its own waits work; a second signal interrupts those too, which leaves the journal to say what is undone.
#pragma once

#include <chrono>

#include "base/error.h"

namespace understudy {

// Installs the handlers; ignores SIGPIPE and SIGXFSZ (a write over the file size limit), so that both are errors of the
// write. Once, from main; without it interrupts are never seen.
void watch_interrupts();
// The signal that arrived since the last clear, or 0. Async-signal-safe to set, safe to read from any thread.
[[nodiscard]] int interrupt_signal() noexcept;
// Readable while interrupt_signal() is not 0; for poll(). -1 before watch_interrupts().
[[nodiscard]] int interrupt_fd() noexcept;
void clear_interrupt() noexcept;
// Waits that long; errc::interrupted when a signal came before or during it. For code that has no io_context to wait
// on.
[[nodiscard]] status pause_for(std::chrono::milliseconds span);
// An error of errc::interrupted that names the signal.
[[nodiscard]] error interrupted_error();

}  // namespace understudy
