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
    output_stream(int fd, std::vector<std::string> secrets) : fd_(fd), redactor_(std::move(secrets)) {}

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

    // -1 after the end of the output.
    [[nodiscard]] int fd() const { return fd_; }

private:
    int fd_;
    redactor redactor_;
    output_keeper keeper_;
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

wait_end wait_for_exit(const detail::child& child, output_stream& output, std::optional<steady::time_point> until) {
    for (;;) {
        std::array<pollfd, 3> waits{
            {{output.fd(), POLLIN, 0}, {child.exit_descriptor(), POLLIN, 0}, {interrupt_fd(), POLLIN, 0}}};
        ::poll(waits.data(), waits.size(), poll_milliseconds(until, child.exit_descriptor() < 0));
        if (waits[0].revents != 0) output.read_some();
        if (child.has_exited()) return wait_end::exited;
        if (interrupt_signal() != 0) return wait_end::interrupted;
        if (until && steady::now() >= *until) return wait_end::timed_out;
    }
}

// SIGTERM to the group, SIGKILL when the grace is over or for what is left when the leader has gone. Its output is read
// on, so that a command that says goodbye does not hang on a full pipe.
void end_child(const group_id& group, output_stream& output, std::chrono::milliseconds grace) {
    ::kill(-group.pgid, SIGTERM);
    ::kill(-group.pgid, SIGCONT);  // a stopped process sees SIGTERM only when it goes on
    const auto until = steady::now() + grace;
    while (is_alive(group) && steady::now() < until) {
        pollfd wait{output.fd(), POLLIN, 0};
        ::poll(&wait, 1, static_cast<int>(look_every.count()));
        if (wait.revents != 0) output.read_some();
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
    UNDERSTUDY_LET(child, detail::child::start(command));
    UNDERSTUDY_LET(group, group_of(child.pid()));
    if (started) UNDERSTUDY_TRY(started(group));
    if (interrupt_signal() != 0) return std::unexpected(interrupted_error());
    const auto begun = steady::now();
    UNDERSTUDY_TRY(child.begin());

    output_stream output(child.output(), options.secrets);
    std::optional<steady::time_point> until;
    if (command.timeout > 0ms) until = begun + command.timeout;
    const wait_end end = wait_for_exit(child, output, until);
    if (end != wait_end::exited) end_child(group, output, options.grace);
    outcome out = outcome_of(child.reap());
    output.drain();
    if (end == wait_end::interrupted) return std::unexpected(interrupted_error());
    out.timed_out = end == wait_end::timed_out;
    out.output = output.finish();
    out.took = steady::now() - begun;
    return out;
}

}  // namespace understudy::exec
