#include "rdb/cursor.h"

#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "rdb/lzf.h"

namespace understudy::rdb {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

struct read_string_result {
    dump_status status = dump_status::ok;
    std::string text;
    friend bool operator==(const read_string_result&, const read_string_result&) = default;
};

read_string_result read(std::string_view bytes, const decode_limits& limits = {}) {
    byte_cursor from(bytes);
    budget left(limits);
    std::string scratch;
    std::string_view out;
    const dump_status status = from.read_string(out, scratch, left);
    return {status, status == dump_status::ok ? std::string(out) : ""};
}

read_string_result good(std::string text) {
    return {dump_status::ok, std::move(text)};
}
read_string_result bad(dump_status status) {
    return {status, ""};
}

TEST(byte_cursor, reads_lengths_of_every_width) {
    const std::vector<std::pair<std::string, std::uint64_t>> known = {
        {"\x00"s, 0},
        {"\x3f"s, 63},
        {"\x40\x40"s, 64},
        {"\x7f\xff"s, 16383},
        {"\x80\x00\x00\x40\x00"s, 16384},
        {"\x81\x01\x02\x03\x04\x05\x06\x07\x08"s, 0x0102030405060708},
    };
    for (const auto& [bytes, value] : known) {
        byte_cursor from(bytes);
        std::uint64_t length = 0;
        ASSERT_EQ(from.read_length(length), dump_status::ok);
        EXPECT_EQ(length, value);
        EXPECT_EQ(from.left(), 0u);
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            byte_cursor cut(std::string_view(bytes).substr(0, size));
            EXPECT_EQ(cut.read_length(length), dump_status::truncated);
        }
    }
    std::uint64_t length = 0;
    byte_cursor unused_form("\x82\0\0\0\0\0\0\0\0"sv);
    EXPECT_EQ(unused_form.read_length(length), dump_status::malformed);
    byte_cursor string_form("\xc0\x01"sv);
    EXPECT_EQ(string_form.read_length(length), dump_status::malformed);
}

TEST(byte_cursor, a_count_that_cannot_follow_is_truncated) {
    std::uint64_t count = 0;
    byte_cursor fits("\x02xx");
    EXPECT_EQ(fits.read_count(count), dump_status::ok);
    byte_cursor lies("\x03xx");
    EXPECT_EQ(lies.read_count(count), dump_status::truncated);
}

TEST(byte_cursor, reads_strings_of_every_form) {
    EXPECT_EQ(read("\x00"s), good(""));
    EXPECT_EQ(read("\x03"
                   "a\0b"s),
              good("a\0b"s));
    EXPECT_EQ(read("\xc0\x80"s), good("-128"));
    EXPECT_EQ(read("\xc1\x00\x80"s), good("-32768"));
    EXPECT_EQ(read("\xc2\xff\xff\xff\x7f"s), good("2147483647"));
    EXPECT_EQ(read("\xc2\x00\x00\x00\x80"s), good("-2147483648"));
    EXPECT_EQ(read("\xc4\x00"s), bad(dump_status::malformed));
    EXPECT_EQ(read("\xc1\x00"s), bad(dump_status::truncated));
    EXPECT_EQ(read("\x03"
                   "ab"s),
              bad(dump_status::truncated));
}

TEST(byte_cursor, expands_lzf_within_its_claim_only) {
    // "a", then a copy of 8 from distance 1: "aaaaaaaaa".
    const std::string packed =
        "\x00"
        "a\xc0\x00"s;
    EXPECT_EQ(read("\xc3\x04\x09"s + packed), good("aaaaaaaaa"));
    EXPECT_EQ(read("\xc3\x04\x08"s + packed), bad(dump_status::malformed));
    EXPECT_EQ(read("\xc3\x04\x0a"s + packed), bad(dump_status::malformed));
    EXPECT_EQ(read("\xc3\x05\x09"s + packed), bad(dump_status::truncated));
    // 89 times the compressed size is more than the format can make.
    // That is said before memory is taken: it would be over these limits.
    const std::string claim = "\xc3\x04\x80\x00\x00\x01\x61"s + packed;
    EXPECT_EQ(read(claim, {.elements = 1, .bytes = 9, .one_string = 999}), bad(dump_status::malformed));
}

