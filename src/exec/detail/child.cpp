// Between fork and exec only async-signal-safe calls are allowed, since the parent may have threads that hold locks:
// all that needs memory is made before the fork.
//
// Three pipes: the output (and a fourth where stderr is wanted apart); "go", from which the child reads one byte before
// it does anything, so that the parent can put the group's number on disk first; "trouble", on which the child sends
// what failed, and which exec closes. The child first closes every other descriptor: else it would hold the write end
// of its own "go" and never see the parent die, and would keep the parent's locks.
#include "exec/detail/child.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace understudy::exec::detail {

namespace {

// Where the child has its pipes while it waits.
constexpr int go_fd = 3;
constexpr int trouble_fd = 4;
// Above all numbers that the child puts its descriptors to.
constexpr int out_of_the_way = 10;
constexpr int never_begun = 127;

enum class stage : int { setup, folder, execute };

struct trouble_report {
    stage at = stage::setup;
    int error_number = 0;
};

struct prepared {
    std::vector<std::string> environment;
    std::vector<std::string> candidates;  // paths to try in turn
    std::vector<char*> argv;
    std::vector<char*> envp;
    const char* folder = nullptr;
};

std::string_view search_path(const command_line& command) {
    for (const auto& [name, value] : command.environment)
        if (name == "PATH") return value;
    return {};
}

// What execvp does, on the command's own PATH. An empty element of it would mean the working folder: left out.
std::vector<std::string> candidates_of(const command_line& command) {
    const std::string& name = command.argv.front();
    if (name.find('/') != std::string::npos) return {name};
    std::vector<std::string> out;
    std::string_view rest = search_path(command);
    while (!rest.empty()) {
        const std::string_view folder = rest.substr(0, rest.find(':'));
        rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
        if (!folder.empty()) out.push_back(fmt::format("{}/{}", folder, name));
    }
    return out;
}

status check(const command_line& command) {
    const auto holds_nul = [](const std::string& text) { return text.find('\0') != std::string::npos; };
    if (command.argv.empty() || command.argv.front().empty()) return fail(errc::command_failed, "the command is empty");
    for (const std::string& argument : command.argv)
        if (holds_nul(argument))
            return fail(errc::command_failed, "an argument holds a zero byte", command.argv.front());
    for (const auto& [name, value] : command.environment)
        if (name.empty() || name.find('=') != std::string::npos || holds_nul(name) || holds_nul(value))
            return fail(errc::command_failed, "an environment variable has an impossible name or value",
                        command.argv.front());
    if (holds_nul(command.folder)) return fail(errc::command_failed, "the folder's name holds a zero byte");
    return {};
}

prepared prepare(const command_line& command) {
    prepared out;
    for (const auto& [name, value] : command.environment)
        out.environment.push_back(fmt::format("{}={}", name, value));
    out.candidates = candidates_of(command);
    for (const std::string& argument : command.argv)
        out.argv.push_back(const_cast<char*>(argument.c_str()));
    for (std::string& variable : out.environment)
        out.envp.push_back(variable.data());
    out.argv.push_back(nullptr);
    out.envp.push_back(nullptr);
    if (!command.folder.empty()) out.folder = command.folder.c_str();
    return out;
}

struct pipe_ends {
    descriptor read;
    descriptor write;
};

result<pipe_ends> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return fail(errc::io, fmt::format("no pipe for a command: {}", std::strerror(errno)), {}, true);
    return pipe_ends{descriptor(ends[0]), descriptor(ends[1])};
}

result<pipe_ends> make_output_pipe() {
    UNDERSTUDY_LET(made, make_pipe());
    if (::fcntl(made.read.get(), F_SETFL, O_NONBLOCK) != 0)
        return fail(errc::io, fmt::format("a command could not be prepared: {}", std::strerror(errno)), {}, true);
    return std::move(made);
}

[[noreturn]] void report_and_exit(stage at) {
    const trouble_report report{at, errno};
    (void)!::write(trouble_fd, &report, sizeof report);
    ::_exit(never_begun);
}

void default_signals() {
    struct sigaction action = {};
    action.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number)
        ::sigaction(number, &action, nullptr);  // fails for SIGKILL, SIGSTOP and libc's own, which is right
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// The child's ends; `errors` is `output` where both go one way.
struct child_ends {
    int null, output, errors, go, trouble;
};

