#include "discover/routes.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy::discover {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

found_routes mined(const std::vector<std::string>& targets, miner_limits limits = {}) {
    route_miner miner(limits);
    for (const auto& target : targets)
        miner.add(target);
    return std::move(miner).finish();
}

std::vector<std::string> paths(const found_routes& found) {
    std::vector<std::string> out;
    for (const auto& one : found.routes)
        out.push_back(one.path);
    return out;
}

const found_route& route_at(const found_routes& found, const std::string& path) {
    static const found_route none;
    const auto at = std::ranges::find(found.routes, path, &found_route::path);
    EXPECT_NE(at, found.routes.end()) << path;
    return at == found.routes.end() ? none : *at;
}

using input = std::map<std::string, std::string>;

TEST(routes, numbers_are_ids_and_pages_stay_pages) {
    const auto found = mined({"/", "/about/", "/terms/", "/orders/17", "/orders/18", "/orders/17"});
    EXPECT_THAT(paths(found), UnorderedElementsAre("/", "/about/", "/terms/", "/orders/{id}"));
    const auto& orders = route_at(found, "/orders/{id}");
    EXPECT_EQ(orders.requests, 3u);
    EXPECT_THAT(orders.inputs, ElementsAre(input{{"id", "17"}}, input{{"id", "18"}}));
    EXPECT_THAT(route_at(found, "/").inputs, ElementsAre(input{}));
}

TEST(routes, what_stands_under_a_list_is_a_slug) {
    const auto found = mined({"/category/kettles/", "/category/lamps/", "/product/red-kettle-12/", "/product/plain/"});
    EXPECT_THAT(paths(found), UnorderedElementsAre("/category/{slug}/", "/product/{slug}/"));
    EXPECT_THAT(route_at(found, "/category/{slug}/").inputs,
                UnorderedElementsAre(input{{"slug", "kettles"}}, input{{"slug", "lamps"}}));
}

TEST(routes, fixed_words_stay_beside_slugs) {
    const auto found = mined({"/blog/first-post/", "/blog/second-post/", "/blog/page/2/", "/blog/page/3/"});
    EXPECT_THAT(paths(found), UnorderedElementsAre("/blog/{slug}/", "/blog/page/{id}/"));
}

TEST(routes, slugs_without_a_known_word_above_them) {
    EXPECT_THAT(paths(mined({"/x/red-fox", "/x/grey-cat", "/x/old-dog"})), ElementsAre("/x/{slug}"));
    EXPECT_THAT(paths(mined({"/x/terms", "/x/about", "/x/imprint"})), SizeIs(3));
    std::vector<std::string> many;
    for (const char c : std::string("abcdefghij"))
        many.push_back(std::string("/x/word") + c);
    EXPECT_THAT(paths(mined(many)), ElementsAre("/x/{slug}"));
}

TEST(routes, at_the_root_it_takes_many) {
    std::vector<std::string> posts{"/about-us/", "/category/news/", "/category/old/"};
    for (int i = 0; i < 15; ++i)
        posts.push_back(fmt::format("/my-post-number-{}/", std::string(1, static_cast<char>('a' + i))));
    EXPECT_THAT(mined(posts).routes, SizeIs(17));
    for (int i = 0; i < 15; ++i)
        posts.push_back(fmt::format("/the-other-{}/", std::string(1, static_cast<char>('a' + i))));
    EXPECT_THAT(paths(mined(posts)), UnorderedElementsAre("/{slug}/", "/category/{slug}/"));
}

TEST(routes, two_placeholders_keep_their_pairs) {
    const auto found = mined({"/blog/2024/05/a-b/", "/blog/2023/11/c-d/", "/blog/2023/11/e-f/"});
    ASSERT_THAT(paths(found), ElementsAre("/blog/{id}/{id2}/{slug}/"));
    EXPECT_THAT(found.routes[0].inputs, UnorderedElementsAre(input{{"id", "2024"}, {"id2", "05"}, {"slug", "a-b"}},
                                                             input{{"id", "2023"}, {"id2", "11"}, {"slug", "c-d"}},
                                                             input{{"id", "2023"}, {"id2", "11"}, {"slug", "e-f"}}));
}

TEST(routes, with_and_without_a_slash_are_two) {
    EXPECT_THAT(paths(mined({"/a", "/a/", "/a/"})), ElementsAre("/a/", "/a"));
}

TEST(routes, nothing_that_names_people_is_kept) {
    const auto found = mined({"/invite-friend/ada@example.org", "/mail/ada%40example.org/", "/~ada/", "/x/ada.lovelace",
                              "/reset/now", "/session/5f4dcc3b5aa765d61d8327deb882cf99", "/t/0123456789",
                              "/s/eyJhbGciOiJIUzI1NiJ9x", "/o/3b1f0a52-3b1f-4a52-9b1f-3b1f0a523b1f"});
    EXPECT_THAT(found.routes, IsEmpty());
    EXPECT_EQ(found.without(left_out::personal), 4u);
    EXPECT_EQ(found.without(left_out::acts), 1u);
    EXPECT_EQ(found.without(left_out::token), 4u);
}

TEST(routes, people_are_told_of_without_their_names) {
    const auto found =
        mined({"/users/ada", "/users/grace", "/author/joan-clarke/", "/users/7/orders", "/users/sign_in"});
    EXPECT_THAT(paths(found),
                UnorderedElementsAre("/users/{name}", "/author/{name}/", "/users/{name}/orders", "/users/sign_in"));
    for (const auto& one : found.routes)
        EXPECT_EQ(one.inputs.empty(), one.path.find("{name}") != std::string::npos) << one.path;
}

