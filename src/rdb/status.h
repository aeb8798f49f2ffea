// rdb/status.h - how reading Redis's serialized bytes can end.
#pragma once

#include <cstdint>
#include <string_view>

namespace understudy::rdb {

enum class dump_status : std::uint8_t {
    ok,
    truncated,      // the bytes end too early; more bytes might make it whole
    bad_checksum,   // the CRC64 of the footer is not that of the bytes before it
    newer_version,  // the footer's RDB version is none that this reader knows
    unknown_type,   // a type that this reader does not know or does not guess at (modules, fields with a TTL)
    malformed,      // the bytes contradict the format, or themselves
    over_limit,     // more elements or bytes than the caller allows; nothing was allocated for them
};

// The name as it stands above.
[[nodiscard]] constexpr std::string_view name_of(dump_status status) noexcept {
    switch (status) {
        case dump_status::ok:
            return "ok";
        case dump_status::truncated:
            return "truncated";
        case dump_status::bad_checksum:
            return "bad_checksum";
        case dump_status::newer_version:
            return "newer_version";
        case dump_status::unknown_type:
            return "unknown_type";
        case dump_status::malformed:
            return "malformed";
        case dump_status::over_limit:
            return "over_limit";
    }
    return "malformed";
}

}  // namespace understudy::rdb
