#include "http/structured.h"

#include <gtest/gtest.h>

namespace understudy::http {
namespace {

bare_item only(std::string_view text) {
    const auto list = parse_sf_list(text);
    if (!list || list->size() != 1) return sf_token{"!"};
    return std::get<bare_item>((*list)[0].value);
}

// The examples of RFC 8941, section 3.
TEST(structured, bare_items) {
    EXPECT_EQ(only("5"), bare_item(std::int64_t{5}));
    EXPECT_EQ(only("-0"), bare_item(std::int64_t{0}));
    EXPECT_EQ(only("-999999999999999"), bare_item(std::int64_t{-999999999999999}));
    EXPECT_EQ(only("4.5"), bare_item(4.5));
    EXPECT_EQ(only("-123456789012.125"), bare_item(-123456789012.125));
    EXPECT_EQ(only("\"hello world\""), bare_item(std::string("hello world")));
    EXPECT_EQ(only(R"("a \"b\" \\")"), bare_item(std::string("a \"b\" \\")));
    EXPECT_EQ(only("foo123/456"), bare_item(sf_token{"foo123/456"}));
    EXPECT_EQ(only("*x:y"), bare_item(sf_token{"*x:y"}));
    EXPECT_EQ(only(":cHJldGVuZCB0aGlzIGlzIGJpbmFyeSBjb250ZW50Lg==:"),
              bare_item(sf_bytes{"pretend this is binary content."}));
    EXPECT_EQ(only("::"), bare_item(sf_bytes{""}));
    EXPECT_EQ(only("?1"), bare_item(true));
    EXPECT_EQ(only("?0"), bare_item(false));
}

TEST(structured, lists_inner_lists_and_parameters) {
    const auto list = parse_sf_list(R"(("foo";a=1;b=2);lvl=5, ("bar" "baz");lvl=1 	,	abc;a;b=?0 , ())");
    ASSERT_TRUE(list.has_value());
    ASSERT_EQ(list->size(), 4u);
    const auto& first = std::get<std::vector<sf_item>>((*list)[0].value);
    ASSERT_EQ(first.size(), 1u);
    EXPECT_EQ(first[0].value, bare_item(std::string("foo")));
    ASSERT_NE(find(first[0].parameters, "b"), nullptr);
    EXPECT_EQ(*find(first[0].parameters, "b"), bare_item(std::int64_t{2}));
    EXPECT_EQ(*find((*list)[0].parameters, "lvl"), bare_item(std::int64_t{5}));
    EXPECT_EQ(std::get<std::vector<sf_item>>((*list)[1].value).size(), 2u);
    EXPECT_EQ(*find((*list)[2].parameters, "a"), bare_item(true));
    EXPECT_EQ(*find((*list)[2].parameters, "b"), bare_item(false));
    EXPECT_EQ(find((*list)[2].parameters, "c"), nullptr);
    EXPECT_TRUE(std::get<std::vector<sf_item>>((*list)[3].value).empty());
}

TEST(structured, the_later_of_two_values_stays_at_the_place_of_the_first) {
    const auto list = parse_sf_list("x;a=1;b=2;a=3");
    ASSERT_TRUE(list.has_value());
    const auto& given = (*list)[0].parameters;
    ASSERT_EQ(given.size(), 2u);
    EXPECT_EQ(given[0].key, "a");
    EXPECT_EQ(given[0].value, bare_item(std::int64_t{3}));
}

TEST(structured, empty_is_an_empty_list) {
    EXPECT_EQ(parse_sf_list("").value().size(), 0u);
    EXPECT_EQ(parse_sf_list("   ").value().size(), 0u);
}

TEST(structured, errors_discard_the_whole_field) {
    for (const std::string_view bad : {"a,",
                                       "a,,b",
                                       ",a",
                                       "a b",
                                       "a;",
                                       "a;A=1",
                                       "a;1=1",
                                       "a=1",
                                       "a;b=",
                                       "a; b =1",
                                       "1234567890123456",
                                       "1.",
                                       "1.1234",
                                       "1234567890123.1",
                                       "-",
                                       "--1",
                                       "\"a",
                                       "\"a\\b\"",
                                       "\"\t\"",
                                       "\"\xc3\xa4\"",
                                       "?2",
                                       "?",
                                       ":a:",
                                       ":ab=c:",
                                       ":aaaa=:",
                                       ":abc",
                                       "(a",
                                       "(a,b)",
                                       "(a b",
                                       "(\"a\"b)",
                                       ")",
                                       "@1",
                                       "\ta",
                                       "a\t;b"})
        EXPECT_FALSE(parse_sf_list(bad).has_value()) << bad;
    EXPECT_FALSE(parse_sf_list(std::string_view("a\0", 2)).has_value());
}

TEST(structured, limits) {
    EXPECT_FALSE(parse_sf_list(std::string(max_structured_bytes + 1, 'a')).has_value());
    std::string many = "a";
    for (std::size_t i = 1; i < max_structured_members; ++i)
        many += ",a";
    EXPECT_TRUE(parse_sf_list(many).has_value());
    EXPECT_FALSE(parse_sf_list(many + ",a").has_value());
    EXPECT_FALSE(parse_sf_list(std::string(60000, '(')).has_value());
}

// The examples of RFC 8941, section 3.2.
TEST(structured, dictionaries) {
    const auto only_key = [](std::string_view text, std::string_view key) -> std::optional<bare_item> {
        const auto read = parse_sf_dictionary(text);
        if (!read) return std::nullopt;
        for (const auto& [name, member] : *read)
            if (const auto* item = std::get_if<bare_item>(&member.value); item && name == key) return *item;
        return std::nullopt;
    };
    EXPECT_EQ(only_key("en=\"Applepie\", da=:w4ZibGV0w6ZydGU=:", "en"), bare_item(std::string("Applepie")));
    EXPECT_EQ(only_key("a=?0, b, c; foo=bar", "a"), bare_item(false));
    EXPECT_EQ(only_key("a=?0, b, c; foo=bar", "b"), bare_item(true));
    EXPECT_EQ(only_key("a=?0, b, c; foo=bar", "c"), bare_item(true));
    EXPECT_EQ(only_key("a=1,b=2;x=1;y=2,a=3", "a"), bare_item(std::int64_t{3}));
    EXPECT_EQ(parse_sf_dictionary("a=1,b=2,a=3")->size(), 2u);
    EXPECT_TRUE(parse_sf_dictionary("rating=1.5, feelings=(joy sadness)").has_value());
    EXPECT_TRUE(parse_sf_dictionary("")->empty());
    for (const auto* bad : {"A=1", "a=1,", "a=1 b=2", "a =1", "a= 1", "=1", "1=a", "a=(1", "a;B=1", ","})
        EXPECT_FALSE(parse_sf_dictionary(bad).has_value()) << bad;
}

}  // namespace
}  // namespace understudy::http
