#include "rehearse/checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rehearse/checklist.h"
#include "report/checklist.h"

namespace understudy::rehearse {
namespace {

using model::check_state;
using testing::IsEmpty;

// A site with one route that anonymous and ada ask for, where all is well.
struct site {
    model::environment environment;
    model::route route;
    environment_looks seen;

    site() {
        environment.name = "staging";
        environment.identities = {{"anonymous", {}, {}, {}, {}}, {"ada", {}, {}, {}, "ada@mail.example"}};
        for (const auto* name : {"deploy", "rollback", "release", "health"}) {
            model::named_command command;
            command.name = name;
            environment.commands.push_back(command);
        }
        route.name = "category";
        route.identities = {"anonymous", "ada"};
        route.cache.emplace();
        route.cache->stored_for = {"anonymous"};
        route.cache->max_age = std::chrono::minutes{10};
        seen.environment = &environment;
        seen.at = wall_time{} + std::chrono::hours{24 * 365};
        seen.logins = {{"ada", ""}};
        seen.markers_seen = {"ada"};
        seen.flushes = 0;
        seen.proof.emplace();
        seen.proof->evidence = "one";
        seen.proof->at = seen.at - std::chrono::hours{1};
        seen.proof->complete = true;
        route_looks looks;
        looks.route = &route;
        looks.keys = key_share{12, {}, true};
        looks.pages.push_back({"/category/", false, {}, {}});
        seen.routes.push_back(looks);
        ask("anonymous", 0, stored("miss"));
        ask("anonymous", 1, stored("hit"));
        ask("ada", 2, own());
        ask("anonymous", 0, stored("hit"));
        ask("ada", 2, own());
    }

    static http::headers stored(const std::string& status) {
        return {{"Cache-Control", "public, s-maxage=300"},
                {"Vary", "Accept-Encoding"},
                {"Cache-Status", status == "hit" ? "front; hit" : "front; fwd=" + status}};
    }
    static http::headers own() {
        return {{"Cache-Control", "private"}, {"Vary", "Accept-Encoding"}, {"Cache-Status", "front; fwd=bypass"}};
    }
    static measure::look look(http::headers fields) {
        measure::look out;
        out.seen.status = 200;
        out.seen.latency = std::chrono::milliseconds{12};
        out.seen.caches = http::read_cache_status(fields);
        out.headers = std::move(fields);
        return out;
    }
    page_looks& page() { return seen.routes[0].pages[0]; }
    page_look& ask(const std::string& as, int visitor, http::headers fields) {
        const auto& before = page().looks;
        page().looks.push_back({as, visitor, before.empty() ? "" : before.back().as, look(std::move(fields))});
        return page().looks.back();
    }

