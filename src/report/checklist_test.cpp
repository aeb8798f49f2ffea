#include "report/checklist.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy::report {
namespace {

using testing::HasSubstr;
using testing::Not;

model::checklist sample() {
    model::checklist out;
    out.environment = "staging";
    out.requests = 7;
    model::check one;
    one.line = model::check_line::cache_headers;
    one.id = "vary-same";
    one.weight = model::check_weight::recommended;
    one.state = model::check_state::not_ok;
    one.route = "category";
    one.text = "Vary is not the same on all variants";
    one.evidence = {"GET /\x1b[31m"};
    one.mend = "send the same Vary";
    out.checks.push_back(one);
    one.line = model::check_line::rollback;
    one.id = "rollback-proven";
    one.weight = model::check_weight::required;
    one.state = model::check_state::ok;
    one.route.clear();
    one.text = "last proven";
    one.mend.clear();
    out.checks.push_back(one);
    return out;
}

TEST(checklist_text, groups_by_line_and_says_how_to_mend) {
    const auto page = text(sample());
    EXPECT_THAT(page, HasSubstr("staging: 2 checks, 1 not ok, 0 unknown (7 requests)"));
    EXPECT_LT(page.find("Inspect cache headers"), page.find("vary-same"));
    EXPECT_LT(page.find("vary-same"), page.find("Keep a rollback command ready"));
    EXPECT_THAT(page, HasSubstr("NOT OK"));
    EXPECT_THAT(page, HasSubstr("-> send the same Vary"));
    EXPECT_THAT(page, Not(HasSubstr("GET /"))) << "evidence only where it is asked for";
}

TEST(checklist_text, explains_and_shows_what_was_seen_safely) {
    checklist_look look;
    look.explain = true;
    const auto page = text(sample(), look);
    EXPECT_THAT(page, HasSubstr("RFC 9110"));
    EXPECT_THAT(page, HasSubstr("GET /"));
    EXPECT_THAT(page, Not(HasSubstr("\x1b")));
}

// The page for users and the explanations speak of the same checks.
TEST(checklist_text, every_explained_check_is_documented) {
    std::ifstream file(UNDERSTUDY_SOURCE_DIR "/docs/checklist.md");
    std::stringstream page;
    page << file.rdbuf();
    ASSERT_FALSE(page.str().empty());
    for (const auto id : explained_checks())
        EXPECT_THAT(page.str(), HasSubstr("`" + std::string(id) + "`"));
    EXPECT_EQ(explanation_of("nothing"), "");
}

}  // namespace
}  // namespace understudy::report
