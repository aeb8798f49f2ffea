// Any buckets and extremes from outside: refused, or a histogram that says the same again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "stats/histogram.h"

using understudy::stats::histogram;
using understudy::stats::histogram_extremes;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void check(const histogram& made, const std::vector<histogram::bucket_count>& buckets) {
    require(made.buckets() == buckets);
    const auto again = histogram::from_buckets(made.buckets(), made.extremes());
    require(again.has_value() && *again == made);
    histogram twice = made;
    twice.merge(made);
    require(twice.count() == 2 * made.count());
    if (made.empty()) return;
    const std::int64_t median = made.quantile(0.5).value();
    require(*made.min() <= median && median <= *made.max());
    require(made.quantile(0.1) <= made.quantile(0.9));
    require(made.mean().value() <= static_cast<double>(*made.max()));
}

}  // namespace

// 32 bytes of extremes, then 12 bytes a bucket.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    histogram_extremes extremes;
    if (size < sizeof extremes) return 0;
    std::memcpy(&extremes, data, sizeof extremes);
    std::vector<histogram::bucket_count> buckets;
    for (std::size_t at = sizeof extremes; at + 12 <= size; at += 12) {
        auto& [bucket, times] = buckets.emplace_back();
        std::memcpy(&bucket, data + at, 4);
        std::memcpy(&times, data + at + 4, 8);
    }
    if (const auto made = histogram::from_buckets(buckets)) check(*made, buckets);
    if (const auto made = histogram::from_buckets(buckets, extremes)) {
        require(made->extremes() == extremes);
        check(*made, buckets);
    }
    return 0;
}