    [[nodiscard]] std::vector<std::string> of_state(check_state state) const {
        std::vector<std::string> out;
        for (const auto& one : checks_of(seen))
            if (one.state == state) out.push_back(one.id);
        return out;
    }
    // What is not ok, each once.
    [[nodiscard]] std::set<std::string> faults() const {
        const auto all = of_state(check_state::not_ok);
        return {all.begin(), all.end()};
    }
};

using ids = std::set<std::string>;

TEST(checks, nothing_is_found_where_all_is_well) {
    const site good;
    EXPECT_THAT(good.faults(), IsEmpty());
    // Cold times are not known without evidence that holds them.
    EXPECT_THAT(good.of_state(check_state::unknown), testing::Each("cold-in-time"));
}

TEST(checks, every_check_has_a_line_and_evidence_where_pages_were_asked) {
    const site good;
    for (const auto& one : checks_of(good.seen))
        if (one.line == model::check_line::cache_headers) EXPECT_FALSE(one.evidence.empty()) << one.id;
}

TEST(checks, every_check_is_explained) {
    site one;
    one.environment.identities[1].header = model::header_login{"Authorization", {}};
    one.page().bypasses.push_back({{}, {site::look(site::own())}});
    for (const auto& found : checks_of(one.seen))
        EXPECT_FALSE(report::explanation_of(found.id).empty()) << found.id;
}

TEST(checks, a_page_that_should_be_cached_and_is_not) {
    site one;
    for (auto& look : one.page().looks)
        if (look.as == "anonymous") look.got = site::look(site::stored("miss"));
    EXPECT_EQ(one.faults(), ids{"cached-as-declared"});
}

TEST(checks, a_page_that_no_cache_may_store) {
    site one;
    for (auto& look : one.page().looks)
        look.got = site::look({{"Cache-Control", "no-store"}, {"Vary", "Accept-Encoding"}});
    EXPECT_EQ(one.faults(), ids{"cached-as-declared"});
}

TEST(checks, whether_it_is_cached_is_unknown_where_no_cache_tells) {
    site one;
    for (auto& look : one.page().looks)
        look.got = site::look({{"Cache-Control", look.as == "ada" ? "private" : "public, max-age=60"}});
    EXPECT_THAT(one.faults(), IsEmpty());
    EXPECT_THAT(one.of_state(check_state::unknown), testing::Contains("cached-as-declared"));
}

TEST(checks, a_members_page_from_a_cache) {
    site one;
    one.page().looks[2].got = site::look(site::stored("hit"));
    EXPECT_EQ(one.faults(), ids{"not-cached-as-declared"});
}

TEST(checks, a_members_page_that_may_be_given_to_others) {
    site one;
    for (const int i : {2, 4})
        one.page().looks[static_cast<std::size_t>(i)].got =
            site::look({{"Cache-Control", "public, max-age=60"}, {"Vary", "Accept-Encoding"}, {"X-Cache", "MISS"}});
    EXPECT_EQ(one.faults(), ids{"not-cached-as-declared"});
}

TEST(checks, a_members_page_that_says_nothing) {
    site one;
    for (const int i : {2, 4})
        one.page().looks[static_cast<std::size_t>(i)].got = site::look({{"Vary", "Accept-Encoding"}});
    EXPECT_EQ(one.faults(), ids{"says-not-to-store"});
    EXPECT_THAT(one.of_state(check_state::unknown), testing::Each("cold-in-time"));
}

TEST(checks, an_example_that_must_not_be_cached) {
    site one;
    one.seen.routes[0].pages.push_back({"/category/?page=2", true, {}, {}});
    auto& page = one.seen.routes[0].pages[1];
    page.looks.push_back({"anonymous", 0, "", site::look(site::stored("hit"))});
    EXPECT_EQ(one.faults(), ids{"not-cached-as-declared"});
}

TEST(checks, kept_too_long) {
    site one;
    for (auto& look : one.page().looks)
        if (look.as == "anonymous") look.got.headers[0].value = "public, s-maxage=3600";
    EXPECT_EQ(one.faults(), ids{"kept-no-longer"});
}

TEST(checks, an_age_beyond_the_limit) {
    site one;
    auto fields = site::stored("hit");
    fields.push_back({"Age", "700"});
    one.page().looks[3].got = site::look(fields);
    EXPECT_EQ(one.faults(), ids{"kept-no-longer"});
}

TEST(checks, vary_in_all_its_faults) {
    const auto with = [](const std::string& value) {
        site one;
        for (auto& look : one.page().looks)
            look.got.headers[1].value = value;
        return one.faults();
    };
    EXPECT_EQ(with("User-Agent"), ids{"vary-user-agent"});
    EXPECT_EQ(with("Cookie"), ids{"vary-cookie"});
    EXPECT_TRUE(with("*").contains("vary-star"));
    site differs;
    differs.page().looks[2].got.headers[1].value = "Accept-Encoding, Cookie";
    EXPECT_EQ(differs.faults(), ids{"vary-same"});
}

TEST(checks, a_cookie_that_two_visitors_get) {
    site one;
    for (const int i : {0, 1})
        one.page().looks[static_cast<std::size_t>(i)].got.headers.push_back({"Set-Cookie", "session=0123456789abcdef"});
    EXPECT_EQ(one.faults(), ids{"set-cookie-not-shared"});
    for (const auto& found : checks_of(one.seen))
        for (const auto& line : found.evidence)
            EXPECT_EQ(line.find("0123456789abcdef"), std::string::npos) << "a cookie's value is a secret";
}

TEST(checks, cookies_of_their_own_on_pages_that_are_not_shared) {
    site one;
    one.page().looks[2].got.headers.push_back({"Set-Cookie", "session=0123456789abcdef"});
    one.page().looks[4].got.headers.push_back({"Set-Cookie", "session=0123456789abcdef"});
    EXPECT_THAT(one.faults(), IsEmpty()) << "one visitor may be given the same twice";
}

TEST(checks, a_setting_is_no_session) {
    site one;
    for (auto& look : one.page().looks)
        look.got.headers.push_back({"Set-Cookie", "lang=en"});
    EXPECT_THAT(one.faults(), IsEmpty());
}

TEST(checks, authorization_reused) {
    site one;
    one.environment.identities[1].header = model::header_login{"authorization", {}};
    one.route.cache->stored_for = {"anonymous", "ada"};
    for (const int i : {2, 4})
        one.page().looks[static_cast<std::size_t>(i)].got =
            site::look({{"Cache-Control", "max-age=60"}, {"Vary", "Accept-Encoding"}, {"Cache-Status", "front; hit"}});
    EXPECT_EQ(one.faults(), ids{"authorization-not-reused"});
    for (const int i : {2, 4})
        one.page().looks[static_cast<std::size_t>(i)].got.headers[0].value = "max-age=60, must-revalidate";
    EXPECT_THAT(one.faults(), IsEmpty());
}

TEST(checks, a_bypass_that_does_not) {
    site one;
    const model::bypass_condition by{model::bypass_condition::kind::cookie, "sessionid", "1"};
    one.page().bypasses.push_back({by, {site::look(site::stored("hit"))}});
    EXPECT_EQ(one.faults(), ids{"bypass-works"});
    one.page().bypasses[0].got = {site::look(site::own()), site::look(site::own())};
    EXPECT_THAT(one.faults(), IsEmpty());
    // The first only left the copy that the second got.
    one.page().bypasses[0].got = {site::look(site::stored("miss")), site::look(site::stored("hit"))};
    EXPECT_EQ(one.faults(), ids{"bypass-works"});
    one.page().bypasses[0].got = {site::look(site::own()), {}};
    EXPECT_THAT(one.faults(), IsEmpty());
    EXPECT_THAT(one.of_state(check_state::unknown), testing::Contains("bypass-works"));
}

TEST(checks, a_bypass_is_of_the_cache_in_front_where_that_tells) {
    site one;
    const model::bypass_condition by{model::bypass_condition::kind::cookie, "sessionid", "1"};
    const auto answer = [](const char* application, const char* front) {
        return site::look({{"Cache-Control", "private"}, {"Cache-Status", application}, {"X-Cache-Status", front}});
    };
    one.page().bypasses.push_back({by, {answer("shop; hit", "BYPASS"), answer("shop; hit", "BYPASS")}});
    EXPECT_THAT(one.faults(), IsEmpty());
    one.page().bypasses[0].got[1] = answer("shop; fwd=miss", "HIT");
    EXPECT_EQ(one.faults(), ids{"bypass-works"});
    // Nobody else tells: then it is the application's own cache that the cookie should have got past.
    one.page().bypasses[0].got = {site::look({{"Cache-Control", "private"}, {"Cache-Status", "shop; hit"}})};
    EXPECT_EQ(one.faults(), ids{"bypass-works"});
}

TEST(checks, a_leak_with_its_order) {
    site one;
    one.page().looks[3].got.seen.markers_of = {"ada"};
    EXPECT_EQ(one.faults(), ids{"no-leak"});
    for (const auto& found : checks_of(one.seen))
        if (found.id == "no-leak") {
            EXPECT_EQ(found.text, "anonymous saw the marker of ada");
            EXPECT_THAT(found.evidence, testing::ElementsAre(testing::HasSubstr("anonymous, after ada")));
        }
}

TEST(checks, a_leak_that_could_not_have_been_seen_is_unknown) {
    site one;
    one.seen.markers_seen.clear();
    EXPECT_THAT(one.of_state(check_state::unknown), testing::IsSupersetOf({"own-marker", "no-leak"}));
}

TEST(checks, a_member_who_cannot_log_in) {
    site one;
    one.seen.logins["ada"] = "ada is not logged in: /cart/ answered HTTP 302, expected 200";
    EXPECT_EQ(one.faults(), ids{"logs-in"});
}

TEST(checks, a_purge_that_takes_others_along) {
    site one;
    one.seen.routes[0].keys->shared["account"] = 3;
    EXPECT_EQ(one.faults(), ids{"purge-alone"});
}

TEST(checks, the_whole_cache_was_cleared) {
    site one;
    one.seen.flushes = 2;
    EXPECT_EQ(one.faults(), ids{"no-flush"});
}

TEST(checks, times_against_the_limits) {
    site one;
    one.route.limits.warm = std::chrono::milliseconds{10};
    EXPECT_EQ(one.faults(), ids{"warm-in-time"});
    one.route.limits = {std::chrono::milliseconds{50}, std::chrono::milliseconds{20}};
    one.seen.proof->cold["category"]["ada"] = std::chrono::milliseconds{60};
    EXPECT_EQ(one.faults(), ids{"cold-in-time"});
    EXPECT_THAT(one.of_state(check_state::unknown), testing::ElementsAre("cold-in-time")) << "anonymous has none";
}

TEST(checks, a_page_that_fails) {
    site one;
    one.page().looks[1].got.seen.error = "HTTP 500";
    EXPECT_EQ(one.faults(), ids{"answers"});
}

TEST(checks, the_way_back) {
    site one;
    one.environment.commands.clear();
    EXPECT_EQ(one.faults(), (ids{"rollback-command", "other-commands"}));
    site unproven;
    unproven.seen.proof->complete = false;
    EXPECT_EQ(unproven.faults(), ids{"rollback-proven"});
    site old;
    old.seen.proof->at = old.seen.at - std::chrono::hours{24 * 31};
    EXPECT_EQ(old.faults(), ids{"proof-recent"});
    site open;
    open.seen.open_journal = "/state/journals/x.journal";
    EXPECT_EQ(open.faults(), ids{"nothing-open"});
    site never;
    never.seen.proof.reset();
    EXPECT_THAT(never.of_state(check_state::unknown), testing::Contains("rollback-proven"));
}

TEST(checks, a_route_without_a_rule_is_looked_at_only) {
    site one;
    one.route.cache.reset();
    one.page().looks[2].got = site::look(site::stored("hit"));
    EXPECT_THAT(one.faults(), IsEmpty());
    EXPECT_THAT(one.of_state(check_state::unknown), testing::Contains("rule-declared"));
}

TEST(walk_of, has_each_ordered_pair_once) {
    EXPECT_EQ(walk_of(0), std::vector<int>{});
    EXPECT_EQ(walk_of(1), (std::vector<int>{0, 0}));
    EXPECT_EQ(walk_of(2), (std::vector<int>{0, 1, 0, 1}));
    for (int count = 3; count <= 9; ++count) {
        const auto walk = walk_of(count);
        ASSERT_EQ(walk.size(), static_cast<std::size_t>(count * (count - 1) + 1));
        std::set<std::pair<int, int>> pairs;
        for (std::size_t i = 1; i < walk.size(); ++i) {
            EXPECT_NE(walk[i - 1], walk[i]);
            EXPECT_TRUE(pairs.emplace(walk[i - 1], walk[i]).second) << count;
        }
        EXPECT_EQ(pairs.size(), static_cast<std::size_t>(count * (count - 1)));
    }
}

}  // namespace
}  // namespace understudy::rehearse
