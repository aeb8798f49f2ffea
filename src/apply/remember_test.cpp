#include "apply/remember.h"

#include <filesystem>

#include <gtest/gtest.h>
#include <unistd.h>

#include "store/history.h"

namespace understudy::apply {
namespace {

namespace fs = std::filesystem;
using enum model::standing;

class remember_test : public testing::Test {
protected:
    remember_test() {
        std::string name = (fs::temp_directory_path() / "understudy-remember-XXXXXX").string();
        folder_ = ::mkdtemp(name.data());
        state_ = store::open_state_folder(folder_ / "state").value();
        log_.write = [this](level, std::string_view text) { said_ += std::string(text) + "\n"; };
    }
    ~remember_test() override { fs::remove_all(folder_); }

    static model::evidence rehearsal(const std::string& id, bool rolled_back_well) {
        model::evidence out;
        out.id = id;
        out.change.name = "prefetch";
        out.change.digest = "00ff";
        out.environment = "staging";
        out.comparison.verdict = model::verdict::improved;
        out.proof.done = rolled_back_well;
        out.exit_code = rolled_back_well ? 0 : 5;
        return out;
    }
    static model::journal_begin journal(const std::string& id, model::role role) {
        model::journal_begin out;
        out.id = id;
        out.change = "prefetch";
        out.change_digest = "00ff";
        out.environment.name = role == model::role::production ? "production" : "staging";
        out.environment.role = role;
        return out;
    }
    std::vector<model::history_entry> all() const { return store::history::open(state_).value().list().value(); }

    fs::path folder_;
    store::state_folder state_;
    log_sink log_;
    std::string said_;
};

TEST_F(remember_test, an_apply_and_its_rollback_are_acts_on_the_rehearsal) {
    remember_rehearsal(state_, rehearsal("r1", true), "/runs/r1", log_);
    remember_apply(state_, "r1", {"production", 5, model::standing::open}, log_);
    EXPECT_EQ(all().at(0).standing, model::standing::open);
    remember_apply(state_, "r1", {"production", 1, applied}, log_);  // beyond a bound, and left so
    EXPECT_EQ(all().at(0).standing, applied);
    EXPECT_EQ(all().at(0).acts.back().exit_code, 1);
    model::proof proof;
    proof.done = true;
    remember_rollback(state_, journal("the journal of the apply", model::role::production), proof, log_);
    ASSERT_EQ(all().size(), 1u);
    EXPECT_EQ(all()[0].standing, rolled_back);
    EXPECT_EQ(all()[0].acts.size(), 4u);
    EXPECT_EQ(all()[0].folder, "/runs/r1");
    EXPECT_EQ(said_, "");
}

TEST_F(remember_test, a_rollback_that_is_not_complete_stays_open) {
    remember_rehearsal(state_, rehearsal("r1", false), {}, log_);
    EXPECT_EQ(all().at(0).standing, open);
    model::proof proof;
    proof.done = true;
    proof.differences = {{"maxmemory", "differs", 1}};
    remember_rollback(state_, journal("r1", model::role::staging), proof, log_);
    EXPECT_EQ(all().at(0).standing, open);
    proof.differences.clear();
    remember_rollback(state_, journal("r1", model::role::staging), proof, log_);
    EXPECT_EQ(all().at(0).standing, rolled_back);
    EXPECT_EQ(all().at(0).acts.size(), 3u);
}

TEST_F(remember_test, a_rehearsal_that_died_gets_an_entry_when_it_is_rolled_back) {
    model::proof proof;
    proof.done = true;
    remember_rollback(state_, journal("dead", model::role::staging), proof, log_);
    ASSERT_EQ(all().size(), 1u);
    EXPECT_EQ(all()[0].id, "dead");
    EXPECT_EQ(all()[0].standing, rolled_back);
    EXPECT_EQ(all()[0].verdict, "");
}

TEST_F(remember_test, a_purge_and_a_sync_stand_until_they_are_rolled_back) {
    auto purge = journal("p1", model::role::staging);
    purge.change = "purge";
    purge.step = model::purge_step{};
    auto sync = journal("s1", model::role::staging);
    sync.change = "sync";
    sync.step = model::settings_step{};
    remember_lasting(state_, purge, log_);
    remember_lasting(state_, sync, log_);
    auto second = purge;
    second.id = "p2";
    remember_lasting(state_, second, log_);
    ASSERT_EQ(all().size(), 3u);
    for (const auto& one : all())
        EXPECT_EQ(one.standing, applied) << one.id << ": a purge does not take the place of another";
    EXPECT_EQ(all()[1].acts.at(0).what, model::act::sync);
    EXPECT_EQ(all()[2].acts.at(0).what, model::act::purge);
    model::proof proof;
    proof.done = true;
    remember_rollback(state_, purge, proof, log_);
    EXPECT_EQ(all()[2].standing, rolled_back);
    EXPECT_EQ(all()[2].acts.size(), 2u);
    EXPECT_EQ(said_, "");
}

TEST_F(remember_test, the_rollback_of_a_purge_that_was_killed_is_its_own) {
    auto stands = journal("p1", model::role::production);
    stands.change = "purge";
    stands.change_digest.clear();
    stands.step = model::purge_step{};
    remember_lasting(state_, stands, log_);
    auto killed = stands;
    killed.id = "p2";
    model::proof proof;
    proof.done = true;
    remember_rollback(state_, killed, proof, log_);
    ASSERT_EQ(all().size(), 2u);
    EXPECT_EQ(all()[0].id, "p2");
    EXPECT_EQ(all()[0].standing, rolled_back);
    EXPECT_EQ(all()[1].standing, applied);

    // Nor does a change file of that name take its place.
    auto file = rehearsal("r1", true);
    file.change.name = "purge";
    remember_rehearsal(state_, file, "/runs/r1", log_);
    remember_apply(state_, "r1", {"production", 0, applied}, log_);
    EXPECT_EQ(store::history::open(state_)->find("p1").value()->standing, applied);
}

TEST_F(remember_test, what_cannot_be_written_is_a_warning) {
    remember_apply(state_, "nobody", {"production", 0, applied}, log_);
    EXPECT_NE(said_.find("was not written into the history"), std::string::npos);
    said_.clear();
    fs::remove(state_.root / "history.db");
    fs::create_directory(state_.root / "history.db");
    remember_rehearsal(state_, rehearsal("r1", true), {}, log_);
    EXPECT_NE(said_.find("was not written into the history"), std::string::npos);
}

}  // namespace
}  // namespace understudy::apply
