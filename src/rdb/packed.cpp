// Every reader keeps the one rule that makes it safe: `take` refuses what does not lie before the end of the blob, and
// nothing else touches bytes.
#include "rdb/packed.h"

#include <charconv>
#include <cstddef>

#include "rdb/cursor.h"

namespace understudy::rdb {
namespace {

constexpr unsigned char end_mark = 0xff;
constexpr std::uint32_t unknown_count = 0xffff;

unsigned char byte_at(std::string_view blob, std::size_t at) noexcept {
    return static_cast<unsigned char>(blob[at]);
}

// Unsigned, from 1 to 8 bytes; the caller has checked that they are there.
std::uint64_t little(std::string_view bytes) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;)
        value = value << 8 | byte_at(bytes, i);
    return value;
}

std::int64_t little_signed(std::string_view bytes) noexcept {
    const auto shift = static_cast<unsigned>(64 - 8 * bytes.size());
    return static_cast<std::int64_t>(little(bytes) << shift) >> shift;
}

bool take(std::string_view blob, std::size_t& at, std::size_t count, std::string_view& out) noexcept {
    if (at > blob.size() || count > blob.size() - at) return false;
    out = blob.substr(at, count);
    at += count;
    return true;
}

bool take_integer(std::string_view blob, std::size_t& at, std::size_t width, packed_value& value) noexcept {
    std::string_view raw;
    if (!take(blob, at, width, raw)) return false;
    value.set(little_signed(raw));
    return true;
}

bool take_string(std::string_view blob, std::size_t& at, std::size_t size, packed_value& value) noexcept {
    std::string_view raw;
    if (!take(blob, at, size, raw)) return false;
    value.set(raw);
    return true;
}

dump_status ok_or_malformed(bool good) noexcept {
    return good ? dump_status::ok : dump_status::malformed;
}

// The end mark must be the last byte, and the header's count right where it can hold it.
dump_status check_end(std::string_view blob, std::size_t at, std::uint32_t count, std::uint32_t seen) noexcept {
    return ok_or_malformed(at + 1 == blob.size() && (count == unknown_count || count == seen));
}

}  // namespace

void packed_value::set(std::string_view bytes) noexcept {
    bytes_ = bytes;
    is_integer_ = false;
}

void packed_value::set(std::int64_t number) noexcept {
    integer_ = number;
    is_integer_ = true;
    const auto written = std::to_chars(digits_.data(), digits_.data() + digits_.size(), number);
    digit_count_ = static_cast<std::uint8_t>(written.ptr - digits_.data());
}

std::string_view packed_value::text() const noexcept {
    return is_integer_ ? std::string_view(digits_.data(), digit_count_) : bytes_;
}

// listpack: total bytes (u32), count (u16), entries, end mark. An entry: encoding byte and data, then its size again,
// written so that it can be read backwards.

dump_status listpack_reader::open(std::string_view blob) noexcept {
    if (blob.size() < 7 || little(blob.substr(0, 4)) != blob.size()) return dump_status::malformed;
    blob_ = blob;
    count_ = static_cast<std::uint32_t>(little(blob.substr(4, 2)));
    at_ = 6;
    seen_ = 0;
    done_ = false;
    return dump_status::ok;
}

