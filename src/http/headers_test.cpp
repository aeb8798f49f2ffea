#include "http/headers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(headers, names_are_compared_without_case) {
    const headers fields{{"X-Cache", "one"}, {"age", "3"}, {"x-CACHE", "two"}};
    ASSERT_NE(find(fields, "x-cache"), nullptr);
    EXPECT_EQ(*find(fields, "x-cache"), "one");
    EXPECT_EQ(find(fields, "x-cach"), nullptr);
    EXPECT_THAT(find_all(fields, "X-CACHE"), ElementsAre("one", "two"));
    EXPECT_EQ(combined(fields, "X-Cache"), "one, two");
    EXPECT_EQ(combined(fields, "Vary"), std::nullopt);
    EXPECT_FALSE(same_name("@", "`"));  // differ by the bit that letters' cases differ by
}

TEST(headers, lists_divide_at_commas_outside_quotes) {
    EXPECT_THAT(split_list(" a , ,b,\"c,d\" ,e"), ElementsAre("a", "b", "\"c,d\"", "e"));
    EXPECT_THAT(split_list("\"a\\\",b\", c"), ElementsAre("\"a\\\",b\"", "c"));
    EXPECT_THAT(split_list(""), IsEmpty());
    EXPECT_THAT(split_list(",, ,"), IsEmpty());
    EXPECT_THAT(split_list("a, \"open, b\\"), ElementsAre("a", "\"open, b\\"));
}

TEST(headers, unquote_takes_whole_quoted_strings_only) {
    EXPECT_EQ(unquote(R"("a\"b\\c")"), R"(a"b\c)");
    EXPECT_EQ(unquote(R"("")"), "");
    for (const auto* bad : {"", "\"", "a", "\"a", "\"a\\\"", "\"a\"b", "a\"b\"", "\"\\"})
        EXPECT_EQ(unquote(bad), std::nullopt) << bad;
}

TEST(headers, digits) {
    EXPECT_EQ(parse_digits("0"), 0);
    EXPECT_EQ(parse_digits("007"), 7);
    EXPECT_EQ(parse_digits("9223372036854775807"), INT64_MAX);
    EXPECT_EQ(parse_digits("9223372036854775808"), INT64_MAX);
    EXPECT_EQ(parse_digits("99999999999999999999999999"), INT64_MAX);
    for (const auto* bad : {"", "-1", "+1", " 1", "1.0", "1a"})
        EXPECT_EQ(parse_digits(bad), std::nullopt) << bad;
}

TEST(headers, limits) {
    const header_limits small{.fields = 2, .field_bytes = 6, .total_bytes = 10};
    EXPECT_TRUE(check({{"a", "12345"}, {"b", "123"}}, small).has_value());
    EXPECT_EQ(check({{"a", ""}, {"b", ""}, {"c", ""}}, small).error().code, errc::over_limit);
    EXPECT_EQ(check({{"a", "123456"}}, small).error().code, errc::over_limit);
    EXPECT_EQ(check({{"a", "12345"}, {"b", "1234"}}, small).error().code, errc::over_limit);
}

TEST(headers, what_could_forge_a_field_is_refused_and_not_repeated) {
    for (const headers& bad : {headers{{"", "v"}}, headers{{"a b", "v"}}, headers{{"a:", "v"}},
                               headers{{"a", "secret\r\nSet-Cookie: x=y"}}, headers{{"a", "secret\n"}},
                               headers{{"a", std::string("secret\0", 7)}}, headers{{std::string("a\0", 2), "v"}}}) {
        const auto checked = check(bad);
        ASSERT_FALSE(checked.has_value());
        EXPECT_EQ(checked.error().code, errc::protocol);
        EXPECT_EQ(checked.error().text().find("secret"), std::string::npos);
    }
}

}  // namespace
}  // namespace understudy::http
