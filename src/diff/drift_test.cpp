#include "diff/drift.h"

#include <gtest/gtest.h>

namespace understudy::diff {
namespace {

using model::verdict;

server_side server(const std::string& name, const std::string& version, std::map<std::string, std::string> settings) {
    return {name, version, std::move(settings)};
}

std::vector<model::finding> between(const std::string& setting, const std::string& there, const std::string& here,
                                    const std::map<std::string, std::string>& accepted = {}) {
    return drift_of(server("production", "7.0.15", {{setting, there}}), server("staging", "7.0.15", {{setting, here}}),
                    accepted);
}

TEST(drift, the_same_is_none) {
    EXPECT_TRUE(between("maxmemory", "1", "1").empty());
    EXPECT_TRUE(drift_of(server("a", "7.0.15", {}), server("b", "7.0.15", {}), {}).empty()) << "unknown on both sides";
}

TEST(drift, a_setting_that_matters_is_beyond_tolerance_and_says_how_to_close_it) {
    const auto found = between("maxmemory-policy", "allkeys-lru", "noeviction");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].verdict, verdict::worse);
    EXPECT_TRUE(beyond_tolerance(found));
    EXPECT_EQ(found[0].metric, "maxmemory-policy");
    EXPECT_EQ(found[0].reference_text, "allkeys-lru");
    EXPECT_EQ(found[0].candidate_text, "noeviction");
    EXPECT_EQ(found[0].advice, "CONFIG SET maxmemory-policy allkeys-lru on staging");
}

TEST(drift, accepted_with_its_reason) {
    const auto found = between("maxmemory", "100", "10", {{"maxmemory", "a tenth of the machine"}});
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].verdict, verdict::same);
    EXPECT_EQ(found[0].why, "accepted: a tenth of the machine");
    EXPECT_FALSE(beyond_tolerance(found));
    EXPECT_TRUE(beyond_tolerance(between("maxmemory", "100", "10", {{"hz", "another"}})));
}

TEST(drift, what_does_not_matter_is_listed) {
    const auto found = between("save", "3600 1", "");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].verdict, verdict::same);
    EXPECT_EQ(found[0].candidate_text, "\"\"");
    EXPECT_EQ(found[0].advice, "CONFIG SET save \"3600 1\" on staging");
    EXPECT_EQ(between("save", "", "3600 1")[0].advice, "CONFIG SET save \"\" on staging");
}

TEST(drift, unknown_on_one_side_is_listed_as_unknown_and_no_drift_beyond_tolerance) {
    const auto found = drift_of(server("production", "7.0.15", {}), server("staging", "7.0.15", {{"hz", "10"}}), {});
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].reference_text, "unknown");
    EXPECT_TRUE(found[0].advice.empty()) << "nothing to set it to";
    EXPECT_FALSE(beyond_tolerance(found));
}

TEST(drift, versions) {
    const auto of = [](const std::string& there, const std::string& here,
                       const std::map<std::string, std::string>& accepted = {}) {
        return drift_of(server("production", there, {}), server("staging", here, {}), accepted);
    };
    EXPECT_TRUE(of("7.0.15", "7.0.15").empty());
    EXPECT_FALSE(beyond_tolerance(of("7.0.15", "7.0.11")));
    EXPECT_EQ(of("7.0.15", "7.0.11").size(), 1u) << "a patch release is still told";
    EXPECT_TRUE(beyond_tolerance(of("7.0.15", "7.2.4")));
    EXPECT_TRUE(beyond_tolerance(of("7.0.15", "8.0.15")));
    EXPECT_TRUE(beyond_tolerance(of("7.1", "7.10")));
    EXPECT_FALSE(beyond_tolerance(of("7.0.15", "7.2.4", {{"version", "no other package"}})));
}

TEST(drift, no_setting_is_listed_twice) {
    std::map<std::string_view, int> seen;
    for (const auto& row : compared_settings()) {
        EXPECT_EQ(++seen[row.setting], 1) << row.setting;
        EXPECT_FALSE(row.effect.empty());
    }
}

}  // namespace
}  // namespace understudy::diff
