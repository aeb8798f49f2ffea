// The shape: `next` looks at one byte and hands over to the taker of that type. A taker first finds out whether its
// whole line (or short bulk string) is there and only then takes anything, so need_more leaves no half-done state; the
// one state inside a value is the long bulk string under way (text_, text_left_).
//
// Verdicts must not depend on how the bytes were cut: each taker judges only what it would judge with all the bytes
// there. So a line is searched no further than its limit, and a text's CRLF is judged when both its bytes are in.
//
// Speed: one switch, integers are parsed where they lie, and memchr finds the ends of lines. Tokens borrow from the
// input. See bench/resp_bench.cpp.
#include "resp/reader.h"

#include <algorithm>
#include <cstring>

#include "resp/detail/numbers.h"

namespace understudy::resp {
namespace {

using detail::is_digit;

constexpr std::size_t mark_bytes = 1;
constexpr std::size_t crlf_bytes = 2;
constexpr std::size_t format_bytes = 4;  // "txt:"

struct number {
    std::int64_t value = 0;
    std::size_t taken = 0;  // with the type byte and CRLF
};

// Parses `<type><digits>\r\n` at the front of `input`.
status read_number(std::string_view input, number& out) {
    const char* const begin = input.data();
    const char* const end = begin + input.size();
    const char* at = begin + mark_bytes;
    const bool negative = at != end && *at == '-';
    if (negative || (at != end && *at == '+' && *begin == ':')) ++at;
    const char* const first = at;
    std::uint64_t magnitude = 0;
    while (at != end && is_digit(*at))
        magnitude = magnitude * 10 + static_cast<std::uint64_t>(*at++ - '0');
    const auto digits = static_cast<std::size_t>(at - first);
    if (digits > detail::most_digits) return status::malformed;
    if (end - at < 2) {
        if (at == end || (*at == '\r' && digits > 0)) return status::need_more;
        return status::malformed;
    }
    if (digits == 0 || at[0] != '\r' || at[1] != '\n') return status::malformed;
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (magnitude > most + (negative ? 1 : 0)) return status::malformed;
    out.value = static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
    out.taken = static_cast<std::size_t>(at - begin) + crlf_bytes;
    return status::token;
}

bool is_crlf(std::string_view input, std::size_t at) {
    return input[at] == '\r' && input[at + 1] == '\n';
}

}  // namespace

reader::reader(direction which, limits bounds) : direction_(which), limits_(bounds) {
    open_.reserve(std::min<std::size_t>(limits_.depth, 32));
}

status reader::next(std::string_view& input, token& out) {
    if (verdict_ != status::token) return verdict_;
    const status found = step(input, out);
    if (found == status::token)
        in_message_ = !out.message_end;
    else if (found != status::need_more)
        verdict_ = found;
    return found;
}

status reader::step(std::string_view& input, token& out) {
    if (text_left_ > 0) return take_piece(input, out);
    if (input.empty()) return status::need_more;
    if (direction_ == direction::request) return take_request(input, out);
    switch (input.front()) {
        case '+':
            return take_line(input, kind::simple, out);
        case '-':
            return take_line(input, kind::error, out);
        case ':':
            return take_integer(input, out);
        case '$':
            return take_bulk(input, kind::bulk, out);
        case '*':
            return take_aggregate(input, kind::array, out);
        case '_':
            return take_mark(input, kind::null, out);
        case '#':
            return take_mark(input, kind::boolean, out);
        case ',':
            return take_line(input, kind::real, out);
        case '(':
            return take_line(input, kind::big_number, out);
        case '!':
            return take_bulk(input, kind::bulk_error, out);
        case '=':
            return take_bulk(input, kind::verbatim, out);
        case '%':
            return take_aggregate(input, kind::map, out);
        case '~':
            return take_aggregate(input, kind::set, out);
        case '>':
            // Between replies only: inside one it would be taken for one of its elements.
            return open_.empty() ? take_aggregate(input, kind::push, out) : status::malformed;
        case '|':
            return take_aggregate(input, kind::attribute, out);
        default:
            return status::malformed;
    }
}

status reader::take_request(std::string_view& input, token& out) {
    if (!open_.empty()) return input.front() == '$' ? take_bulk(input, kind::bulk, out) : status::malformed;
    return input.front() == '*' ? take_aggregate(input, kind::array, out) : take_inline(input, out);
}

status reader::take_inline(std::string_view& input, token& out) {
    std::size_t end = 0;
    if (const status found = find_line_end(input, limits_.line_bytes + crlf_bytes, end); found != status::token)
        return found;
    std::string_view text = input.substr(0, end);
    if (text.ends_with('\r')) text.remove_suffix(1);  // Redis takes a bare newline here, and here alone
    out = token{.kind = kind::inline_command, .size = text.size(), .text = text};
    take(input, end + 1);
    close_value(out);
    return status::token;
}

status reader::take_line(std::string_view& input, kind what, token& out) {
    std::size_t end = 0;
    if (const status found = find_line_end(input, mark_bytes + limits_.line_bytes + crlf_bytes, end);
        found != status::token)
        return found;
    if (input[end - 1] != '\r' || end < mark_bytes + 1) return status::malformed;
    const std::string_view text = input.substr(mark_bytes, end - mark_bytes - 1);
    if (what == kind::real && !detail::is_real(text)) return status::malformed;
    if (what == kind::big_number && !detail::is_big_number(text)) return status::malformed;
    out = token{.kind = what,
                .mark = input.front(),
                .depth = static_cast<std::uint32_t>(open_.size()),
                .size = text.size(),
                .text = text};
    take(input, end + 1);
    close_value(out);
    return status::token;
}

// `_` and `#t`, `#f`: lines of a fixed length.
status reader::take_mark(std::string_view& input, kind what, token& out) {
    const std::size_t end = what == kind::boolean ? mark_bytes + 1 : mark_bytes;
    if (input.size() < end + crlf_bytes) return status::need_more;
    const char letter = input[mark_bytes];
    if (!is_crlf(input, end) || (what == kind::boolean && letter != 't' && letter != 'f')) return status::malformed;
    out = token{.kind = what, .mark = input.front(), .depth = static_cast<std::uint32_t>(open_.size())};
    out.integer = what == kind::boolean && letter == 't' ? 1 : 0;
    take(input, end + crlf_bytes);
    close_value(out);
    return status::token;
}

status reader::take_integer(std::string_view& input, token& out) {
    number parsed;
    if (const status found = read_number(input, parsed); found != status::token) return found;
    const std::string_view text = input.substr(mark_bytes, parsed.taken - mark_bytes - crlf_bytes);
    out = token{.kind = kind::integer,
                .mark = ':',
                .depth = static_cast<std::uint32_t>(open_.size()),
                .size = text.size(),
                .integer = parsed.value,
                .text = text};
    take(input, parsed.taken);
    close_value(out);
    return status::token;
}

status reader::take_bulk(std::string_view& input, kind what, token& out) {
    number header;
    if (const status found = read_number(input, header); found != status::token) return found;
    const auto depth = static_cast<std::uint32_t>(open_.size());
    if (header.value < 0) {
        const bool null = header.value == -1 && what == kind::bulk && direction_ == direction::reply;
        if (!null) return status::malformed;
        out = token{.kind = kind::null, .mark = '$', .depth = depth};
        take(input, header.taken);
        close_value(out);
        return status::token;
    }
    const auto size = static_cast<std::uint64_t>(header.value);
    if (size > limits_.bulk_bytes) return status::over_limit;
    if (what == kind::verbatim && size < format_bytes) return status::malformed;
    const std::size_t there = input.size() - header.taken;
    token text{.kind = what, .mark = input.front(), .depth = depth, .size = size};
    if (there < crlf_bytes || there - crlf_bytes < size) {
        if (size <= limits_.whole_bytes) return status::need_more;
        return begin_long_text(input, header.taken, text, out);
    }
    const auto length = static_cast<std::size_t>(size);
    if (!is_crlf(input, header.taken + length)) return status::malformed;
    text.text = input.substr(header.taken, length);
    if (what == kind::verbatim && text.text[format_bytes - 1] != ':') return status::malformed;
    out = text;
    take(input, header.taken + length + crlf_bytes);
    close_value(out);
    return status::token;
}

status reader::begin_long_text(std::string_view& input, std::size_t header, const token& text, token& out) {
    take(input, header);
    in_message_ = true;
    text_ = text;
    text_.value_end = false;
    text_left_ = text.size + crlf_bytes;
    return take_piece(input, out);
}

status reader::take_piece(std::string_view& input, token& out) {
    const bool first = text_left_ == text_.size + crlf_bytes;
    if (first && text_.kind == kind::verbatim) {
        if (input.size() < format_bytes) return status::need_more;
        if (input[format_bytes - 1] != ':') return status::malformed;
    }
    const std::uint64_t owed = text_left_ - std::min<std::uint64_t>(text_left_, crlf_bytes);
    if (input.size() >= text_left_) {
        const auto length = static_cast<std::size_t>(owed);
        if (!is_crlf(input, length)) return status::malformed;
        out = text_;
        out.text = input.substr(0, length);
        out.value_end = true;
        text_left_ = 0;
        take(input, length + crlf_bytes);
        close_value(out);
        return status::token;
    }
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(owed, input.size()));
    if (length == 0) return status::need_more;
    out = text_;
    out.text = input.substr(0, length);
    text_left_ -= length;
    take(input, length);
    return status::token;
}

