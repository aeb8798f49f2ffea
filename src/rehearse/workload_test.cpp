#include "rehearse/workload.h"

#include <gtest/gtest.h>

namespace understudy::rehearse {
namespace {

using resp::value;

value words(std::initializer_list<const char*> all) {
    std::vector<value> out;
    for (const auto* one : all)
        out.push_back(value::of_text(one));
    return value::of_array(std::move(out));
}

value entry(std::int64_t id, std::int64_t took, value command, const char* client = "") {
    return value::of_array({value::of_integer(id), value::of_integer(1'795'000'000), value::of_integer(took),
                            std::move(command), value::of_text("127.0.0.1:1"), value::of_text(client)});
}

TEST(workload, costs_are_what_came_between) {
    const database::statement_list before{{{"1", "A", 10, 5.0}, {"2", "B", 4, 1.0}}, false, "e"};
    const database::statement_list after{{{"1", "A", 10, 5.0}, {"2", "B", 6, 1.5}, {"3", "C", 40, 2.0}}, false, "e"};
    const auto costs = costs_between(before, after);
    ASSERT_TRUE(costs);
    const auto& found = *costs;
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].text, "C");
    EXPECT_EQ(found[0].calls, 40u);
    EXPECT_EQ(found[1].text, "B");
    EXPECT_EQ(found[1].calls, 2u);
    EXPECT_DOUBLE_EQ(found[1].milliseconds, 0.5);
}

TEST(workload, the_most_called_and_the_most_costly_are_kept) {
    database::statement_list after;
    for (int i = 0; i < 50; ++i)
        after.all.push_back({std::to_string(i), "S" + std::to_string(i), static_cast<std::uint64_t>(100 - i), i * 1.0});
    const auto costs = costs_between({}, after);
    ASSERT_TRUE(costs);
    const auto& found = *costs;
    ASSERT_EQ(found.size(), 20u);
    EXPECT_EQ(found.front().text, "S0");
    EXPECT_EQ(found.back().text, "S49");
}

TEST(workload, costs_of_a_list_that_was_cut_are_unknown) {
    const database::statement_list whole{{{"1", "A", 10, 5.0}}, false, "e"};
    // A statement with a thousand old calls that the first list had no room for would seem to cost all of them.
    const database::statement_list cut{{{"1", "A", 10, 5.0}, {"2", "B", 1000, 9.0}}, true, "e"};
    for (const auto& [before, after] : {std::pair(cut, whole), std::pair(whole, cut), std::pair(cut, cut)}) {
        const auto costs = costs_between(before, after);
        ASSERT_FALSE(costs);
        EXPECT_NE(costs.error().why.find("no more are read"), std::string::npos);
    }
}

TEST(workload, costs_across_a_reset_are_unknown) {
    const database::statement_list before{{{"1", "A", 10, 5.0}, {"2", "B", 4, 1.0}}, false, "e"};
    const std::vector<database::statement_total> fewer{{"1", "A", 3, 1.0}, {"2", "B", 4, 1.0}}, gone{{"1", "A", 12, 6}},
        more{{"1", "A", 12, 6.0}, {"2", "B", 4, 1.0}};
    EXPECT_FALSE(costs_between(before, {fewer, false, "e"}));
    EXPECT_FALSE(costs_between(before, {gone, false, "e"}));
    EXPECT_FALSE(costs_between(before, {more, false, "another"}));
    EXPECT_FALSE(costs_between(before, {{}, false, ""}));
    EXPECT_TRUE(costs_between(before, {more, false, "e"}));
    EXPECT_TRUE(costs_between({}, {more, false, "e"}));
}

TEST(workload, slow_commands_show_templates_and_no_argument) {
    const auto reply = value::of_array({
        entry(9, 30'000, words({"hgetall", "shop:product:17"})),
        entry(8, 20'000, words({"HGETALL", "shop:product:4"})),
        entry(7, 50'000, words({"EVAL", "return 'secret'", "1", "user:12", "secret"})),
        entry(6, 40'000, words({"EVAL", "return 'secret'", "0", "secret"})),
        entry(5, 15'000, words({"PUBLISH", "secret", "secret"})),
        entry(4, 90'000, words({"UNLINK", "a"}), "understudy"),
        entry(3, 90'000, words({"GET", "before"})),
    });
    const auto found = slow_commands_in(reply, 3);
    ASSERT_EQ(found.size(), 4u);
    EXPECT_EQ(found[0].name, "EVAL");
    EXPECT_EQ(found[0].key, "user:{int}");
    EXPECT_EQ(found[1].key, "");
    EXPECT_EQ(found[2].name, "HGETALL");
    EXPECT_EQ(found[2].key, "shop:product:{int}");
    EXPECT_EQ(found[2].times, 2u);
    EXPECT_DOUBLE_EQ(found[2].longest_ms, 30.0);
    for (const auto& one : found)
        EXPECT_EQ((one.name + one.key).find("secret"), std::string::npos);
}

TEST(workload, what_is_no_slow_log_is_passed_over) {
    EXPECT_TRUE(slow_commands_in(value::of_text("x"), -1).empty());
    EXPECT_TRUE(slow_commands_in(value::of_array({value::of_text("x"), value::of_array({})}), -1).empty());
    EXPECT_TRUE(slow_commands_in(value::of_array({entry(1, 1, value::of_array({}))}), -1).empty());
    EXPECT_TRUE(slow_commands_in(value::of_array({entry(1, -5, words({"GET", "a"}))}), -1).empty());
    const auto odd = slow_commands_in(value::of_array({entry(1, 5, words({"a\nb", "secret"}))}), -1);
    ASSERT_EQ(odd.size(), 1u);
    EXPECT_EQ(odd[0].name, "?");
    EXPECT_EQ(odd[0].key, "");
}

TEST(slow_commands, of_several_servers_are_one_list) {
    const auto all = together({{"GET", "page:N", 2, 11.0}, {"HGETALL", "cart:N", 1, 50.0}, {"GET", "page:N", 3, 12.5}});
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].name, "HGETALL");
    EXPECT_EQ(all[1].times, 5u);
    EXPECT_DOUBLE_EQ(all[1].longest_ms, 12.5);
}

}  // namespace
}  // namespace understudy::rehearse
