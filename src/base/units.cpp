#include "base/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>

namespace understudy {

namespace {

std::string three_digits(double value, std::string_view unit) {
    if (value >= 100) return fmt::format("{:.0f} {}", value, unit);
    if (value >= 10) return fmt::format("{:.1f} {}", value, unit);
    return fmt::format("{:.2f} {}", value, unit);
}

std::optional<std::uint64_t> leading_number(std::string_view& text) {
    std::uint64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

struct unit_row {
    std::string_view name;
    std::uint64_t factor;
};

template <std::size_t n>
std::optional<std::uint64_t> times_unit(std::string_view text, const std::array<unit_row, n>& units) {
    const auto value = leading_number(text);
    if (!value) return std::nullopt;
    for (const auto& [name, factor] : units) {
        if (name != text) continue;
        std::uint64_t product = 0;
        if (__builtin_mul_overflow(*value, factor, &product)) return std::nullopt;
        return product;
    }
    return std::nullopt;
}

}  // namespace

namespace {

// "6 h", "6 h 5 min"
std::string two_parts(std::int64_t small, std::int64_t in_large, std::string_view large_unit,
                      std::string_view small_unit) {
    const auto large = fmt::format("{} {}", small / in_large, large_unit);
    return small % in_large == 0 ? large : fmt::format("{} {} {}", large, std::abs(small % in_large), small_unit);
}

}  // namespace

std::string show(std::chrono::nanoseconds duration) {
    const auto count = static_cast<double>(duration.count());
    const double size = std::abs(count);
    if (size < 1e3) return fmt::format("{} ns", duration.count());
    if (size < 1e6) return three_digits(count / 1e3, "us");
    if (size < 1e9) return three_digits(count / 1e6, "ms");
    if (size < 120e9) return three_digits(count / 1e9, "s");
    const auto minutes = std::chrono::round<std::chrono::minutes>(duration).count();
    if (std::abs(minutes) >= 48 * 60) return two_parts(minutes / 60, 24, "d", "h");
    if (std::abs(minutes) >= 2 * 60) return two_parts(minutes, 60, "h", "min");
    const auto seconds = std::chrono::round<std::chrono::seconds>(duration).count();
    return fmt::format("{} min {} s", seconds / 60, std::abs(seconds % 60));
}

std::string show_bytes(std::uint64_t bytes) {
    static constexpr std::array<std::string_view, 5> names{"KB", "MB", "GB", "TB", "PB"};
    if (bytes < 1024) return fmt::format("{} B", bytes);
    double value = static_cast<double>(bytes) / 1024;
    std::size_t name = 0;
    while (value >= 1024 && name + 1 < names.size()) {
        value /= 1024;
        ++name;
    }
    return three_digits(value, names[name]);
}

std::string show(wall_time time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

std::optional<wall_time> parse_time(std::string_view text) {
    if (text.size() != 24 || text[10] != 'T' || text[23] != 'Z') return std::nullopt;
    int year = 0;
    unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0, milli = 0;
    char tail = 0;
    const std::string copy(text);
    if (std::sscanf(copy.c_str(), "%4d-%2u-%2uT%2u:%2u:%2u.%3u%c", &year, &month, &day, &hour, &minute, &second, &milli,
                    &tail) != 8)
        return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    return wall_time{std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
                     std::chrono::seconds{second} + std::chrono::milliseconds{milli}};
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    static constexpr std::array<unit_row, 5> units{
        {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
    const auto value = times_unit(text, units);
    if (!value || *value > 1ull << 40) return std::nullopt;
    return std::chrono::milliseconds{*value};
}

std::optional<std::chrono::microseconds> parse_short_duration(std::string_view text) {
    static constexpr std::array<unit_row, 1> micro{{{"us", 1}}};
    if (const auto value = times_unit(text, micro); value && *value <= 1ull << 40)
        return std::chrono::microseconds{*value};
    return parse_duration(text);
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
    static constexpr std::array<unit_row, 8> units{{{"", 1},
                                                    {"b", 1},
                                                    {"k", 1000},
                                                    {"kb", 1024},
                                                    {"m", 1000'000},
                                                    {"mb", 1024 * 1024},
                                                    {"g", 1000'000'000},
                                                    {"gb", 1024ull * 1024 * 1024}}};
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return times_unit(lower, units);
}

wall_time now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace understudy