status reader::take_aggregate(std::string_view& input, kind what, token& out) {
    number header;
    if (const status found = read_number(input, header); found != status::token) return found;
    token made{.kind = what, .mark = input.front(), .depth = static_cast<std::uint32_t>(open_.size())};
    if (header.value < 0) {
        if (what != kind::array) return status::malformed;
        if (direction_ == direction::reply && header.value != -1) return status::malformed;
        if (direction_ == direction::reply) made.kind = kind::null;
        out = made;
        take(input, header.taken);
        close_value(out);
        return status::token;
    }
    made.size = static_cast<std::uint64_t>(header.value);
    if (made.size > limits_.elements || open_.size() >= limits_.depth) return status::over_limit;
    out = made;
    take(input, header.taken);
    return open_aggregate(what == kind::map || what == kind::attribute ? made.size * 2 : made.size, out);
}

status reader::open_aggregate(std::uint64_t elements, token& out) {
    const bool attribute = out.kind == kind::attribute;
    if (elements > 0)
        open_.push_back({elements, attribute});
    else if (!attribute)
        close_value(out);
    return status::token;
}

// The place of the newline, searched in the first `most` bytes.
status reader::find_line_end(std::string_view input, std::uint64_t most, std::size_t& end) {
    const auto searched = static_cast<std::size_t>(std::min<std::uint64_t>(input.size(), most));
    const void* const found =
        searched > scanned_ ? std::memchr(input.data() + scanned_, '\n', searched - scanned_) : nullptr;
    if (found == nullptr) {
        scanned_ = searched;
        return input.size() >= most ? status::over_limit : status::need_more;
    }
    end = static_cast<std::size_t>(static_cast<const char*>(found) - input.data());
    return status::token;
}

void reader::take(std::string_view& input, std::size_t bytes) {
    input.remove_prefix(bytes);
    offset_ += bytes;
    scanned_ = 0;
}

void reader::close_value(token& out) {
    while (!open_.empty()) {
        frame& innermost = open_.back();
        if (--innermost.left > 0) return;
        const bool attribute = innermost.attribute;
        open_.pop_back();
        if (attribute) return;
    }
    out.message_end = true;
}

}  // namespace understudy::resp