// First out of the way, then into place: a source may have the number of another's place.
bool place_descriptors(const child_ends& ends) {
    const int null = ::fcntl(ends.null, F_DUPFD, out_of_the_way);
    const int output = ::fcntl(ends.output, F_DUPFD, out_of_the_way);
    const int errors = ::fcntl(ends.errors, F_DUPFD, out_of_the_way);
    const int go = ::fcntl(ends.go, F_DUPFD, out_of_the_way);
    const int trouble = ::fcntl(ends.trouble, F_DUPFD, out_of_the_way);
    if (null < 0 || output < 0 || errors < 0 || go < 0 || trouble < 0) return false;
    if (::dup2(null, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(errors, 2) < 0) return false;
    if (::dup2(go, go_fd) < 0 || ::dup2(trouble, trouble_fd) < 0) return false;
    if (::fcntl(go_fd, F_SETFD, FD_CLOEXEC) < 0 || ::fcntl(trouble_fd, F_SETFD, FD_CLOEXEC) < 0) return false;
    return ::syscall(SYS_close_range, trouble_fd + 1, ~0u, 0u) == 0;
}

bool told_to_go() {
    char byte = 0;
    ssize_t got = 0;
    do {
        got = ::read(go_fd, &byte, 1);
    } while (got < 0 && errno == EINTR);
    return got == 1;
}

// A file that is there and cannot be executed says more than the folders where there is none.
[[noreturn]] void execute(const prepared& command) {
    int worst = ENOENT;
    for (const std::string& path : command.candidates) {
        ::execve(path.c_str(), command.argv.data(), command.envp.data());
        if (errno != ENOENT && errno != ENOTDIR) worst = errno;
    }
    errno = worst;
    report_and_exit(stage::execute);
}

[[noreturn]] void be_the_child(const prepared& command, const child_ends& ends) {
    ::setpgid(0, 0);
    default_signals();
    if (!place_descriptors(ends)) ::_exit(never_begun);
    if (!told_to_go()) ::_exit(never_begun);
    if (command.folder != nullptr && ::chdir(command.folder) != 0) report_and_exit(stage::folder);
    execute(command);
}

// Until the child has its own handlers no signal may reach it: it would run the parent's.
class signals_blocked {
public:
    signals_blocked() {
        sigset_t all;
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    signals_blocked(const signals_blocked&) = delete;
    signals_blocked& operator=(const signals_blocked&) = delete;
    ~signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_{};
};

}  // namespace

descriptor& descriptor::operator=(descriptor&& other) noexcept {
    if (this != &other) {
        close();
        fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
}

void descriptor::close() noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

result<child> child::start(const command_line& command, bool errors_apart) {
    UNDERSTUDY_TRY(check(command));
    const prepared ready = prepare(command);
    UNDERSTUDY_LET(output, make_output_pipe());
    pipe_ends errors;
    if (errors_apart) {
        UNDERSTUDY_LET(made, make_output_pipe());
        errors = std::move(made);
    }
    UNDERSTUDY_LET(go, make_pipe());
    UNDERSTUDY_LET(trouble, make_pipe());
    const descriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (null.get() < 0)
        return fail(errc::io, fmt::format("a command could not be prepared: {}", std::strerror(errno)), {}, true);
    pid_t pid = -1;
    {
        const signals_blocked blocked;
        pid = ::fork();
        if (pid == 0)
            be_the_child(ready, {null.get(), output.write.get(), (errors_apart ? errors : output).write.get(),
                                 go.read.get(), trouble.write.get()});
    }
    if (pid < 0) return fail(errc::io, fmt::format("no process for a command: {}", std::strerror(errno)), {}, true);
    child made(pid, command.argv.front());
    made.output_ = std::move(output.read);
    made.errors_ = std::move(errors.read);
    made.go_ = std::move(go.write);
    made.go_read_ = std::move(go.read);
    made.trouble_ = std::move(trouble.read);
    // Child and parent both do it: whoever is first, the group is there for both.
    ::setpgid(pid, pid);
    made.exit_ = descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0u)));
    return made;
}

child::child(child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)),
      go_(std::move(other.go_)),
      go_read_(std::move(other.go_read_)),
      trouble_(std::move(other.trouble_)),
      exit_(std::move(other.exit_)),
      name_(std::move(other.name_)) {}

child::~child() {
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);
    (void)reap();
}

status child::begin() {
    const char byte = 'g';
    ssize_t sent = 0;
    do {
        sent = ::write(go_.get(), &byte, 1);
    } while (sent < 0 && errno == EINTR);
    go_.close();
    go_read_.close();
    trouble_report report;
    ssize_t got = 0;
    do {
        got = ::read(trouble_.get(), &report, sizeof report);
    } while (got < 0 && errno == EINTR);
    trouble_.close();
    if (sent != 1) return fail(errc::io, "the command could not be told to begin", name_, true);
    if (got == 0) return {};  // executing, or killed: its end will tell
    const char* why = std::strerror(report.error_number);
    if (got != sizeof report) return fail(errc::command_failed, "the command could not be begun", name_);
    if (report.at == stage::folder)
        return fail(errc::command_failed, fmt::format("its folder cannot be entered: {}", why), name_);
    if (report.error_number == ENOENT)
        return fail(errc::command_failed,
                    "no such program (a name without \"/\" is looked for in the PATH of the command's environment; "
                    "for a script, its interpreter must be there too)",
                    name_);
    return fail(errc::command_failed, fmt::format("cannot be executed: {}", why), name_);
}

int child::reap() {
    int wait_status = 0;
    while (::waitpid(pid_, &wait_status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return wait_status;
}

bool child::has_exited() const {
    siginfo_t info = {};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == pid_;
}

}  // namespace understudy::exec::detail
