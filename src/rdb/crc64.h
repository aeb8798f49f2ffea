// rdb/crc64.h - the CRC64 that ends DUMP payloads and RDB files.
//
// Polynomial 0xad93d23594c935a9 ("Jones"), reflected in and out, start 0, no final xor; of "123456789" it is
// 0xe9c6d914c4b8d9ca. Eight bytes a step by tables (Kounavis and Berry 2005, "slicing by 8"), above 1 GB/s optimised.
#pragma once

#include <cstdint>
#include <string_view>

namespace understudy::rdb {

// The checksum of all bytes so far: pass what the piece before gave, 0 for the first.
[[nodiscard]] std::uint64_t crc64(std::uint64_t so_far, std::string_view bytes) noexcept;

}  // namespace understudy::rdb
