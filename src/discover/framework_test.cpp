#include "discover/framework.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keyspace/family.h"

namespace understudy::discover {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

signs of(http::headers headers, std::vector<std::string> cookies, const std::vector<std::string>& keys) {
    signs out{std::move(headers), std::move(cookies), {}};
    for (const auto& key : keys)
        out.keys.push_back(keyspace::key_template(key));
    return out;
}

struct sample {
    framework which;
    sureness how;
    signs seen;
};

// Keys and headers as these frameworks write them by default.
TEST(framework, each_by_its_defaults) {
    const std::vector<sample> samples{
        {framework::django, sureness::sure,
         of({}, {"csrftoken", "sessionid"}, {"shop:1:product:17", ":1:django.contrib.sessions.cachew3ab0lq8"})},
        {framework::django, sureness::likely,
         of({}, {}, {":1:views.decorators.cache.cache_page..GET.d41d8cd98f00b204e9800998ecf8427e.en.UTC"})},
        {framework::wordpress, sureness::sure,
         of({{"Link", "<https://e/wp-json/>; rel=\"https://api.w.org/\""}}, {"wordpress_test_cookie"}, {})},
        {framework::wordpress, sureness::sure,
         of({}, {}, {"site1:wp:options:alloptions", "site1:wp:post_meta:5", "site1:wp:posts:last_changed"})},
        {framework::laravel, sureness::sure,
         of({}, {"laravel_session", "XSRF-TOKEN"}, {"laravel_database_laravel_cache_:front"})},
        {framework::rails, sureness::likely, of({{"X-Runtime", "0.012345"}}, {}, {})},
        {framework::rails, sureness::sure,
         of({{"X-Runtime", "0.012345"}}, {"_shop_session"}, {"shop:views/products/show:4d2a/products/17"})},
        {framework::spring, sureness::sure, of({}, {"SESSION"}, {"products::17", "spring:session:sessions:0a1b"})},
        {framework::express, sureness::sure, of({{"X-Powered-By", "Express"}}, {"connect.sid"}, {"sess:Zk3oq"})},
        {framework::drupal, sureness::likely, of({{"X-Drupal-Cache", "HIT"}}, {}, {})},
    };
    for (const auto& one : samples) {
        const auto guesses = recognise(one.seen);
        ASSERT_FALSE(guesses.empty()) << name_of(one.which);
        EXPECT_EQ(guesses.front().which, one.which) << name_of(guesses.front().which);
        EXPECT_EQ(guesses.front().how, one.how) << name_of(one.which);
        EXPECT_THAT(guesses.front().reasons, Not(IsEmpty()));
    }
}

TEST(framework, nothing_is_guessed_from_nothing) {
    EXPECT_THAT(recognise({}), IsEmpty());
    EXPECT_THAT(recognise(of({{"Server", "nginx"}, {"X-Powered-By", "PHP/8.2"}}, {"sid"}, {"cache:17", "user:1"})),
                IsEmpty());
}

TEST(framework, a_weak_sign_is_perhaps_and_is_told) {
    const auto guesses = recognise(of({}, {}, {"a:1:b"}));
    ASSERT_THAT(guesses, SizeIs(1));
    EXPECT_EQ(guesses[0].how, sureness::perhaps);
    EXPECT_THAT(guesses[0].reasons, Contains(HasSubstr("a:{int}:b")));
}

TEST(framework, two_that_speak_are_both_told) {
    const auto guesses = recognise(of({{"X-Powered-By", "Express"}}, {"csrftoken"}, {}));
    ASSERT_THAT(guesses, SizeIs(2));
    EXPECT_EQ(guesses[0].how, sureness::likely);
    EXPECT_EQ(guesses[1].how, sureness::likely);
}

TEST(framework, the_same_sign_twice_counts_once) {
    const auto guesses = recognise(of({{"X-Powered-By", "Express"}, {"X-Powered-By", "Express"}}, {}, {}));
    ASSERT_THAT(guesses, SizeIs(1));
    EXPECT_EQ(guesses[0].how, sureness::likely);
}

}  // namespace
}  // namespace understudy::discover
