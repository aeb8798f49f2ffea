// base/units.h - durations, byte counts and times as people read and write them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace understudy {

using wall_time = std::chrono::sys_time<std::chrono::milliseconds>;

// "1.5 ms", "230 us", "12.3 s", "4 min 10 s": three significant digits at most.
[[nodiscard]] std::string show(std::chrono::nanoseconds duration);
// "512 B", "1.5 KB", "754 MB"; powers of 1024 under the names that Redis uses for them.
[[nodiscard]] std::string show_bytes(std::uint64_t bytes);
// "2026-11-23T23:14:07.123Z" (RFC 3339, UTC) and back.
[[nodiscard]] std::string show(wall_time time);
[[nodiscard]] std::optional<wall_time> parse_time(std::string_view text);
// "250ms", "30s", "5m", "2h", "7d"; nothing else.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
// The same and "250us".
[[nodiscard]] std::optional<std::chrono::microseconds> parse_short_duration(std::string_view text);
// "1234", "64kb", "10mb", "1gb" as redis.conf reads them (kb = 1024, k = 1000).
[[nodiscard]] std::optional<std::uint64_t> parse_bytes(std::string_view text);
[[nodiscard]] wall_time now();
// Unix milliseconds.
[[nodiscard]] constexpr std::int64_t milliseconds_of(wall_time at) {
    return at.time_since_epoch().count();
}

}  // namespace understudy
