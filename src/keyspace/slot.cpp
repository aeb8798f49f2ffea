#include "keyspace/slot.h"

#include <array>

namespace understudy::keyspace {

namespace {

constexpr std::array<std::uint16_t, 256> made_table() {
    std::array<std::uint16_t, 256> out{};
    for (unsigned byte = 0; byte < 256; ++byte) {
        unsigned crc = byte << 8;
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc & 0x8000u) != 0 ? crc << 1 ^ 0x1021u : crc << 1;
        out[byte] = static_cast<std::uint16_t>(crc);
    }
    return out;
}

constexpr auto table = made_table();

std::string_view hashed_part(std::string_view key) noexcept {
    const auto open = key.find('{');
    if (open == std::string_view::npos) return key;
    const auto close = key.find('}', open + 1);
    if (close == std::string_view::npos || close == open + 1) return key;
    return key.substr(open + 1, close - open - 1);
}

}  // namespace

std::uint16_t slot_of(std::string_view key) noexcept {
    std::uint16_t crc = 0;
    for (const char one : hashed_part(key)) {
        const auto byte = static_cast<unsigned char>(one);
        crc = static_cast<std::uint16_t>(static_cast<std::uint16_t>(crc << 8) ^ table[(crc >> 8 ^ byte) & 0xff]);
    }
    return crc % slot_count;
}

}  // namespace understudy::keyspace