TEST(routes, what_acts_and_what_no_application_renders_is_left_out) {
    const auto found = mined({"/logout/", "/wp-admin/index.php", "/cart/remove/3", "/admin/users", "/static/a.css",
                              "/robots.txt", "/media/x", "/favicon.ico", "/sitemap.xml"});
    EXPECT_THAT(found.routes, IsEmpty());
    EXPECT_EQ(found.without(left_out::acts), 4u);
    EXPECT_EQ(found.without(left_out::asset), 5u);
}

TEST(routes, values_of_queries_are_never_kept) {
    const auto found = mined({"/search/?q=my+illness", "/search/?q=other&page=2", "/search/?Weird9=1",
                              "/about/?utm_source=mail", "/product/red-kettle-1/?variant=2&token=abc"});
    ASSERT_THAT(found.queries, SizeIs(1));
    EXPECT_EQ(found.queries[0].path, "/search/");
    EXPECT_EQ(found.queries[0].requests, 3u);
    EXPECT_THAT(found.queries[0].names, UnorderedElementsAre("q", "page"));
    EXPECT_THAT(paths(found), UnorderedElementsAre("/about/", "/product/{slug}/"));
}

TEST(routes, a_query_behind_a_thing_is_dropped) {
    const auto found = mined({"/orders/1?variant=2", "/orders/2"});
    EXPECT_THAT(paths(found), ElementsAre("/orders/{id}"));
    EXPECT_THAT(found.queries, IsEmpty());
}

TEST(routes, hostile_targets_are_malformed) {
    const auto found =
        mined({"",           "x",         "//evil/x", "/a/../b",   "/a/%2e%2e/b", "/a//b",
               "/a b",       "/a\nb",     "/%",       "/%zz",      "/%00",        "/a%2fb",
               "/a\\b",      "/a#b",      "/%c3%28",  "/a%22b%0a", "\"/",         "/" + std::string(2000, 'a'),
               "http://x/y", "/%ed%a0%80"});
    EXPECT_THAT(found.routes, IsEmpty());
    EXPECT_EQ(found.without(left_out::malformed), 20u);
}

TEST(routes, text_that_a_path_cannot_hold_is_an_input) {
    const auto found = mined({"/tag/caf%C3%A9/", "/tag/red%20fox/", "/x/%7Bname%7D"});
    EXPECT_THAT(paths(found), UnorderedElementsAre("/tag/{slug}/", "/x/{slug}"));
    EXPECT_THAT(route_at(found, "/tag/{slug}/").inputs, Contains(input{{"slug", "caf\xc3\xa9"}}));
    EXPECT_THAT(route_at(found, "/x/{slug}").inputs, ElementsAre(input{{"slug", "{name}"}}));
}

TEST(routes, slow_ones_first_where_times_are_known) {
    route_miner miner;
    for (int i = 0; i < 9; ++i)
        miner.add("/quick", 0.001);
    miner.add("/slow", 2.5);
    const auto found = std::move(miner).finish();
    EXPECT_THAT(paths(found), ElementsAre("/slow", "/quick"));
    EXPECT_EQ(route_at(found, "/slow").timed, 1u);
    EXPECT_DOUBLE_EQ(route_at(found, "/slow").seconds, 2.5);
}

// However many different things there are: memory is bounded, nothing is counted twice or lost.
TEST(routes, a_million_things_are_one_route) {
    miner_limits limits;
    limits.nodes = 1000;
    route_miner miner(limits);
    std::uint64_t total = 0;
    for (int i = 0; i < 20'000; ++i, ++total)
        miner.add(fmt::format("/things/a-thing-{}-{}/", i % 7919, i % 13));
    for (int i = 0; i < 500; ++i, ++total)
        miner.add("/things/a-thing-5-5/");
    const auto found = std::move(miner).finish();
    ASSERT_THAT(paths(found), ElementsAre("/things/{slug}/"));
    EXPECT_EQ(found.routes[0].requests, total);
    EXPECT_EQ(found.routes[0].inputs.front(), (input{{"slug", "a-thing-5-5"}}));
    EXPECT_THAT(found.routes[0].inputs, SizeIs(3));
}

TEST(routes, over_the_limits_is_counted) {
    miner_limits limits;
    limits.nodes = 5;
    limits.segments = 3;
    const auto found = mined({"/a/b/c/d", "/p1/p2", "/q1/q2", "/r1/r2"}, limits);
    EXPECT_EQ(found.without(left_out::too_many), 2u);
    EXPECT_THAT(found.routes, SizeIs(2));
}

TEST(routes, names) {
    EXPECT_EQ(route_name("/", {}), "home");
    EXPECT_EQ(route_name("/category/{slug}/", {}), "category");
    EXPECT_EQ(route_name("/category/{slug}/", {"category"}), "category-2");
    EXPECT_EQ(route_name("/blog/{id}/comments/", {}), "blog-comments");
    EXPECT_EQ(route_name("/{slug}/", {}), "page");
    EXPECT_EQ(route_name("/a.b/c~d", {}), "a-b-c-d");
    EXPECT_EQ(route_name("/...", {}), "page");
    EXPECT_LE(route_name("/" + std::string(100, 'x'), {}).size(), 40u);
}

}  // namespace
}  // namespace understudy::discover
