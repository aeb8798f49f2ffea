#include "store/state_folder.h"

#include <map>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/detail/test_folder.h"

using namespace understudy;
using namespace understudy::store;
using detail::mode_of;
using detail::test_folder;

namespace {

result<std::filesystem::path> path_with(const std::map<std::string, std::string>& variables) {
    return state_path([&](const char* name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
}

}  // namespace

TEST(state_folder, is_found_in_the_order_stated) {
    EXPECT_EQ(*path_with({{"UNDERSTUDY_STATE", "/s"}, {"XDG_STATE_HOME", "/x"}, {"HOME", "/h"}}), "/s");
    EXPECT_EQ(*path_with({{"UNDERSTUDY_STATE", ""}, {"XDG_STATE_HOME", "/x"}, {"HOME", "/h"}}), "/x/understudy");
    EXPECT_EQ(*path_with({{"XDG_STATE_HOME", "x"}, {"HOME", "/h"}}), "/h/.local/state/understudy");
    EXPECT_EQ(path_with({{"UNDERSTUDY_STATE", "s"}, {"HOME", "/h"}}).error().code, errc::config_bad_value);
    EXPECT_EQ(path_with({}).error().code, errc::config_missing);
}

TEST(state_folder, is_private_and_is_made_so_again) {
    const test_folder folder;
    const auto state = open_state_folder(folder / "a/state");
    ASSERT_TRUE(state);
    const auto parts = {state->root, state->journals(), state->backups(), state->locks()};
    for (const auto& part : parts)
        EXPECT_EQ(mode_of(part), 0700u) << part;
    for (const auto& part : parts)
        ASSERT_EQ(::chmod(part.c_str(), 0755), 0);
    ASSERT_TRUE(open_state_folder(folder / "a/state"));
    for (const auto& part : parts)
        EXPECT_EQ(mode_of(part), 0700u) << part;
}

TEST(state_folder, of_another_user_is_refused) {
    if (::geteuid() == 0) {
        const test_folder folder;
        ASSERT_TRUE(open_state_folder(folder / "s"));
        ASSERT_EQ(::chown((folder / "s").c_str(), 65534, 65534), 0);
        EXPECT_EQ(open_state_folder(folder / "s").error().code, errc::unsafe_target);
    } else {
        // Root's own folder, which everybody has.
        EXPECT_EQ(open_state_folder("/usr").error().code, errc::unsafe_target);
    }
}

TEST(state_folder, that_is_a_file_is_an_error) {
    const test_folder folder;
    detail::spill(folder / "f", "");
    EXPECT_EQ(open_state_folder(folder / "f").error().code, errc::io);
}
