// exec/detail/child.h - a child process that waits to be let go: from fork to exec.
#pragma once

#include <string>

#include <sys/types.h>

#include "base/error.h"
#include "exec/command.h"

namespace understudy::exec::detail {

// A descriptor that is closed with its owner.
class descriptor {
public:
    descriptor() = default;
    explicit descriptor(int fd) noexcept : fd_(fd) {}
    descriptor(descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
    descriptor& operator=(descriptor&& other) noexcept;
    ~descriptor() { close(); }
    void close() noexcept;
    [[nodiscard]] int get() const noexcept { return fd_; }

private:
    int fd_ = -1;
};

// The child and our ends of its pipes. Destroying one that has not been reaped kills its group and reaps it.
class child {
public:
    // Forks. `errors_apart`: stderr has a pipe of its own. The child leads a group of its own and waits for begin(); it
    // ends by itself if this process dies first.
    [[nodiscard]] static result<child> start(const command_line& command, bool errors_apart = false);
    child(child&& other) noexcept;
    child& operator=(child&&) = delete;
    ~child();

    // Lets it go and waits until it executes its program. Cannot be found or executed: errc::command_failed.
    [[nodiscard]] status begin();
    // Collects its end; the wait status of wait(2). Once. Does not wait if it has exited.
    [[nodiscard]] int reap();

    [[nodiscard]] pid_t pid() const { return pid_; }
    // Stdout and stderr, or stdout alone; non-blocking.
    [[nodiscard]] int output() const { return output_.get(); }
    // Stderr, non-blocking; -1 where it is not apart.
    [[nodiscard]] int errors() const { return errors_.get(); }
    // Readable once it has exited; -1 where the kernel has no pidfd_open.
    [[nodiscard]] int exit_descriptor() const { return exit_.get(); }
    // Has it exited? Leaves it to be reaped, so that its group's number stays its own.
    [[nodiscard]] bool has_exited() const;

private:
    child(pid_t pid, std::string name) : pid_(pid), name_(std::move(name)) {}

    pid_t pid_ = -1;
    descriptor output_;
    descriptor errors_;
    descriptor go_;
    descriptor go_read_;  // kept, so that writing to a child that has died is no SIGPIPE
    descriptor trouble_;
    descriptor exit_;
    std::string name_;  // argv[0]
};

}  // namespace understudy::exec::detail
