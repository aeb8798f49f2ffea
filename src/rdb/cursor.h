// rdb/cursor.h - the lowest layer of RDB: bytes, numbers, lengths and strings (Redis src/rdb.c).
//
// A cursor reads forward over bytes that it does not own. Every read either takes its bytes or leaves the cursor where
// it is not of use any more and says why; `truncated` is said only where more bytes could help, so a reader of a
// stream can wait for more and start the object again. Pure; not thread-safe; no allocation but in read_string for
// compressed strings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "rdb/status.h"

namespace understudy::rdb {

// What one object may take. All three are checked before memory is taken.
struct decode_limits {
    std::uint64_t elements = std::uint64_t{1} << 25;  // members, fields, entries, groups, consumers, pending in sum
    std::uint64_t bytes = std::uint64_t{1} << 30;  // of all elements after decompression, and of what is decompressed
    std::uint64_t one_string = std::uint64_t{512} << 20;  // Redis's own proto-max-bulk-len; never above 4 GiB - 1
};

// What is left of the limits while an object is read.
class budget {
public:
    explicit budget(const decode_limits& limits) noexcept;
    // False, and nothing taken, if that much is not left.
    [[nodiscard]] bool take_elements(std::uint64_t count) noexcept;
    [[nodiscard]] bool take_bytes(std::uint64_t count) noexcept;
    [[nodiscard]] bool allows_string(std::uint64_t size) const noexcept { return size <= one_string_; }
    [[nodiscard]] std::uint64_t elements_taken() const noexcept { return elements_taken_; }

private:
    std::uint64_t elements_left_;
    std::uint64_t bytes_left_;
    std::uint64_t one_string_;
    std::uint64_t elements_taken_ = 0;
};

class byte_cursor {
public:
    explicit byte_cursor(std::string_view bytes) noexcept : bytes_(bytes) {}

    [[nodiscard]] std::size_t left() const noexcept { return bytes_.size() - at_; }
    [[nodiscard]] std::size_t position() const noexcept { return at_; }

    [[nodiscard]] dump_status read_u8(std::uint8_t& value) noexcept;
    [[nodiscard]] dump_status read_u32_le(std::uint32_t& value) noexcept;
    [[nodiscard]] dump_status read_u64_le(std::uint64_t& value) noexcept;
    [[nodiscard]] dump_status read_u64_be(std::uint64_t& value) noexcept;
    [[nodiscard]] dump_status read_double_le(double& value) noexcept;
    [[nodiscard]] dump_status read_bytes(std::uint64_t count, std::string_view& out) noexcept;

    // A length: 6, 14, 32 or 64 bits. The special string forms are malformed here.
    [[nodiscard]] dump_status read_length(std::uint64_t& value) noexcept;
    // A count of things that take at least one byte each: `truncated` if so many cannot follow.
    [[nodiscard]] dump_status read_count(std::uint64_t& value) noexcept;
    // A string in any form. `out` refers to the cursor's bytes, or to `scratch` if it was an integer or compressed.
    [[nodiscard]] dump_status read_string(std::string_view& out, std::string& scratch, budget& limits);
    // A score as RDB types 3 writes it: a length byte, then text; 253 nan, 254 inf, 255 -inf. nan is malformed.
    [[nodiscard]] dump_status read_text_double(double& value) noexcept;

private:
    struct length_or_form {
        std::uint64_t value = 0;
        bool is_form = false;  // value is one of the special string forms
    };
    [[nodiscard]] dump_status read_length_or_form(length_or_form& out) noexcept;
    [[nodiscard]] dump_status read_integer_string(std::uint64_t form, std::string_view& out, std::string& scratch);
    [[nodiscard]] dump_status read_compressed(std::string_view& out, std::string& scratch, budget& limits);

    std::string_view bytes_;
    std::size_t at_ = 0;
};

}  // namespace understudy::rdb

// Returns what the expression gives from the enclosing function unless it is ok.
#define UNDERSTUDY_RDB_TRY(expr)                                       \
    do {                                                               \
        if (const ::understudy::rdb::dump_status rdb_status_ = (expr); \
            rdb_status_ != ::understudy::rdb::dump_status::ok)         \
            return rdb_status_;                                        \
    } while (false)
