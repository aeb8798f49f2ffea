// exec/command.h - runs a command of an environment: an argument vector, no shell, nothing inherited, always an end.
//
// Blocks the calling thread until the command has ended. Safe from several threads at once; the child does only what is
// async-signal-safe between fork and exec. Linux: pidfd, close_range, /proc.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "exec/process_group.h"
#include "exec/redact.h"

namespace understudy::exec {

struct command_line {
    std::vector<std::string> argv;  // argv[0]: a path, or a name to be found in PATH of `environment`
    std::vector<std::pair<std::string, std::string>> environment;  // complete: nothing is inherited
    std::string folder;                                            // working folder; empty: this process's
    std::chrono::milliseconds timeout{};                           // 0: none
};

struct outcome {
    int exit_code = -1;  // -1 when a signal ended it
    int signal = 0;      // that ended it
    bool timed_out = false;
    std::string output;  // stdout and stderr as they came, without secrets, at most `most_output`; any bytes
    std::string errors;  // stderr, where it is wanted apart; then it is not in `output`
    bool cut = false;    // bytes of `output` were left out in its middle
    std::chrono::nanoseconds took{};

    [[nodiscard]] bool succeeded() const { return exit_code == 0 && !timed_out; }
};

// Called when the child exists and has done nothing yet: it waits until this returns. Success lets it begin; an error
// kills it unexecuted and is what run() returns. If this process dies here, the child ends without having begun.
using on_started = std::function<status(const group_id&)>;

struct run_options {
    std::vector<std::string> secrets;        // replaced in the output
    std::chrono::milliseconds grace{5'000};  // between SIGTERM and SIGKILL
    // For who reads what a program says: a warning must not be taken for a part of the answer.
    bool errors_apart = false;
    std::size_t most_output = output_limit;  // of `output`; of `errors` output_limit
};

// Runs it in a process group of its own, stdin from /dev/null, every other descriptor closed, signals at their
// defaults. Returns when the direct child has exited, also while a process that it left behind holds its output open:
// what was written by then is read, the rest is not, and a later write of that process fails with EPIPE (daemons send
// their output elsewhere). Such a process lives on.
//
// At the timeout the group gets SIGTERM, then SIGKILL after `grace`; the outcome says timed_out. On Ctrl-C (see
// base/interrupt.h) it is ended in the same way and errc::interrupted is returned. A command that cannot be found or
// executed, or whose folder is missing, is errc::command_failed, after on_started was called. A command that exits with
// an error is an outcome, not an error. Error texts name argv[0] and no other argument.
[[nodiscard]] result<outcome> run(const command_line& command, const on_started& started,
                                  const run_options& options = {});

}  // namespace understudy::exec
