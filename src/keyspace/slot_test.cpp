#include "keyspace/slot.h"

#include <string>

#include <gtest/gtest.h>

namespace understudy::keyspace {
namespace {

// CRC16 bit by bit, as the specification describes it, without a table and without tags.
std::uint16_t by_bits(std::string_view bytes) {
    unsigned crc = 0;
    for (const char one : bytes)
        for (int bit = 7; bit >= 0; --bit) {
            const unsigned in = static_cast<unsigned char>(one) >> bit & 1u;
            const unsigned top = crc >> 15 & 1u;
            crc = (crc << 1 & 0xffffu) ^ (in != top ? 0x1021u : 0u);
        }
    return static_cast<std::uint16_t>(crc % 16384);
}

TEST(slot_of, known_answers) {
    // 0x31C3 is the specification's check value; the others are what CLUSTER KEYSLOT of Redis 7.0 answers.
    EXPECT_EQ(slot_of("123456789"), 0x31C3);
    EXPECT_EQ(slot_of("foo"), 12182);
    EXPECT_EQ(slot_of("bar"), 5061);
    EXPECT_EQ(slot_of("hello"), 866);
    EXPECT_EQ(slot_of("somekey"), 11058);
    EXPECT_EQ(slot_of("foo{hash_tag}"), 2515);
    EXPECT_EQ(slot_of(""), 0);
}

TEST(slot_of, what_is_between_the_first_braces_counts_alone) {
    EXPECT_EQ(slot_of("{user1000}.following"), slot_of("user1000"));
    EXPECT_EQ(slot_of("{user1000}.following"), slot_of("{user1000}.followers"));
    EXPECT_EQ(slot_of("foo{}{bar}"), by_bits("foo{}{bar}"));
    EXPECT_EQ(slot_of("foo{{bar}}zap"), by_bits("{bar"));
    EXPECT_EQ(slot_of("foo{bar}{zap}"), by_bits("bar"));
    EXPECT_EQ(slot_of("foo{bar"), by_bits("foo{bar"));
    EXPECT_EQ(slot_of("foo}bar{"), by_bits("foo}bar{"));
    EXPECT_EQ(slot_of("}{a}"), by_bits("a"));
}

TEST(slot_of, every_byte) {
    for (int byte = 0; byte < 256; ++byte) {
        const std::string key = "a" + std::string(1, static_cast<char>(byte)) + "b";
        if (byte != '{' && byte != '}') EXPECT_EQ(slot_of(key), by_bits(key)) << byte;
    }
}

}  // namespace
}  // namespace understudy::keyspace
