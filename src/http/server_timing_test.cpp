#include "http/server_timing.h"

#include <gtest/gtest.h>

namespace understudy::http {
namespace {

TEST(server_timing, grammar) {
    const auto all = parse_server_timing(R"(miss, ,db;dur=53 ; dur=1;DESC="a, \"b\"; c";x , app ; dur = 47.2)");
    ASSERT_TRUE(all.has_value());
    ASSERT_EQ(all->size(), 3u);
    EXPECT_EQ((*all)[0].name, "miss");
    EXPECT_TRUE((*all)[0].parameters.empty());
    const auto& db = (*all)[1];
    ASSERT_NE(db.find("dur"), nullptr);
    EXPECT_EQ(*db.find("dur"), "53");  // the first of duplicates
    EXPECT_EQ(*db.find("desc"), "a, \"b\"; c");
    ASSERT_NE(db.find("x"), nullptr);
    EXPECT_EQ(*db.find("x"), "");
    EXPECT_EQ(db.find("y"), nullptr);
    EXPECT_EQ(*(*all)[2].find("dur"), "47.2");
    EXPECT_TRUE(parse_server_timing("")->empty());
    EXPECT_TRUE(parse_server_timing(" , ,")->empty());
}

TEST(server_timing, broken) {
    for (const auto* bad : {";", "db;", "db;=1", "db;dur=", "db dur=1", "db;dur=1 2", "db;desc=\"open", "db;desc=\"a\\",
                            "db;desc=\"a\"b", "=", "db=1", "db;;dur=1", "d\"b\"", "db;dur=\x01"})
        EXPECT_FALSE(parse_server_timing(bad).has_value()) << bad;
    EXPECT_FALSE(parse_server_timing(std::string(max_timing_bytes + 1, 'a')).has_value());
    std::string many = "a";
    for (std::size_t i = 1; i < max_timing_metrics; ++i)
        many += ",a";
    EXPECT_TRUE(parse_server_timing(many).has_value());
    EXPECT_FALSE(parse_server_timing(many + ",a").has_value());
}

using outcome = database_outcome;

database_reading read(std::string_view timing, std::string_view sent = "r1", headers more = {}) {
    more.push_back({"server-timing", std::string(timing)});
    return read_database_report(more, sent);
}

TEST(server_timing, counts_in_order_of_preference) {
    struct row {
        const char* timing;
        std::optional<std::uint64_t> count;
        std::optional<double> duration;
    };
    for (const auto& [timing, count, duration] : {
             row{"db;dur=18.5;count=25", 25, 18.5},
             row{R"(db;dur=18.5;desc="25 queries")", 25, 18.5},
             row{R"(db;count=3;desc="25 queries")", 3, {}},
             row{R"(db;desc="1 query")", 1, {}},
             row{"db;count=0", 0, {}},
             row{"DB;COUNT=7", 7, {}},
             row{"sql;count=4", 4, {}},
             row{"mysql;count=4;dur=2", 4, 2.0},
             row{"pg;desc=\"4 statements\"", 4, {}},
             row{"wpdb;count=4", 4, {}},
             row{"pg;count=9, db;count=4", 4, {}},
             row{"db;count=2;dur=1.5, db;count=3;dur=2", 5, 3.5},
             row{"db;count=2, db;dur=2", 2, 2.0},
             row{"total;dur=90;count=1000, db;count=2;region=eu;count=9", 2, {}},
         }) {
        const auto reading = read(std::string(timing) + ", req;desc=\"r1\"");
        EXPECT_EQ(reading.outcome, outcome::counted) << timing;
        EXPECT_EQ(reading.report.count, count) << timing;
        EXPECT_EQ(reading.report.duration, duration) << timing;
        EXPECT_EQ(reading.report.request_id, "r1");
    }
}

TEST(server_timing, what_a_real_wordpress_sent) {
    const auto reading = read(
        R"(db;dur=12.3;desc="25 queries", redis;dur=4.5;desc="84 calls 4937 hits 185 misses", req;desc="abc")", "abc");
    EXPECT_EQ(reading.outcome, outcome::counted);
    EXPECT_EQ(reading.report.count, 25u);
    EXPECT_EQ(reading.report.redis_calls, 84u);
}

TEST(server_timing, lines_join) {
    const auto reading =
        read_database_report({{"Server-Timing", "db;count=1"}, {"Server-Timing", "req;desc=\"q\""}}, "q");
    EXPECT_EQ(reading.outcome, outcome::counted);
}

TEST(server_timing, absent) {
    EXPECT_EQ(read_database_report({}, "r1").outcome, outcome::absent);
    for (const auto* timing : {"", "app;dur=3", "db;dur=3, req;desc=r1", "db, req;desc=r1", "db;desc=\"fast\"",
                               "db;desc=\"25\"", "db;desc=\"25 ms\"", "redis;count=3, req;desc=r1"})
        EXPECT_EQ(read(timing).outcome, outcome::absent) << timing;
}

TEST(server_timing, malformed) {
    for (const auto* timing :
         {"db;count=x, req;desc=r1", "db;count=-1, req;desc=r1", "db;count=1.5, req;desc=r1", "db;count=, req;desc=r1",
          "db;count=\"\", req;desc=r1", "db;count=99999999999999999999",
          "db;count=18446744073709551615, db;count=1, req;desc=r1", "db;count=1;dur=x, req;desc=r1",
          "db;count=1;dur=-1, req;desc=r1", "db;count=1;dur=nan, req;desc=r1", "db;count=1;dur=1e999, req;desc=r1",
          "db;count=1, req;desc=r1, req;desc=r2", "db;count=1;;"})
        EXPECT_EQ(read(timing).outcome, outcome::malformed) << timing;
}

TEST(server_timing, a_report_is_counted_only_beside_the_id_that_was_sent) {
    const headers hit{{"X-Cache", "HIT"}};
    const headers miss{{"X-Cache", "MISS"}};
    EXPECT_EQ(read("db;count=1, req;desc=\"r1\"", "r1").outcome, outcome::counted);
    EXPECT_EQ(read("db;count=1, req;desc=\"r1\"", "r1", miss).outcome, outcome::counted);
    EXPECT_EQ(read("db;count=1, req;desc=\"r0\"", "r1").outcome, outcome::replayed);
    EXPECT_EQ(read("db;count=1, req;desc=\"r0\"", "r1", hit).outcome, outcome::replayed);
    EXPECT_EQ(read("db;count=1, req;desc=\"\"", "r1").outcome, outcome::replayed);
    EXPECT_EQ(read("db;count=1", "r1", hit).outcome, outcome::replayed);
    EXPECT_EQ(read("db;count=1", "r1", {{"Age", "9"}}).outcome, outcome::replayed);
    EXPECT_EQ(read("db;count=1", "r1", miss).outcome, outcome::unproven);
    EXPECT_EQ(read("db;count=1", "r1").outcome, outcome::unproven);
    EXPECT_EQ(read("db;count=1", "").outcome, outcome::unproven);
    EXPECT_EQ(read("db;count=1, req;desc=\"\"", "").outcome, outcome::unproven);
    EXPECT_EQ(read("db;count=1, req;desc=\"r1\"", "", hit).outcome, outcome::replayed);
    // An application whose own cache answered did run for this request, and its id proves it.
    EXPECT_EQ(read("db;count=0, req;desc=\"r1\"", "r1", hit).outcome, outcome::counted);
}

TEST(server_timing, names) {
    EXPECT_EQ(name_of(outcome::counted), "counted");
    EXPECT_EQ(name_of(outcome::unproven), "unproven");
    EXPECT_EQ(name_of(outcome::malformed), "malformed");
}

}  // namespace
}  // namespace understudy::http
