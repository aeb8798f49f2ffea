#include "discover/access_log.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy::discover {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

struct sample {
    const char* line;
    const char* method;
    const char* target;
    int status;
    double seconds;  // below 0: none
};

// The formats as the two servers document them, with the variants that are in use.
const std::vector<sample> good{
    {R"(127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326)", "GET",
     "/apache_pb.gif", 200, -1},
    {R"(127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.1" 200 - "http://x/y?z" "Mozilla/5.0 X11")", "GET",
     "/a", 200, -1},
    {R"(shop.example:443 ::1 - - [10/Oct/2000:13:55:36 -0700] "POST /a HTTP/2.0" 302 0 "-" "-")", "POST", "/a", 302,
     -1},
    {R"(10.0.0.1 - - [23/Nov/2026:10:15:00 +0000] "GET /c/ HTTP/1.1" 200 5120 "-" "curl/8" 0.012)", "GET", "/c/", 200,
     0.012},
    {R"(10.0.0.1 - - [23/Nov/2026:10:15:00 +0000] "GET /c/ HTTP/1.1" 200 5120 "-" "curl/8" "0.250" "-")", "GET", "/c/",
     200, 0.25},
    {R"(10.0.0.1 - - [23/Nov/2026:10:15:00 +0000] "GET /c/ HTTP/1.1" 200 5120 "-" "curl/8" rt=1.500 uct="0.000")",
     "GET", "/c/", 200, 1.5},
    {R"(10.0.0.1 - - [23/Nov/2026:10:15:00 +0000] "GET /c/ HTTP/1.1" 200 5120 "-" "curl/8" "2.35")", "GET", "/c/", 200,
     -1},
    {R"(10.0.0.1 - a b c [23/Nov/2026:10:15:00 +0000] "GET /c/ HTTP/1.1" 200 5120)", "GET", "/c/", 200, -1},
    {R"(10.0.0.1 - - [x] "GET /c/ HTTP/1.1" 200 5 "-" "a \"b\" 0.111 c" 0.333)", "GET", "/c/", 200, 0.333},
};

TEST(access_log, lines_of_both_servers) {
    for (const auto& one : good) {
        const auto read = parse_log_line(one.line);
        ASSERT_TRUE(read) << one.line;
        EXPECT_EQ(read->method, one.method);
        EXPECT_EQ(read->target, one.target);
        EXPECT_EQ(read->status, one.status);
        EXPECT_EQ(read->seconds.value_or(-1), one.seconds) << one.line;
    }
}

TEST(access_log, the_last_number_where_it_is_said_to_be_a_time) {
    const std::string line = R"(::1 - - [x] "GET / HTTP/1.1" 200 12 "-" "agent 7" 2000)";
    EXPECT_FALSE(parse_log_line(line)->seconds);
    EXPECT_DOUBLE_EQ(*parse_log_line(line, log_time::microseconds)->seconds, 0.002);
    EXPECT_DOUBLE_EQ(*parse_log_line(line, log_time::milliseconds)->seconds, 2);
    EXPECT_DOUBLE_EQ(*parse_log_line(line + " D=500", log_time::microseconds)->seconds, 0.0005);
}

TEST(access_log, what_is_no_line_of_one) {
    for (const auto* line :
         {"", "GET / HTTP/1.1", "{\"request\": \"GET / HTTP/1.1\"}", "[x] GET / 200", R"(h - - [x] "GET /" 200 1)",
          R"(h - - [x] "GET / HTTP/1.1" 20 1)", R"(h - - [x] "GET / HTTP/1.1" OK 1)", R"(h - - [x] "GET / HTTP/1.1)",
          R"(h - - [x] "GET / HTTP/1.1 x" 200 1)", R"(h - - [x] "\x16\x03\x01" 400 150)",
          R"(h - - [x] "get / HTTP/1.1" 200 1)", R"(h - - [x] "GET / HTTP/1.1" 200 many)",
          R"(h - - x] "GET / HTTP/1.1" 200 1)", R"(h - - [x] "-" 408 -)"})
        EXPECT_FALSE(parse_log_line(line)) << line;
}

const std::string three = R"(h - - [x] "GET /a HTTP/1.1" 200 1
h - - [x] "GET /b HTTP/1.1" 404 1
h - - [x] "POST /a HTTP/1.1" 200 1
nonsense

h - - [x] "GET /a HTTP/1.1" 206 1 "-" "-" 0.500)";

TEST(access_log, every_split_counts_the_same) {
    for (std::size_t cut = 0; cut <= three.size(); ++cut) {
        route_miner miner;
        log_reader reader(miner, log_time::by_look);
        reader.feed(std::string_view(three).substr(0, cut));
        reader.feed(std::string_view(three).substr(cut));
        reader.finish();
        const auto& counts = reader.counts();
        ASSERT_EQ(counts.lines, 5u) << cut;
        ASSERT_EQ(counts.taken, 2u) << cut;
        ASSERT_EQ(counts.other_status, 1u);
        ASSERT_EQ(counts.other_method, 1u);
        ASSERT_EQ(counts.unreadable, 1u);
        ASSERT_EQ(counts.timed, 1u);
        const auto found = std::move(miner).finish();
        ASSERT_THAT(found.routes, SizeIs(1));
        ASSERT_EQ(found.routes[0].requests, 2u);
    }
}

TEST(access_log, a_line_without_end_takes_no_memory) {
    route_miner miner;
    log_reader reader(miner, log_time::by_look);
    reader.feed(R"(h - - [x] "GET /a HTTP/1.1" 200 1 ")");
    for (int i = 0; i < 1000; ++i)
        reader.feed(std::string(4096, 'x'));
    reader.feed(
        "\n"
        R"(h - - [x] "GET /b HTTP/1.1" 200 1)"
        "\n");
    reader.finish();
    EXPECT_EQ(reader.counts().lines, 2u);
    EXPECT_EQ(reader.counts().unreadable, 1u);
    EXPECT_EQ(reader.counts().taken, 1u);
}

TEST(access_log, who_asked_stays_in_the_log) {
    route_miner miner;
    log_reader reader(miner, log_time::by_look);
    reader.feed(
        R"(198.51.100.7 - ada.lovelace [x] "GET /shop?q=secret HTTP/1.1" 200 1 "https://mail.example/ada" "Agent")"
        "\n");
    reader.finish();
    const auto found = std::move(miner).finish();
    ASSERT_THAT(found.queries, SizeIs(1));
    EXPECT_EQ(found.queries[0].path, "/shop");
    EXPECT_THAT(found.queries[0].names, ElementsAre("q"));
}

}  // namespace
}  // namespace understudy::discover
