#include "resp/writer.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "resp/test_pieces.h"

namespace understudy::resp {
namespace {

using namespace std::string_literals;

std::string written(const value& reply, int protocol) {
    std::string out;
    append_value(out, reply, protocol);
    return out;
}

value read_back(std::string_view bytes) {
    auto built = test::build_pieces(direction::reply, {}, 1u << 20, bytes, test::whole());
    EXPECT_EQ(built.values.size(), 1u) << bytes;
    return built.values.empty() ? value() : std::move(built.values.front());
}

TEST(append_command, writes_arrays_of_bulk_strings) {
    std::string out;
    append_command(out, {"SET", "k", "a\r\nb"});
    EXPECT_EQ(out, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\nb\r\n");
    append_command(out, {"GET", ""});
    EXPECT_EQ(out.substr(30), "*2\r\n$3\r\nGET\r\n$0\r\n\r\n");

    std::string first;
    const std::vector<std::string> words{"GET", "\0\xff"s};
    append_command(first, words);
    EXPECT_EQ(first, "*2\r\n$3\r\nGET\r\n$2\r\n\0\xff\r\n"s);
    std::string second;
    const std::vector<std::string_view> views(words.begin(), words.end());
    append_command(second, views);
    EXPECT_EQ(second, first);
}

TEST(append_command, writes_nothing_for_nothing) {
    std::string out = "kept";
    append_command(out, std::vector<std::string>{});
    append_command(out, std::span<const std::string_view>{});
    EXPECT_EQ(out, "kept");
}

TEST(append_command, is_read_back_by_the_reader_of_requests) {
    std::vector<std::string> words{"MSET"};
    for (int i = 0; i < 300; ++i)
        words.push_back(std::string(static_cast<std::size_t>(i), static_cast<char>(i)));
    std::string out;
    append_command(out, words);
    const auto built = test::build_pieces(direction::request, {}, 1u << 20, out, test::every(7));
    ASSERT_EQ(built.values.size(), 1u);
    ASSERT_EQ(built.values[0].elements.size(), words.size());
    for (std::size_t i = 0; i < words.size(); ++i)
        EXPECT_EQ(built.values[0].elements[i].as_text(), words[i]);
}

// What a value of RESP3 is for a client of RESP2, as Redis 7 sends it.
TEST(append_value, writes_both_protocols) {
    struct row {
        std::string third;
        std::string second;
    };
    const row rows[] = {
        {"+OK\r\n", "+OK\r\n"},
        {"-ERR no\r\n", "-ERR no\r\n"},
        {":-9223372036854775808\r\n", ":-9223372036854775808\r\n"},
        {"$3\r\na\r\n\r\n", "$3\r\na\r\n\r\n"},
        {"_\r\n", "$-1\r\n"},
        {"#t\r\n", ":1\r\n"},
        {"#f\r\n", ":0\r\n"},
        {",3.25\r\n", "$4\r\n3.25\r\n"},
        {"(12345678901234567890\r\n", "$20\r\n12345678901234567890\r\n"},
        {"=7\r\ntxt:a\r\n\r\n", "$3\r\na\r\n\r\n"},
        {"!5\r\nERR x\r\n", "-ERR x\r\n"},
        {"*2\r\n:1\r\n*0\r\n", "*2\r\n:1\r\n*0\r\n"},
        {"%2\r\n+a\r\n:1\r\n+b\r\n%0\r\n", "*4\r\n+a\r\n:1\r\n+b\r\n*0\r\n"},
        {"~2\r\n:1\r\n:2\r\n", "*2\r\n:1\r\n:2\r\n"},
        {">2\r\n+message\r\n~1\r\n#t\r\n", "*2\r\n+message\r\n*1\r\n:1\r\n"},
        {"|1\r\n+ttl\r\n*1\r\n:9\r\n+OK\r\n", "+OK\r\n"},
        {"|1\r\n+a\r\n:1\r\n*2\r\n|1\r\n|1\r\n+deep\r\n:1\r\n+b\r\n%1\r\n+x\r\n+y\r\n*1\r\n:5\r\n:7\r\n",
         "*2\r\n*1\r\n:5\r\n:7\r\n"},
    };
    for (const row& one : rows) {
        const value read = read_back(one.third);
        EXPECT_EQ(written(read, 3), one.third);
        EXPECT_EQ(written(read, 2), one.second);
    }
}

TEST(append_value, keeps_the_two_nulls_of_the_second_protocol_apart) {
    EXPECT_EQ(written(read_back("*-1\r\n"), 2), "*-1\r\n");
    EXPECT_EQ(written(read_back("$-1\r\n"), 2), "$-1\r\n");
    EXPECT_EQ(written(read_back("*-1\r\n"), 3), "_\r\n");
}

TEST(append_value, lets_no_line_break_out_of_a_line) {
    EXPECT_EQ(written(value::of_error("ERR a\r\n+OK\r\n"), 2), "-ERR a  +OK  \r\n");
    EXPECT_EQ(written(value::of_simple("a\nb"), 3), "+a b\r\n");
}

TEST(append_value, writes_deep_values_without_recursion) {
    value deep = value::of_integer(1);
    std::string expected;
    for (int i = 0; i < 2000; ++i) {
        std::vector<value> inner;
        inner.push_back(std::move(deep));
        deep = value::of_array(std::move(inner));
        expected += "*1\r\n";
    }
    EXPECT_EQ(written(deep, 2), expected + ":1\r\n");
}

}  // namespace
}  // namespace understudy::resp
