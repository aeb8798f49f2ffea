#include "store/file_lock.h"

#include <array>

#include <gtest/gtest.h>

#include "store/detail/test_folder.h"

using namespace understudy;
using namespace understudy::store;
using detail::in_child;
using detail::test_folder;

TEST(file_lock, the_second_is_told_who_holds_it) {
    const test_folder folder;
    const auto first = file_lock::acquire(folder / "l", "rehearse cached-category\non staging");
    ASSERT_TRUE(first);
    const auto second = file_lock::acquire(folder / "l", "rehearse other");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, errc::locked);
    EXPECT_EQ(second.error().what.find("held by pid " + std::to_string(::getpid()) + " (user "), 0u);
    EXPECT_NE(second.error().what.find("): rehearse cached-category on staging"), std::string::npos);
    EXPECT_EQ(detail::mode_of(folder / "l"), 0600u);
    EXPECT_EQ(WEXITSTATUS(in_child("", [&] { return file_lock::acquire(folder / "l", "x") ? 1 : 0; })), 0);
}

TEST(file_lock, is_released_by_the_end_of_its_object) {
    const test_folder folder;
    {
        auto first = file_lock::acquire(folder / "l", "a");
        ASSERT_TRUE(first);
        file_lock moved = std::move(*first);
        EXPECT_FALSE(file_lock::acquire(folder / "l", "b"));
    }
    EXPECT_EQ(detail::slurp(folder / "l"), "");
    EXPECT_TRUE(file_lock::acquire(folder / "l", "b"));
}

TEST(file_lock, is_released_when_its_holder_is_killed) {
    const test_folder folder;
    std::array<int, 2> ready{};
    ASSERT_EQ(::pipe(ready.data()), 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
        const auto lock = file_lock::acquire(folder / "l", "a");
        (void)!::write(ready[1], lock ? "y" : "n", 1);
        for (;;)
            ::pause();
    }
    char answer = 0;
    ASSERT_EQ(::read(ready[0], &answer, 1), 1);
    EXPECT_EQ(answer, 'y');
    const auto refused = file_lock::acquire(folder / "l", "b");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().what.find("held by pid " + std::to_string(pid) + " "), 0u);
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    EXPECT_TRUE(file_lock::acquire(folder / "l", "b"));  // though the dead one's text is still in it
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST(file_lock, a_file_that_was_removed_under_it_is_made_anew) {
    const test_folder folder;
    const auto first = file_lock::acquire(folder / "l", "a");
    ASSERT_TRUE(first);
    ASSERT_TRUE(std::filesystem::remove(folder / "l"));
    const auto second = file_lock::acquire(folder / "l", "b");  // nobody can see the first any more
    ASSERT_TRUE(second);
    EXPECT_FALSE(file_lock::acquire(folder / "l", "c"));
    EXPECT_EQ(file_lock::acquire(folder / "none/l", "c").error().code, errc::io);
}

TEST(file_lock, a_text_that_is_not_ours_is_made_fit_for_a_terminal) {
    const test_folder folder;
    const auto first = file_lock::acquire(folder / "l", "\x1b[2Jgone");
    ASSERT_TRUE(first);
    const auto second = file_lock::acquire(folder / "l", "b");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().what.find('\x1b'), std::string::npos);
}