namespace {

// The value at `at`, its back length not included.
bool take_listpack_value(std::string_view blob, std::size_t& at, packed_value& value) noexcept {
    const unsigned first = byte_at(blob, at++);
    std::string_view raw;
    if (first < 0x80) {
        value.set(std::int64_t{first});
        return true;
    }
    if (first < 0xc0) return take_string(blob, at, first & 0x3f, value);
    if (first < 0xe0) {
        if (!take(blob, at, 1, raw)) return false;
        const auto bits = static_cast<std::int64_t>((first & 0x1f) << 8 | byte_at(raw, 0));
        value.set(bits >= 4096 ? bits - 8192 : bits);
        return true;
    }
    if (first < 0xf0) {
        if (!take(blob, at, 1, raw)) return false;
        return take_string(blob, at, (first & 0x0f) << 8 | byte_at(raw, 0), value);
    }
    switch (first) {
        case 0xf0:
            return take(blob, at, 4, raw) && take_string(blob, at, little(raw), value);
        case 0xf1:
            return take_integer(blob, at, 2, value);
        case 0xf2:
            return take_integer(blob, at, 3, value);
        case 0xf3:
            return take_integer(blob, at, 4, value);
        case 0xf4:
            return take_integer(blob, at, 8, value);
        default:
            return false;
    }
}

// The back length of `size` in exactly `width` bytes: seven bits a byte, the highest first, all but the first marked.
bool is_back_length(std::string_view bytes, std::uint64_t size) noexcept {
    for (std::size_t i = bytes.size(); i-- > 0; size >>= 7)
        if (byte_at(bytes, i) != ((size & 0x7f) | (i == 0 ? 0 : 0x80))) return false;
    return size == 0;
}

}  // namespace

dump_status listpack_reader::next(packed_value& value) noexcept {
    if (done_) return dump_status::ok;
    if (at_ >= blob_.size()) return dump_status::malformed;
    if (byte_at(blob_, at_) == end_mark) {
        done_ = true;
        return check_end(blob_, at_, count_, seen_);
    }
    const std::size_t start = at_;
    if (!take_listpack_value(blob_, at_, value)) return dump_status::malformed;
    ++seen_;
    return skip_back_length(at_ - start);
}

// Redis takes a byte more than needed for the greatest size of two, three and four bytes (its comparison is `<`); both
// widths are taken, since a server may mend that one day.
dump_status listpack_reader::skip_back_length(std::size_t entry_size) noexcept {
    std::size_t width = 1;
    while (width < 5 && entry_size >> (7 * width) != 0)
        ++width;
    for (std::size_t tried = width; tried <= width + 1; ++tried) {
        std::size_t after = at_;
        std::string_view raw;
        if (take(blob_, after, tried, raw) && is_back_length(raw, entry_size)) {
            at_ = after;
            return dump_status::ok;
        }
    }
    return dump_status::malformed;
}

// ziplist: total bytes (u32), offset of the last entry (u32), count (u16), entries, end mark. An entry: size of the
// entry before it, encoding byte, data.

dump_status ziplist_reader::open(std::string_view blob) noexcept {
    if (blob.size() < 11 || little(blob.substr(0, 4)) != blob.size()) return dump_status::malformed;
    blob_ = blob;
    count_ = static_cast<std::uint32_t>(little(blob.substr(8, 2)));
    at_ = 10;
    seen_ = 0;
    previous_size_ = 0;
    done_ = false;
    return dump_status::ok;
}

dump_status ziplist_reader::next(packed_value& value) noexcept {
    if (done_) return dump_status::ok;
    if (at_ >= blob_.size()) return dump_status::malformed;
    const std::size_t start = at_;
    const unsigned char first = byte_at(blob_, at_);
    if (first == end_mark) {
        done_ = true;
        const bool tail_fits = little(blob_.substr(4, 4)) == at_ - previous_size_;
        return tail_fits ? check_end(blob_, at_, count_, seen_) : dump_status::malformed;
    }
    std::string_view raw;
    std::uint64_t previous = first;
    ++at_;
    if (first == 0xfe) {
        if (!take(blob_, at_, 4, raw)) return dump_status::malformed;
        previous = little(raw);
    }
    if (previous != previous_size_) return dump_status::malformed;
    UNDERSTUDY_RDB_TRY(read_value(value));
    previous_size_ = at_ - start;
    ++seen_;
    return dump_status::ok;
}

