// Real blobs come with the payloads of dump_test; here are the corners, and every single byte changed.
#include "rdb/packed.h"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace understudy::rdb {
namespace {

using namespace std::string_literals;
using texts = std::vector<std::string>;

// All values, or none if the blob is malformed.
template <class reader>
std::optional<texts> all(std::string_view blob) {
    reader values;
    if (values.open(blob) != dump_status::ok) return std::nullopt;
    texts out;
    packed_value value;
    for (;;) {
        if (values.next(value) != dump_status::ok) return std::nullopt;
        if (values.done()) return out;
        out.emplace_back(value.text());
    }
}

// Puts the total into the first four bytes.
std::string sized(std::string blob) {
    for (std::size_t i = 0; i < 4; ++i)
        blob[i] = static_cast<char>(blob.size() >> (8 * i) & 0xff);
    return blob;
}

std::string listpack(std::string entries, char count) {
    return sized("0000"s + count + '\0' + entries + '\xff');
}

TEST(listpack_reader, reads_every_encoding) {
    const std::string entries =
        "\x7f\x01"  // 127
        "\x83"
        "abc\x04"        // three bytes
        "\xdf\xff\x02"   // -1 of 13 bits
        "\xcf\xff\x02"   // 4095
        "\xd0\x00\x02"   // -4096
        "\xe0\x01z\x03"  // twelve bits of size
        "\xf0\x02\0\0\0hi\x07"
        "\xf1\x00\x80\x03"  // -32768
        "\xf2\xff\xff\x7f\x04"
        "\xf3\x00\x00\x00\x80\x05"
        "\xf4\x00\x00\x00\x00\x00\x00\x00\x80\x09"
        "\x80\x01"s;  // nothing
    const auto read = all<listpack_reader>(listpack(entries, 12));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, (texts{"127", "abc", "-1", "4095", "-4096", "z", "hi", "-32768", "8388607", "-2147483648",
                            "-9223372036854775808", ""}));
}

TEST(listpack_reader, refuses_what_contradicts_itself) {
    const std::string good = listpack("\x01\x01\x82hi\x03"s, 2);
    EXPECT_EQ(all<listpack_reader>(good), (texts{"1", "hi"}));
    EXPECT_FALSE(all<listpack_reader>(listpack("\x01\x01\x82hi\x03"s, 3)));   // count
    EXPECT_FALSE(all<listpack_reader>(listpack("\x01\x01\x82hi\x04"s, 2)));   // back length
    EXPECT_FALSE(all<listpack_reader>(listpack("\x01\x01\x86hi\x07"s, 2)));   // string past the end
    EXPECT_FALSE(all<listpack_reader>(listpack("\xf5\x01"s, 1)));             // no such encoding
    EXPECT_FALSE(all<listpack_reader>(listpack("\x01\x01\xff\x01\x01"s, 1)))  // end mark before the end
        << "bytes after the end mark";
    EXPECT_FALSE(all<listpack_reader>(good + "x"));
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(all<listpack_reader>(good.substr(0, size))) << size;
    EXPECT_EQ(all<listpack_reader>(listpack("", 0)), texts{});
}

// 65535 says that the count is not known.
TEST(listpack_reader, an_unknown_count_is_not_held_against_it) {
    EXPECT_EQ(all<listpack_reader>(sized("0000\xff\xff\x05\x01\xff"s)), texts{"5"});
}

// Both the width that Redis writes for the greatest size of two bytes, and the width that would be enough.
TEST(listpack_reader, takes_either_width_of_a_greatest_back_length) {
    const std::string entry = "\xf0\xfa\x3f\0\0"s + std::string(16378, 'a');  // 16383 bytes
    EXPECT_TRUE(all<listpack_reader>(listpack(entry + "\x00\xff\xff"s, 1)));
    EXPECT_TRUE(all<listpack_reader>(listpack(entry + "\x7f\xff"s, 1)));
    EXPECT_FALSE(all<listpack_reader>(listpack(entry + "\x7f\xfe"s, 1)));
}

std::string ziplist(std::string entries, char tail, char count) {
    return sized("0000"s + tail + "\0\0\0"s + count + '\0' + entries + '\xff');
}

