// Design: one cursor over the text, one function for each production of RFC 8941 4.2, each leaving the cursor behind
// what it read or returning an empty optional, which every caller passes on. Numbers are bounded by digits (4.2.4), so
// none can overflow.
#include "http/structured.h"

#include <algorithm>

namespace understudy::http {

namespace {

bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}
bool is_small(char byte) {
    return byte >= 'a' && byte <= 'z';
}
bool is_alpha(char byte) {
    return is_small(byte) || (byte >= 'A' && byte <= 'Z');
}
bool is_key_byte(char byte) {
    return is_small(byte) || is_digit(byte) || byte == '_' || byte == '-' || byte == '.' || byte == '*';
}
bool is_token_tail(char byte) {
    return is_alpha(byte) || is_digit(byte) || (byte != '\0' && std::string_view("!#$%&'*+-.^_`|~:/").contains(byte));
}

int base64_digit(char byte) {
    if (byte >= 'A' && byte <= 'Z') return byte - 'A';
    if (byte >= 'a' && byte <= 'z') return byte - 'a' + 26;
    if (is_digit(byte)) return byte - '0' + 52;
    if (byte == '+') return 62;
    if (byte == '/') return 63;
    return -1;
}

// RFC 4648 with padding that may be missing, as RFC 8941 4.2.7 advises.
std::optional<std::string> decode_base64(std::string_view text) {
    std::size_t padding = 0;
    while (!text.empty() && text.back() == '=') {
        text.remove_suffix(1);
        ++padding;
    }
    if (padding > 2 || text.size() % 4 == 1) return std::nullopt;
    if (padding > 0 && (text.size() + padding) % 4 != 0) return std::nullopt;
    std::string out;
    unsigned bits = 0;
    int held = 0;
    for (const char byte : text) {
        const int digit = base64_digit(byte);
        if (digit < 0) return std::nullopt;
        bits = (bits << 6 | static_cast<unsigned>(digit)) & 0xffffu;
        held += 6;
        if (held < 8) continue;
        held -= 8;
        out.push_back(static_cast<char>(static_cast<unsigned char>(bits >> held & 0xffu)));
    }
    return out;
}

class cursor {
public:
    explicit cursor(std::string_view text) : text_(text) {}

