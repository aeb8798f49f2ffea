#include "report/detail/printable.h"

#include <cstdint>

namespace understudy::report::detail {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

// Bytes of the sequence at the start of the text, 0 where it is broken (Unicode 15, table 3-7).
std::size_t sequence(std::string_view text, char32_t& point) {
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
    const std::uint8_t first = byte(0);
    if (first < 0x80) {
        point = first;
        return 1;
    }
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
    point = first & (0xFFu >> (length + 1));
    for (std::size_t at = 1; at < length; ++at) {
        if ((byte(at) & 0xC0) != 0x80) return 0;
        point = point << 6 | (byte(at) & 0x3Fu);
    }
    const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
    const bool outside = (point >= 0xD800 && point <= 0xDFFF) || point > 0x10FFFF;
    return overlong || outside ? 0 : length;
}

bool hidden(char32_t point) {
    if (point < 0x20 || (point >= 0x7F && point < 0xA0)) return true;
    return point == 0x200E || point == 0x200F || (point >= 0x2028 && point <= 0x202E) ||
           (point >= 0x2066 && point <= 0x2069) || point == 0xFEFF;
}

}  // namespace

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        char32_t point = 0;
        const std::size_t length = sequence(text, point);
        if (length == 1 && (point == '\n' || point == '\t'))
            out += text[0];
        else if (length == 0 || (hidden(point) && point != '\r'))
            out += replacement;
        else if (point != '\r')
            out += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

std::string one_line(std::string_view text) {
    std::string out;
    bool gap = false;
    for (const char c : printable(text)) {
        if (c == '\n' || c == '\t' || c == ' ') {
            gap = !out.empty();
            continue;
        }
        if (gap) out += ' ';
        gap = false;
        out += c;
    }
    return out;
}

std::size_t columns_of(std::string_view text) {
    std::size_t out = 0;
    for (const char c : text)
        if ((static_cast<std::uint8_t>(c) & 0xC0) != 0x80) ++out;
    return out;
}

}  // namespace understudy::report::detail
