// resp/detail/numbers.h - numbers as the protocol spells them.
#pragma once

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace understudy::resp::detail {

inline constexpr std::size_t most_digits = 19;  // 10^19 - 1 fits 64 bits, and no integer of 63 bits is longer

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

constexpr std::string_view without_sign(std::string_view text) noexcept {
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
    return text;
}

constexpr std::size_t count_digits(std::string_view text) noexcept {
    std::size_t count = 0;
    while (count < text.size() && is_digit(text[count]))
        ++count;
    return count;
}

constexpr bool is_big_number(std::string_view text) noexcept {
    text = without_sign(text);
    return !text.empty() && count_digits(text) == text.size();
}

// [sign] digits [. digits] [e [sign] digits], or inf, or nan, which some builds of libc give a sign.
constexpr bool is_real(std::string_view text) noexcept {
    text = without_sign(text);
    if (text == "inf" || text == "nan") return true;
    const std::size_t whole = count_digits(text);
    if (whole == 0) return false;
    text.remove_prefix(whole);
    if (text.starts_with('.')) {
        const std::size_t fraction = count_digits(text.substr(1));
        if (fraction == 0) return false;
        text.remove_prefix(1 + fraction);
    }
    if (text.starts_with('e') || text.starts_with('E')) return is_big_number(text.substr(1));
    return text.empty();
}

// Text that is wholly a decimal integer of 64 bits.
inline std::optional<std::int64_t> integer_of(std::string_view text) noexcept {
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, failed] = std::from_chars(text.data(), end, number);
    if (failed != std::errc{} || stop != end || text.empty()) return std::nullopt;
    return number;
}

// Text that is_real; what is too large for a double is nothing, what is too small for one is 0.
inline std::optional<double> real_of(std::string_view text) noexcept {
    if (!is_real(text)) return std::nullopt;
    if (text.front() == '+') text.remove_prefix(1);
    double number = 0;
    const auto [stop, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed == std::errc{}) return number;
    const bool tiny = text.find("e-") != text.npos || text.find("E-") != text.npos || text.starts_with("0.") ||
                      text.starts_with("-0.");
    return tiny ? std::optional<double>(0.0) : std::nullopt;
}

}  // namespace understudy::resp::detail
