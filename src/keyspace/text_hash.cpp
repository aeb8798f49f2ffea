#include "keyspace/text_hash.h"

#include <bit>
#include <cstring>

namespace understudy::keyspace {

namespace {

constexpr std::uint64_t odd = 0x9e3779b97f4a7c15u;  // 2^64 over the golden ratio

// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every bit of the input reaches every bit of the output.
std::uint64_t mixed(std::uint64_t value) noexcept {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}

std::uint64_t little_endian(const char* bytes, std::size_t count) noexcept {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes, count);
    if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
    return value;
}

}  // namespace

std::uint64_t text_hash(std::string_view text) noexcept {
    std::uint64_t hash = mixed(text.size() + odd);
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8)
        hash = std::rotl((hash ^ little_endian(text.data() + at, 8)) * odd, 29);
    return mixed(hash ^ mixed(little_endian(text.data() + at, text.size() - at) + odd));
}

}  // namespace understudy::keyspace
