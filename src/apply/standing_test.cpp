#include "apply/standing.h"

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "apply/journal_log.h"

namespace understudy::apply {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

model::journal_begin begun(model::change_step step, std::vector<std::string> families = {}) {
    model::journal_begin out;
    out.environment.name = "production";
    out.environment.role = model::role::production;
    out.environment.redis.host = "192.0.2.1";
    out.primaries = {{"", "run-1", "192.0.2.1:6379", "192.0.2.1", 6379, ""}};
    out.production = {{"run-2", "other", "0000", "", 0}, {"run-1", "history", "0000", "", 0}};
    out.step = std::move(step);
    out.families = std::move(families);
    return out;
}

model::journal_begin with_undo(model::journal_begin of, const std::string& command) {
    of.rollback.command = command;
    return of;
}

TEST(in_common, settings_commands_and_keys) {
    const auto policy = begun(model::redis_config_step{"maxmemory-policy", "allkeys-lru"});
    const auto policy_again = begun(model::redis_config_step{"maxmemory-policy", "allkeys-lfu"});
    const auto samples = begun(model::redis_config_step{"maxmemory-samples", "10"}, {"shop:2:*"});
    const auto deploy = with_undo(begun(model::deploy_step{"deploy", {}}, {"shop:1:category:*"}), "rollback");
    const auto theme = with_undo(begun(model::deploy_step{"deploy_theme", {}}), "rollback_theme");
    const auto index = with_undo(begun(model::command_step{"index", {}}), "unindex");
    const auto other_index = with_undo(begun(model::command_step{"index_all", {}}), "unindex");
    const auto purge = begun(model::purge_step{}, {"shop:*"});
    EXPECT_EQ(in_common(policy, policy_again), "the setting maxmemory-policy");
    const auto synced = begun(model::settings_step{{{"hz", "25"}, {"maxmemory-policy", "allkeys-lru"}}});
    EXPECT_EQ(in_common(policy, synced), "the setting maxmemory-policy");
    EXPECT_EQ(in_common(synced, policy), "the setting maxmemory-policy");
    EXPECT_EQ(in_common(synced, samples), "");
    EXPECT_EQ(in_common(policy, samples), "");
    EXPECT_EQ(in_common(policy, deploy), "");
    EXPECT_EQ(in_common(deploy, theme), "deploys");
    EXPECT_EQ(in_common(deploy, index), "");
    EXPECT_EQ(in_common(index, other_index), "the command unindex");
    EXPECT_EQ(in_common(deploy, purge), "keys of shop:1:category:*");
    EXPECT_EQ(in_common(purge, samples), "keys of shop:*");
    EXPECT_EQ(in_common(deploy, samples), "");
    EXPECT_EQ(in_common(theme, purge), "");
    auto elsewhere = purge;
    elsewhere.environment.redis.database = 3;
    EXPECT_EQ(in_common(deploy, elsewhere), "");
    auto evicting = policy;
    evicting.evicts = true;
    EXPECT_EQ(in_common(evicting, elsewhere), "keys of the whole database");
    EXPECT_EQ(in_common(elsewhere, evicting), "keys of the whole database");
    EXPECT_EQ(in_common(evicting, theme), "");
}

class nothing_on_top_test : public testing::Test {
protected:
    nothing_on_top_test() {
        std::string name = (fs::temp_directory_path() / "understudy-standing-XXXXXX").string();
        state_.root = ::mkdtemp(name.data());
        fs::create_directories(state_.journals());
    }
    ~nothing_on_top_test() override { fs::remove_all(state_.root); }

