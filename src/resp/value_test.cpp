// Trees built from known bytes, and from thousands of invented replies that a second, plain reader reads too. The
// invented ones are written with append_value, so writer and both readers hold each other to account.
#include "resp/value.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "resp/test_pieces.h"
#include "resp/writer.h"

namespace understudy::resp {
namespace {

using namespace std::string_literals;
using test::build_pieces;
using test::every;
using test::whole;

constexpr std::uint64_t plenty = 1u << 20;

value one(std::string_view bytes) {
    auto built = build_pieces(direction::reply, {}, plenty, bytes, whole());
    EXPECT_EQ(built.end, status::need_more) << bytes;
    EXPECT_FALSE(built.in_value) << bytes;
    EXPECT_EQ(built.values.size(), 1u) << bytes;
    return built.values.empty() ? value() : std::move(built.values.front());
}

value of(kind what, std::string text) {
    value made;
    made.kind = what;
    made.text = std::move(text);
    return made;
}

value of(kind what, std::vector<value> elements) {
    value made;
    made.kind = what;
    made.elements = std::move(elements);
    return made;
}

TEST(value, tells_what_it_is) {
    EXPECT_EQ(one("+OK\r\n").as_text(), "OK");
    EXPECT_EQ(one("$2\r\nhi\r\n").as_text(), "hi");
    EXPECT_EQ(one("=6\r\ntxt:hi\r\n").as_text(), "hi");
    EXPECT_EQ(one("=6\r\nmkd:hi\r\n").format, "mkd");
    EXPECT_EQ(one(",1.50\r\n").as_text(), "1.50");
    EXPECT_EQ(one("_\r\n").as_text(), std::nullopt);
    EXPECT_TRUE(one("$-1\r\n").is_null());
    EXPECT_TRUE(one("*-1\r\n").null_array);
    EXPECT_TRUE(one(">1\r\n+x\r\n").is_push());

    const value failed = one("-WRONGTYPE Operation\r\n");
    EXPECT_TRUE(failed.is_error());
    EXPECT_EQ(failed.as_text(), std::nullopt);
    EXPECT_EQ(failed.error_text(), "WRONGTYPE Operation");
    EXPECT_EQ(failed.error_word(), "WRONGTYPE");
    EXPECT_EQ(one("!9\r\nERR\r\nmore\r\n").error_word(), "ERR");
    EXPECT_EQ(one("+WRONGTYPE x\r\n").error_text(), "");
}

TEST(value, gives_numbers_however_they_came) {
    EXPECT_EQ(one(":-7\r\n").as_integer(), -7);
    EXPECT_EQ(one("$2\r\n-7\r\n").as_integer(), -7);
    EXPECT_EQ(one("#t\r\n").as_integer(), 1);
    for (const char* no : {"$0\r\n\r\n", "$2\r\n7 \r\n", "$2\r\n 7\r\n", "$3\r\n1.5\r\n",
                           "$20\r\n99999999999999999999\r\n", "-7\r\n", "_\r\n", "*0\r\n"})
        EXPECT_EQ(one(no).as_integer(), std::nullopt) << no;

    EXPECT_EQ(one(",1.5\r\n").as_real(), 1.5);
    EXPECT_EQ(one("$3\r\n1.5\r\n").as_real(), 1.5);
    EXPECT_EQ(one("$20\r\n3.1415926535897931e0\r\n").as_real(), 3.1415926535897931);
    EXPECT_EQ(one(":3\r\n").as_real(), 3.0);
    EXPECT_EQ(one("$3\r\ninf\r\n").as_real(), INFINITY);
    EXPECT_EQ(one(",-inf\r\n").as_real(), -INFINITY);
    EXPECT_TRUE(std::isnan(one(",nan\r\n").as_real().value()));
    EXPECT_EQ(one(",1e-999\r\n").as_real(), 0.0);
    for (const char* no : {"$0\r\n\r\n", "$3\r\n0x1\r\n", "$2\r\n1 \r\n", "$8\r\ninfinity\r\n", ",1e999\r\n", "-1\r\n"})
        EXPECT_EQ(one(no).as_real(), std::nullopt) << no;
}

TEST(value, finds_a_key_in_a_map_and_in_a_flat_array) {
    for (const char* bytes : {"%2\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n*0\r\n", "*4\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n*0\r\n",
                              "*5\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n*0\r\n$1\r\nc\r\n"}) {
        const value map = one(bytes);
        ASSERT_NE(map.find("a"), nullptr) << bytes;
        EXPECT_EQ(map.find("a")->as_integer(), 1);
        ASSERT_NE(map.find("b"), nullptr);
        EXPECT_EQ(map.find("b")->kind, kind::array);
        EXPECT_EQ(map.find("c"), nullptr);
        EXPECT_EQ(map.find("A"), nullptr);
        EXPECT_EQ(map.find(""), nullptr);
    }
    EXPECT_EQ(one("*2\r\n:1\r\n$1\r\na\r\n").find("a"), nullptr) << "a value is no key";
    EXPECT_EQ(one("~2\r\n$1\r\na\r\n:1\r\n").find("a"), nullptr);
    EXPECT_EQ(one("+a\r\n").find("a"), nullptr);
}

TEST(value_builder, builds_the_whole_tree) {
    EXPECT_EQ(one("*3\r\n:1\r\n*2\r\n$1\r\na\r\n*0\r\n%1\r\n+k\r\n_\r\n"),
              value::of_array({value::of_integer(1), value::of_array({value::of_text("a"), value::of_array({})}),
                               of(kind::map, {value::of_simple("k"), value()})}));
    EXPECT_EQ(one("*0\r\n"), value::of_array({}));
    EXPECT_EQ(one("-ERR\r\n"), value::of_error("ERR"));
    EXPECT_EQ(one("(12\r\n"), of(kind::big_number, "12"));
    EXPECT_NE(one("(12\r\n"), one("$2\r\n12\r\n"));
    EXPECT_NE(one("$-1\r\n"), one("*-1\r\n"));
}

TEST(value_builder, lays_attributes_on_the_value_they_stand_before) {
    const value top = one("|1\r\n+ttl\r\n*1\r\n:9\r\n*2\r\n:1\r\n|1\r\n+a\r\n:5\r\n|1\r\n+b\r\n:6\r\n:2\r\n");
    ASSERT_EQ(top.kind, kind::array);
    ASSERT_EQ(top.attributes.size(), 2u);
    EXPECT_EQ(top.attributes[0], value::of_simple("ttl"));
    EXPECT_EQ(top.attributes[1], value::of_array({value::of_integer(9)}));
    ASSERT_EQ(top.elements.size(), 2u);
    EXPECT_TRUE(top.elements[0].attributes.empty());
    ASSERT_EQ(top.elements[1].attributes.size(), 4u);
    EXPECT_EQ(top.elements[1].attributes[3], value::of_integer(6));

    const auto both = build_pieces(direction::reply, {}, plenty, "|1\r\n+a\r\n:1\r\n$1\r\nx\r\n:3\r\n", every(1));
    ASSERT_EQ(both.values.size(), 2u);
    EXPECT_EQ(both.values[0].attributes.size(), 2u);
    EXPECT_TRUE(both.values[1].attributes.empty());
}

TEST(value_builder, gives_pushes_between_replies) {
    const auto built =
        build_pieces(direction::reply, {}, plenty, "+OK\r\n>2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n:1\r\n", whole());
    ASSERT_EQ(built.values.size(), 3u);
    EXPECT_FALSE(built.values[0].is_push());
    EXPECT_TRUE(built.values[1].is_push());
    EXPECT_EQ(built.values[2].as_integer(), 1);
}

TEST(value_builder, takes_requests) {
    const auto built = build_pieces(direction::request, {}, plenty, "*1\r\n$4\r\nPING\r\nECHO hi\r\n\r\n", every(2));
    ASSERT_EQ(built.values.size(), 3u);
    EXPECT_EQ(built.values[0], value::of_array({value::of_text("PING")}));
    EXPECT_EQ(built.values[1], of(kind::inline_command, "ECHO hi"));
    EXPECT_EQ(built.values[2].text, "");
}

TEST(value_builder, says_when_a_value_is_cut) {
    const std::string bytes = "|1\r\n+a\r\n:1\r\n*2\r\n$2000\r\n" + std::string(2000, 'v') + "\r\n=8\r\ntxt:text\r\n";
    for (std::size_t length = 1; length < bytes.size(); length += length < 30 || length > 1990 ? 1 : 97) {
        value_builder builder;
        std::string_view input(bytes.data(), length);
        value out;
        ASSERT_EQ(builder.next(input, out), status::need_more) << length;
        EXPECT_TRUE(input.empty());
        EXPECT_TRUE(builder.in_value()) << length;
        EXPECT_TRUE(out.is_null());
    }
}

TEST(value_builder, bounds_the_memory_of_one_value_not_of_the_stream) {
    const std::string small = "*2\r\n$4\r\nabcd\r\n:1\r\n";
    const std::uint64_t cost = 3 * sizeof(value) + 4 + 512;
    std::string many;
    for (int i = 0; i < 100; ++i)
        many += small;
    EXPECT_EQ(build_pieces(direction::reply, {}, cost, many, whole()).values.size(), 100u);

    EXPECT_EQ(build_pieces(direction::reply, {}, 3 * sizeof(value), small, whole()).end, status::over_limit);
    EXPECT_EQ(build_pieces(direction::reply, {}, 5000, "$5000\r\nx", every(1)).end, status::over_limit) << "announced";
    std::string nulls = "*1000000\r\n";
    for (int i = 0; i < 1000; ++i)
        nulls += "_\r\n";
    EXPECT_EQ(build_pieces(direction::reply, {}, 500 * sizeof(value), nulls, whole()).end, status::over_limit);
    std::string attributes;
    for (int i = 0; i < 1000; ++i)
        attributes += "|1\r\n+a\r\n+b\r\n";
    EXPECT_EQ(build_pieces(direction::reply, {}, 500 * sizeof(value), attributes, whole()).end, status::over_limit);
}

TEST(value_builder, can_be_moved_in_the_middle_of_a_value) {
    const std::string_view bytes = "|1\r\n+a\r\n:1\r\n*2\r\n%1\r\n+k\r\n+v\r\n:2\r\n";
    const value expected = one(bytes);
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
        value_builder first;
        std::string_view input = bytes.substr(0, cut);
        value out;
        ASSERT_EQ(first.next(input, out), status::need_more);
        value_builder second = std::move(first);
        input = bytes.substr(cut);
        ASSERT_EQ(second.next(input, out), status::token);
        EXPECT_EQ(out, expected) << cut;
    }
}

TEST(value_builder, leaves_nothing_of_the_last_reply_in_the_next) {
    value_builder builder;
    std::string_view input = "|1\r\n+a\r\n:1\r\n=5\r\ntxt:a\r\n#t\r\n*1\r\n:7\r\n:8\r\n*-1\r\n$1\r\nb\r\n_\r\n";
    value out;
    while (builder.next(input, out) == status::token) {
        std::string written;
        append_value(written, out, 3);
        EXPECT_EQ(out.attributes.empty(), out.kind != kind::verbatim);
        EXPECT_EQ(one(written).kind, out.kind);
        if (!out.null_array) {
            EXPECT_EQ(one(written), out);
        }
    }
    EXPECT_EQ(out, value());
}

TEST(value_builder, an_error_is_final_and_depth_has_an_end) {
    value_builder builder;
    std::string_view bad = "*1\r\n?\r\n";
    value out;
    EXPECT_EQ(builder.next(bad, out), status::malformed);
    std::string_view good = "+OK\r\n";
    EXPECT_EQ(builder.next(good, out), status::malformed);

    std::string deep;
    for (int i = 0; i < 100000; ++i)
        deep += "*1\r\n";
    limits bounds;
    bounds.depth = 1u << 30;
    EXPECT_EQ(build_pieces(direction::reply, bounds, 1u << 30, deep, whole()).end, status::over_limit);
}

// A second reader, as plain as can be: recursive, on whole bytes that are known to be right.
value read_plainly(std::string_view& in) {
    const char mark = in[0];
    const std::size_t end = in.find("\r\n");
    const std::string line(in.substr(1, end - 1));
    in.remove_prefix(end + 2);
    const auto text = [&] {
        const auto size = static_cast<std::size_t>(std::stoull(line));
        std::string out(in.substr(0, size));
        in.remove_prefix(size + 2);
        return out;
    };
    const auto children = [&](std::size_t per_element) {
        std::vector<value> out;
        for (std::size_t n = std::stoull(line) * per_element; n > 0; --n)
            out.push_back(read_plainly(in));
        return out;
    };
    switch (mark) {
        case '+':
            return of(kind::simple, line);
        case '-':
            return of(kind::error, line);
        case ':':
            return value::of_integer(std::stoll(line));
        case ',':
            return of(kind::real, line);
        case '(':
            return of(kind::big_number, line);
        case '$':
            return of(kind::bulk, text());
        case '!':
            return of(kind::bulk_error, text());
        case '*':
            return of(kind::array, children(1));
        case '~':
            return of(kind::set, children(1));
        case '>':
            return of(kind::push, children(1));
        case '%':
            return of(kind::map, children(2));
        case '=': {
            const std::string both = text();
            value made = of(kind::verbatim, both.substr(4));
            made.format = both.substr(0, 3);
            return made;
        }
        case '|': {
            std::vector<value> attributes = children(2);
            value made = read_plainly(in);
            made.attributes.insert(made.attributes.begin(), attributes.begin(), attributes.end());
            return made;
        }
        case '#': {
            value made = of(kind::boolean, "");
            made.boolean = line == "t";
            return made;
        }
        default:
            return value();
    }
}

class invented {
public:
    explicit invented(std::uint64_t seed) : random_(seed) {}

    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_.below(bound)); }

    std::string text() {
        std::string out(random_.below(20) == 0 ? below(6000) : below(20), '\0');
        for (char& c : out)
            c = static_cast<char>(random_());
        return out;
    }

    std::string line() {
        std::string out = text();
        for (char& c : out)
            if (c == '\r' || c == '\n') c = '.';
        return out;
    }

    value reply(int depth) {
        value made = depth < 5 && random_.below(3) == 0 ? aggregate(depth) : leaf();
        if (random_.below(9) == 0 && depth < 5)
            for (std::size_t n = 2 * (1 + below(2)); n > 0; --n)
                made.attributes.push_back(reply(depth + 1));
        return made;
    }

