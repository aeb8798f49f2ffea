#include "measure/visitor.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "measure/arm.h"
#include "net/fake_server_test.h"
#include "net/runtime.h"

namespace understudy::measure {
namespace {

namespace test = net::test;

struct request {
    std::string path, id;
};

// Answers each GET with what `answer` makes of it, on one connection after another.
test::script site(const std::function<std::string(const request&)>& answer) {
    return [answer](int fd) {
        for (std::string head = test::receive_until(fd, "\r\n\r\n"); !head.empty();
             head = test::receive_until(fd, "\r\n\r\n")) {
            request asked;
            asked.path = head.substr(4, head.find(' ', 4) - 4);
            const auto id = head.find("X-Request-Id: ");
            asked.id = head.substr(id + 14, head.find('\r', id) - id - 14);
            if (!test::send_all(fd, answer(asked))) return;
        }
    };
}

std::string page(const std::string& body, const std::string& headers = {}, const std::string& status = "200 OK") {
    return "HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
}

std::string timing(int count, const std::string& id) {
    return "Server-Timing: db;count=" + std::to_string(count) + ", req;desc=\"" + id + "\"\r\n";
}

visitor named(net::runtime& on, const test::fake_server& server, const std::string& name,
              std::vector<marker> markers = {}) {
    model::environment where;
    where.url = server.url();
    model::identity who;
    who.name = name;
    auto made = visitor::make(on, where, who, std::move(markers), {});
    return std::move(*made);
}

visitor anonymous(net::runtime& on, const test::fake_server& server, std::vector<marker> markers = {}) {
    return named(on, server, "anonymous", std::move(markers));
}

// One row of `warm` requests of one route.
model::series row_of(const std::function<std::string(const request&)>& answer, int warm = 4) {
    test::fake_server server({site(answer)});
    net::runtime on;
    std::vector<visitor> visitors;
    visitors.push_back(anonymous(on, server));
    model::route route;
    route.name = "page";
    route.path = "/page/";
    arm_plan plan;
    plan.routes.push_back({&route, {"anonymous"}, {}, 0, warm});
    const arm_hooks none;
    arm_runner runner(visitors, none);
    const auto arm = runner.run(plan);
    return arm ? arm->rows.at(0) : model::series{};
}

TEST(visitor, ids_are_short_and_known_again) {
    std::vector<std::string> ids;
    test::fake_server server({site([&](const request& asked) {
        ids.push_back(asked.id);
        return page("x");
    })});
    net::runtime on;
    auto who = anonymous(on, server);
    ASSERT_TRUE(who.ask("/"));
    ASSERT_TRUE(who.ask("/"));
    ASSERT_EQ(ids.size(), 2u);
    EXPECT_NE(ids[0], ids[1]);
    for (const auto& id : ids) {
        EXPECT_TRUE(is_request_id(id)) << id;
        EXPECT_LT(id.size(), 32u);
        EXPECT_FALSE(is_request_id(id.substr(0, 18))) << "cut";
        EXPECT_FALSE(is_request_id("x" + id));
    }
    for (const auto* other :
         {"", "us-1", "550e8400-e29b-41d4-a716-446655440000", "us0123456789abcdeg-1", "us0123456789abcdef-"})
        EXPECT_FALSE(is_request_id(other)) << other;
}

TEST(visitor, a_page_that_becomes_a_redirect_is_an_error) {
    int asked = 0;
    test::fake_server server({site([&](const request& what) {
        if (what.path == "/moved/") return page("", "Location: /new/\r\n", "302 Found");
        return ++asked == 1 ? page("a page") : page("", "Location: /maintenance/\r\n", "302 Found");
    })});
    net::runtime on;
    auto who = anonymous(on, server);
    EXPECT_EQ(who.ask("/page/")->error, "");
    EXPECT_EQ(who.ask("/page/")->error, "HTTP 302");
    // Where it was one from the beginning, that is what the route answers.
    EXPECT_EQ(who.ask("/moved/")->error, "");
    EXPECT_EQ(who.ask("/moved/")->error, "");
}

TEST(visitor, sees_markers_as_templates_write_them) {
    test::fake_server server({site([](const request&) { return page("<p>O&#x27;Brien &amp; Sons</p>"); })});
    net::runtime on;
    auto who = anonymous(on, server, {{"anonymous", "O'Brien & Sons"}, {"ada", "somebody else"}});
    EXPECT_TRUE(who.has_marker());
    EXPECT_FALSE(who.saw_own_marker());
    EXPECT_EQ(who.ask("/")->markers_of, std::vector<std::string>{"anonymous"});
    EXPECT_TRUE(who.saw_own_marker());
}

TEST(arm, counts_calls_only_where_the_id_is_ours) {
    const auto own = row_of([](const request& asked) { return page("x", timing(3, asked.id)); });
    EXPECT_EQ(own.database_calls, (std::map<std::uint64_t, std::uint64_t>{{3, 4}}));
    EXPECT_FALSE(own.database_unknown);
    // A cache in front answers with the first report.
    std::string first;
    const auto replayed = row_of([&](const request& asked) {
        if (first.empty()) first = asked.id;
        return page("x", timing(3, first));
    });
    EXPECT_EQ(replayed.database_calls, (std::map<std::uint64_t, std::uint64_t>{{0, 4}}));
    // Something in between writes an id of its own, or cuts ours: nothing is known, which is not 0.
    for (const auto& change : std::vector<std::function<std::string(const std::string&)>>{
             [](const std::string&) { return "550e8400-e29b-41d4-a716-446655440000"; },
             [](const std::string& id) { return id.substr(0, 12); }, [](const std::string&) { return ""; }}) {
        const auto row = row_of([&](const request& asked) { return page("x", timing(3, change(asked.id))); });
        EXPECT_TRUE(row.database_calls.empty());
        ASSERT_TRUE(row.database_unknown);
        EXPECT_FALSE(row.database_mean());
    }
}

// A cache in front of the application, of the header's word for it.
TEST(arm, a_hit_in_front_is_no_calls_whatever_is_replayed) {
    int asked = 0;
    const auto status = [&](const char* first, const char* then) {
        return "X-Cache-Status: " + std::string(++asked == 1 ? first : then) + "\r\n";
    };
    // The answer that filled the cache had no report at all.
    const auto hits = row_of([&](const request&) { return page("x", status("MISS", "HIT")); });
    EXPECT_EQ(hits.database_calls, (std::map<std::uint64_t, std::uint64_t>{{0, 4}}));
    EXPECT_EQ(hits.answered_in_front, 4u);
    EXPECT_EQ(hits.cache.hit, 4u);
    EXPECT_EQ(hits.missed.stored, 1u);  // the first one, which does not count itself
    EXPECT_EQ(hits.missed.not_stored, 0u);
    EXPECT_FALSE(hits.database_unknown);
    // An application's own cache: it ran, and its report counts.
    const auto own =
        row_of([](const request& what) { return page("x", "Cache-Status: shop; hit\r\n" + timing(2, what.id)); });
    EXPECT_EQ(own.database_calls, (std::map<std::uint64_t, std::uint64_t>{{2, 4}}));
    EXPECT_EQ(own.answered_in_front, 0u);
    // A word that may be the application's own, and no report: nothing is known.
    const auto unsaid = row_of([](const request&) { return page("x", "X-Cache: HIT\r\n"); });
    EXPECT_TRUE(unsaid.database_calls.empty());
    EXPECT_TRUE(unsaid.database_unknown);
    // An old copy, with the report of the request that filled the cache.
    asked = 0;
    std::string first;
    const auto stale = row_of([&](const request& what) {
        if (first.empty()) first = what.id;
        return page("x", status("MISS", "STALE") + timing(3, first));
    });
    EXPECT_TRUE(stale.database_calls.empty());
    EXPECT_EQ(stale.cache.stale, 4u);
    ASSERT_TRUE(stale.database_unknown);
    EXPECT_NE(stale.database_unknown->why.find("old copy"), std::string::npos);
}

TEST(arm, missed_is_told_from_not_stored) {
    const auto forbidden = row_of([](const request&) {
        return page("x", "X-Cache-Status: MISS\r\nCache-Control: max-age=9\r\nSet-Cookie: a=secret\r\n");
    });
    EXPECT_EQ(forbidden.cache.miss, 4u);
    EXPECT_EQ(forbidden.missed.not_stored, 4u);
    EXPECT_EQ(forbidden.missed.because, "the answers carry Set-Cookie");
    // An application's own cache does not go by headers; this one said that it had stored it.
    const auto lost = row_of([](const request&) { return page("x", "Cache-Status: shop; fwd=miss; stored\r\n"); });
    EXPECT_EQ(lost.missed.not_stored, 4u);
    EXPECT_EQ(lost.missed.because, "it said that it stored the answer, and missed again");
    const auto silent =
        row_of([](const request&) { return page("x", "X-Cache-Status: MISS\r\nCache-Control: max-age=9\r\n"); });
    EXPECT_EQ(silent.missed.because, "it missed again");
    // What fails is no answer of a cache, neither as the first nor as the second.
    int asked = 0;
    const auto broken = row_of([&](const request&) {
        return ++asked % 2 ? page("x", "X-Cache-Status: MISS\r\n") : page("", "X-Cache-Status: MISS\r\n", "502 Bad");
    });
    EXPECT_EQ(broken.missed.stored + broken.missed.not_stored, 0u);
    const auto silent_cache = row_of([](const request&) { return page("x"); });
    EXPECT_EQ(silent_cache.missed.stored + silent_cache.missed.not_stored, 0u);
}

// The rows of one route that is asked `cold` times after a purge and then `warm` times.
model::measurement cold_and_warm(const std::function<std::string(const request&)>& answer,
                                 const std::function<void()>& purged, int cold, int warm) {
    test::fake_server server({site(answer)});
    net::runtime on;
    std::vector<visitor> visitors;
    visitors.push_back(anonymous(on, server));
    model::route route;
    route.name = "page";
    route.path = "/page/";
    arm_plan plan;
    plan.routes.push_back({&route, {"anonymous"}, {}, cold, warm});
    arm_hooks hooks;
    hooks.make_cold = [&]() -> status {
        purged();
        return {};
    };
    arm_runner runner(visitors, hooks);
    const auto arm = runner.run(plan);
    return arm ? *arm : model::measurement{};
}

TEST(arm, the_first_warm_request_tells_what_became_of_the_last_cold_one) {
    bool kept = false;
    const auto answer = [&](const request&) {
        const std::string status = kept ? "HIT" : "MISS";
        kept = true;
        return page("x", "X-Cache-Status: " + status + "\r\n");
    };
    const auto arm = cold_and_warm(answer, [&] { kept = false; }, 3, 2);
    ASSERT_EQ(arm.rows.size(), 2u);
    const auto& cold = arm.rows[0];
    EXPECT_EQ(cold.key.state, model::temperature::cold);
    EXPECT_EQ(cold.cache.miss, 3u);
    EXPECT_EQ(cold.missed.stored, 1u);  // of the two before nobody knows: a purge came between
    EXPECT_EQ(cold.missed.not_stored, 0u);
    EXPECT_EQ(arm.rows[1].cache.hit, 2u);
    EXPECT_EQ(arm.rows[1].missed.stored, 0u);
    EXPECT_TRUE(arm.warnings.empty());
}

TEST(arm, a_cold_request_that_a_cache_in_front_answers_does_not_count) {
    for (const auto* status : {"HIT", "STALE", "UPDATING"}) {
        const auto answer = [&](const request&) {
            return page("x", "X-Cache-Status: " + std::string(status) + "\r\n");
        };
        const auto arm = cold_and_warm(answer, [] {}, 2, 1);
        ASSERT_EQ(arm.rows.size(), 1u) << status;
        EXPECT_EQ(arm.rows[0].key.state, model::temperature::warm);
        ASSERT_EQ(arm.warnings.size(), 1u);
        EXPECT_NE(arm.warnings[0].find("2 of 2"), std::string::npos);
        EXPECT_NE(arm.warnings[0].find("clear_front"), std::string::npos);
    }
}

TEST(arm, a_failed_request_without_a_report_does_not_hide_the_others) {
    int asked = 0;
    const auto one = row_of([&](const request& what) {
        return ++asked == 3 ? page("", {}, "502 Bad Gateway") : page("x", timing(2, what.id));
    });
    EXPECT_EQ(one.database_calls, (std::map<std::uint64_t, std::uint64_t>{{2, 3}}));
    EXPECT_FALSE(one.database_unknown);
    EXPECT_EQ(one.error_count(), 1u);
    const auto all = row_of([](const request&) { return page("", {}, "502 Bad Gateway"); });
    ASSERT_TRUE(all.database_unknown);
    EXPECT_EQ(all.database_unknown->why, "no request was answered");
}

TEST(arm, what_fails_in_the_leak_pass_is_counted) {
    // A fake server plays one connection at a time, so each visitor gets one of its own.
    const auto broken = site([](const request&) { return page("", {}, "500 Oh"); });
    test::fake_server first({broken}), second({broken});
    net::runtime on;
    std::vector<visitor> visitors;
    visitors.push_back(named(on, first, "anonymous"));
    visitors.push_back(named(on, second, "ada"));
    model::route route;
    route.name = "account";
    route.path = "/account/";
    arm_plan plan;
    plan.routes.push_back({&route, {"anonymous", "ada"}, {}, 0, 0});
    const arm_hooks none;
    arm_runner runner(visitors, none);
    const auto arm = runner.run(plan);
    ASSERT_TRUE(arm) << arm.error().text();
    EXPECT_EQ(arm->failed_looks,
              (std::map<std::string, std::uint64_t>{{"account as ada", 2}, {"account as anonymous", 2}}));
}

// The row of a control: every request that counts follows one of the same page that does not, also in Redis's counts.
TEST(arm_runner, rows_that_are_kept_apart_follow_themselves) {
    std::vector<std::string> asked;
    test::fake_server server({site([&](const request& one) {
        asked.push_back(one.path);
        return page("x");
    })});
    net::runtime on;
    std::vector<visitor> visitors;
    visitors.push_back(anonymous(on, server));
    model::route changed, control;
    changed.name = "changed";
    changed.path = "/changed/";
    control.name = "control";
    control.path = "/control/";
    arm_plan plan;
    plan.routes.push_back({&changed, {"anonymous"}, {}, 0, 5});
    plan.routes.push_back({&control, {"anonymous"}, {}, 0, 5, true});
    arm_hooks hooks;
    hooks.redis = [&] { return redis_counts{asked.size(), 0}; };  // each request is one hit
    const auto arm = arm_runner(visitors, hooks).run(plan);
    ASSERT_TRUE(arm) << arm.error().text();
    EXPECT_EQ(asked.size(), arm_runner::requests_of(plan));
    EXPECT_EQ(std::ranges::count(asked, "/changed/"), 1 + 5);
    EXPECT_EQ(std::ranges::count(asked, "/control/"), 1 + 2 * 5);
    for (const auto* name : {"changed", "control"}) {
        const auto* row = arm->find({name, "anonymous", model::temperature::warm});
        ASSERT_NE(row, nullptr);
        EXPECT_EQ(row->requests, 5u) << name;
        EXPECT_EQ(row->redis_hits, 5u) << name;
    }
    // Behind the two that warm up, controls come in pairs.
    for (std::size_t i = 2; i < asked.size(); ++i) {
        if (asked[i] != "/control/") continue;
        ASSERT_LT(i + 1, asked.size());
        EXPECT_EQ(asked[++i], "/control/");
    }
}

}  // namespace
}  // namespace understudy::measure