    [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
    [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }
    bool take(char byte) {
        if (at_end() || text_[at_] != byte) return false;
        ++at_;
        return true;
    }
    void skip_spaces() {
        while (take(' ')) {
        }
    }
    void skip_blanks() {
        while (take(' ') || take('\t')) {
        }
    }

    std::optional<bare_item> item_value() {
        const char first = peek();
        if (first == '-' || is_digit(first)) return number();
        if (first == '"') return string();
        if (first == '*' || is_alpha(first)) return bare_item(sf_token{while_true(is_token_tail)});
        if (first == ':') return bytes();
        if (take('?')) {
            if (take('1')) return bare_item(true);
            if (take('0')) return bare_item(false);
        }
        return std::nullopt;
    }

    std::optional<sf_parameters> parameters() {
        sf_parameters read;
        while (take(';')) {
            skip_spaces();
            auto name = key();
            if (!name) return std::nullopt;
            bare_item value = true;
            if (take('=')) {
                auto given = item_value();
                if (!given) return std::nullopt;
                value = *std::move(given);
            }
            const auto same = std::ranges::find(read, *name, &sf_parameter::key);
            if (same != read.end())
                same->value = std::move(value);
            else if (read.size() == max_structured_members)
                return std::nullopt;
            else
                read.push_back({*std::move(name), std::move(value)});
        }
        return read;
    }

    std::optional<std::string> key() {
        if (!is_small(peek()) && peek() != '*') return std::nullopt;
        return while_true(is_key_byte);
    }

    std::optional<sf_entry> entry() {
        auto name = key();
        if (!name) return std::nullopt;
        if (take('=')) {
            auto given = member();
            if (!given) return std::nullopt;
            return sf_entry{*std::move(name), *std::move(given)};
        }
        auto given = parameters();
        if (!given) return std::nullopt;
        return sf_entry{*std::move(name), {bare_item(true), *std::move(given)}};
    }

    std::optional<sf_item> item() {
        auto value = item_value();
        if (!value) return std::nullopt;
        auto given = parameters();
        if (!given) return std::nullopt;
        return sf_item{*std::move(value), *std::move(given)};
    }

    std::optional<sf_member> member() {
        if (!take('(')) {
            auto single = item();
            if (!single) return std::nullopt;
            return sf_member{std::move(single->value), std::move(single->parameters)};
        }
        std::vector<sf_item> items;
        for (;;) {
            skip_spaces();
            if (take(')')) break;
            auto next = item();
            if (!next || items.size() == max_structured_members) return std::nullopt;
            items.push_back(*std::move(next));
            if (peek() != ' ' && peek() != ')') return std::nullopt;
        }
        auto given = parameters();
        if (!given) return std::nullopt;
        return sf_member{std::move(items), *std::move(given)};
    }

private:
    template <class predicate>
    std::string while_true(predicate fits) {
        const std::size_t begin = at_;
        while (!at_end() && fits(text_[at_]))
            ++at_;
        return std::string(text_.substr(begin, at_ - begin));
    }

    // Up to 15 digits, or 12 and a point and 1 to 3.
    std::optional<bare_item> number() {
        const bool negative = take('-');
        const std::string whole = while_true(is_digit);
        if (whole.empty() || whole.size() > 15) return std::nullopt;
        std::int64_t value = 0;
        for (const char digit : whole)
            value = value * 10 + (digit - '0');
        if (!take('.')) return bare_item(negative ? -value : value);
        const std::string fraction = while_true(is_digit);
        if (whole.size() > 12 || fraction.empty() || fraction.size() > 3) return std::nullopt;
        std::int64_t thousandths = 0;
        for (std::size_t i = 0; i < 3; ++i)
            thousandths = thousandths * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
        const double decimal = static_cast<double>(value * 1000 + thousandths) / 1000.0;
        return bare_item(negative ? -decimal : decimal);
    }

    std::optional<bare_item> string() {
        take('"');
        std::string out;
        while (!at_end()) {
            const char byte = text_[at_++];
            if (byte == '"') return bare_item(std::move(out));
            if (byte < 0x20 || byte > 0x7e) return std::nullopt;
            if (byte != '\\') {
                out.push_back(byte);
            } else if (peek() == '"' || peek() == '\\') {
                out.push_back(text_[at_++]);
            } else {
                return std::nullopt;
            }
        }
        return std::nullopt;
    }

    std::optional<bare_item> bytes() {
        take(':');
        const std::size_t end = text_.find(':', at_);
        if (end == std::string_view::npos) return std::nullopt;
        auto decoded = decode_base64(text_.substr(at_, end - at_));
        at_ = end + 1;
        if (!decoded) return std::nullopt;
        return bare_item(sf_bytes{*std::move(decoded)});
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

// The frame that lists and dictionaries share (RFC 8941 4.2.1, 4.2.2). `add` reads one member and says whether it
// could.
bool each_between_commas(std::string_view text, const auto& add) {
    if (text.size() > max_structured_bytes) return false;
    cursor at(text);
    at.skip_spaces();
    while (!at.at_end()) {
        if (!add(at)) return false;
        at.skip_blanks();
        if (at.at_end()) break;
        if (!at.take(',')) return false;
        at.skip_blanks();
        if (at.at_end()) return false;
    }
    return true;
}

}  // namespace

std::optional<std::vector<sf_member>> parse_sf_list(std::string_view text) {
    std::vector<sf_member> members;
    const auto add = [&](cursor& at) {
        auto member = at.member();
        if (!member || members.size() == max_structured_members) return false;
        members.push_back(*std::move(member));
        return true;
    };
    if (!each_between_commas(text, add)) return std::nullopt;
    return members;
}

std::optional<std::vector<sf_entry>> parse_sf_dictionary(std::string_view text) {
    std::vector<sf_entry> entries;
    const auto add = [&](cursor& at) {
        auto entry = at.entry();
        if (!entry) return false;
        const auto same = std::ranges::find(entries, entry->key, &sf_entry::key);
        if (same != entries.end())
            same->member = std::move(entry->member);
        else if (entries.size() == max_structured_members)
            return false;
        else
            entries.push_back(*std::move(entry));
        return true;
    };
    if (!each_between_commas(text, add)) return std::nullopt;
    return entries;
}

const bare_item* find(const sf_parameters& parameters, std::string_view key) noexcept {
    const auto found = std::ranges::find(parameters, key, &sf_parameter::key);
    return found == parameters.end() ? nullptr : &found->value;
}

}  // namespace understudy::http
