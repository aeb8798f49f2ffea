#include "store/history.h"

#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "store/detail/test_folder.h"
#include "store/file.h"

namespace understudy::store {
namespace {

namespace fs = std::filesystem;
using enum model::standing;

class history_test : public testing::Test {
    detail::test_folder folder_;

protected:
    state_folder state_ = open_state_folder(folder_.path() / "state").value();
    fs::path file_ = state_.root / "history.db";

    history open() { return history::open(state_).value(); }
    void sql(const char* text) const {
        sqlite3* handle = nullptr;
        ASSERT_EQ(sqlite3_open(file_.c_str(), &handle), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(handle, text, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
        sqlite3_close(handle);
    }
};

model::history_entry entry(const std::string& id, const std::string& change) {
    model::history_entry out;
    out.id = id;
    out.change = change;
    out.change_digest = "00ff";
    out.owner = "ada";
    out.reason = "slow";
    out.route = "category";
    out.verdict = "improved";
    out.why = "fewer calls";
    out.commit = "0a1b";
    out.folder = "/runs/" + id;
    out.acts = {{model::act::rehearse, *parse_time("2026-03-04T10:01:12.400Z"), "staging", 0}};
    return out;
}

model::history_act applied_now() {
    return {model::act::apply, *parse_time("2026-03-05T10:01:12.400Z"), "production", 0};
}

model::standing standing_of(history& of, const std::string& id) {
    const auto found = of.find(id);
    EXPECT_TRUE(found && *found) << id;
    return found && *found ? (*found)->standing : open;
}

TEST_F(history_test, what_is_written_comes_back) {
    auto one = entry("r1", "prefetch");
    one.why = std::string("a\0b\x1b[2J\n\xff", 9);
    ASSERT_TRUE(open().rehearsed(one));
    auto again = open();
    const auto all = again.list().value();
    ASSERT_EQ(all.size(), 1u);
    const auto& read = all.front();
    EXPECT_EQ(read.id, "r1");
    EXPECT_EQ(read.change, "prefetch");
    EXPECT_EQ(read.change_digest, "00ff");
    EXPECT_EQ(read.owner, "ada");
    EXPECT_EQ(read.reason, "slow");
    EXPECT_EQ(read.route, "category");
    EXPECT_EQ(read.verdict, "improved");
    EXPECT_EQ(read.why, one.why);
    EXPECT_EQ(read.standing, rehearsed);
    EXPECT_EQ(read.commit, "0a1b");
    EXPECT_EQ(read.folder, "/runs/r1");
    ASSERT_EQ(read.acts.size(), 1u);
    EXPECT_EQ(read.acts[0].what, model::act::rehearse);
    EXPECT_EQ(read.acts[0].at, one.acts[0].at);
    EXPECT_EQ(read.acts[0].environment, "staging");
    EXPECT_EQ(read.acts[0].exit_code, 0);
}

TEST_F(history_test, the_file_is_its_owners_alone) {
    ASSERT_TRUE(open().rehearsed(entry("r1", "a")));
    struct stat found = {};
    ASSERT_EQ(::stat(file_.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777, 0600u);
    fs::permissions(file_, fs::perms::all);
    (void)open();
    ASSERT_EQ(::stat(file_.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777, 0600u);
}

TEST_F(history_test, where_each_change_stands) {
    auto all = open();
    ASSERT_TRUE(all.rehearsed(entry("r1", "a")));
    ASSERT_TRUE(all.rehearsed(entry("other", "b")));
    ASSERT_TRUE(all.rehearsed(entry("r2", "a")));
    EXPECT_EQ(standing_of(all, "r1"), superseded);
    EXPECT_EQ(standing_of(all, "r2"), rehearsed);
    EXPECT_EQ(standing_of(all, "other"), rehearsed);
    ASSERT_TRUE(all.acted("r2", applied_now(), applied));
    EXPECT_EQ(standing_of(all, "r2"), applied);
    // What is on production stays there until something else is.
    ASSERT_TRUE(all.rehearsed(entry("r3", "a")));
    EXPECT_EQ(standing_of(all, "r2"), applied);
    ASSERT_TRUE(all.acted("r3", applied_now(), applied));
    EXPECT_EQ(standing_of(all, "r2"), superseded);
    EXPECT_EQ(standing_of(all, "r3"), applied);
    ASSERT_TRUE(all.acted("r3", {model::act::rollback, now(), "production", 0}, rolled_back));
    EXPECT_EQ(standing_of(all, "r3"), rolled_back);
    EXPECT_EQ(all.find("r3").value()->acts.size(), 3u);
    EXPECT_EQ(standing_of(all, "other"), rehearsed);
}

TEST_F(history_test, one_that_died_supersedes_nothing) {
    auto all = open();
    ASSERT_TRUE(all.rehearsed(entry("r1", "a")));
    auto died = entry("r2", "a");
    died.standing = rolled_back;
    ASSERT_TRUE(all.rehearsed(died));
    EXPECT_EQ(standing_of(all, "r1"), rehearsed);
}

TEST_F(history_test, lists_the_newest_first_and_as_many_as_asked) {
    auto all = open();
    for (const auto* id : {"r1", "r2", "r3"})
        ASSERT_TRUE(all.rehearsed(entry(id, id == std::string("r2") ? "b" : "a")));
    const auto ids = [&](const history_filter& filter) {
        std::string out;
        for (const auto& one : all.list(filter).value())
            out += one.id;
        return out;
    };
    EXPECT_EQ(ids({}), "r3r2r1");
    EXPECT_EQ(ids({2, ""}), "r3r2");
    EXPECT_EQ(ids({0, "a"}), "r3r1");
    EXPECT_EQ(ids({1, "a"}), "r3");
    EXPECT_EQ(ids({0, "a' OR '1'='1"}), "");
}

TEST_F(history_test, an_act_on_what_is_not_known_is_refused) {
    auto all = open();
    const auto done = all.acted("nobody", applied_now(), applied);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, errc::unknown_name);
    EXPECT_FALSE(all.find("nobody").value());
}

// As version 1 of the program left it, with the digest of an evidence that only the journal has now.
TEST_F(history_test, a_file_of_version_1_is_brought_up_to_date) {
    ASSERT_TRUE(open().rehearsed(entry("r1", "a")));
    ASSERT_TRUE(open().acted("r1", applied_now(), applied));
    sql("ALTER TABLE rehearsals ADD COLUMN evidence_digest TEXT NOT NULL DEFAULT 'ff00'; "
        "CREATE INDEX rehearsals_by_evidence ON rehearsals (evidence_digest); PRAGMA user_version = 1");
    auto all = open();
    EXPECT_TRUE(all.set_aside().empty());
    ASSERT_EQ(all.list().value().size(), 1u);
    EXPECT_EQ(all.list().value()[0].folder, "/runs/r1");
    EXPECT_EQ(all.list().value()[0].acts.size(), 2u);
    EXPECT_TRUE(all.rehearsed(entry("r2", "a")));
    EXPECT_EQ(open().list().value().size(), 2u);
}

TEST_F(history_test, the_same_id_replaces_the_entry) {
    auto all = open();
    ASSERT_TRUE(all.rehearsed(entry("r1", "a")));
    ASSERT_TRUE(all.rehearsed(entry("r1", "a")));
    EXPECT_EQ(all.list().value().size(), 1u);
    EXPECT_EQ(all.list().value()[0].acts.size(), 1u);
}

TEST_F(history_test, a_newer_file_is_refused_and_left_alone) {
    ASSERT_TRUE(open().rehearsed(entry("r1", "a")));
    sql("PRAGMA user_version = 3");
    const auto read = history::open(state_);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, errc::newer_format);
    sql("PRAGMA user_version = 2");
    EXPECT_EQ(open().list().value().size(), 1u);
}

TEST_F(history_test, a_damaged_file_is_set_aside_whatever_the_damage) {
    auto whole = entry("r1", "a");
    whole.why = std::string(40'000, 'x');
    ASSERT_TRUE(open().rehearsed(whole));
    const auto good = read_file(file_, 1 << 20).value();
    ASSERT_GT(good.size(), 8192u);
    std::vector<std::string> damaged{
        "not a database, and long enough to be told from one by its first hundred bytes ........................",
        good.substr(0, good.size() / 2)};
    auto scribbled = good;
    for (std::size_t at = 100; at < 4096; ++at)
        scribbled[at] = '\x55';
    damaged.push_back(scribbled);
    for (const auto& bytes : damaged) {
        std::ofstream(file_, std::ios::binary | std::ios::trunc) << bytes;
        auto fresh = history::open(state_);
        ASSERT_TRUE(fresh) << fresh.error().text();
        ASSERT_FALSE(fresh->set_aside().empty());
        EXPECT_EQ(read_file(fresh->set_aside(), 1 << 20).value(), bytes);
        EXPECT_TRUE(fresh->list().value().empty());
        EXPECT_TRUE(fresh->rehearsed(entry("r2", "a")));
        EXPECT_TRUE(open().set_aside().empty());
    }
}

TEST_F(history_test, another_programs_file_is_set_aside) {
    {
        std::ofstream touch(file_);
    }
    sql("CREATE TABLE mine (x)");
    EXPECT_FALSE(open().set_aside().empty());
    EXPECT_TRUE(open().set_aside().empty());
}

TEST_F(history_test, an_empty_file_is_begun) {
    {
        std::ofstream touch(file_);
    }
    EXPECT_TRUE(open().set_aside().empty());
}

TEST_F(history_test, several_write_at_once) {
    std::vector<std::thread> writers;
    for (int i = 0; i < 4; ++i)
        writers.emplace_back([this, i] {
            for (int j = 0; j < 5; ++j) {
                auto all = history::open(state_);
                ASSERT_TRUE(all) << all.error().text();
                const auto done = all->rehearsed(entry(std::to_string(i) + "-" + std::to_string(j), "a"));
                EXPECT_TRUE(done) << done.error().text();
            }
        });
    for (auto& one : writers)
        one.join();
    EXPECT_EQ(open().list().value().size(), 20u);
}

TEST_F(history_test, a_lock_that_stays_is_said_after_the_wait) {
    auto all = open();
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(file_.c_str(), &other), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
    const auto done = all.rehearsed(entry("r1", "a"));
    sqlite3_close(other);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, errc::locked);
    EXPECT_TRUE(all.rehearsed(entry("r1", "a")));
}

TEST_F(history_test, a_folder_in_its_place_is_an_error) {
    fs::create_directory(file_);
    const auto read = history::open(state_);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, errc::io);
}

}  // namespace
}  // namespace understudy::store
