#include "rdb/detail/window.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "rdb/crc64.h"
#include "rdb/cursor.h"
#include "rdb/detail/number.h"
#include "rdb/lzf.h"

namespace understudy::rdb::detail {

namespace {

constexpr std::uint8_t form_int8 = 0;
constexpr std::uint8_t form_lzf = 3;

std::size_t digits_of(std::int64_t value) noexcept {
    char text[20];
    return static_cast<std::size_t>(std::to_chars(text, text + sizeof text, value).ptr - text);
}

}  // namespace

window::window(byte_source& from, bool checksum)
    : from_(from), bytes_(std::make_unique_for_overwrite<char[]>(capacity)), checksum_(checksum) {}

void window::sum_up() noexcept {
    if (checksum_) crc_ = crc64(crc_, {bytes_.get() + summed_, at_ - summed_});
    summed_ = at_;
}

std::uint64_t window::checksum() noexcept {
    sum_up();
    return crc_;
}

dump_status window::fill(std::size_t count) {
    sum_up();
    std::memmove(bytes_.get(), bytes_.get() + at_, end_ - at_);
    before_ += at_;
    end_ -= at_;
    at_ = summed_ = 0;
    while (end_ < count) {
        const auto more = from_.read({bytes_.get() + end_, capacity - end_});
        if (!more) failure_ = more.error();
        if (!more || *more == 0) return dump_status::truncated;
        end_ += *more;
    }
    return dump_status::ok;
}

dump_status window::skip(std::uint64_t count) {
    for (;;) {
        const auto now = static_cast<std::size_t>(std::min<std::uint64_t>(count, end_ - at_));
        take(now);
        count -= now;
        if (count == 0) return dump_status::ok;
        UNDERSTUDY_RDB_TRY(need(1));
    }
}

dump_status window::read_le(std::size_t count, std::uint64_t& value) {
    UNDERSTUDY_RDB_TRY(need(count));
    value = number_le(front().substr(0, count));
    take(count);
    return dump_status::ok;
}

dump_status window::read_length(std::uint64_t& value) {
    std::uint8_t first = 0;
    UNDERSTUDY_RDB_TRY(read_u8(first));
    if (first < 0x40) {
        value = first;
        return dump_status::ok;
    }
    if (first >= 0xc0 || (first >= 0x80 && first != 0x80 && first != 0x81)) return dump_status::malformed;
    const std::size_t more = first < 0x80 ? 1 : first == 0x80 ? 4 : 8;
    UNDERSTUDY_RDB_TRY(need(more));
    value = number_be(front().substr(0, more));
    if (first < 0x80) value |= std::uint64_t{first & 0x3fu} << 8;
    take(more);
    return dump_status::ok;
}

dump_status window::read_string_head(string_head& head) {
    UNDERSTUDY_RDB_TRY(need(1));
    const auto first = static_cast<std::uint8_t>(front()[0]);
    if (first < 0xc0) {
        UNDERSTUDY_RDB_TRY(read_length(head.stored));
        head.form = string_head::kind::plain;
        head.size = head.stored;
        return dump_status::ok;
    }
    take(1);
    const std::uint8_t form = first & 0x3f;
    if (form == form_lzf) {
        head.form = string_head::kind::compressed;
        UNDERSTUDY_RDB_TRY(read_length(head.stored));
        UNDERSTUDY_RDB_TRY(read_length(head.size));
        const bool too_much = head.size / 88 > head.stored;  // of lzf_most, without its overflow
        return head.size == 0 || too_much ? dump_status::malformed : dump_status::ok;
    }
    if (form > form_lzf) return dump_status::malformed;
    const std::size_t width = std::size_t{1} << (form - form_int8);
    std::uint64_t bits = 0;
    UNDERSTUDY_RDB_TRY(read_le(width, bits));
    head.form = string_head::kind::number;
    head.stored = 0;
    head.value = width == 1   ? static_cast<std::int8_t>(bits)
                 : width == 2 ? static_cast<std::int16_t>(bits)
                              : static_cast<std::int32_t>(bits);
    head.size = digits_of(head.value);
    return dump_status::ok;
}

dump_status window::read_string(const string_head& head, std::span<char> out, std::size_t& got) {
    got = static_cast<std::size_t>(std::min<std::uint64_t>(head.size, out.size()));
    if (head.form == string_head::kind::number) {
        char text[20];
        std::to_chars(text, text + sizeof text, head.value);
        std::copy_n(text, got, out.begin());
        return dump_status::ok;
    }
    if (head.form == string_head::kind::plain) {
        UNDERSTUDY_RDB_TRY(need(std::min(got, capacity)));
        got = std::min(got, front().size());
        std::copy_n(front().begin(), got, out.begin());
        return skip(head.stored);
    }
    // The beginning of what is compressed gives the beginning of the string; all of it fits into the window mostly.
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(head.stored, capacity));
    UNDERSTUDY_RDB_TRY(need(part));
    const auto made = lzf_expand_prefix(front().substr(0, part), out.first(got));
    if (!made || (*made < got && part == head.stored)) return dump_status::malformed;
    got = *made;
    return skip(head.stored);
}

dump_status window::skip_string(std::uint64_t& size) {
    string_head head;
    UNDERSTUDY_RDB_TRY(read_string_head(head));
    size = head.size;
    return skip(head.stored);
}

}  // namespace understudy::rdb::detail
