// keyspace/slot.h - which of a Redis Cluster's 16384 slots a key lies in.
//
// What stands between the first { and the next } counts alone, where that is not empty: so keys are kept together.
//
// Source: Redis Cluster specification, "Key distribution model" and "Hash tags"; CRC16 as of XMODEM (polynomial 0x1021,
// begun with 0).
#pragma once

#include <cstdint>
#include <string_view>

namespace understudy::keyspace {

inline constexpr std::uint16_t slot_count = 16384;

// Below slot_count. Cost: one look at a table for each byte.
[[nodiscard]] std::uint16_t slot_of(std::string_view key) noexcept;

}  // namespace understudy::keyspace