TEST(byte_cursor, holds_the_limits_before_allocation) {
    EXPECT_EQ(read("\x81\x7f\xff\xff\xff\xff\xff\xff\xff"s), bad(dump_status::over_limit));
    EXPECT_EQ(read("\x03"
                   "abc",
                   {.elements = 9, .bytes = 9, .one_string = 2}),
              bad(dump_status::over_limit));
    const std::string packed =
        "\xc3\x04\x09\x00"
        "a\xc0\x00"s;
    EXPECT_EQ(read(packed, {.elements = 9, .bytes = 8, .one_string = 99}), bad(dump_status::over_limit));
    EXPECT_EQ(read(packed, {.elements = 9, .bytes = 9, .one_string = 9}), good("aaaaaaaaa"));
    EXPECT_EQ(read(packed, {.elements = 9, .bytes = 9, .one_string = 8}), bad(dump_status::over_limit));
}

TEST(byte_cursor, reads_scores_as_text) {
    const auto score = [](std::string_view bytes) {
        byte_cursor from(bytes);
        double value = 0;
        return std::pair(from.read_text_double(value), value);
    };
    EXPECT_EQ(score("\x03"
                    "1.5"),
              std::pair(dump_status::ok, 1.5));
    EXPECT_EQ(score("\xfe"), std::pair(dump_status::ok, std::numeric_limits<double>::infinity()));
    EXPECT_EQ(score("\xff"), std::pair(dump_status::ok, -std::numeric_limits<double>::infinity()));
    EXPECT_EQ(score("\xfd").first, dump_status::malformed);
    EXPECT_EQ(score("\x03nan").first, dump_status::malformed);
    EXPECT_EQ(score("\x03"
                    "1.x")
                  .first,
              dump_status::malformed);
    EXPECT_EQ(score("\x04"
                    "1.5")
                  .first,
              dump_status::truncated);
    EXPECT_EQ(score(std::string_view("\x00", 1)).first, dump_status::malformed);
}

// Random commands written beside what they should make.
TEST(lzf, expands_what_its_rules_say) {
    seeded_random random(5);
    for (int round = 0; round < 500; ++round) {
        std::string packed;
        std::string plain;
        for (int step = 0; step < 12; ++step) {
            if (plain.empty() || random.below(2) == 0) {
                const std::size_t run = 1 + random.below(32);
                packed.push_back(static_cast<char>(run - 1));
                for (std::size_t i = 0; i < run; ++i) {
                    packed.push_back(static_cast<char>(random.below(256)));
                    plain.push_back(packed.back());
                }
                continue;
            }
            const std::size_t length = 3 + random.below(262);
            const std::size_t distance = 1 + random.below(std::min<std::size_t>(plain.size(), 8192));
            const std::size_t code = std::min<std::size_t>(length - 2, 7);
            packed.push_back(static_cast<char>(code << 5 | (distance - 1) >> 8));
            if (code == 7) packed.push_back(static_cast<char>(length - 9));
            packed.push_back(static_cast<char>((distance - 1) & 0xff));
            for (std::size_t i = 0; i < length; ++i)
                plain.push_back(plain[plain.size() - distance]);
        }
        ASSERT_LE(plain.size(), lzf_most(packed.size()));
        std::string out(plain.size(), '?');
        ASSERT_TRUE(lzf_expand(packed, out));
        ASSERT_EQ(out, plain);
        out.push_back('?');
        ASSERT_FALSE(lzf_expand(packed, out));
        out.resize(plain.size() - 1);
        ASSERT_FALSE(lzf_expand(packed, out));
    }
}

TEST(lzf, refuses_what_lies_outside) {
    std::string out(9, '?');
    EXPECT_FALSE(lzf_expand("\xc0\x00"s, out));  // nothing made yet to copy from
    EXPECT_FALSE(
        lzf_expand("\x00"
                   "a\xc0\x01"s,
                   out));  // distance 2 of 1 byte
    EXPECT_FALSE(
        lzf_expand("\x00"
                   "a\xc0"s,
                   out));  // no distance
    EXPECT_FALSE(
        lzf_expand("\x00"
                   "a\xe0"s,
                   out));  // no length
    EXPECT_FALSE(
        lzf_expand("\x05"
                   "abc"s,
                   out));  // literals missing
    EXPECT_TRUE(
        lzf_expand("\x00"
                   "a\xc0\x00"s,
                   out));
    EXPECT_EQ(out, "aaaaaaaaa");
}

}  // namespace
}  // namespace understudy::rdb
