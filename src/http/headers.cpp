#include "http/headers.h"

#include <algorithm>
#include <limits>

namespace understudy::http {

namespace {

char lower_byte(char byte) noexcept {
    return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
}

bool is_alnum(char byte) noexcept {
    const char small = lower_byte(byte);
    return (small >= 'a' && small <= 'z') || (byte >= '0' && byte <= '9');
}

bool breaks_a_line(char byte) noexcept {
    return byte == '\r' || byte == '\n' || byte == '\0';
}

}  // namespace

status check(const headers& fields, const header_limits& limits) {
    if (fields.size() > limits.fields) return fail(errc::over_limit, "too many header fields");
    std::size_t total = 0;
    for (const auto& [name, value] : fields) {
        const std::size_t bytes = name.size() + value.size();
        if (bytes > limits.field_bytes) return fail(errc::over_limit, "a header field is too long");
        total += bytes;
        if (total > limits.total_bytes) return fail(errc::over_limit, "the header fields are too long together");
        if (!is_token(name)) return fail(errc::protocol, "the name of a header field is no token");
        if (std::ranges::any_of(value, breaks_a_line))
            return fail(errc::protocol, "the value of a header field holds a line break or NUL");
    }
    return {};
}

bool same_name(std::string_view left, std::string_view right) noexcept {
    return std::ranges::equal(left, right, {}, lower_byte, lower_byte);
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), lower_byte);
    return out;
}

bool is_token_byte(char byte) noexcept {
    return is_alnum(byte) || (byte != '\0' && std::string_view("!#$%&'*+-.^_`|~").contains(byte));
}

bool is_token(std::string_view text) noexcept {
    return !text.empty() && std::ranges::all_of(text, is_token_byte);
}

std::string_view trim(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

const std::string* find(const headers& fields, std::string_view name) noexcept {
    const auto found = std::ranges::find_if(fields, [&](const header& field) { return same_name(field.name, name); });
    return found == fields.end() ? nullptr : &found->value;
}

std::vector<std::string_view> find_all(const headers& fields, std::string_view name) {
    std::vector<std::string_view> values;
    for (const auto& field : fields)
        if (same_name(field.name, name)) values.emplace_back(field.value);
    return values;
}

std::optional<std::string> combined(const headers& fields, std::string_view name) {
    std::optional<std::string> joined;
    for (const std::string_view value : find_all(fields, name)) {
        if (joined)
            joined->append(", ");
        else
            joined.emplace();
        joined->append(value);
    }
    return joined;
}

std::vector<std::string_view> split_list(std::string_view value) {
    std::vector<std::string_view> members;
    const auto add = [&](std::string_view text) {
        if (const auto member = trim(text); !member.empty()) members.push_back(member);
    };
    std::size_t begin = 0;
    bool quoted = false;
    for (std::size_t at = 0; at < value.size(); ++at) {
        const char byte = value[at];
        if (byte == '"') quoted = !quoted;
        if (quoted && byte == '\\') ++at;
        if (quoted || byte != ',') continue;
        add(value.substr(begin, at - begin));
        begin = at + 1;
    }
    add(value.substr(begin));
    return members;
}

std::optional<std::string> unquote(std::string_view text) {
    if (text.size() < 2 || text.front() != '"') return std::nullopt;
    std::string out;
    for (std::size_t at = 1; at < text.size(); ++at) {
        if (text[at] == '"') return at + 1 == text.size() ? std::optional(std::move(out)) : std::nullopt;
        if (text[at] == '\\') ++at;
        if (at == text.size()) return std::nullopt;
        out.push_back(text[at]);
    }
    return std::nullopt;
}

std::optional<std::int64_t> parse_digits(std::string_view text) noexcept {
    constexpr auto greatest = std::numeric_limits<std::int64_t>::max();
    if (text.empty()) return std::nullopt;
    std::int64_t value = 0;
    for (const char byte : text) {
        if (byte < '0' || byte > '9') return std::nullopt;
        const std::int64_t digit = byte - '0';
        value = value > (greatest - digit) / 10 ? greatest : value * 10 + digit;
    }
    return value;
}

}  // namespace understudy::http
