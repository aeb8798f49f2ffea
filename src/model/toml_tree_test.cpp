#include "model/detail/toml_tree.h"

#include <gtest/gtest.h>

namespace understudy::model::detail {
namespace {

errc code_of(std::string_view text) {
    const auto parsed = parse_toml(text, "/f");
    return parsed ? errc::internal : parsed.error().code;
}

std::string repeated(std::string_view piece, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i)
        out += piece;
    return out;
}

TEST(toml_tree, keeps_the_order_of_the_file_and_the_places) {
    const auto root = parse_toml("zebra = 1\napple = 'x'\n[middle]\nkey = 2.5\n", "/f");
    ASSERT_TRUE(root);
    const auto& members = std::get<toml_members>(root->value);
    ASSERT_EQ(members.size(), 3u);
    EXPECT_EQ(members[0].key, "zebra");
    EXPECT_EQ(members[1].key, "apple");
    EXPECT_EQ(members[1].place, (toml_place{2, 1}));
    EXPECT_EQ(members[1].node.place, (toml_place{2, 9}));
    EXPECT_EQ(members[1].node.kind(), "a string");
    EXPECT_EQ(members[2].key, "middle");
    EXPECT_EQ(members[2].node.place, (toml_place{3, 1}));
    const auto& middle = std::get<toml_members>(members[2].node.value);
    EXPECT_EQ(std::get<double>(middle.at(0).node.value), 2.5);
    EXPECT_EQ(middle[0].node.place, (toml_place{4, 7}));
}

TEST(toml_tree, a_syntax_error_has_its_place) {
    const auto parsed = parse_toml("a = 1\nb 2\n", "/x/understudy.toml");
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, errc::config_syntax);
    EXPECT_EQ(parsed.error().where, "/x/understudy.toml:2:3");
}

TEST(toml_tree, an_error_never_quotes_a_value) {
    for (const std::string text : {"k = hunter2", "k = 12hunter2", "k = truehunter2", "k = 0xhunter2", "k = 1.hunter2",
                                   "k = \"hunter2", "k = 'hunter2", "k = [hunter2]", "k = { a = hunter2 }",
                                   "k = +hunter2", "k = 99999999999999999999", "k = 1e99999999", "k = \"\\hunter2\"",
                                   "k = 2026-01-hunter2", "k = nanhunter2", "k = infhunter2", "k = \"a\" hunter2"}) {
        const auto parsed = parse_toml(text, "/f");
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().code, errc::config_syntax) << text;
        for (const std::string_view part : {"hunter", "unter2", "nter2", "99999"})
            EXPECT_EQ(parsed.error().text().find(part), std::string::npos) << parsed.error().text();
    }
}

TEST(toml_tree, limits_hold_before_anything_is_built) {
    EXPECT_EQ(code_of(std::string(toml_size_limit + 1, ' ')), errc::bad_file);
    EXPECT_EQ(code_of(repeated("a.", 100'000) + "a = 1"), errc::config_syntax);
    EXPECT_EQ(code_of("[" + repeated("a.", 100'000) + "a]"), errc::config_syntax);
    EXPECT_EQ(code_of("[" + repeated("\"a\" . ", 100'000) + "a]"), errc::config_syntax);
    EXPECT_EQ(code_of("a = " + repeated("[", 200'000)), errc::config_syntax);
    EXPECT_EQ(code_of("a = " + repeated("{a=", 100'000)), errc::config_syntax);
    EXPECT_EQ(code_of("a = " + repeated("[", 100) + repeated("]", 100)), errc::config_syntax);
    std::string nested = "a = ";
    for (int i = 0; i < 120; ++i)
        nested += "{" + repeated("a.", 15) + "a = [\n";
    EXPECT_EQ(code_of(nested), errc::config_syntax);
    std::string many;
    for (int i = 0; i < 30'000; ++i)
        many += "a" + std::to_string(i) + ".b = 1\n";
    EXPECT_EQ(code_of(many), errc::config_syntax);
}

TEST(toml_tree, dots_of_strings_and_comments_do_not_count) {
    const auto dots = std::string(1000, '.');
    EXPECT_EQ(code_of("a = \"" + dots + "\""), errc::internal);
    EXPECT_EQ(code_of("a = '" + dots + "'"), errc::internal);
    EXPECT_EQ(code_of("a = \"\"\"x\n" + dots + "\\\"\"\" " + dots + "\"\"\"\"\"\nb = 1"), errc::internal);
    EXPECT_EQ(code_of("a = '''\n\"" + dots + "\n'''\nb = 1"), errc::internal);
    EXPECT_EQ(code_of("a = 1 # '" + dots + "\nb = 1"), errc::internal);
    EXPECT_EQ(code_of("a = \"\\\\\"\nb" + dots + " = 1"), errc::config_syntax);
}

TEST(toml_tree, what_the_parser_takes_for_granted_is_no_crash) {
    for (const std::string_view text : {"[\n", "[\na]", "[ #", "[[\na]]", "[a.\n", "a.\n", "[=]", "a = {\n", "[\x01"})
        EXPECT_EQ(code_of(text), errc::config_syntax) << text;
}

// One character of each stretch that toml++ tells apart, outside strings and at the seams of strings.
TEST(toml_tree, characters_outside_ascii_are_handled_everywhere) {
    for (const std::string c : {"\xc2\xa0", "\xc3\xa9", "\xd0\x96", "\xe1\x9a\x80", "\xe2\x80\xaf", "\xe3\x80\x80",
                                "\xe4\xb8\xad", "\xef\xbb\x9e", "\xf0\x9f\x98\x80"}) {
        EXPECT_EQ(code_of("a = " + c), errc::config_syntax) << c;
        EXPECT_EQ(code_of("a = 1 " + c), errc::config_syntax) << c;
        EXPECT_EQ(code_of("[" + c + "]"), errc::config_syntax) << c;
        EXPECT_EQ(code_of("a" + c + " = 1"), errc::config_syntax) << c;
        EXPECT_EQ(code_of("a = \"" + c + "\" # " + c), errc::internal) << c;
        EXPECT_EQ(code_of("a = \"\"\"\\\n  " + c + "\"\"\""), errc::internal) << c;
    }
}

TEST(toml_tree, bytes_that_are_no_utf8_are_a_syntax_error) {
    EXPECT_EQ(code_of("a = \"\xff\xfe\""), errc::config_syntax);
    EXPECT_EQ(code_of(std::string("a = \"\0\"", 7)), errc::config_syntax);
}

}  // namespace
}  // namespace understudy::model::detail