dump_status ziplist_reader::read_value(packed_value& value) noexcept {
    std::string_view raw;
    if (!take(blob_, at_, 1, raw)) return dump_status::malformed;
    const unsigned first = byte_at(raw, 0);
    switch (first >> 6) {
        case 0:
            return ok_or_malformed(take_string(blob_, at_, first & 0x3f, value));
        case 1:
            if (!take(blob_, at_, 1, raw)) return dump_status::malformed;
            return ok_or_malformed(take_string(blob_, at_, (first & 0x3f) << 8 | byte_at(raw, 0), value));
        case 2: {
            if (first != 0x80 || !take(blob_, at_, 4, raw)) return dump_status::malformed;
            const std::uint32_t size = static_cast<std::uint32_t>(byte_at(raw, 0)) << 24 | byte_at(raw, 1) << 16 |
                                       byte_at(raw, 2) << 8 | byte_at(raw, 3);
            return ok_or_malformed(take_string(blob_, at_, size, value));
        }
        default:
            break;
    }
    switch (first) {
        case 0xc0:
            return ok_or_malformed(take_integer(blob_, at_, 2, value));
        case 0xd0:
            return ok_or_malformed(take_integer(blob_, at_, 4, value));
        case 0xe0:
            return ok_or_malformed(take_integer(blob_, at_, 8, value));
        case 0xf0:
            return ok_or_malformed(take_integer(blob_, at_, 3, value));
        case 0xfe:
            return ok_or_malformed(take_integer(blob_, at_, 1, value));
        default:
            break;
    }
    if (first < 0xf1 || first > 0xfd) return dump_status::malformed;
    value.set(std::int64_t{first} - 0xf1);
    return dump_status::ok;
}

// zipmap: count (one byte, 254 and above: unknown), then for each field: length, name, length, one byte that says how
// many unused bytes follow the value, value, unused bytes; end mark. A length: a byte below 254, or 254 and u32.

dump_status zipmap_reader::open(std::string_view blob) noexcept {
    if (blob.size() < 2) return dump_status::malformed;
    blob_ = blob;
    at_ = 1;
    value_next_ = false;
    done_ = false;
    return dump_status::ok;
}

dump_status zipmap_reader::next(packed_value& value) noexcept {
    if (done_) return dump_status::ok;
    std::string_view raw;
    if (!take(blob_, at_, 1, raw)) return dump_status::malformed;
    const unsigned first = byte_at(raw, 0);
    if (first == end_mark) {
        done_ = true;
        return ok_or_malformed(!value_next_ && at_ == blob_.size());
    }
    std::uint64_t size = first;
    if (first == 0xfe) {
        if (!take(blob_, at_, 4, raw)) return dump_status::malformed;
        size = little(raw);
    }
    std::size_t unused = 0;
    if (value_next_) {
        if (!take(blob_, at_, 1, raw)) return dump_status::malformed;
        unused = byte_at(raw, 0);
    }
    value_next_ = !value_next_;
    return ok_or_malformed(take_string(blob_, at_, size, value) && take(blob_, at_, unused, raw));
}

// intset: bytes per integer (u32: 2, 4 or 8), count (u32), integers.

dump_status intset_reader::open(std::string_view blob) noexcept {
    if (blob.size() < 8) return dump_status::malformed;
    width_ = little(blob.substr(0, 4));
    if (width_ != 2 && width_ != 4 && width_ != 8) return dump_status::malformed;
    if (blob.size() - 8 != little(blob.substr(4, 4)) * width_) return dump_status::malformed;
    blob_ = blob;
    at_ = 8;
    first_ = true;
    done_ = false;
    return dump_status::ok;
}

dump_status intset_reader::next(packed_value& value) noexcept {
    if (done_) return dump_status::ok;
    if (at_ == blob_.size()) {
        done_ = true;
        return dump_status::ok;
    }
    if (!take_integer(blob_, at_, width_, value)) return dump_status::malformed;
    if (!first_ && value.integer() <= previous_) return dump_status::malformed;
    first_ = false;
    previous_ = value.integer();
    return dump_status::ok;
}

}  // namespace understudy::rdb
