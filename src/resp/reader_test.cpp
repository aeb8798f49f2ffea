// Known answers for every type, then the promise of the reader: how the bytes were cut changes nothing. read_pieces
// (test_pieces.h) keeps the contract of a caller, and gives each piece in memory of its own.
#include "resp/reader.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "resp/test_pieces.h"

namespace understudy::resp {
namespace {

using namespace std::string_literals;
using test::every;
using test::read_pieces;
using test::reading;
using test::split_at;
using test::whole;

reading read(direction which, std::string_view bytes, limits bounds = {}) {
    return read_pieces(which, bounds, bytes, whole());
}

// One line a token: depth, kind, integer or text; `.` ends a message.
std::string told(const reading& from) {
    static constexpr const char* names[] = {"inline", "simple", "error", "integer", "real", "big", "boolean", "null",
                                            "bulk",   "bulk!",  "txt",   "array",   "map",  "set", "push",    "attr"};
    std::string out;
    for (const auto& one : from.tokens) {
        if (!out.empty()) out += ' ';
        out += std::to_string(one.depth) + names[static_cast<std::size_t>(one.what)];
        if (is_aggregate(one.what))
            out += ':' + std::to_string(one.size);
        else if (one.what == kind::null)
            out += one.mark;
        else if (one.what == kind::boolean)
            out += ':' + std::to_string(one.integer);
        else
            out += '=' + one.text;
        if (one.message_end) out += '.';
    }
    return out;
}

std::string reply(std::string_view bytes) {
    return told(read(direction::reply, bytes));
}
std::string request(std::string_view bytes) {
    return told(read(direction::request, bytes));
}

TEST(reader, knows_every_type_of_both_protocols) {
    EXPECT_EQ(reply("+OK\r\n"), "0simple=OK.");
    EXPECT_EQ(reply("+\r\n"), "0simple=.");
    EXPECT_EQ(reply("-ERR no\r\n"), "0error=ERR no.");
    EXPECT_EQ(reply(":-42\r\n"), "0integer=-42.");
    EXPECT_EQ(reply("$3\r\na\r\n\r\n"), "0bulk=a\r\n.");
    EXPECT_EQ(reply("$0\r\n\r\n"), "0bulk=.");
    EXPECT_EQ(reply("$-1\r\n*-1\r\n_\r\n"), "0null$. 0null*. 0null_.");
    EXPECT_EQ(reply("#t\r\n#f\r\n"), "0boolean:1. 0boolean:0.");
    EXPECT_EQ(reply(",1.5e-3\r\n,-inf\r\n,nan\r\n,10\r\n"), "0real=1.5e-3. 0real=-inf. 0real=nan. 0real=10.");
    EXPECT_EQ(reply("(-1234567999999999999999999999999\r\n"), "0big=-1234567999999999999999999999999.");
    EXPECT_EQ(reply("!5\r\nERR x\r\n"), "0bulk!=ERR x.");
    EXPECT_EQ(reply("=7\r\ntxt:abc\r\n"), "0txt=txt:abc.");
    EXPECT_EQ(reply("*2\r\n:1\r\n*1\r\n_\r\n"), "0array:2 1integer=1 1array:1 2null_.");
    EXPECT_EQ(reply("%1\r\n+k\r\n:1\r\n"), "0map:1 1simple=k 1integer=1.");
    EXPECT_EQ(reply("~0\r\n*0\r\n%0\r\n"), "0set:0. 0array:0. 0map:0.");
    EXPECT_EQ(reply(">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n"), "0push:2 1simple=invalidate 1array:1 2bulk=k.");
}

TEST(reader, takes_an_attribute_for_no_value) {
    EXPECT_EQ(reply("|1\r\n+ttl\r\n:3600\r\n:7\r\n"), "0attr:1 1simple=ttl 1integer=3600 0integer=7.");
    EXPECT_EQ(reply("*2\r\n:1\r\n|1\r\n+a\r\n*1\r\n:5\r\n:2\r\n"),
              "0array:2 1integer=1 1attr:1 2simple=a 2array:1 3integer=5 1integer=2.");
    EXPECT_EQ(reply("|0\r\n+x\r\n"), "0attr:0 0simple=x.");
    EXPECT_TRUE(read(direction::reply, "|1\r\n+a\r\n:1\r\n").in_message);
}

TEST(reader, takes_requests_as_redis_does) {
    EXPECT_EQ(request("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"), "0array:2 1bulk=GET 1bulk=k.");
    EXPECT_EQ(request("PING\r\n"), "0inline=PING.");
    EXPECT_EQ(request("set a \"b c\"\nPING\r\n\r\n"), "0inline=set a \"b c\". 0inline=PING. 0inline=.");
    EXPECT_EQ(request("*0\r\n*-1\r\nPING\r\n"), "0array:0. 0array:0. 0inline=PING.");
    for (const char* bad : {"*1\r\n:1\r\n", "*1\r\n$-1\r\n", "*1\r\n*1\r\n$1\r\na\r\n", "*x\r\n", "*1\r\nPING\r\n"})
        EXPECT_EQ(read(direction::request, bad).end, status::malformed) << bad;
}

TEST(reader, reads_integers_to_their_very_ends) {
    const auto found =
        read(direction::reply, ":9223372036854775807\r\n:-9223372036854775808\r\n:+5\r\n:-0\r\n:007\r\n");
    ASSERT_EQ(found.tokens.size(), 5u);
    EXPECT_EQ(found.tokens[0].integer, std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(found.tokens[1].integer, std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(found.tokens[2].integer, 5);
    EXPECT_EQ(found.tokens[3].integer, 0);
    EXPECT_EQ(found.tokens[4].integer, 7);
    for (const char* bad : {":9223372036854775808\r\n", ":-9223372036854775809\r\n", ":99999999999999999999\r\n"})
        EXPECT_EQ(read(direction::reply, bad).end, status::malformed) << bad;
}

const std::vector<std::string>& wrong_replies() {
    static const std::vector<std::string> list{"hello\r\n",
                                               "\r\n",
                                               "+OK\n",
                                               "+\n",
                                               ":\r\n",
                                               ":-\r\n",
                                               ":1a\r\n",
                                               ":1\ra",
                                               ":1\n",
                                               ": 1\r\n",
                                               "$\r\n",
                                               "$+1\r\na\r\n",
                                               "$-2\r\n",
                                               "$1\r\nab\r\n",
                                               "$1\r\na\n\n",
                                               "$?\r\n",
                                               "*?\r\n",
                                               "%?\r\n",
                                               ";4\r\nabcd\r\n",
                                               ".\r\n",
                                               "*-2\r\n",
                                               "%-1\r\n",
                                               "~-1\r\n",
                                               ">-1\r\n",
                                               "|-1\r\n",
                                               "!-1\r\n",
                                               "=-1\r\n",
                                               "=3\r\ntxt\r\n",
                                               "=5\r\ntxt-a\r\n",
                                               "#\r\n\r\n",
                                               "#T\r\n",
                                               "#tt\r\n",
                                               "_a\r\n",
                                               "_\n\n",
                                               ",\r\n",
                                               ",.5\r\n",
                                               ",1.\r\n",
                                               ",1e\r\n",
                                               ",infinity\r\n",
                                               ",0x1p3\r\n",
                                               ",1 \r\n",
                                               "(\r\n",
                                               "(-\r\n",
                                               "(1.5\r\n",
                                               "*1\r\n>1\r\n+x\r\n",
                                               "|1\r\n+k\r\n>1\r\n+x\r\n",
                                               "$00000000000000000001\r\na\r\n"};
    return list;
}

TEST(reader, refuses_what_is_no_protocol_at_every_split) {
    for (const std::string& bad : wrong_replies())
        for (std::size_t cut = 0; cut <= bad.size(); ++cut)
            EXPECT_EQ(read_pieces(direction::reply, {}, bad, split_at(cut)).end, status::malformed)
                << testing::PrintToString(bad) << " at " << cut;
}

TEST(reader, an_error_is_final) {
    reader under_test(direction::reply);
    std::string_view bad = "?\r\n";
    token out;
    ASSERT_EQ(under_test.next(bad, out), status::malformed);
    std::string_view good = "+OK\r\n";
    EXPECT_EQ(under_test.next(good, out), status::malformed);
    EXPECT_EQ(good, "+OK\r\n");
    EXPECT_EQ(under_test.offset(), 0u);
}

TEST(reader, need_more_leaves_the_token_alone_and_takes_nothing) {
    reader under_test(direction::reply);
    token out{.kind = kind::push, .size = 77};
    for (const std::string_view part : {"", "+", "+O", "+OK", "+OK\r"}) {
        std::string_view input = part;
        ASSERT_EQ(under_test.next(input, out), status::need_more) << part;
        EXPECT_EQ(input, part);
        EXPECT_EQ(out.kind, kind::push);
        EXPECT_EQ(out.size, 77u);
        EXPECT_FALSE(under_test.in_message());
    }
    std::string_view input = "+OK\r\n:1";
    ASSERT_EQ(under_test.next(input, out), status::token);
    EXPECT_EQ(out.text, "OK");
    EXPECT_EQ(input, ":1");
    EXPECT_EQ(under_test.offset(), 5u);
}

TEST(reader, holds_announcements_against_its_limits_before_the_bytes_come) {
    const limits bounds{.bulk_bytes = 10, .line_bytes = 8, .elements = 3, .depth = 2, .whole_bytes = 4};
    const auto ends = [&](std::string_view bytes) { return read(direction::reply, bytes, bounds).end; };
    EXPECT_EQ(ends("$10\r\n"), status::need_more);
    EXPECT_EQ(ends("$11\r\n"), status::over_limit);
    EXPECT_EQ(ends("!11\r\n"), status::over_limit);
    EXPECT_EQ(ends("=11\r\n"), status::over_limit);
    EXPECT_EQ(ends("$9223372036854775807\r\n"), status::over_limit);
    EXPECT_EQ(ends("*3\r\n"), status::need_more);
    EXPECT_EQ(ends("*4\r\n"), status::over_limit);
    EXPECT_EQ(ends("%4\r\n"), status::over_limit);
    EXPECT_EQ(ends("%9223372036854775807\r\n"), status::over_limit);
    EXPECT_EQ(ends("*1\r\n*1\r\n"), status::need_more);
    EXPECT_EQ(ends("*1\r\n*1\r\n*1\r\n"), status::over_limit);
    EXPECT_EQ(ends("*1\r\n|1\r\n*0\r\n"), status::over_limit);
    EXPECT_EQ(told(read(direction::reply, "+12345678\r\n", bounds)), "0simple=12345678.");
    EXPECT_EQ(ends("+123456789\r\n"), status::over_limit);
    EXPECT_EQ(ends("+12345678901"), status::over_limit);
    EXPECT_EQ(ends(",123456789\r\n"), status::over_limit);
    EXPECT_EQ(told(read(direction::request, "12345678\r\n", bounds)), "0inline=12345678.");
    EXPECT_EQ(read(direction::request, "12345678901\r\n", bounds).end, status::over_limit);
    for (const std::string bytes : {"+123456789\r\n", "$11\r\n", "*1\r\n*1\r\n*1\r\n", "%4\r\n"})
        EXPECT_EQ(read_pieces(direction::reply, bounds, bytes, every(1)).end, status::over_limit) << bytes;
}

TEST(reader, passes_a_long_string_on_in_pieces_and_a_short_one_whole) {
    const limits bounds{.whole_bytes = 4};
    reader under_test(direction::reply, bounds);
    token out;
    std::string_view input = "*2\r\n$6\r\nabc";
    ASSERT_EQ(under_test.next(input, out), status::token);
    ASSERT_EQ(under_test.next(input, out), status::token);
    EXPECT_EQ(out.text, "abc");
    EXPECT_EQ(out.size, 6u);
    EXPECT_EQ(out.depth, 1u);
    EXPECT_FALSE(out.value_end);
    EXPECT_TRUE(input.empty());
    input = "def\r";
    ASSERT_EQ(under_test.next(input, out), status::token);
    EXPECT_EQ(out.text, "def");
    EXPECT_FALSE(out.value_end);
    EXPECT_EQ(under_test.next(input, out), status::need_more);
    EXPECT_EQ(input, "\r");
    input = "\r\n$4\r\nwhol";
    ASSERT_EQ(under_test.next(input, out), status::token);
    EXPECT_EQ(out.text, "");
    EXPECT_TRUE(out.value_end);
    EXPECT_FALSE(out.message_end);
    EXPECT_EQ(under_test.next(input, out), status::need_more);
    EXPECT_EQ(input, "$4\r\nwhol");
    input = "$4\r\nwhole\r";
    EXPECT_EQ(under_test.next(input, out), status::malformed);
}

TEST(reader, keeps_little_between_pieces) {
    const std::string bytes = "$100000\r\n" + std::string(100000, 'x') + "\r\n";
    const auto found = read_pieces(direction::reply, {}, bytes, every(777));
    ASSERT_EQ(found.tokens.size(), 1u);
    EXPECT_EQ(found.tokens[0].text, std::string(100000, 'x'));
    EXPECT_LE(found.longest, 4u);
}

TEST(reader, gives_the_same_for_every_split_in_two_and_for_single_bytes) {
    const std::string bytes =
        "+OK\r\n-ERR x\r\n:12\r\n$5\r\nhello\r\n$21\r\nlonger than the limit\r\n"
        "$0\r\n\r\n$-1\r\n*-1\r\n_\r\n#t\r\n,1.25\r\n(123\r\n!9\r\nERR a b c\r\n=15\r\ntxt:some string\r\n"
        "*3\r\n:1\r\n*0\r\n~1\r\n+a\r\n%1\r\n$1\r\nk\r\n*1\r\n:1\r\n>2\r\n+a\r\n:1\r\n|1\r\n+a\r\n:1\r\n*1\r\n:1\r\n";
    const limits bounds{.whole_bytes = 8};
    const reading at_once = read(direction::reply, bytes, bounds);
    ASSERT_EQ(at_once.end, status::need_more) << told(at_once);
    ASSERT_FALSE(at_once.in_message) << told(at_once);
    for (std::size_t cut = 1; cut < bytes.size(); ++cut)
        EXPECT_EQ(read_pieces(direction::reply, bounds, bytes, split_at(cut)), at_once) << cut;
    EXPECT_EQ(read_pieces(direction::reply, bounds, bytes, every(1)), at_once);
    EXPECT_EQ(read_pieces(direction::reply, bounds, bytes, every(3)), at_once);
}

TEST(reader, gives_the_same_for_random_bytes_however_cut) {
    static constexpr std::string_view alphabet = "+-:$*_#,(!=%~>|0123456789\r\n\r\n\r\n\r\ntf.ea x";
    seeded_random random(20240229);
    const limits bounds{.bulk_bytes = 50, .line_bytes = 6, .elements = 12, .depth = 3, .whole_bytes = 3};
    for (int round = 0; round < 60000; ++round) {
        std::string bytes;
        for (auto n = random.below(24); n > 0; --n)
            bytes += alphabet[random.below(alphabet.size())];
        const auto which = random.below(2) == 0 ? direction::reply : direction::request;
        const auto at_once = read(which, bytes, bounds);
        const auto cut = [&] { return static_cast<std::size_t>(1 + random.below(5)); };
        ASSERT_EQ(read_pieces(which, bounds, bytes, every(1)), at_once) << testing::PrintToString(bytes);
        ASSERT_EQ(read_pieces(which, bounds, bytes, cut), at_once) << testing::PrintToString(bytes);
    }
}

TEST(split_inline, follows_the_quoting_rules_of_redis) {
    using words = std::vector<std::string>;
    EXPECT_EQ(split_inline("set a b"), (words{"set", "a", "b"}));
    EXPECT_EQ(split_inline("  \t set   a\t"), (words{"set", "a"}));
    EXPECT_EQ(split_inline(""), words{});
    EXPECT_EQ(split_inline("   "), words{});
    EXPECT_EQ(split_inline("a \"\" ''"), (words{"a", "", ""}));
    EXPECT_EQ(split_inline(R"(a "b c" 'd e')"), (words{"a", "b c", "d e"}));
    EXPECT_EQ(split_inline(R"("\x41\x4a\n\r\t\b\a\\\"\q\xg1")"), (words{"AJ\n\r\t\b\a\\\"qxg1"}));
    EXPECT_EQ(split_inline(R"("\x00b")"), (words{"\0b"s}));
    EXPECT_EQ(split_inline(R"('a\'b\n\\ ')"), (words{R"(a'b\n\\ )"}));
    EXPECT_EQ(split_inline(R"(ab"cd" e)"), (words{"abcd", "e"}));
    EXPECT_EQ(split_inline("a\vb \v c"), (words{"a\vb", "c"}));
    EXPECT_EQ(split_inline("a b\0c d"s), (words{"a", "b"}));
    for (const char* bad : {"\"a", "'a", "\"a\"b", "'a'b", "\"a\\", "\"a\\\"", "'a\\'"})
        EXPECT_EQ(split_inline(bad), std::nullopt) << bad;
    EXPECT_EQ(split_inline("\"a\0b\""s), std::nullopt);
}

}  // namespace
}  // namespace understudy::resp
