#include "exec/command.h"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/interrupt.h"

using namespace understudy;
using namespace understudy::exec;
using namespace std::chrono_literals;

namespace {

class command : public testing::Test {
protected:
    command() {
        std::string pattern = (std::filesystem::temp_directory_path() / "understudy-exec-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
    }
    ~command() override {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    [[nodiscard]] std::string file(const std::string& name) const { return (folder_ / name).string(); }
    [[nodiscard]] static std::string slurp(const std::string& path) {
        std::ifstream in(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    }
    void script(const std::string& name, const std::string& text, bool executable = true) const {
        std::ofstream(file(name)) << text;
        ::chmod(file(name).c_str(), executable ? 0755 : 0644);
    }

    std::filesystem::path folder_;
};

const auto fine = [](const group_id&) -> status { return {}; };

command_line shell(const std::string& text) {
    command_line line;
    line.argv = {"/bin/sh", "-c", text};
    line.environment = {{"PATH", "/usr/bin:/bin"}};
    line.timeout = 60s;
    return line;
}

run_options with_grace(std::chrono::milliseconds grace) {
    run_options options;
    options.grace = grace;
    return options;
}

}  // namespace

TEST_F(command, gives_exit_code_output_and_time) {
    const auto out = run(shell("echo one; echo two >&2; exit 3"), fine);
    ASSERT_TRUE(out);
    EXPECT_EQ(out->exit_code, 3);
    EXPECT_EQ(out->signal, 0);
    EXPECT_FALSE(out->timed_out);
    EXPECT_FALSE(out->succeeded());
    EXPECT_EQ(out->output, "one\ntwo\n");
    EXPECT_GT(out->took.count(), 0);
    EXPECT_TRUE(run(shell("true"), fine)->succeeded());
    const auto killed = run(shell("kill -9 $$"), fine);
    EXPECT_EQ(killed->signal, SIGKILL);
    EXPECT_EQ(killed->exit_code, -1);
}

TEST_F(command, arguments_are_passed_as_they_are) {
    command_line line;
    line.argv = {"/usr/bin/printf", "[%s]", "", "a b", "$HOME", "*", "'\"\n;rm"};
    EXPECT_EQ(run(line, fine)->output, "[][a b][$HOME][*]['\"\n;rm]");
}

TEST_F(command, inherits_no_environment) {
    ::setenv("UNDERSTUDY_CANARY", "leaked", 1);
    command_line line;
    line.argv = {"/usr/bin/env"};
    EXPECT_EQ(run(line, fine)->output, "");
    line.environment = {{"B", "2"}, {"A", ""}};
    EXPECT_EQ(run(line, fine)->output, "B=2\nA=\n");
    ::unsetenv("UNDERSTUDY_CANARY");
}

TEST_F(command, inherits_no_descriptor_and_reads_nothing) {
    const int open = ::open("/dev/null", O_RDONLY);  // not close-on-exec
    const int high = ::fcntl(open, F_DUPFD, 700);
    const auto out = run(shell("cat; ls /proc/$$/fd | tr '\\n' ' '; readlink /proc/$$/fd/0"), fine);
    ::close(open);
    ::close(high);
    EXPECT_EQ(out->output, "0 1 2 /dev/null\n");
}

TEST_F(command, has_default_signals_and_a_group_of_its_own) {
    ::signal(SIGPIPE, SIG_IGN);
    group_id group;
    const auto out =
        run(shell("cat /proc/self/status | grep -E '^Sig(Blk|Ign|Cgt)' | cut -f2; ps -o pgid= -p $$ 2>/dev/null || "
                  "cut -d' ' -f5 /proc/$$/stat; echo $$"),
            [&](const group_id& id) -> status {
                group = id;
                return {};
            });
    std::string words = out->output;
    std::erase(words, ' ');
    const std::string zero = "0000000000000000\n";
    const std::string pid = std::to_string(group.pgid) + "\n";
    EXPECT_EQ(words, zero + zero + zero + pid + pid);
}

TEST_F(command, runs_in_its_folder_and_finds_programs_on_its_own_path) {
    script("tool", "#!/bin/sh\npwd\n");
    std::filesystem::create_directory(file("sub"));
    command_line line;
    line.argv = {"tool"};
    line.folder = file("sub");
    line.environment = {{"PATH", "/nowhere:" + folder_.string()}};
    EXPECT_EQ(run(line, fine)->output, file("sub") + "\n");
    line.argv = {"../tool"};
    line.environment = {};
    EXPECT_EQ(run(line, fine)->output, file("sub") + "\n");
}

TEST_F(command, that_cannot_be_executed_is_said_clearly) {
    script("plain", "#!/bin/sh\n", false);
    script("orphan", "#!/nowhere/interpreter\n");
    const auto problem = [](const std::string& program, const std::string& folder = "") {
        command_line line;
        line.argv = {program, "argument-7391"};
        line.folder = folder;
        const auto out = run(line, fine);
        EXPECT_FALSE(out);
        if (out) return std::string();
        EXPECT_EQ(out.error().code, errc::command_failed);
        EXPECT_EQ(out.error().text().find("7391"), std::string::npos);
        return out.error().text();
    };
    EXPECT_NE(problem("/nowhere/tool").find("no such program"), std::string::npos);
    EXPECT_NE(problem("tool").find("no such program"), std::string::npos);
    EXPECT_NE(problem(file("orphan")).find("interpreter"), std::string::npos);
    EXPECT_NE(problem(file("plain")).find("Permission denied"), std::string::npos);
    EXPECT_NE(problem("/bin/true", "/nowhere").find("folder"), std::string::npos);
    EXPECT_NE(problem("").find("empty"), std::string::npos);
    EXPECT_NE(problem(std::string("/bin/true\0x", 11)).find("zero byte"), std::string::npos);
}

TEST_F(command, has_done_nothing_when_on_started_is_called) {
    const std::string touched = file("touched");
    bool early = true;
    const auto out = run(shell("touch " + touched), [&](const group_id& group) -> status {
        std::this_thread::sleep_for(100ms);
        early = std::filesystem::exists(touched);
        EXPECT_TRUE(is_alive(group));
        return {};
    });
    EXPECT_TRUE(out->succeeded());
    EXPECT_FALSE(early);
    EXPECT_TRUE(std::filesystem::exists(touched));
}

TEST_F(command, is_never_run_when_on_started_fails) {
    const std::string touched = file("touched");
    group_id group;
    const auto out = run(shell("touch " + touched), [&](const group_id& id) -> status {
        group = id;
        return fail(errc::disk_full, "no room");
    });
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error().code, errc::disk_full);
    EXPECT_FALSE(is_alive(group));
    EXPECT_EQ(::kill(group.pgid, 0), -1);  // reaped
    EXPECT_FALSE(std::filesystem::exists(touched));
}

TEST_F(command, is_never_run_when_its_parent_is_killed_before_letting_it_go) {
    const std::string touched = file("touched");
    std::array<int, 2> told{};
    ASSERT_EQ(::pipe2(told.data(), O_CLOEXEC), 0);
    const pid_t parent = ::fork();
    if (parent == 0) {
        (void)run(shell("touch " + touched), [&](const group_id& group) -> status {
            (void)!::write(told[1], &group, sizeof group);
            ::kill(::getpid(), SIGKILL);
            return {};
        });
        ::_exit(1);
    }
    int wait_status = 0;
    ASSERT_EQ(::waitpid(parent, &wait_status, 0), parent);
    EXPECT_TRUE(WIFSIGNALED(wait_status));
    group_id group;
    ASSERT_EQ(::read(told[0], &group, sizeof group), static_cast<ssize_t>(sizeof group));
    EXPECT_TRUE(*wait_until_gone(group, 10s));
    EXPECT_FALSE(std::filesystem::exists(touched));
    ::close(told[0]);
    ::close(told[1]);
}

TEST_F(command, that_takes_too_long_is_asked_to_end) {
    command_line line = shell("trap 'echo bye; exit 0' TERM; echo hello; while :; do sleep 0.05; done");
    line.timeout = 300ms;
    const auto out = run(line, fine);
    ASSERT_TRUE(out);
    EXPECT_TRUE(out->timed_out);
    EXPECT_FALSE(out->succeeded());
    EXPECT_TRUE(out->output.starts_with("hello\n"));
    EXPECT_TRUE(out->output.ends_with("bye\n"));
    EXPECT_GE(out->took, 300ms);
}

TEST_F(command, that_will_not_end_is_killed_with_its_group) {
    command_line line = shell("trap '' TERM; sh -c \"trap '' TERM; sleep 1000\" & sleep 1000");
    line.timeout = 300ms;
    group_id group;
    const auto out = run(
        line,
        [&](const group_id& id) -> status {
            group = id;
            return {};
        },
        with_grace(100ms));
    ASSERT_TRUE(out);
    EXPECT_TRUE(out->timed_out);
    EXPECT_EQ(out->signal, SIGKILL);
    EXPECT_TRUE(*wait_until_gone(group, 10s));
}

TEST_F(command, a_flood_of_output_is_cut_and_hangs_nothing) {
    const auto out = run(shell("echo first; head -c 10000000 /dev/zero | tr '\\0' x; echo; echo last"), fine);
    ASSERT_TRUE(out);
    EXPECT_EQ(out->exit_code, 0);
    EXPECT_LE(out->output.size(), 64u * 1024);
    EXPECT_GT(out->output.size(), 63u * 1024);
    EXPECT_TRUE(out->output.starts_with("first\nxxx"));
    EXPECT_TRUE(out->output.ends_with("xxx\nlast\n"));
    EXPECT_NE(out->output.find("bytes left out"), std::string::npos);
}

TEST_F(command, output_is_without_secrets_also_where_it_is_cut) {
    run_options options;
    options.secrets = {"canary-8842", "abc"};
    // A secret every 12 bytes: some lie across every place where the output is read or cut.
    const auto out =
        run(shell("echo canary-8842 abc; i=0; while [ $i -lt 100 ]; do printf 'canary-8842;%.0s' 1 2 3 4 5 6 "
                  "7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 "
                  "38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64 65 66 67 "
                  "68 69 70 71 72 73 74 75 76 77 78 79 80 81 82 83 84 85 86 87 88 89 90 91 92 93 94 95 96 97 "
                  "98 99 100; i=$((i+1)); done"),
            fine, options);
    ASSERT_TRUE(out);
    EXPECT_TRUE(out->output.starts_with("[secret] abc\n[secret];[secret];"));
    EXPECT_NE(out->output.find("bytes left out"), std::string::npos);
    for (const char* piece : {"canary", "anary", "8842", "y-88"})
        EXPECT_EQ(out->output.find(piece), std::string::npos) << piece;
}

TEST_F(command, returns_while_a_daemon_holds_its_output_and_lets_it_live) {
    const std::string pid_file = file("pid");
    const auto out = run(shell("setsid sh -c 'echo $$ >" + pid_file + "; echo up; exec sleep 1000' & while ! [ -s " +
                               pid_file + " ]; do sleep 0.02; done; sleep 0.1; echo done"),
                         fine);
    ASSERT_TRUE(out);
    EXPECT_EQ(out->exit_code, 0);
    EXPECT_FALSE(out->timed_out);
    EXPECT_EQ(out->output, "up\ndone\n");
    const pid_t daemon = std::atoi(slurp(pid_file).c_str());
    ASSERT_GT(daemon, 1);
    EXPECT_EQ(::kill(daemon, 0), 0);
    ::kill(daemon, SIGKILL);
}

TEST_F(command, returns_while_a_daemon_floods_its_output) {
    const std::string pid_file = file("pid");
    const auto out = run(shell("setsid yes & echo $! >" + pid_file + "; exit 4"), fine);
    ASSERT_TRUE(out);
    EXPECT_EQ(out->exit_code, 4);
    const pid_t daemon = std::atoi(slurp(pid_file).c_str());
    if (daemon > 1) ::kill(daemon, SIGKILL);
}

TEST_F(command, is_ended_by_an_interrupt) {
    // In a child of its own: the handlers belong to the process.
    const pid_t child = ::fork();
    if (child == 0) {
        watch_interrupts();
        const auto interrupt_soon = [](const group_id&) -> status {
            std::thread([] {
                std::this_thread::sleep_for(200ms);
                ::kill(::getpid(), SIGINT);
            }).detach();
            return {};
        };
        const auto begun = std::chrono::steady_clock::now();
        const auto out = run(shell("sleep 1000"), interrupt_soon);
        if (out || out.error().code != errc::interrupted) ::_exit(1);
        if (std::chrono::steady_clock::now() - begun > 30s) ::_exit(2);
        // Not let go while the interrupt stands; let go after it was cleared.
        if (run(shell("true"), fine)) ::_exit(3);
        clear_interrupt();
        const auto after = run(shell("true"), fine);
        ::_exit(after && after->succeeded() ? 0 : 4);
    }
    int wait_status = 0;
    ASSERT_EQ(::waitpid(child, &wait_status, 0), child);
    ASSERT_TRUE(WIFEXITED(wait_status));
    EXPECT_EQ(WEXITSTATUS(wait_status), 0);
}

TEST_F(command, errors_come_apart_where_that_is_wanted) {
    const auto line = shell("echo warning >&2; echo answer; echo hunter2secret >&2");
    const auto together = run(line, fine);
    ASSERT_TRUE(together);
    EXPECT_NE(together->output.find("warning\nanswer\n"), std::string::npos);
    EXPECT_EQ(together->errors, "");
    run_options options;
    options.errors_apart = true;
    options.secrets = {"hunter2secret"};
    const auto apart = run(line, fine, options);
    ASSERT_TRUE(apart);
    EXPECT_EQ(apart->output, "answer\n");
    EXPECT_EQ(apart->errors, "warning\n[secret]\n");
}

TEST_F(command, much_on_both_ways_holds_nothing_up) {
    run_options options;
    options.errors_apart = true;
    options.most_output = 8u << 20;
    const auto out =
        run(shell("for i in 1 2 3 4 5 6 7 8; do head -c 200000 /dev/zero; head -c 200000 /dev/zero >&2; done"), fine,
            options);
    ASSERT_TRUE(out);
    EXPECT_EQ(out->exit_code, 0);
    EXPECT_EQ(out->output.size(), 1'600'000u);
    EXPECT_FALSE(out->cut);
    EXPECT_LE(out->errors.size(), output_limit);
    options.most_output = 4096;
    const auto cut = run(shell("head -c 200000 /dev/zero"), fine, options);
    ASSERT_TRUE(cut);
    EXPECT_TRUE(cut->cut);
    EXPECT_LE(cut->output.size(), 4096u);
}

TEST_F(command, several_at_once_do_not_hold_each_other_up) {
    std::atomic<int> right = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&right, i] {
            for (int round = 0; round < 10; ++round) {
                const auto out = run(shell("echo " + std::to_string(i)), fine);
                if (out && out->succeeded() && out->output == std::to_string(i) + "\n") ++right;
            }
        });
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(right, 80);
}

TEST_F(command, leaves_no_descriptor_and_no_zombie) {
    const auto open_now = [] {
        return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                             std::filesystem::directory_iterator());
    };
    const auto before = open_now();
    (void)run(shell("true"), fine);
    (void)run(shell("true"), [](const group_id&) -> status { return fail(errc::io, "x"); });
    command_line none;
    none.argv = {"/nowhere"};
    (void)run(none, fine);
    EXPECT_EQ(open_now(), before);
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
}
