#include "model/journal.h"

#include <gtest/gtest.h>

#include "model/json.h"
#include "model/sample_nouns.h"

namespace understudy::model {
namespace {

using namespace sample;

std::string line(const journal_record& record) {
    return to_json(record);
}

journal_step step(int number, std::string action, step_state state) {
    auto out = full_step();
    out.number = number;
    out.action = std::move(action);
    out.state = state;
    return out;
}

TEST(journal, is_put_together) {
    const auto read = assemble({line(full_begin()), line(step(1, "lease", step_state::applied)), line(full_saved()),
                                line(step(2, "apply", step_state::planned)),
                                line(step(2, "apply", step_state::applied)), line(full_end())});
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(read->begin.id, "j1");
    ASSERT_TRUE(read->saved);
    EXPECT_EQ(read->saved->release, "r1");
    EXPECT_EQ(read->steps.size(), 3u);
    ASSERT_TRUE(read->end);
    EXPECT_FALSE(read->open());
}

TEST(journal, is_open_without_an_end_or_with_an_incomplete_one) {
    auto incomplete = full_end();
    incomplete.outcome = "rollback incomplete";
    EXPECT_TRUE(assemble({line(full_begin())})->open());
    EXPECT_TRUE(assemble({line(full_begin()), line(incomplete)})->open());
    const auto later =
        assemble({line(full_begin()), line(incomplete), line(step(3, "undo", step_state::undone)), line(full_end())});
    ASSERT_TRUE(later);
    EXPECT_FALSE(later->open());
    EXPECT_EQ(later->end->outcome, "rolled back");
}

TEST(journal, something_after_the_end_opens_it_again) {
    const auto read = assemble({line(full_begin()), line(full_end()), line(step(1, "apply", step_state::planned))});
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->open());
}

TEST(journal, what_makes_no_sense_is_damaged) {
    const std::vector<std::vector<std::string>> wrong{
        {},
        {line(full_saved())},
        {line(full_end()), line(full_begin())},
        {line(full_begin()), line(full_begin())},
        {line(full_begin()), line(full_saved()), line(full_saved())},
        {line(full_begin()), line(step(1, "apply", step_state::planned)), line(step(1, "undo", step_state::undone))},
        {line(full_begin()), "{}"},
        {line(full_begin()), ""},
        {line(full_begin()).substr(1)},
    };
    for (const auto& records : wrong) {
        const auto read = assemble(records);
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().code, errc::journal_damaged);
    }
}

TEST(journal, a_newer_record_is_no_damage) {
    auto text = line(full_begin());
    text.replace(text.find("\"version\":1"), 11, "\"version\":2");
    const auto read = assemble({text});
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, errc::newer_format);
}

}  // namespace
}  // namespace understudy::model
