// What a journal lets its link send to production, and which journals open the gate at all.
#include "apply/production_gate.h"

#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "apply/journal_log.h"

namespace understudy::apply {
namespace {

model::journal_begin begin() {
    model::journal_begin out;
    out.id = "j";
    out.environment.name = "production";
    out.environment.role = model::role::production;
    out.environment.access = model::access::read_write;
    out.step = model::redis_config_step{"maxmemory-policy", "allkeys-lfu"};
    out.families = {"shop:1:*"};
    out.authority = "evidence 1";
    return out;
}

bool allowed(const model::journal_begin& of, const net::command& words) {
    return journal_writes::of(of, {{"maxmemory-policy", "allkeys-lru"}, {"maxmemory", "1gb"}}).value().hold(words);
}

TEST(journal_writes, are_those_of_the_step_and_its_way_back) {
    const auto of = begin();
    for (const net::command& words : std::vector<net::command>{{"CONFIG", "SET", "maxmemory-policy", "allkeys-lfu"},
                                                               {"config", "set", "maxmemory-policy", "allkeys-lru"},
                                                               {"UNLINK", "shop:1:a", "shop:1:b"},
                                                               {"UNLINK", "understudy:probe"},
                                                               {"UNLINK", "understudy:probe{17}"},
                                                               {"SET", "understudy:probe{0}", "x", "PX", "1"},
                                                               {"SET", "understudy:probe", "x", "PX", "1"},
                                                               {"RESTORE", "shop:1:a", "0", "payload", "REPLACE"},
                                                               {"PEXPIREAT", "shop:1:a", "1"},
                                                               {"PEXPIRE", "shop:1:a", "1", "LT"},
                                                               {"PERSIST", "shop:1:a"}})
        EXPECT_TRUE(allowed(of, words)) << words.front();
    for (const net::command& words :
         std::vector<net::command>{{"CONFIG", "SET", "maxmemory-policy", "noeviction"},
                                   {"CONFIG", "SET", "maxmemory", "0"},
                                   {"CONFIG", "SET", "maxmemory-policy", "allkeys-lfu", "maxmemory", "1"},
                                   {"CONFIG", "REWRITE"},
                                   {"UNLINK"},
                                   {"UNLINK", "shop:1:a", "other"},
                                   {"DEL", "shop:1:a"},
                                   {"SET", "shop:1:a", "x"},
                                   {"SET", "understudy:probed", "x"},
                                   {"SET", "understudy:probe{}", "x"},
                                   {"SET", "understudy:probe{1}x", "x"},
                                   {"SET", "understudy:probe{x}", "x"},
                                   {"UNLINK", "understudy:probe{1", "x"},
                                   {"RESTORE", "other", "0", "payload"},
                                   {"PERSIST", "understudy:lease"},
                                   {"EVAL", "return 1", "0"},
                                   {"FLUSHDB"},
                                   {}})
        EXPECT_FALSE(allowed(of, words)) << (words.empty() ? "" : words.front());
}

TEST(journal_writes, of_a_purge_set_nothing) {
    auto of = begin();
    of.step = model::purge_step{};
    EXPECT_FALSE(allowed(of, {"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"}));
    EXPECT_FALSE(allowed(of, {"CONFIG", "SET", "", ""}));
    EXPECT_TRUE(allowed(of, {"UNLINK", "shop:1:a"}));
    of.evicts = true;  // every key is of the change
    EXPECT_TRUE(allowed(of, {"RESTORE", "other", "0", "payload"}));
}

class gate : public testing::Test {
protected:
    void SetUp() override {
        std::string name = testing::TempDir() + "understudy-gate-XXXXXX";
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        folder_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    // The code of the refusal; internal where there is none.
    errc refusal(const model::journal_begin& first, const std::string& outcome = {}) {
        const auto path = folder_ / fmt::format("{}.journal", ++count_);
        auto log = journal_log::create(path, first);
        EXPECT_TRUE(log);
        if (!outcome.empty()) EXPECT_TRUE(log->end(outcome));
        const auto permit = net::production_gate::permit(path, {}, "run");
        return permit ? errc::internal : permit.error().code;
    }

    std::filesystem::path folder_;
    int count_ = 0;
};

TEST_F(gate, opens_for_an_open_journal_of_production) {
    EXPECT_EQ(refusal(begin()), errc::internal);
    EXPECT_EQ(refusal(begin(), "rollback incomplete"), errc::internal);
    EXPECT_EQ(refusal(begin(), "applied"), errc::internal);  // it stands: a rollback may undo it
    EXPECT_EQ(refusal(begin(), "purged"), errc::internal);
}

TEST_F(gate, stays_closed) {
    auto read_only = begin();
    read_only.environment.access = model::access::read_only;
    EXPECT_EQ(refusal(read_only), errc::not_writable);
    auto staging = begin();
    staging.environment.role = model::role::staging;
    EXPECT_EQ(refusal(staging), errc::unsafe_target);
    auto nobody = begin();
    nobody.authority.clear();
    EXPECT_EQ(refusal(nobody), errc::unsafe_target);
    EXPECT_EQ(refusal(begin(), "rolled back"), errc::unsafe_target);
    EXPECT_FALSE(net::production_gate::permit(folder_ / "nowhere.journal", {}, "run"));
}

}  // namespace
}  // namespace understudy::apply
