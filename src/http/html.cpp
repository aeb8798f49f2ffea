// Design: one scanner walks over tags. Outside tags it looks for '<' only; a comment and the elements whose content is
// not markup are jumped over as a whole. Inside a tag it reads attributes by the standard's states: name, optional '=',
// value in double, single or no quotes; the first of a name holds. Every step moves forward, so the scan is linear.
#include "http/html.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "http/headers.h"

namespace understudy::http {

namespace {

constexpr auto none = std::string_view::npos;

bool is_space(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\f' || byte == '\r';
}
bool is_letter(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

struct attribute {
    std::string_view name;
    std::string_view value;
};

struct tag {
    std::string_view name;
    bool closing = false;
    std::optional<std::string_view> type, field, value;  // the first of each; raw
};

class scanner {
public:
    explicit scanner(std::string_view html) : html_(html) {}

    // The next tag, or empty optional at the end of the text or in a tag that does not end.
    std::optional<tag> next() {
        for (;;) {
            const auto open = html_.find('<', at_);
            if (open == none || open + 1 >= html_.size()) return std::nullopt;
            at_ = open + 1;
            if (html_.substr(at_).starts_with("!--")) {
                const auto end = html_.find("-->", at_ + 1);
                if (end == none) return std::nullopt;
                at_ = end + 3;
            } else if (is_letter(html_[at_])) {
                return read_tag(false);
            } else if (html_[at_] == '/' && at_ + 1 < html_.size() && is_letter(html_[at_ + 1])) {
                ++at_;
                return read_tag(true);
            }
        }
    }

    // Moves behind "</name", or to the end. Elements like script hold text until that.
    void skip_content(std::string_view name) {
        for (auto open = html_.find("</", at_); open != none; open = html_.find("</", open + 2)) {
            if (!same_name(html_.substr(open + 2, name.size()), name)) continue;
            at_ = open;
            return;
        }
        at_ = html_.size();
    }

private:
    std::optional<tag> read_tag(bool closing) {
        tag read;
        read.closing = closing;
        read.name = until([](char byte) { return is_space(byte) || byte == '/' || byte == '>'; });
        for (;;) {
            while (at_ < html_.size() && (is_space(html_[at_]) || html_[at_] == '/'))
                ++at_;
            if (at_ >= html_.size()) return std::nullopt;
            if (html_[at_] == '>') {
                ++at_;
                return read;
            }
            const auto one = read_attribute();
            if (!one) return std::nullopt;
            keep(*one, read);
        }
    }

    static void keep(const attribute& one, tag& read) {
        const auto first = [&](std::optional<std::string_view>& place) {
            if (!place) place = one.value;
        };
        if (same_name(one.name, "type")) first(read.type);
        if (same_name(one.name, "name")) first(read.field);
        if (same_name(one.name, "value")) first(read.value);
    }

    std::optional<attribute> read_attribute() {
        attribute one;
        const std::size_t begin = at_++;  // a leading '=' belongs to the name
        until([](char byte) { return is_space(byte) || byte == '/' || byte == '>' || byte == '='; });
        one.name = html_.substr(begin, at_ - begin);
        skip_spaces();
        if (at_ >= html_.size() || html_[at_] != '=') return one;
        ++at_;
        skip_spaces();
        if (at_ >= html_.size()) return std::nullopt;
        const char quote = html_[at_];
        if (quote != '"' && quote != '\'') {
            one.value = until([](char byte) { return is_space(byte) || byte == '>'; });
            return one;
        }
        const auto end = html_.find(quote, at_ + 1);
        if (end == none) return std::nullopt;
        one.value = html_.substr(at_ + 1, end - at_ - 1);
        at_ = end + 1;
        return one;
    }

    void skip_spaces() {
        while (at_ < html_.size() && is_space(html_[at_]))
            ++at_;
    }

    template <class predicate>
    std::string_view until(predicate stops) {
        const std::size_t begin = at_;
        while (at_ < html_.size() && !stops(html_[at_]))
            ++at_;
        return html_.substr(begin, at_ - begin);
    }

    std::string_view html_;
    std::size_t at_ = 0;
};

bool holds_text(std::string_view name) {
    constexpr std::array<std::string_view, 7> elements{"script", "style", "textarea", "title",
                                                       "iframe", "xmp",   "template"};
    return std::ranges::any_of(elements, [&](std::string_view known) { return same_name(name, known); });
}

void append_utf8(std::uint32_t code, std::string& out) {
    const auto byte = [&](std::uint32_t value) { out.push_back(static_cast<char>(static_cast<unsigned char>(value))); };
    if (code < 0x80) {
        byte(code);
    } else if (code < 0x800) {
        byte(0xc0 | code >> 6);
        byte(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        byte(0xe0 | code >> 12);
        byte(0x80 | (code >> 6 & 0x3f));
        byte(0x80 | (code & 0x3f));
    } else {
        byte(0xf0 | code >> 18);
        byte(0x80 | (code >> 12 & 0x3f));
        byte(0x80 | (code >> 6 & 0x3f));
        byte(0x80 | (code & 0x3f));
    }
}

// "#39", "#x27": at most 8 digits, so nothing overflows. What is no character is U+FFFD, as browsers show it.
std::optional<std::uint32_t> numeric_reference(std::string_view body) {
    const bool hexadecimal = body.size() > 1 && (body[1] == 'x' || body[1] == 'X');
    const auto digits = body.substr(hexadecimal ? 2 : 1);
    if (digits.empty() || digits.size() > 8) return std::nullopt;
    std::uint64_t code = 0;
    for (const char byte : digits) {
        const auto at = std::string_view("0123456789abcdef").find(lower({&byte, 1}));
        if (at == none || (!hexadecimal && at > 9)) return std::nullopt;
        code = code * (hexadecimal ? 16u : 10u) + at;
    }
    const bool is_character = code != 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
    return is_character ? static_cast<std::uint32_t>(code) : 0xfffdu;
}

std::optional<std::uint32_t> reference(std::string_view body) {
    struct row {
        std::string_view name;
        std::uint32_t code;
    };
    constexpr std::array rows{row{"amp", '&'},  row{"lt", '<'},    row{"gt", '>'},    row{"quot", '"'},
                              row{"AMP", '&'},  row{"apos", '\''}, row{"nbsp", 0xa0}, row{"sol", '/'},
                              row{"plus", '+'}, row{"equals", '='}};
    if (body.starts_with('#')) return numeric_reference(body);
    const auto found = std::ranges::find(rows, body, &row::name);
    return found == rows.end() ? std::nullopt : std::optional(found->code);
}

}  // namespace

std::string decode_references(std::string_view text) {
    constexpr std::size_t longest = 11;  // "#" and 8 digits and "x", then ";"
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] != '&') {
            out.push_back(text[at++]);
            continue;
        }
        const auto end = text.substr(at, longest + 1).find(';');
        const auto code = end == none ? std::nullopt : reference(text.substr(at + 1, end - 1));
        if (code) {
            append_utf8(*code, out);
            at += end + 1;
        } else {
            out.push_back(text[at++]);
        }
    }
    return out;
}

