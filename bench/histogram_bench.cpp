// What recording a latency costs, in nanoseconds of CPU a record: random latencies into one histogram, beside a loop
// that only reads and adds the same values. Rounds of both are interleaved, so a busy machine slows both; printed is
// the median.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <fmt/format.h>
#include <time.h>

#include "base/random.h"
#include "stats/histogram.h"

namespace {

using understudy::seeded_random;
using understudy::stats::histogram;

constexpr std::size_t values_count = 1 << 16;
constexpr int passes = 32;
constexpr int rounds = 31;

// Some 1 ms, lognormal-like, with a long tail: what a web page's latencies look like.
std::vector<std::int64_t> latencies() {
    seeded_random random(1);
    std::vector<std::int64_t> values(values_count);
    for (auto& value : values) {
        double z = -6;
        for (int i = 0; i < 12; ++i)
            z += random.unit();
        value = static_cast<std::int64_t>(1e6 * std::exp(0.8 * z));
    }
    return values;
}

// CPU time of this thread: what others do on the machine meanwhile is not ours.
double thread_nanoseconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

template <class Pass>
double nanoseconds_each(Pass pass) {
    const double start = thread_nanoseconds();
    for (int i = 0; i < passes; ++i)
        pass();
    return (thread_nanoseconds() - start) / (static_cast<double>(values_count) * passes);
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

}  // namespace

int main() {
    const std::vector<std::int64_t> values = latencies();
    histogram made;
    std::uint64_t sum = 0;
    std::vector<double> recording;
    std::vector<double> reading;
    for (int round = 0; round < rounds; ++round) {
        recording.push_back(nanoseconds_each([&] {
            for (const std::int64_t value : values)
                made.record(value);
        }));
        reading.push_back(nanoseconds_each([&] {
            for (const std::int64_t value : values) {
                sum += static_cast<std::uint64_t>(value);
                asm volatile("" : "+r"(sum));
            }
        }));
    }
    fmt::print("record  {:.2f} ns (reading alone {:.2f} ns), median of {} rounds of {} records\n", median(recording),
               median(reading), rounds, values_count * passes);
    fmt::print("buckets {}, p50 {} ns, p99 {} ns, checksum {}\n", made.buckets().size(), made.quantile(0.5).value_or(0),
               made.quantile(0.99).value_or(0), sum % 1000);
    return 0;
}
