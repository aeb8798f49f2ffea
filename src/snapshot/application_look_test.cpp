#include "snapshot/application_look.h"

#include <gtest/gtest.h>

namespace understudy::snapshot {
namespace {

const store::profile_key key{"secret"};
using map = std::map<std::string, std::string>;

TEST(profiled_headers, values_for_caches_stand_as_they_are) {
    EXPECT_EQ(profiled_headers({}, {{"Cache-Control", "max-age=60"}, {"VARY", "Cookie"}, {"Vary", "Accept"}}, key),
              (map{{"cache-control", "max-age=60"}, {"vary", "Cookie, Accept"}}));
}

TEST(profiled_headers, others_are_digests_and_what_changes_says_so) {
    const auto got = profiled_headers({{"X-Release", "r17"}, {"X-Request-Id", "1"}},
                                      {{"X-Release", "r17"}, {"X-Request-Id", "2"}, {"X-New", "1"}}, key);
    EXPECT_EQ(got, (map{{"x-release", key.digest("r17")}, {"x-request-id", "varies"}, {"x-new", "varies"}}));
}

TEST(profiled_headers, no_cookie_of_anybody) {
    const auto got = profiled_headers(
        {}, {{"Set-Cookie", "b=secret; Secure; SameSite=Lax"}, {"Set-Cookie", "a=secret; HttpOnly"}}, key);
    EXPECT_EQ(got, (map{{"set-cookie", "a; HttpOnly, b; Secure; SameSite=Lax"}}));
}

TEST(profiled_headers, what_is_another_one_each_time_is_left_out_or_only_there) {
    EXPECT_EQ(profiled_headers({},
                               {{"Date", "now"},
                                {"Age", "3"},
                                {"Content-Length", "10"},
                                {"ETag", "W/\"1\""},
                                {"Expires", "then"},
                                {"X-Cache", "HIT"}},
                               key),
              (map{{"etag", "weak"}, {"expires", "there"}}));
}

}  // namespace
}  // namespace understudy::snapshot