std::optional<std::string> hidden_field(std::string_view html, std::string_view name) {
    scanner tags(html.substr(0, max_html_bytes));
    while (const auto found = tags.next()) {
        if (!found->closing && holds_text(found->name)) tags.skip_content(found->name);
        if (found->closing || !same_name(found->name, "input") || !found->field) continue;
        if (!found->type || !same_name(*found->type, "hidden")) continue;
        if (decode_references(*found->field) != name) continue;
        const auto value = found->value.value_or(std::string_view());
        if (value.size() > max_field_bytes) return std::nullopt;
        return decode_references(value);
    }
    return std::nullopt;
}

std::vector<input_field> input_fields(std::string_view html) {
    constexpr std::size_t longest_name = 256;
    std::vector<input_field> out;
    scanner tags(html.substr(0, max_html_bytes));
    while (const auto found = tags.next()) {
        if (!found->closing && holds_text(found->name)) tags.skip_content(found->name);
        if (found->closing || !same_name(found->name, "input") || !found->field) continue;
        if (found->field->empty() || found->field->size() > longest_name) continue;
        out.push_back({decode_references(*found->field), lower(found->type.value_or("text").substr(0, 32))});
        if (out.size() == max_input_fields) break;
    }
    return out;
}

}  // namespace understudy::http
