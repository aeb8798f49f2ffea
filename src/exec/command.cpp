// The wait ends when the direct child has exited, never at the end of its output: a process that it left behind may
// hold the pipe open for years. A pipe is first in, first out, so after the exit one pipe's capacity of bytes holds all
// that the child wrote; more than that is not read.
//
// The child stays unreaped until its group has been dealt with: as long as it is a zombie its number is its own, and a
// signal to the group cannot hit a stranger.
#include "exec/command.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "exec/detail/child.h"
#include "exec/redact.h"

namespace understudy::exec {

using namespace std::chrono_literals;

namespace {

using steady = std::chrono::steady_clock;

// How often is looked where the kernel cannot wake us for it (no pidfd; members of a group that is being ended).
constexpr auto look_every = 20ms;

// The command's output on its way: read, secrets replaced, cut.
class output_stream {
public:
    output_stream(int fd, std::vector<std::string> secrets, std::size_t most)
        : fd_(fd), redactor_(std::move(secrets)), keeper_(most) {}

    // One read; the number of bytes, 0 when there is nothing now.
    std::size_t read_some() {
        if (fd_ < 0) return 0;
        std::array<char, 16'384> piece;
        const ssize_t got = ::read(fd_, piece.data(), piece.size());
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) fd_ = -1;
        if (got <= 0) return 0;
        keeper_.add(redactor_.add({piece.data(), static_cast<std::size_t>(got)}));
        return static_cast<std::size_t>(got);
    }

    // What was in the pipe when this was called.
    void drain() {
        const int capacity = fd_ < 0 ? 0 : ::fcntl(fd_, F_GETPIPE_SZ);
        std::size_t left = static_cast<std::size_t>(std::max(capacity, 0));
        while (left > 0) {
            const std::size_t got = read_some();
            if (got == 0) break;
            left -= std::min(left, got);
        }
    }

    std::string finish() {
        keeper_.add(redactor_.finish());
        return keeper_.text();
    }

    [[nodiscard]] bool cut() const { return keeper_.cut(); }
    // -1 after the end of the output, or where there is none.
    [[nodiscard]] int fd() const { return fd_; }

private:
    int fd_;
    redactor redactor_;
    output_keeper keeper_;
};

struct both_outputs {
    output_stream output, errors;
};

enum class wait_end { exited, timed_out, interrupted };

int poll_milliseconds(std::optional<steady::time_point> until, bool must_look) {
    std::chrono::milliseconds wait = must_look ? std::chrono::milliseconds(look_every) : 60s;
    if (until) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - steady::now());
        wait = std::clamp(left, 0ms, wait);
    }
    return static_cast<int>(wait.count());
}

wait_end wait_for_exit(const detail::child& child, both_outputs& said, std::optional<steady::time_point> until) {
    for (;;) {
        std::array<pollfd, 4> waits{{{said.output.fd(), POLLIN, 0},
                                     {said.errors.fd(), POLLIN, 0},
                                     {child.exit_descriptor(), POLLIN, 0},
                                     {interrupt_fd(), POLLIN, 0}}};
        ::poll(waits.data(), waits.size(), poll_milliseconds(until, child.exit_descriptor() < 0));
        if (waits[0].revents != 0) said.output.read_some();
        if (waits[1].revents != 0) said.errors.read_some();
        if (child.has_exited()) return wait_end::exited;
        if (interrupt_signal() != 0) return wait_end::interrupted;
        if (until && steady::now() >= *until) return wait_end::timed_out;
    }
}

// SIGTERM to the group, SIGKILL when the grace is over or for what is left when the leader has gone. Its output is read
// on, so that a command that says goodbye does not hang on a full pipe.
void end_child(const group_id& group, both_outputs& said, std::chrono::milliseconds grace) {
    ::kill(-group.pgid, SIGTERM);
    ::kill(-group.pgid, SIGCONT);  // a stopped process sees SIGTERM only when it goes on
    const auto until = steady::now() + grace;
    while (is_alive(group) && steady::now() < until) {
        std::array<pollfd, 2> waits{{{said.output.fd(), POLLIN, 0}, {said.errors.fd(), POLLIN, 0}}};
        ::poll(waits.data(), waits.size(), static_cast<int>(look_every.count()));
        if (waits[0].revents != 0) said.output.read_some();
        if (waits[1].revents != 0) said.errors.read_some();
    }
    ::kill(-group.pgid, SIGKILL);
}

outcome outcome_of(int wait_status) {
    outcome out;
    if (WIFEXITED(wait_status)) out.exit_code = WEXITSTATUS(wait_status);
    if (WIFSIGNALED(wait_status)) out.signal = WTERMSIG(wait_status);
    return out;
}

}  // namespace

result<outcome> run(const command_line& command, const on_started& started, const run_options& options) {
    UNDERSTUDY_LET(child, detail::child::start(command, options.errors_apart));
    UNDERSTUDY_LET(group, group_of(child.pid()));
    if (started) UNDERSTUDY_TRY(started(group));
    if (interrupt_signal() != 0) return std::unexpected(interrupted_error());
    const auto begun = steady::now();
    UNDERSTUDY_TRY(child.begin());

    both_outputs said{output_stream(child.output(), options.secrets, options.most_output),
                      output_stream(child.errors(), options.secrets, output_limit)};
    std::optional<steady::time_point> until;
    if (command.timeout > 0ms) until = begun + command.timeout;
    const wait_end end = wait_for_exit(child, said, until);
    if (end != wait_end::exited) end_child(group, said, options.grace);
    outcome out = outcome_of(child.reap());
    said.output.drain();
    said.errors.drain();
    if (end == wait_end::interrupted) return std::unexpected(interrupted_error());
    out.timed_out = end == wait_end::timed_out;
    out.output = said.output.finish();
    out.errors = said.errors.finish();
    out.cut = said.output.cut();
    out.took = steady::now() - begun;
    return out;
}

}  // namespace understudy::exec