private:
    value leaf() {
        switch (below(10)) {
            case 0:
                return of(kind::simple, line());
            case 1:
                return of(kind::error, line());
            case 2:
                return value::of_integer(static_cast<std::int64_t>(random_()) >> below(64));
            case 3:
                return of(kind::real, std::to_string(random_.unit() * 1e6 - 5e5));
            case 4:
                return of(kind::big_number, "-" + std::to_string(random_()) + std::to_string(random_()));
            case 5: {
                value made = of(kind::boolean, "");
                made.boolean = below(2) == 1;
                return made;
            }
            case 6:
                return value();
            case 7:
                return of(kind::bulk_error, text());
            case 8: {
                value made = of(kind::verbatim, text());
                made.format = "txt";
                return made;
            }
            default:
                return of(kind::bulk, text());
        }
    }

    value aggregate(int depth) {
        static constexpr kind kinds[] = {kind::array, kind::set, kind::map, kind::push};
        const kind what = kinds[below(depth == 0 ? 4 : 3)];
        std::vector<value> elements;
        for (std::size_t n = below(5) * (what == kind::map ? 2 : 1); n > 0; --n)
            elements.push_back(reply(depth + 1));
        return of(what, std::move(elements));
    }

    seeded_random random_;
};

TEST(value_builder, agrees_with_a_plain_second_reader_on_invented_replies) {
    invented source(7);
    for (int round = 0; round < 3000; ++round) {
        std::vector<value> expected;
        std::string bytes;
        for (std::size_t n = 1 + source.below(3); n > 0; --n) {
            expected.push_back(source.reply(0));
            append_value(bytes, expected.back(), 3);
        }
        std::string_view plain = bytes;
        for (const value& wanted : expected)
            ASSERT_EQ(read_plainly(plain), wanted);
        ASSERT_TRUE(plain.empty());

        const auto at_random = [&] { return 1 + source.below(40); };
        limits pieces;
        pieces.whole_bytes = 8;
        for (const limits& bounds : {limits(), pieces}) {
            ASSERT_EQ(build_pieces(direction::reply, bounds, plenty, bytes, whole()).values, expected);
            ASSERT_EQ(build_pieces(direction::reply, bounds, plenty, bytes, at_random).values, expected);
        }
        if (round < 100) {
            ASSERT_EQ(build_pieces(direction::reply, pieces, plenty, bytes, every(1)).values, expected);
        }
    }
}

}  // namespace
}  // namespace understudy::resp
