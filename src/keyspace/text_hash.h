// keyspace/text_hash.h - a number for a text, for tables and for samples of texts.
#pragma once

#include <cstdint>
#include <string_view>

namespace understudy::keyspace {

// 64 bits that depend on all of the text, the same on every machine; each bit of them is as good as any other. Not for
// secrets, and not against those who choose texts to collide. Some 10 ns for 40 bytes.
[[nodiscard]] std::uint64_t text_hash(std::string_view text) noexcept;

}  // namespace understudy::keyspace
