// rdb/detail/window.h - the part of a source that is looked at: bytes are needed, looked at, and taken or skipped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/error.h"
#include "rdb/byte_source.h"
#include "rdb/status.h"

namespace understudy::rdb::detail {

class window {
public:
    static constexpr std::size_t capacity = std::size_t{256} << 10;

    window(byte_source& from, bool checksum);

    // At least `count` bytes in front(), or `truncated`: the source ended or failed (failure()). count <= capacity.
    [[nodiscard]] dump_status need(std::size_t count) { return end_ - at_ >= count ? dump_status::ok : fill(count); }
    [[nodiscard]] std::string_view front() const noexcept { return {bytes_.get() + at_, end_ - at_}; }
    // count <= front().size()
    void take(std::size_t count) noexcept { at_ += count; }
    [[nodiscard]] dump_status skip(std::uint64_t count);

    [[nodiscard]] dump_status read_u8(std::uint8_t& value) {
        if (const auto short_of = need(1); short_of != dump_status::ok) return short_of;
        value = static_cast<std::uint8_t>(bytes_[at_++]);
        return dump_status::ok;
    }
    // Up to 8 bytes, the least first.
    [[nodiscard]] dump_status read_le(std::size_t count, std::uint64_t& value);
    // A length; a special string form is malformed.
    [[nodiscard]] dump_status read_length(std::uint64_t& value);

    // The head of a string: what follows it, and what it stands for.
    struct string_head {
        enum class kind : std::uint8_t { plain, number, compressed } form = kind::plain;
        std::uint64_t stored = 0;  // bytes that follow
        std::uint64_t size = 0;    // of the string; of a number its decimal text
        std::int64_t value = 0;    // of a number, whose bytes are read already
    };
    [[nodiscard]] dump_status read_string_head(string_head& head);
    // What follows a head: as much of the string as fits into `out`, its size into `got`; the rest is passed over.
    [[nodiscard]] dump_status read_string(const string_head& head, std::span<char> out, std::size_t& got);
    // A whole string, of which nothing is wanted but its size.
    [[nodiscard]] dump_status skip_string(std::uint64_t& size);

    // Bytes taken so far.
    [[nodiscard]] std::uint64_t offset() const noexcept { return before_ + at_; }
    // CRC64 of all that was taken.
    [[nodiscard]] std::uint64_t checksum() noexcept;
    [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }

private:
    [[nodiscard]] dump_status fill(std::size_t count);
    void sum_up() noexcept;

    byte_source& from_;
    std::unique_ptr<char[]> bytes_;
    std::size_t at_ = 0;      // taken
    std::size_t summed_ = 0;  // of these, in crc_
    std::size_t end_ = 0;
    std::uint64_t before_ = 0;  // bytes that have left the window
    std::uint64_t crc_ = 0;
    bool checksum_;
    std::optional<error> failure_;
};

}  // namespace understudy::rdb::detail