TEST(ziplist_reader, reads_every_encoding) {
    const std::string entries =
        "\x00\xf1"
        "\x02\xfd"
        "\x02\xfe\x80"
        "\x03\xc0\x00\x80"
        "\x04\xf0\x00\x00\x80"
        "\x05\xd0\xff\xff\xff\x7f"
        "\x06\xe0\x00\x00\x00\x00\x00\x00\x00\x80"
        "\x0a\x02hi"
        "\x04\x40\x01z"
        "\x04\x80\x00\x00\x00\x01y"
        "\xfe\x07\x00\x00\x00\x00"s;  // the wide form of a small size before it, and an empty string
    const auto read =
        all<ziplist_reader>(ziplist(entries, static_cast<char>(10 + 2 + 2 + 3 + 4 + 5 + 6 + 10 + 4 + 4 + 7), 11));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, (texts{"0", "12", "-128", "-32768", "-8388608", "2147483647", "-9223372036854775808", "hi", "z",
                            "y", ""}));
}

TEST(ziplist_reader, refuses_what_contradicts_itself) {
    const std::string good = ziplist("\x00\xf2\x02\x01z"s, 12, 2);
    EXPECT_EQ(all<ziplist_reader>(good), (texts{"1", "z"}));
    EXPECT_FALSE(all<ziplist_reader>(ziplist("\x00\xf2\x02\x01z"s, 10, 2)));  // tail
    EXPECT_FALSE(all<ziplist_reader>(ziplist("\x00\xf2\x02\x01z"s, 12, 1)));  // count
    EXPECT_FALSE(all<ziplist_reader>(ziplist("\x00\xf2\x03\x01z"s, 12, 2)));  // size of the entry before
    EXPECT_FALSE(all<ziplist_reader>(ziplist("\x00\xf2\x02\x04z"s, 12, 2)));  // string past the end
    EXPECT_FALSE(all<ziplist_reader>(ziplist("\x00\xff"s, 10, 1)));           // no such encoding
    EXPECT_FALSE(all<ziplist_reader>(ziplist("\x00\x81\x00\x00\x00\x00"s, 10, 1)));
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(all<ziplist_reader>(good.substr(0, size))) << size;
    EXPECT_EQ(all<ziplist_reader>(ziplist("", 10, 0)), texts{});
}

TEST(zipmap_reader, reads_unused_bytes_and_wide_lengths) {
    EXPECT_EQ(all<zipmap_reader>("\x02\x01"
                                 "f\x01\x02vxx\xfe\x01\x00\x00\x00g\x00\x00\xff"s),
              (texts{"f", "v", "g", ""}));
    const std::string good =
        "\x01\x01"
        "f\x01\x00v\xff"s;
    ASSERT_EQ(all<zipmap_reader>(good), (texts{"f", "v"}));
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(all<zipmap_reader>(good.substr(0, size))) << size;
    EXPECT_FALSE(
        all<zipmap_reader>("\x01\x01"
                           "f\xff"s));  // a name without value
    EXPECT_FALSE(all<zipmap_reader>(good + "x"));
}

TEST(intset_reader, reads_ascending_integers_only) {
    EXPECT_EQ(all<intset_reader>("\x02\0\0\0\x03\0\0\0\x00\x80\xff\xff\x05\x00"s), (texts{"-32768", "-1", "5"}));
    EXPECT_EQ(all<intset_reader>("\x08\0\0\0\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\x7f"s),
              texts{"9223372036854775807"});
    EXPECT_EQ(all<intset_reader>("\x04\0\0\0\x00\0\0\0"s), texts{});
    EXPECT_FALSE(all<intset_reader>("\x02\0\0\0\x02\0\0\0\x05\x00\x05\x00"s));
    EXPECT_FALSE(all<intset_reader>("\x02\0\0\0\x02\0\0\0\x05\x00\x04\x00"s));
    EXPECT_FALSE(all<intset_reader>("\x02\0\0\0\x03\0\0\0\x05\x00\x06\x00"s));
    EXPECT_FALSE(all<intset_reader>("\x02\0\0\0\x01\0\0\0\x05\x00\x06\x00"s));
    EXPECT_FALSE(all<intset_reader>("\x03\0\0\0\x01\0\0\0\x05\x00\x06"s));
    EXPECT_FALSE(all<intset_reader>("\x02\0\0\0\x00\0\0"s));
}

}  // namespace
}  // namespace understudy::rdb
