#include "rdb/crc64.h"

#include <string>

#include <gtest/gtest.h>

#include "base/random.h"

namespace understudy::rdb {
namespace {

// Bit by bit, straight from the definition: reflected in, reflected out.
std::uint64_t slow_crc64(std::string_view bytes) {
    constexpr std::uint64_t polynomial = 0xad93d23594c935a9;
    std::uint64_t crc = 0;
    for (const char byte : bytes)
        for (unsigned bit = 0; bit < 8; ++bit) {
            const bool in = (static_cast<unsigned char>(byte) >> bit & 1) != 0;
            const bool top = crc >> 63 != 0;
            crc = crc << 1 ^ (in != top ? polynomial : 0);
        }
    std::uint64_t reflected = 0;
    for (unsigned bit = 0; bit < 64; ++bit)
        reflected |= (crc >> bit & 1) << (63 - bit);
    return reflected;
}

TEST(crc64, known_answer) {
    EXPECT_EQ(crc64(0, "123456789"), 0xe9c6d914c4b8d9cau);
    EXPECT_EQ(crc64(0, ""), 0u);
}

TEST(crc64, equals_the_definition_at_every_length_and_split) {
    seeded_random random(1);
    std::string bytes;
    for (int size = 0; size < 70; ++size) {
        const std::uint64_t whole = slow_crc64(bytes);
        for (std::size_t split = 0; split <= bytes.size(); ++split)
            ASSERT_EQ(crc64(crc64(0, bytes.substr(0, split)), bytes.substr(split)), whole);
        bytes.push_back(static_cast<char>(random.below(256)));
    }
}

}  // namespace
}  // namespace understudy::rdb
