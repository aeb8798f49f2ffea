#include "rdb/cursor.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <optional>

#include "rdb/detail/number.h"
#include "rdb/lzf.h"
#include "rdb/object.h"

namespace understudy::rdb {
namespace {

using detail::number_be;
using detail::number_le;

constexpr std::uint64_t form_int8 = 0;
constexpr std::uint64_t form_int16 = 1;
constexpr std::uint64_t form_int32 = 2;
constexpr std::uint64_t form_lzf = 3;

}  // namespace

budget::budget(const decode_limits& limits) noexcept
    : elements_left_(limits.elements),
      bytes_left_(limits.bytes),
      one_string_(std::min<std::uint64_t>(limits.one_string, std::numeric_limits<std::uint32_t>::max())) {}

bool budget::take_elements(std::uint64_t count) noexcept {
    if (count > elements_left_) return false;
    elements_left_ -= count;
    elements_taken_ += count;
    return true;
}

bool budget::take_bytes(std::uint64_t count) noexcept {
    if (count > bytes_left_) return false;
    bytes_left_ -= count;
    return true;
}

dump_status byte_cursor::read_bytes(std::uint64_t count, std::string_view& out) noexcept {
    if (count > left()) return dump_status::truncated;
    out = bytes_.substr(at_, static_cast<std::size_t>(count));
    at_ += out.size();
    return dump_status::ok;
}

dump_status byte_cursor::read_u8(std::uint8_t& value) noexcept {
    if (left() == 0) return dump_status::truncated;
    value = static_cast<std::uint8_t>(bytes_[at_++]);
    return dump_status::ok;
}

dump_status byte_cursor::read_u32_le(std::uint32_t& value) noexcept {
    std::string_view raw;
    UNDERSTUDY_RDB_TRY(read_bytes(4, raw));
    value = static_cast<std::uint32_t>(number_le(raw));
    return dump_status::ok;
}

dump_status byte_cursor::read_u64_le(std::uint64_t& value) noexcept {
    std::string_view raw;
    UNDERSTUDY_RDB_TRY(read_bytes(8, raw));
    value = number_le(raw);
    return dump_status::ok;
}

dump_status byte_cursor::read_u64_be(std::uint64_t& value) noexcept {
    std::string_view raw;
    UNDERSTUDY_RDB_TRY(read_bytes(8, raw));
    value = number_be(raw);
    return dump_status::ok;
}

dump_status byte_cursor::read_double_le(double& value) noexcept {
    std::uint64_t bits = 0;
    UNDERSTUDY_RDB_TRY(read_u64_le(bits));
    value = std::bit_cast<double>(bits);
    return dump_status::ok;
}

dump_status byte_cursor::read_length_or_form(length_or_form& out) noexcept {
    std::uint8_t first = 0;
    UNDERSTUDY_RDB_TRY(read_u8(first));
    std::string_view raw;
    switch (first >> 6) {
        case 0:
            out.value = first & 0x3f;
            return dump_status::ok;
        case 1:
            UNDERSTUDY_RDB_TRY(read_bytes(1, raw));
            out.value = std::uint64_t{first & 0x3fu} << 8 | number_be(raw);
            return dump_status::ok;
        case 2:
            if (first != 0x80 && first != 0x81) return dump_status::malformed;
            UNDERSTUDY_RDB_TRY(read_bytes(first == 0x80 ? 4 : 8, raw));
            out.value = number_be(raw);
            return dump_status::ok;
        default:
            out.value = first & 0x3f;
            out.is_form = true;
            return dump_status::ok;
    }
}

dump_status byte_cursor::read_length(std::uint64_t& value) noexcept {
    length_or_form length;
    UNDERSTUDY_RDB_TRY(read_length_or_form(length));
    if (length.is_form) return dump_status::malformed;
    value = length.value;
    return dump_status::ok;
}

dump_status byte_cursor::read_count(std::uint64_t& value) noexcept {
    UNDERSTUDY_RDB_TRY(read_length(value));
    return value > left() ? dump_status::truncated : dump_status::ok;
}

dump_status byte_cursor::read_string(std::string_view& out, std::string& scratch, budget& limits) {
    length_or_form length;
    UNDERSTUDY_RDB_TRY(read_length_or_form(length));
    if (length.is_form)
        return length.value == form_lzf ? read_compressed(out, scratch, limits)
                                        : read_integer_string(length.value, out, scratch);
    if (!limits.allows_string(length.value)) return dump_status::over_limit;
    return read_bytes(length.value, out);
}

dump_status byte_cursor::read_integer_string(std::uint64_t form, std::string_view& out, std::string& scratch) {
    std::string_view raw;
    std::int32_t number = 0;
    switch (form) {
        case form_int8:
            UNDERSTUDY_RDB_TRY(read_bytes(1, raw));
            number = static_cast<std::int8_t>(number_le(raw));
            break;
        case form_int16:
            UNDERSTUDY_RDB_TRY(read_bytes(2, raw));
            number = static_cast<std::int16_t>(number_le(raw));
            break;
        case form_int32:
            UNDERSTUDY_RDB_TRY(read_bytes(4, raw));
            number = static_cast<std::int32_t>(number_le(raw));
            break;
        default:
            return dump_status::malformed;
    }
    scratch = std::to_string(number);
    out = scratch;
    return dump_status::ok;
}

dump_status byte_cursor::read_compressed(std::string_view& out, std::string& scratch, budget& limits) {
    std::uint64_t compressed_size = 0;
    std::uint64_t size = 0;
    std::string_view compressed;
    UNDERSTUDY_RDB_TRY(read_length(compressed_size));
    UNDERSTUDY_RDB_TRY(read_length(size));
    if (!limits.allows_string(size) || !limits.allows_string(compressed_size)) return dump_status::over_limit;
    UNDERSTUDY_RDB_TRY(read_bytes(compressed_size, compressed));
    if (size > lzf_most(compressed.size())) return dump_status::malformed;
    if (!limits.take_bytes(size)) return dump_status::over_limit;
    bool whole = false;
    const auto made_size = static_cast<std::size_t>(size);
    // The size that is passed to the call is not used: libstdc++ 12 passes the grown capacity.
    scratch.resize_and_overwrite(made_size, [&](char* made, std::size_t) {
        whole = lzf_expand(compressed, {made, made_size});
        return whole ? made_size : 0;
    });
    out = scratch;
    return whole ? dump_status::ok : dump_status::malformed;
}

dump_status byte_cursor::read_text_double(double& value) noexcept {
    std::uint8_t size = 0;
    UNDERSTUDY_RDB_TRY(read_u8(size));
    switch (size) {
        case 253:
            return dump_status::malformed;
        case 254:
            value = std::numeric_limits<double>::infinity();
            return dump_status::ok;
        case 255:
            value = -std::numeric_limits<double>::infinity();
            return dump_status::ok;
        default:
            break;
    }
    std::string_view text;
    UNDERSTUDY_RDB_TRY(read_bytes(size, text));
    const std::optional<double> score = parse_score(text);
    if (!score) return dump_status::malformed;
    value = *score;
    return dump_status::ok;
}

}  // namespace understudy::rdb
