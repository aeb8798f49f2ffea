// http/server_timing.h - Server-Timing (W3C), and the database calls of one request that an application reports in it.
//
// A cache that hits replays the Server-Timing of the request that filled it. So each request sends an id of its own,
// the application echoes it as the metric `req;desc="id"`, and a count is believed only beside the id that was sent.
//
// Database calls are taken, in this order, from `db;count=25`, then from `db;desc="25 queries"`; where there is no
// metric `db`, the same from `sql`, `mysql`, `pg` and `wpdb`, the first name that is present. Repeated metrics of the
// name are summed. `redis` is read apart in the same way (`redis;desc="84 calls ..."`). Pure; cost O(bytes).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/headers.h"

namespace understudy::http {

struct timing_parameter {
    std::string name;  // in lower case
    std::string value;
};
struct timing_metric {
    std::string name;                          // as it came
    std::vector<timing_parameter> parameters;  // the first of each name; unknown ones are kept and mean nothing here

    [[nodiscard]] const std::string* find(std::string_view parameter) const noexcept;
};

inline constexpr std::size_t max_timing_bytes = std::size_t{64} << 10;
inline constexpr std::size_t max_timing_metrics = 512;

// Empty optional: against the grammar `token *( ; token [= token-or-quoted-string])`, or over the limits.
[[nodiscard]] std::optional<std::vector<timing_metric>> parse_server_timing(std::string_view value);

struct database_report {
    std::optional<std::uint64_t> count;
    std::optional<double> duration;  // milliseconds, not negative
    std::optional<std::uint64_t> redis_calls;
    std::optional<std::string> request_id;
};

enum class database_outcome : std::uint8_t {
    counted,    // the id is the one sent: the report is of this request
    absent,     // no count of database calls in the headers
    replayed,   // another request's id, or none and a cache answered
    unproven,   // none and no cache says that it answered, or no id was sent: perhaps right, not to be counted
    malformed,  // the grammar is broken, or a count or duration is no number, or ids disagree
};
[[nodiscard]] std::string_view name_of(database_outcome outcome) noexcept;

struct database_reading {
    database_outcome outcome = database_outcome::absent;
    database_report report;  // filled as far as it could be read, whatever the outcome; count it only when `counted`
};

[[nodiscard]] database_reading read_database_report(const headers& fields, std::string_view expected_request_id);

}  // namespace understudy::http
