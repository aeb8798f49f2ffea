// Design: the field is cut at ';' first and each piece at its first '=', as the RFC's algorithm does, so quotes mean
// nothing. A date is a bag of words, each of which is tried as time, day, month and year in that order.
#include "http/set_cookie.h"

#include <algorithm>
#include <array>

#include "http/headers.h"

namespace understudy::http {

namespace {

bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

bool is_control(char byte) {
    const auto code = static_cast<unsigned char>(byte);
    return (code < 0x20 && byte != '\t') || code == 0x7f;
}

// Delimiters of dates: RFC 6265 5.1.1.
bool divides_date(char byte) {
    const auto code = static_cast<unsigned char>(byte);
    return code == 0x09 || (code >= 0x20 && code <= 0x2f) || (code >= 0x3b && code <= 0x40) ||
           (code >= 0x5b && code <= 0x60) || (code >= 0x7b && code <= 0x7e);
}

// `least` to `most` digits at the start and no digit behind them; takes them off.
std::optional<int> take_number(std::string_view& text, std::size_t least, std::size_t most) {
    std::size_t count = 0;
    int value = 0;
    while (count < text.size() && count < most && is_digit(text[count]))
        value = value * 10 + (text[count++] - '0');
    if (count < least || (count < text.size() && is_digit(text[count]))) return std::nullopt;
    text.remove_prefix(count);
    return value;
}

struct date_parts {
    std::optional<std::chrono::seconds> time;
    std::optional<int> day, month, year;
};

std::optional<std::chrono::seconds> time_of(std::string_view text) {
    const auto hour = take_number(text, 1, 2);
    if (!hour || !text.starts_with(':')) return std::nullopt;
    text.remove_prefix(1);
    const auto minute = take_number(text, 1, 2);
    if (!minute || !text.starts_with(':')) return std::nullopt;
    text.remove_prefix(1);
    const auto second = take_number(text, 1, 2);
    if (!second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
    return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second);
}

std::optional<int> month_of(std::string_view text) {
    constexpr std::string_view names = "janfebmaraprmayjunjulaugsepoctnovdec";
    for (std::size_t i = 0; i < 12; ++i)
        if (same_name(text.substr(0, 3), names.substr(i * 3, 3))) return static_cast<int>(i) + 1;
    return std::nullopt;
}

// Gives `part` its value from a word that fits, if it has none yet.
template <class type>
bool take(std::optional<type>& part, std::optional<type> from_word) {
    if (part || !from_word) return false;
    part = from_word;
    return true;
}

// Each part is taken from the first word that fits it, in the order of the RFC.
void take_word(std::string_view word, date_parts& date) {
    auto digits = word;
    if (take(date.time, time_of(word)) || take(date.day, take_number(digits, 1, 2))) return;
    digits = word;
    if (!take(date.month, month_of(word))) take(date.year, take_number(digits, 2, 4));
}

int full_year(int year) {
    if (year >= 70 && year <= 99) return year + 1900;
    return year <= 69 ? year + 2000 : year;
}

std::optional<std::chrono::seconds> parse_max_age(std::string_view text) {
    // Twice this fits any clock that counts nanoseconds.
    constexpr std::int64_t longest = std::int64_t{100} * 366 * 24 * 3600;
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    const auto value = parse_digits(text);
    if (!value) return std::nullopt;
    return std::chrono::seconds(negative ? 0 : std::min(*value, longest));
}

same_site parse_same_site(std::string_view value) {
    if (same_name(value, "strict")) return same_site::strict;
    if (same_name(value, "lax")) return same_site::lax;
    if (same_name(value, "none")) return same_site::none;
    return same_site::unset;
}

// The last attribute of a name holds (5.3); one that cannot be read is as if it were not there.
void take_attribute(std::string_view name, std::string_view value, set_cookie& cookie) {
    if (same_name(name, "expires")) {
        if (const auto when = parse_cookie_date(value)) cookie.expires = when;
    } else if (same_name(name, "max-age")) {
        if (const auto age = parse_max_age(value)) cookie.max_age = age;
    } else if (same_name(name, "domain")) {
        if (value.starts_with('.')) value.remove_prefix(1);
        if (!value.empty()) cookie.domain = lower(value);
    } else if (same_name(name, "path")) {
        cookie.path = value.starts_with('/') ? std::optional<std::string>(value) : std::nullopt;
    } else if (same_name(name, "secure")) {
        cookie.secure = true;
    } else if (same_name(name, "httponly")) {
        cookie.http_only = true;
    } else if (same_name(name, "samesite")) {
        cookie.site = parse_same_site(value);
    }
}

}  // namespace

std::optional<wall_time> parse_cookie_date(std::string_view text) {
    date_parts date;
    for (std::size_t at = 0; at < text.size();) {
        while (at < text.size() && divides_date(text[at]))
            ++at;
        const std::size_t begin = at;
        while (at < text.size() && !divides_date(text[at]))
            ++at;
        if (at > begin) take_word(text.substr(begin, at - begin), date);
    }
    if (!date.time || !date.day || !date.month || !date.year) return std::nullopt;
    const int year = full_year(*date.year);
    const std::chrono::year_month_day day(std::chrono::year(year),
                                          std::chrono::month(static_cast<unsigned>(*date.month)),
                                          std::chrono::day(static_cast<unsigned>(*date.day)));
    if (year < 1601 || !day.ok()) return std::nullopt;
    return wall_time(std::chrono::sys_days(day)) + *date.time;
}

std::optional<set_cookie> parse_set_cookie(std::string_view field) {
    if (std::ranges::any_of(field, is_control)) return std::nullopt;
    const auto semicolon = field.find(';');
    const auto pair = field.substr(0, semicolon);
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    set_cookie cookie;
    cookie.name = trim(pair.substr(0, equals));
    cookie.value = trim(pair.substr(equals + 1));
    if (cookie.name.empty() || cookie.name.size() + cookie.value.size() > max_cookie_bytes) return std::nullopt;
    std::string_view rest = semicolon == std::string_view::npos ? std::string_view() : field.substr(semicolon + 1);
    while (!rest.empty()) {
        const auto end = std::min(rest.find(';'), rest.size());
        const auto attribute = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const auto middle = std::min(attribute.find('='), attribute.size());
        const auto value = trim(attribute.substr(std::min(middle + 1, attribute.size())));
        if (value.size() <= max_cookie_attribute_bytes)
            take_attribute(trim(attribute.substr(0, middle)), value, cookie);
    }
    return cookie;
}

}  // namespace understudy::http
