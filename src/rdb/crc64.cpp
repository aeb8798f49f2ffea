#include "rdb/crc64.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

namespace understudy::rdb {
namespace {

using table = std::array<std::uint64_t, 256>;

constexpr std::uint64_t reflected_polynomial = 0x95ac9329ac4bc9b5;  // 0xad93d23594c935a9 with its bits in reverse

// tables[k][b] is the checksum of byte b followed by k zero bytes.
constexpr std::array<table, 8> make_tables() {
    std::array<table, 8> tables{};
    for (std::size_t byte = 0; byte < 256; ++byte) {
        std::uint64_t crc = byte;
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc & 1) != 0 ? (crc >> 1) ^ reflected_polynomial : crc >> 1;
        tables[0][byte] = crc;
    }
    for (std::size_t zeros = 1; zeros < 8; ++zeros)
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::uint64_t before = tables[zeros - 1][byte];
            tables[zeros][byte] = tables[0][before & 0xff] ^ (before >> 8);
        }
    return tables;
}

constexpr std::array<table, 8> tables = make_tables();

std::uint64_t load_le(const char* bytes) noexcept {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes, sizeof value);
    if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
    return value;
}

}  // namespace

std::uint64_t crc64(std::uint64_t so_far, std::string_view bytes) noexcept {
    const char* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 8; at += 8, left -= 8) {
        const std::uint64_t mixed = so_far ^ load_le(at);
        so_far = tables[7][mixed & 0xff] ^ tables[6][(mixed >> 8) & 0xff] ^ tables[5][(mixed >> 16) & 0xff] ^
                 tables[4][(mixed >> 24) & 0xff] ^ tables[3][(mixed >> 32) & 0xff] ^ tables[2][(mixed >> 40) & 0xff] ^
                 tables[1][(mixed >> 48) & 0xff] ^ tables[0][mixed >> 56];
    }
    for (; left != 0; ++at, --left)
        so_far = tables[0][(so_far ^ static_cast<unsigned char>(*at)) & 0xff] ^ (so_far >> 8);
    return so_far;
}

}  // namespace understudy::rdb
