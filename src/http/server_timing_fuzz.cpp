// Any bytes as a Server-Timing value: reading ends within its limits, and nothing is counted without the id.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "http/server_timing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace understudy::http;
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto all = parse_server_timing(text);
    if (all && all->size() > max_timing_metrics) std::abort();
    const auto reading = read_database_report({{"Server-Timing", text}}, "r1");
    if (!all && reading.outcome != database_outcome::malformed) std::abort();
    if (reading.outcome != database_outcome::counted) return 0;
    if (!reading.report.count || reading.report.request_id != "r1") std::abort();
    if (reading.report.duration && !(*reading.report.duration >= 0)) std::abort();
    return 0;
}
