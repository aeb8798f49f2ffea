// rdb/lzf.h - LZF (Marc Lehmann's LibLZF format), the compression of long strings in RDB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace understudy::rdb {

// The most that LZF can make of `compressed` bytes: three bytes give at most 264. A claim above it is a lie, and is
// refused before memory is taken for it.
[[nodiscard]] constexpr std::uint64_t lzf_most(std::size_t compressed) noexcept {
    return static_cast<std::uint64_t>(compressed) * 88;
}

// Fills `out` exactly; false if the input gives more or fewer bytes, or refers to bytes before the start.
[[nodiscard]] bool lzf_expand(std::string_view compressed, std::span<char> out) noexcept;

// Fills `out` from the beginning of what was compressed, as far as the input goes; how much that was. Empty if the
// input refers to bytes before the start. Bytes behind what fills `out` are not looked at.
[[nodiscard]] std::optional<std::size_t> lzf_expand_prefix(std::string_view compressed, std::span<char> out) noexcept;

}  // namespace understudy::rdb
