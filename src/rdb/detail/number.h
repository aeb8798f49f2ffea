// rdb/detail/number.h - whole numbers of up to 8 bytes, in either order of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace understudy::rdb::detail {

[[nodiscard]] inline std::uint64_t number_le(std::string_view bytes) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;)
        value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
}

[[nodiscard]] inline std::uint64_t number_be(std::string_view bytes) noexcept {
    std::uint64_t value = 0;
    for (const char byte : bytes)
        value = value << 8 | static_cast<unsigned char>(byte);
    return value;
}

}  // namespace understudy::rdb::detail