    // A journal that was begun `number` seconds after the first; an empty outcome leaves it open.
    journal_file add(int number, model::journal_begin begin, const std::string& outcome) const {
        begin.at = wall_time{1'795'000'000s} + std::chrono::seconds{number};
        begin.id = std::to_string(number);
        const auto path = state_.journals() / (begin.id + ".journal");
        auto log = journal_log::create(path, begin);
        EXPECT_TRUE(log);
        EXPECT_TRUE(log->saved({}));
        if (!outcome.empty()) EXPECT_TRUE(log->end(outcome));
        return read(path);
    }
    static journal_file read(const fs::path& path) { return {path, **read_journal(path)}; }
    std::string refusal(const journal_file& of) const {
        const auto free = nothing_on_top(state_, of);
        if (free) return "";
        EXPECT_EQ(free.error().code, errc::needs_rollback);
        return free.error().what;
    }

    store::state_folder state_;
};

const auto deploying = model::deploy_step{"deploy", {}};

TEST_F(nothing_on_top_test, an_older_one_waits_for_the_newer) {
    const auto first = add(1, begun(deploying), "applied");
    EXPECT_EQ(refusal(first), "");
    const auto second = add(2, begun(deploying), "applied");
    EXPECT_NE(refusal(first).find("rollback " + second.path.string()), std::string::npos) << refusal(first);
    EXPECT_EQ(refusal(second), "");
    add(3, begun(model::redis_config_step{"timeout", "5"}), "applied");
    EXPECT_EQ(refusal(second), "");
}

TEST_F(nothing_on_top_test, the_topmost_of_several_is_named) {
    const auto first = add(1, begun(deploying), "applied");
    add(2, begun(deploying, {"shop:1:*"}), "applied");
    const auto third = add(3, begun(model::purge_step{}, {"shop:1:a:*"}), "purged");
    EXPECT_NE(refusal(first).find("(deploys)"), std::string::npos) << refusal(first);
    EXPECT_NE(refusal(first).find("rollback " + third.path.string()), std::string::npos) << refusal(first);
}

TEST_F(nothing_on_top_test, what_was_undone_or_is_elsewhere_does_not_count) {
    const auto first = add(1, begun(deploying), "applied");
    add(2, begun(deploying), "rolled back");
    add(3, begun(deploying), "nothing was changed");
    auto elsewhere = begun(deploying);
    elsewhere.primaries.front().run_id = "run-9";
    elsewhere.environment.redis.host = "192.0.2.9";
    add(4, elsewhere, "applied");
    EXPECT_EQ(refusal(first), "");
    // The same server after a restart, and one whose rollback went wrong.
    auto restarted = begun(deploying);
    restarted.primaries.front().run_id = "run-9";
    const auto last = add(5, restarted, "rollback incomplete");
    EXPECT_NE(refusal(first).find(last.path.string()), std::string::npos);
}

TEST_F(nothing_on_top_test, an_open_one_is_never_refused) {
    const auto first = add(1, begun(deploying), "");
    add(2, begun(deploying), "applied");
    EXPECT_EQ(refusal(first), "");
}

TEST_F(nothing_on_top_test, one_that_cannot_be_read_counts_where_it_is_later) {
    const auto second = add(2, begun(deploying), "applied");
    add(1, begun(deploying), "applied");
    fs::resize_file(state_.journals() / "1.journal", 40);
    EXPECT_EQ(refusal(second), "");
    add(3, begun(deploying), "applied");
    std::error_code wrong;
    fs::copy_file(state_.journals() / "3.journal", state_.journals() / "4.journal", wrong);
    fs::resize_file(state_.journals() / "3.journal", 10);
    std::FILE* file = std::fopen((state_.journals() / "3.journal").c_str(), "a");
    std::fputs("\nno line of a journal\n", file);
    std::fclose(file);
    EXPECT_NE(refusal(second).find("cannot be read"), std::string::npos) << refusal(second);
}

TEST(still_that_server, by_run_or_by_history) {
    journal_file journal{"j.journal", {}};
    journal.read.begin = begun(deploying);
    journal.read.end = model::journal_end{{}, "applied"};
    net::server_facts now;
    const auto refused = [&] {
        const auto same = still_that_server(journal, {now});
        return same ? errc::internal : same.error().code;
    };
    now.run_id = "run-1";
    EXPECT_EQ(refused(), errc::internal);
    now = {};
    now.run_id = "run-3";
    now.replid = "history";  // a replica that was promoted, or a restart that kept it
    EXPECT_EQ(refused(), errc::internal);
    now.replid = "new";
    now.replid2 = "history";
    EXPECT_EQ(refused(), errc::internal);
    now.replid2 = "0000";  // what a server has that never was a replica is no history in common
    EXPECT_EQ(refused(), errc::unsafe_target);
    EXPECT_NE(still_that_server(journal, {now}).error().what.find("--accept-other-server"), std::string::npos);
    now.replid = "other";  // of another production of that time
    EXPECT_EQ(refused(), errc::unsafe_target);
    // Of a Cluster every primary has to be one of then, or to have been its replica.
    journal.read.begin.primaries.push_back({"node", "run-2", "192.0.2.2:6379", "192.0.2.2", 6379, "0-5460"});
    net::server_facts promoted, stranger;
    promoted.run_id = "run-7";
    promoted.replid2 = "history";
    stranger.run_id = "run-8";
    EXPECT_TRUE(still_that_server(journal, {promoted}));
    EXPECT_FALSE(still_that_server(journal, {promoted, stranger}));
    journal.read.begin.primaries.pop_back();
    // What a crash left is brought back wherever it is; staging has its own checks.
    journal.read.end.reset();
    EXPECT_EQ(refused(), errc::internal);
    journal.read.end = model::journal_end{{}, "purged"};
    EXPECT_EQ(refused(), errc::unsafe_target);
    journal.read.begin.environment.role = model::role::staging;
    EXPECT_EQ(refused(), errc::internal);
}

}  // namespace
}  // namespace understudy::apply
