// The pages of docs/ hold examples; here they are read by the program's own readers.
#include <gtest/gtest.h>

#include "model/detail/test_files.h"
#include "model/drift.h"
#include "model/json.h"
#include "model/profile.h"
#include "model/project_file.h"
#include "model/sample_nouns.h"

namespace understudy::model {
namespace {

using detail::contents;
using detail::source_path;

// The code blocks of one language in a page of the tree, at least one.
std::vector<std::string> examples_in(const std::string& page, const std::string& language) {
    std::vector<std::string> out;
    const auto text = contents(source_path(page));
    const auto fence = "```" + language + "\n";
    for (auto at = text.find(fence); at != std::string::npos; at = text.find(fence, at)) {
        at += fence.size();
        const auto end = text.find("```", at);
        out.push_back(text.substr(at, end - at));
        at = std::min(end, text.size());
    }
    if (out.empty()) ADD_FAILURE() << page << " has no example in " << language;
    return out;
}

std::vector<std::string> examples(const std::string& page, const std::string& language) {
    return examples_in("docs/formats/" + page, language);
}

project documented_project() {
    auto read = read_project(examples("project.md", "toml").at(0), "/srv/shop/understudy.toml");
    EXPECT_TRUE(read) << read.error().text();
    return read.value_or(project{});
}

TEST(formats, project) {
    for (const auto& text : examples("project.md", "toml")) {
        const auto read = read_project(text, "/srv/shop/understudy.toml");
        EXPECT_TRUE(read) << read.error().text();
    }
}

TEST(formats, change) {
    const auto project = documented_project();
    for (const auto& text : examples("change.md", "toml")) {
        const auto read = read_change(text, "/srv/shop/changes/x.toml", project);
        EXPECT_TRUE(read) << read.error().text() << "\n" << text;
    }
}

// What users copy: each example of these pages is a whole file.
TEST(formats, examples_for_users) {
    project whole;
    for (const auto& text : examples_in("docs/configuration.md", "toml")) {
        const auto read = read_project(text, "/srv/shop/understudy.toml");
        ASSERT_TRUE(read) << read.error().text() << "\n" << text;
        whole = *read;
    }
    EXPECT_TRUE(whole.with_role(role::staging)->who("ada"));  // the last one is the whole one
    for (const auto* page : {"docs/changes.md", "README.md"})
        for (const auto& text : examples_in(page, "toml")) {
            const auto read = read_change(text, "/srv/shop/changes/x.toml", whole);
            EXPECT_TRUE(read) << page << ": " << read.error().text() << "\n" << text;
        }
}

TEST(formats, checklist) {
    for (const auto& text : examples("checklist.md", "json")) {
        const auto read = read_checklist(text);
        EXPECT_TRUE(read) << read.error().text();
    }
}

TEST(formats, profile) {
    for (const auto& text : examples("profile.md", "json")) {
        const auto read = read_profile(text);
        ASSERT_TRUE(read) << read.error().text();
        EXPECT_EQ(to_json(*read), text);
    }
}

TEST(formats, drift) {
    for (const auto& text : examples("drift.md", "json")) {
        const auto read = read_drift(text);
        ASSERT_TRUE(read) << read.error().text();
        EXPECT_EQ(to_json(*read), text);
    }
}

TEST(formats, measurement) {
    for (const auto& text : examples("measurement.md", "json")) {
        const auto read = read_measurement(text);
        ASSERT_TRUE(read) << read.error().text();
        EXPECT_EQ(to_json(*read), text);  // as the program itself would write it
    }
}

TEST(formats, evidence) {
    for (const auto& text : examples("evidence.md", "json")) {
        const auto read = read_evidence(text);
        ASSERT_TRUE(read) << read.error().text();
        EXPECT_EQ(to_json(*read), text);
        EXPECT_EQ(to_json(read->comparison), examples("comparison.md", "json").at(0));
    }
}

TEST(formats, journal_records) {
    std::vector<std::string> records;
    for (const auto& block : examples("journal-records.md", "json"))
        for (std::size_t at = 0; at < block.size();) {
            const auto end = block.find('\n', at);
            records.push_back(block.substr(at, end - at));
            at = end + 1;
        }
    const auto read = assemble(records);
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_TRUE(read->saved);
    EXPECT_FALSE(read->open());
    for (const auto& record : records)
        EXPECT_EQ(to_json(read_journal_record(record).value()), record);
}

TEST(formats, history) {
    EXPECT_EQ(to_json(std::vector{sample::full_history_entry()}), examples("history.md", "json").at(0));
}

TEST(formats, log) {
    const log_line ended{sample::time_at(4), "info", "stage", "noise", 24.8, {}};
    const log_line failed{
        sample::time_at(5), "error", "apply",
        "command deploy",   0.92,    log_line::failure{"exit 1", "the step failed; the journal says what it was"}};
    EXPECT_EQ(to_json(ended) + to_json(failed), examples("log.md", "json").at(0));
    // Whatever is said, it is one line of JSON.
    const log_line hostile{sample::time_at(4), "info", "message", "a\nb\x1b\xff\"", {}, {}};
    const auto text = to_json(hostile);
    EXPECT_EQ(text.find('\n'), text.size() - 1);
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace understudy::model
