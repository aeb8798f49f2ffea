#include "rdb/encode.h"

#include <bit>
#include <charconv>
#include <cmath>

#include "rdb/crc64.h"

namespace understudy::rdb {
namespace {

constexpr std::uint16_t first_with_binary_scores = 8;

void append_big(std::string& out, std::uint64_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
        out.push_back(static_cast<char>(value >> shift & 0xff));
}

void append_little(std::string& out, std::uint64_t value, int bytes) {
    for (int shift = 0; shift < 8 * bytes; shift += 8)
        out.push_back(static_cast<char>(value >> shift & 0xff));
}

void append_length(std::string& out, std::uint64_t length) {
    if (length < 64) {
        out.push_back(static_cast<char>(length));
    } else if (length < 16384) {
        append_big(out, length | 0x4000, 2);
    } else if (length <= 0xffffffff) {
        out.push_back(static_cast<char>(0x80));
        append_big(out, length, 4);
    } else {
        out.push_back(static_cast<char>(0x81));
        append_big(out, length, 8);
    }
}

void append_string(std::string& out, std::string_view bytes) {
    append_length(out, bytes.size());
    out.append(bytes);
}

void append_text_score(std::string& out, double score) {
    if (std::isnan(score)) {
        out.push_back(static_cast<char>(253));
    } else if (std::isinf(score)) {
        out.push_back(static_cast<char>(score > 0 ? 254 : 255));
    } else {
        char text[32];
        const auto written = std::to_chars(text, text + sizeof text, score);
        out.push_back(static_cast<char>(written.ptr - text));
        out.append(text, written.ptr);
    }
}

}  // namespace

void append_footer(std::string& payload, std::uint16_t rdb_version) {
    append_little(payload, rdb_version, 2);
    append_little(payload, crc64(0, payload), 8);
}

void dump_encoder::begin(object_type type) {
    type_ = type;
    begun_ = true;
    count_ = 0;
    body_.clear();
}

void dump_encoder::element(std::string_view bytes) {
    ++count_;
    append_string(body_, bytes);
}

void dump_encoder::field(std::string_view name, std::string_view value) {
    ++count_;
    append_string(body_, name);
    append_string(body_, value);
}

void dump_encoder::scored(std::string_view member, double score) {
    ++count_;
    append_string(body_, member);
    if (version_ >= first_with_binary_scores)
        append_little(body_, std::bit_cast<std::uint64_t>(score), 8);
    else
        append_text_score(body_, score);
}

std::expected<std::string, dump_status> dump_encoder::finish() {
    if (type_ == object_type::stream) return std::unexpected(dump_status::unknown_type);
    const bool whole = type_ == object_type::string ? count_ == 1 : count_ > 0;
    if (!begun_ || !whole) return std::unexpected(dump_status::malformed);
    const bool binary_zset = type_ == object_type::zset && version_ >= first_with_binary_scores;
    std::string payload(1, static_cast<char>(binary_zset ? 5 : static_cast<int>(type_)));
    if (type_ != object_type::string) append_length(payload, count_);
    payload += body_;
    append_footer(payload, version_);
    *this = dump_encoder(version_);
    return payload;
}

}  // namespace understudy::rdb
