#include "store/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "store/detail/test_folder.h"
#include "store/fault.h"

using namespace understudy;
using namespace understudy::store;
using detail::in_child;
using detail::mode_of;
using detail::slurp;
using detail::spill;
using detail::test_folder;

namespace {

std::size_t entries_in(const std::filesystem::path& folder) {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

}  // namespace

TEST(file, writes_and_replaces_with_the_mode_asked_for) {
    const test_folder folder;
    const mode_t before = ::umask(0077);
    EXPECT_TRUE(write_file(folder / "a", "one", 0644));
    ::umask(before);
    EXPECT_EQ(slurp(folder / "a"), "one");
    EXPECT_EQ(mode_of(folder / "a"), 0644u);
    const std::string bytes("tw\0o", 4);
    EXPECT_TRUE(write_file(folder / "a", bytes, 0600));
    EXPECT_EQ(*read_file(folder / "a", 4), bytes);
    EXPECT_EQ(mode_of(folder / "a"), 0600u);
    EXPECT_EQ(entries_in(folder.path()), 1u);
}

TEST(file, a_limit_is_a_limit) {
    const test_folder folder;
    spill(folder / "a", std::string(100'000, 'x'));
    EXPECT_EQ(read_file(folder / "a", 100'000)->size(), 100'000u);
    EXPECT_EQ(read_file(folder / "a", 99'999).error().code, errc::bad_file);
    EXPECT_EQ(read_file("/dev/zero", 1 << 20).error().code, errc::bad_file);
    EXPECT_EQ(read_file(folder / "none", 1).error().code, errc::io);
    EXPECT_EQ(read_file(folder.path(), 1).error().code, errc::io);
}

TEST(file, a_full_disk_keeps_the_old_file_and_leaves_nothing) {
    const test_folder folder;
    ASSERT_TRUE(write_file(folder / "a", "old"));
    const int wait_status = in_child("", [&] {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit tight{1000, 1000};
        ::setrlimit(RLIMIT_FSIZE, &tight);
        const auto done = write_file(folder / "a", std::string(5000, 'x'));
        return !done && done.error().code == errc::disk_full ? 0 : 1;
    });
    EXPECT_EQ(wait_status, 0);
    EXPECT_EQ(slurp(folder / "a"), "old");
    EXPECT_EQ(entries_in(folder.path()), 1u);
    EXPECT_EQ(append_file("/dev/full", "x").error().code, errc::disk_full);
}

TEST(file, texts_name_path_and_reason) {
    const auto done = write_file("/proc/none/a", "x");
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, errc::io);
    EXPECT_NE(done.error().what.find("/proc/none/"), std::string::npos);
    EXPECT_NE(done.error().what.find("No such file or directory"), std::string::npos);
}

TEST(file, folders_with_their_parents) {
    const test_folder folder;
    const mode_t before = ::umask(0);
    EXPECT_TRUE(make_folder(folder / "a/b/c", 0700));
    ::umask(before);
    EXPECT_EQ(mode_of(folder / "a"), 0700u);
    EXPECT_EQ(mode_of(folder / "a/b/c"), 0700u);
    EXPECT_TRUE(make_folder(folder / "a/b/c", 0755));
    EXPECT_EQ(mode_of(folder / "a/b/c"), 0700u);  // one that exists is left as it is
    spill(folder / "f", "");
    EXPECT_EQ(make_folder(folder / "f", 0700).error().code, errc::io);
    EXPECT_EQ(make_folder(folder / "f/g", 0700).error().code, errc::io);
}

TEST(file, appends) {
    const test_folder folder;
    EXPECT_TRUE(append_file(folder / "a", "one\n"));
    EXPECT_TRUE(append_file(folder / "a", "two\n"));
    EXPECT_EQ(slurp(folder / "a"), "one\ntwo\n");
}

TEST(file, descriptors_are_closed_once) {
    const test_folder folder;
    spill(folder / "a", "");
    const auto is_open = [](int fd) { return ::fcntl(fd, F_GETFD) >= 0; };
    int number = -1;
    {
        unique_fd a(::open((folder / "a").c_str(), O_RDONLY | O_CLOEXEC));
        number = a.get();
        unique_fd b(std::move(a));
        EXPECT_TRUE(is_open(number));
        b = unique_fd();
        EXPECT_FALSE(is_open(number));
        EXPECT_FALSE(b.is_open());
    }
}

#ifdef UNDERSTUDY_FAULTS
TEST(fault, counts_from_one_in_each_process) {
    const auto three = [] {
        for (int i = 0; i < 3; ++i)
            crash_point("here");
        crash_point("there");
        return 7;
    };
    EXPECT_EQ(WEXITSTATUS(in_child("", three)), 7);
    EXPECT_TRUE(detail::killed(in_child("here:3", three)));
    EXPECT_TRUE(detail::killed(in_child("there:1", three)));
    EXPECT_EQ(WEXITSTATUS(in_child("here:4", three)), 7);
    EXPECT_EQ(WEXITSTATUS(in_child("her:1", three)), 7);
    for (const char* bad : {"here", "here:0", "here:x", "here:1:sometime", "here:"}) {
        const int wait_status = in_child(bad, [&] {
            ::close(STDERR_FILENO);
            return three();
        });
        EXPECT_TRUE(WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGABRT) << bad;
    }
}
#endif
