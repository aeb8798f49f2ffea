// Each reason for which evidence does not stand, one at a time, by its code.
#include "rehearse/validity.h"

#include <functional>

#include <gtest/gtest.h>

namespace understudy::rehearse {
namespace {

using namespace std::chrono_literals;

constexpr wall_time ended{1'764'316'800'000ms};

// Evidence that stands, and everything that it stands for.
struct scene {
    found_evidence found;
    model::change change;
    model::project project;
    reader_side reader;
    production_side_now production;

    scene() {
        change.name = "faster";
        change.digest = "00ff";
        change.step = model::redis_config_step{"maxmemory-samples", "9"};
        project.file = "/srv/shop/understudy.toml";
        model::environment staging;
        staging.name = "staging";
        staging.url = "http://staging";
        staging.redis.port = 6380;
        project.environments = {staging};
        reader = {"here", ended + 24h, 24h * 7};

        auto& evidence = found.evidence;
        evidence.id = "1-faster";
        evidence.ended = ended;
        evidence.change = change;
        evidence.environment = "staging";
        evidence.exit_code = 0;
        evidence.comparison.verdict = model::verdict::improved;
        evidence.comparison.expectations = {{{}, {}, model::outcome::met, ""}};
        evidence.proof.done = true;
        evidence.conditions = {
            {"project", project.file}, {"redis in production", "redis 7.0.15"}, {"redis in staging", "redis 7.0.15"}};
        found.file = "/srv/shop/understudy-runs/1/evidence.json";
        found.digest = "aa";
        auto& journal = found.journal;
        journal.begin.id = evidence.id;
        journal.begin.host = "here";
        journal.begin.environment = staging;
        journal.begin.step = change.step;
        journal.begin.production = {{"run", "r1", "r2", "10.0.0.5", 6379}};
        journal.saved = model::journal_saved{};
        journal.saved->settings = {{"maxmemory-samples", "5"}, {"maxmemory-policy", "allkeys-lru"}};
        journal.saved->release = "revision-1";
        journal.evidence = model::journal_evidence{ended, found.file, "aa"};

        production.server = {"production", "7.0.15", journal.saved->settings};
        production.software = "redis";
        production.marks = {{"run", "r1", "r2", "10.0.0.5", 6379}};
        production.release = "revision-1";
    }

    [[nodiscard]] errc code() const {
        if (const auto own = stands_by_itself(found, change, project, reader); !own) return own.error().code;
        if (const auto on = stands_on(production, found, project); !on) return on.error().code;
        return errc::internal;
    }
};

errc changed(const std::function<void(scene&)>& how) {
    scene one;
    how(one);
    return one.code();
}

TEST(validity, stands) {
    EXPECT_EQ(scene().code(), errc::internal);
    EXPECT_EQ(changed([](auto& s) { s.reader.at = ended + 24h * 7; }), errc::internal);
}

TEST(validity, foreign) {
    for (const auto& how : std::vector<std::function<void(scene&)>>{
             [](scene& s) { s.found.journal = {}; },
             [](scene& s) { s.found.journal.begin.id = "2-faster"; },
             [](scene& s) { s.reader.host = "there"; },
             [](scene& s) { s.project.file = "/srv/other/understudy.toml"; },
             [](scene& s) { s.found.evidence.conditions.erase("project"); },
             [](scene& s) { s.project.environments.clear(); },
             [](scene& s) { s.project.environments[0].url = "http://other"; },
             [](scene& s) { s.project.environments[0].redis.port = 1; },
             [](scene& s) { s.production.marks = {{"other", "x", "y", "10.0.0.6", 6379}}; },
         })
        EXPECT_EQ(changed(how), errc::evidence_foreign);
}

TEST(validity, edited) {
    EXPECT_EQ(changed([](auto& s) { s.found.digest = "ab"; }), errc::evidence_edited);
}

TEST(validity, failed) {
    for (const auto& how : std::vector<std::function<void(scene&)>>{
             [](scene& s) { s.found.journal.evidence.reset(); },
             [](scene& s) { s.found.evidence.comparison.expectations[0].outcome = model::outcome::unmet; },
             [](scene& s) { s.found.evidence.comparison.expectations[0].outcome = model::outcome::unknown; },
             [](scene& s) { s.found.evidence.comparison.verdict = model::verdict::worse; },
             [](scene& s) { s.found.evidence.proof.done = false; },
             [](scene& s) { s.found.evidence.proof.differences = {{"a key", "differs", 1}}; },
             [](scene& s) { s.found.evidence.stopped = "interrupted"; },
             [](scene& s) { s.found.evidence.exit_code = 1; },
         })
        EXPECT_EQ(changed(how), errc::evidence_failed);
}

TEST(validity, stale) {
    for (const auto& how : std::vector<std::function<void(scene&)>>{
             [](scene& s) { s.change.digest = "00fe"; },
             [](scene& s) { s.reader.at = ended + 24h * 7 + 1ms; },
             [](scene& s) { s.reader.at = ended - 1ms; },
             [](scene& s) { s.production.server.version = "7.0.16"; },
             [](scene& s) { s.production.software = "valkey"; },
             [](scene& s) { s.production.marks[0].run_id = "restarted"; },
             [](scene& s) { s.production.server.settings["maxmemory-policy"] = "noeviction"; },
             [](scene& s) { s.production.server.settings["maxmemory-samples"] = "7"; },
             [](scene& s) { s.production.release = "revision-3"; },
             [](scene& s) { s.production.release.clear(); },
         })
        EXPECT_EQ(changed(how), errc::evidence_stale);
}

// A Cluster of which one primary is another one since; a replica's mark is its address alone.
TEST(validity, of_a_cluster) {
    scene one;
    one.found.journal.begin.production.push_back({"second", "s1", "s2", "10.0.0.6", 6379});
    one.found.journal.begin.production.push_back({"", "", "", "10.0.0.7", 6379});
    one.production.marks.push_back({"second", "s1", "s2", "10.0.0.6", 6379});
    EXPECT_EQ(one.code(), errc::internal);
    one.production.marks[1] = {"third", "s3", "s1", "10.0.0.7", 6379};
    EXPECT_EQ(one.code(), errc::evidence_stale) << "the replica took over";
    one.production.marks[1] = {"fourth", "t", "u", "10.0.0.8", 6379};
    EXPECT_EQ(one.code(), errc::evidence_stale) << "a new node";
    one.production.marks[0] = one.production.marks[1];
    EXPECT_EQ(one.code(), errc::evidence_foreign);
}

// Drift that was there already and is there still is no news; one that went away is.
TEST(validity, drift_that_was_known) {
    scene one;
    one.production.server.settings["maxmemory-policy"] = "noeviction";
    one.found.evidence.drift =
        diff::drift_of(one.production.server, {"staging", "7.0.15", one.found.journal.saved->settings}, {});
    ASSERT_FALSE(one.found.evidence.drift.empty());
    EXPECT_EQ(one.code(), errc::internal);
    one.production.server.settings["maxmemory-policy"] = "allkeys-lru";
    EXPECT_EQ(one.code(), errc::evidence_stale);
}

}  // namespace
}  // namespace understudy::rehearse
