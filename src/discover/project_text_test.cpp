#include "discover/project_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy::discover {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

project_parts sample() {
    project_parts parts;
    parts.environments = {
        {"production", "https://shop.example", {"redis.example", 6379, "", 0, "reader", "${P}"}, {}, false},
        {"staging", "https://staging.example", {"", 6379, "/run/r.sock", 2, "", ""}, {"A note."}, true}};
    parts.frameworks = {{framework::django, sureness::likely, {"cookie csrftoken"}}};
    parts.routes = {{"category", "/category/{slug}/", {{{"slug", "a\"b\\c\n"}}}, "12 times."}, {"home", "/", {{}}, ""}};
    parts.aside = {{"account", "/account/", {{}}, "Only for members."}};
    parts.queries = {{"/search/", {"q"}, 7}};
    return parts;
}

// What is a comment and what is not; that our own reader takes it is tested where both may be included.
TEST(project_text, says_what_is_sure_and_comments_the_rest) {
    const auto text = project_text(sample());
    EXPECT_THAT(text, HasSubstr("\nformat = 1\n"));
    EXPECT_THAT(text, HasSubstr("\nredis = { host = \"redis.example\", port = 6379, username = \"reader\", "
                                "password = \"${P}\" }\n"));
    EXPECT_THAT(text, HasSubstr("\nredis = { unix = \"/run/r.sock\", database = 2 }\n"));
    EXPECT_THAT(text, HasSubstr("# A note.\n"));
    EXPECT_THAT(text, HasSubstr("# basic = { username = \"team\", password = \"${STAGING_BASIC_PASSWORD}\" }\n"));
    EXPECT_THAT(text, HasSubstr("# The application is likely Django: cookie csrftoken.\n"));
    EXPECT_THAT(text, HasSubstr("# 12 times.\n[routes.category]\npath = \"/category/{slug}/\"\n"
                                "inputs = [{ slug = \"a\\\"b\\\\c\\u000A\" }]\n"));
    EXPECT_THAT(text, HasSubstr("\n[routes.home]\npath = \"/\"\n\n"));
    EXPECT_THAT(text, HasSubstr("# Only for members.\n# [routes.account]\n# path = \"/account/\"\n"));
    EXPECT_THAT(text, HasSubstr("# [routes.search]\n# path = \"/search/?q={q}\"\n# inputs = [{ q = \"...\" }]\n"));
    EXPECT_THAT(text, HasSubstr("init --instrument django"));
}

TEST(project_text, a_comment_stays_one) {
    auto parts = sample();
    parts.environments[0].notes = {
        "one\n[environments.evil]\r\x1b[31m"
        "\xff\xc3\xa9",
        std::string(5000, 'x')};
    const auto text = project_text(parts);
    EXPECT_THAT(text, Not(HasSubstr("\n[environments.evil]")));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, Not(HasSubstr("\xff")));
    EXPECT_THAT(text, Not(HasSubstr(std::string(300, 'x'))));
}

TEST(project_text, an_unsure_framework_is_proposed_no_middleware) {
    auto parts = sample();
    parts.frameworks[0].how = sureness::perhaps;
    EXPECT_THAT(project_text(parts), Not(HasSubstr("--instrument")));
}

}  // namespace
}  // namespace understudy::discover
