// rdb/packed.h - the compact encodings that Redis keeps in memory and writes to RDB as one string: listpack, ziplist,
// zipmap and intset (Redis src/listpack.c, ziplist.c, zipmap.c, intset.c).
//
// Each reader walks one blob that is complete, so bytes that are missing are `malformed`, not `truncated`. The header's
// sizes, the back lengths and the end mark are all checked. O(blob), no allocation. The blob must outlive the reader
// and the values it gives.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "rdb/status.h"

namespace understudy::rdb {

// One value of a blob: bytes, or an integer that stands for its decimal text.
class packed_value {
public:
    void set(std::string_view bytes) noexcept;
    void set(std::int64_t number) noexcept;
    [[nodiscard]] bool is_integer() const noexcept { return is_integer_; }
    [[nodiscard]] std::int64_t integer() const noexcept { return integer_; }
    // The text; refers to the blob, or to this object.
    [[nodiscard]] std::string_view text() const noexcept;

private:
    std::string_view bytes_;
    std::int64_t integer_ = 0;
    std::array<char, 20> digits_{};
    std::uint8_t digit_count_ = 0;
    bool is_integer_ = false;
};

class listpack_reader {
public:
    // Checks the header against the blob.
    [[nodiscard]] dump_status open(std::string_view blob) noexcept;
    // The next value. `ok` with done() true, and `value` untouched, at the end mark.
    [[nodiscard]] dump_status next(packed_value& value) noexcept;
    [[nodiscard]] bool done() const noexcept { return done_; }

private:
    [[nodiscard]] dump_status skip_back_length(std::size_t entry_size) noexcept;

    std::string_view blob_;
    std::size_t at_ = 0;
    std::uint32_t count_ = 0;
    std::uint32_t seen_ = 0;
    bool done_ = true;
};

class ziplist_reader {
public:
    [[nodiscard]] dump_status open(std::string_view blob) noexcept;
    [[nodiscard]] dump_status next(packed_value& value) noexcept;
    [[nodiscard]] bool done() const noexcept { return done_; }

private:
    [[nodiscard]] dump_status read_value(packed_value& value) noexcept;

    std::string_view blob_;
    std::size_t at_ = 0;
    std::size_t previous_size_ = 0;
    std::uint32_t count_ = 0;
    std::uint32_t seen_ = 0;
    bool done_ = true;
};

// A hash of Redis 2.x: name and value in turn.
class zipmap_reader {
public:
    [[nodiscard]] dump_status open(std::string_view blob) noexcept;
    [[nodiscard]] dump_status next(packed_value& value) noexcept;
    [[nodiscard]] bool done() const noexcept { return done_; }

private:
    std::string_view blob_;
    std::size_t at_ = 0;
    bool value_next_ = false;
    bool done_ = true;
};

// A set of integers, ascending and without repeats (else malformed).
class intset_reader {
public:
    [[nodiscard]] dump_status open(std::string_view blob) noexcept;
    [[nodiscard]] dump_status next(packed_value& value) noexcept;
    [[nodiscard]] bool done() const noexcept { return done_; }

private:
    std::string_view blob_;
    std::size_t at_ = 0;
    std::size_t width_ = 0;
    std::int64_t previous_ = 0;
    bool first_ = true;
    bool done_ = true;
};

}  // namespace understudy::rdb
