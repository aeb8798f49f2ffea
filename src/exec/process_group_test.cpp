#include "exec/process_group.h"

#include <array>
#include <csignal>
#include <functional>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace understudy;
using namespace understudy::exec;
using namespace std::chrono_literals;

namespace {

// A child that leads its own group and does `work`, which says on the pipe when it is ready.
class leader {
public:
    explicit leader(const std::function<void(int)>& work) {
        std::array<int, 2> ready{};
        if (::pipe(ready.data()) != 0) return;
        pid_ = ::fork();
        if (pid_ == 0) {
            ::setpgid(0, 0);
            work(ready[1]);
            for (;;)
                ::pause();
        }
        ::setpgid(pid_, pid_);
        (void)!::read(ready[0], &said_, sizeof said_);
        ::close(ready[0]);
        ::close(ready[1]);
    }
    leader(const leader&) = delete;
    leader& operator=(const leader&) = delete;
    ~leader() {
        ::kill(-pid_, SIGKILL);
        reap();
    }
    void reap() {
        if (!reaped_) ::waitpid(pid_, nullptr, 0);
        reaped_ = true;
    }
    // The signal that ended it; 0 when it has not ended.
    [[nodiscard]] int ended_by() const {
        siginfo_t info = {};
        ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
        return info.si_code == CLD_KILLED ? info.si_status : 0;
    }
    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] pid_t said() const { return said_; }

private:
    pid_t pid_ = -1;
    pid_t said_ = 0;
    bool reaped_ = false;
};

void say(int fd, pid_t what) {
    (void)!::write(fd, &what, sizeof what);
}

void just_live(int fd) {
    say(fd, ::getpid());
}

void ignore_term(int fd) {
    ::signal(SIGTERM, SIG_IGN);
    say(fd, ::getpid());
}

// Leaves a child in the group and dies.
void leave_a_child(int fd) {
    const pid_t child = ::fork();
    if (child == 0)
        for (;;)
            ::pause();
    say(fd, child);
    ::_exit(0);
}

}  // namespace

TEST(process_group, is_alive_as_long_as_its_leader) {
    leader one(just_live);
    const auto group = group_of(one.pid());
    ASSERT_TRUE(group);
    EXPECT_EQ(group->pgid, one.pid());
    EXPECT_LT(group->started, std::uint64_t{1} << 53);
    EXPECT_TRUE(is_alive(*group));
    EXPECT_FALSE(*wait_until_gone(*group, 30ms));
    ::kill(one.pid(), SIGKILL);
    EXPECT_TRUE(*wait_until_gone(*group, 10s));  // a zombie does not count
    one.reap();
    EXPECT_FALSE(is_alive(*group));
}

TEST(process_group, is_alive_as_long_as_a_member_and_is_ended_with_it) {
    leader one(leave_a_child);
    const auto group = group_of(one.pid());
    ASSERT_TRUE(group);
    one.reap();
    EXPECT_TRUE(is_alive(*group));
    EXPECT_TRUE(end_group(*group, 5s));
    EXPECT_FALSE(is_alive(*group));
}

TEST(process_group, that_ignores_sigterm_is_killed) {
    leader one(ignore_term);
    const auto group = group_of(one.pid());
    ASSERT_TRUE(group);
    EXPECT_TRUE(end_group(*group, 50ms));
    EXPECT_FALSE(is_alive(*group));
    EXPECT_EQ(one.ended_by(), SIGKILL);
}

TEST(process_group, that_is_stopped_is_ended_by_sigterm) {
    leader one(just_live);
    const auto group = group_of(one.pid());
    ASSERT_TRUE(group);
    ::kill(one.pid(), SIGSTOP);
    EXPECT_TRUE(end_group(*group, 10s));
    EXPECT_EQ(one.ended_by(), SIGTERM);
}

TEST(process_group, whose_number_was_given_to_a_stranger_is_gone_and_the_stranger_lives) {
    leader stranger(just_live);
    const auto theirs = group_of(stranger.pid());
    ASSERT_TRUE(theirs);
    for (const std::uint64_t changed : {std::uint64_t{1}, std::uint64_t{1} << 36, std::uint64_t{1} << 52}) {
        const group_id ours{stranger.pid(), theirs->started ^ changed};
        EXPECT_FALSE(is_alive(ours));
        EXPECT_TRUE(end_group(ours, 0ms));
    }
    EXPECT_TRUE(is_alive(*theirs));
}

TEST(process_group, members_that_began_before_the_leader_are_strangers) {
    leader one(leave_a_child);
    auto group = group_of(one.pid());
    ASSERT_TRUE(group);
    one.reap();
    const group_id later{group->pgid, group->started + 1'000'000};
    EXPECT_FALSE(is_alive(later));
    EXPECT_TRUE(is_alive(*group));
}

TEST(process_group, numbers_that_mean_more_than_one_group_are_never_signalled) {
    for (const pid_t number : {0, 1, -1, -5}) {
        EXPECT_FALSE(is_alive({number, 0}));
        EXPECT_TRUE(end_group({number, 0}, 0ms));
    }
    EXPECT_EQ(group_of(-1).error().code, errc::io);
}
