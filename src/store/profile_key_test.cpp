#include "store/profile_key.h"

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "base/hash.h"
#include "store/file.h"

namespace understudy::store {
namespace {

namespace fs = std::filesystem;

struct profile_keys : testing::Test {
    fs::path root = fs::temp_directory_path() / ("understudy-test-" + hex(random_bytes(8)));
    state_folder state{root};
    void SetUp() override { fs::create_directories(root); }
    void TearDown() override {
        unsetenv("UNDERSTUDY_PROFILE_KEY");
        fs::remove_all(root);
    }
};

TEST_F(profile_keys, is_made_once_and_is_ours_alone) {
    const auto one = profile_key::open(state), again = profile_key::open(state);
    ASSERT_TRUE(one && again);
    EXPECT_EQ(one->id(), again->id());
    EXPECT_EQ(one->digest("a value"), again->digest("a value"));
    EXPECT_NE(one->digest("a value"), one->digest("another"));
    EXPECT_EQ(one->digest("a value").size(), 21u);
    EXPECT_EQ(fs::status(root / "profile.key").permissions(), fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(one->id().size(), 8u);
}

TEST_F(profile_keys, a_team_shares_a_passphrase) {
    const auto own = profile_key::open(state);
    setenv("UNDERSTUDY_PROFILE_KEY", "ours", 1);
    const auto shared = profile_key::open(state);
    ASSERT_TRUE(own && shared);
    EXPECT_NE(own->id(), shared->id());
    EXPECT_EQ(shared->id(), profile_key("ours").id());
}

TEST_F(profile_keys, a_file_of_another_size_is_refused) {
    ASSERT_TRUE(write_file(root / "profile.key", "short", 0600));
    const auto key = profile_key::open(state);
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().code, errc::bad_file);
}

}  // namespace
}  // namespace understudy::store
