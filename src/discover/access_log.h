// discover/access_log.h - lines of an access log, as nginx and Apache write them: common, combined, with a virtual host
// in front and further fields behind.
//
//   127.0.0.1 - - [23/Nov/2026:10:15:00 +0000] "GET /category/kettles/ HTTP/1.1" 200 5120 "-" "Mozilla/5.0" 0.012
//
// Taken are GETs that were answered with 2xx. Of a line only method, target, status and time are looked at: who asked,
// from where and with what stays in the log. Hosts, users, referrers and agents are not even cut out.
//
// A time is a number with three or more decimals behind the agent, as nginx's $request_time is written, bare or as
// "rt=0.012": seconds. Apache's %D and %T are whole numbers that nothing tells from other ones: the caller may say that
// the last number of each line is a time, and its unit.
//
// Source: nginx's ngx_http_log_module (combined), Apache's mod_log_config (common, combined, vhost_combined). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "discover/routes.h"

namespace understudy::discover {

enum class log_time : std::uint8_t { by_look, seconds, milliseconds, microseconds };

struct log_line {
    std::string_view method, target;  // as they stand there
    int status = 0;
    std::optional<double> seconds;
};

// Empty optional for a line that is none of an access log. Cost O(bytes); the views point into the line.
[[nodiscard]] std::optional<log_line> parse_log_line(std::string_view line, log_time last_number = log_time::by_look);

struct log_counts {
    std::uint64_t lines = 0;
    std::uint64_t taken = 0;
    std::uint64_t other_method = 0;
    std::uint64_t other_status = 0;
    std::uint64_t unreadable = 0;  // no line of an access log, or longer than max_log_line
    std::uint64_t timed = 0;
};

inline constexpr std::size_t max_log_line = std::size_t{16} << 10;

// A log that comes in pieces of any size. Keeps at most one line. The miner must outlive it.
class log_reader {
public:
    log_reader(route_miner& into, log_time last_number) : miner_(into), last_number_(last_number) {}
    void feed(std::string_view bytes);
    void finish();  // the last line may have no line break
    [[nodiscard]] const log_counts& counts() const { return counts_; }

private:
    void take(std::string_view line);

    route_miner& miner_;
    log_time last_number_;
    log_counts counts_;
    std::string rest_;
    bool too_long_ = false;
};

}  // namespace understudy::discover
