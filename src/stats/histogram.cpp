// stats/histogram.cpp
//
// Design. Everything that reads goes through each_bucket, which walks the stretches in order and so meets buckets
// ascending, whatever the order in which pages were taken. What comes from a file is checked as a whole (check_buckets,
// check_extremes) before a histogram is made of it, and then recorded like any value.
#include "stats/histogram.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace understudy::stats {
namespace {

// Leaves room to merge 65536 histograms from files before a count could wrap.
constexpr std::uint64_t most_from_file = std::uint64_t{1} << 48;

using wide = long double;  // 64 bits of mantissa: sums of products are compared with a tolerance of a few units

std::unexpected<error> damaged(const char* what) {
    return fail(errc::bad_file, what);
}

status check_buckets(std::span<const histogram::bucket_count> buckets) {
    std::uint64_t total = 0;
    std::optional<std::uint32_t> previous;
    for (const auto& [bucket, times] : buckets) {
        if (bucket >= histogram::bucket_limit) return damaged("a histogram names a bucket above the last one");
        if (previous && bucket <= *previous) return damaged("the buckets of a histogram do not ascend");
        if (times == 0) return damaged("a histogram lists an empty bucket");
        if (times > most_from_file - total) return damaged("a histogram counts more than 2^48 values");
        total += times;
        previous = bucket;
    }
    return {};
}

bool in_bucket(std::int64_t value, std::uint32_t bucket) {
    return value >= histogram::lowest_of(bucket) && value <= histogram::highest_of(bucket);
}

// The sum lies between all values at the low ends and all at the high ends of their buckets, none below the least or
// above the greatest.
bool sum_fits(std::span<const histogram::bucket_count> buckets, const histogram_extremes& extremes) {
    const std::uint64_t sum = extremes.sum;
    wide low = 0;
    wide high = 0;
    for (const auto& [bucket, times] : buckets) {
        low += static_cast<wide>(std::max(histogram::lowest_of(bucket), extremes.min)) * static_cast<wide>(times);
        high += static_cast<wide>(std::min(histogram::highest_of(bucket), extremes.max)) * static_cast<wide>(times);
    }
    const wide slack = 1e-12L * high;
    if (sum == std::numeric_limits<std::uint64_t>::max()) return high + slack >= static_cast<wide>(sum);
    return static_cast<wide>(sum) >= low - slack && static_cast<wide>(sum) <= high + slack;
}

status check_extremes(std::span<const histogram::bucket_count> buckets, const histogram_extremes& extremes) {
    if (buckets.empty()) {
        if (extremes == histogram_extremes{}) return {};
        return damaged("an empty histogram has a minimum, maximum, sum or clamped values");
    }
    if (!in_bucket(extremes.min, buckets.front().first) || !in_bucket(extremes.max, buckets.back().first) ||
        extremes.min > extremes.max)
        return damaged("the minimum and maximum of a histogram do not fit its buckets");
    if (extremes.over > 0 && (extremes.max != histogram::highest_value || extremes.over > buckets.back().second))
        return damaged("a histogram has more clamped values than its last bucket holds");
    if (!sum_fits(buckets, extremes)) return damaged("the sum of a histogram does not fit its buckets");
    return {};
}

std::int64_t middle_of(std::uint32_t bucket) {
    const std::int64_t low = histogram::lowest_of(bucket);
    return low + (histogram::highest_of(bucket) - low) / 2;
}

}  // namespace

// Calls visit(bucket, count) for each bucket that is hit, ascending, until it returns false.
template <class Visit>
void histogram::each_bucket(Visit visit) const {
    for (std::uint32_t stretch = 0; stretch < page_limit; ++stretch) {
        if (page_[stretch] == 0) continue;
        const std::size_t start = (page_[stretch] - std::size_t{1}) * page_size;
        for (std::uint32_t at = 0; at < page_size; ++at)
            if (const std::uint64_t times = counts_[start + at]; times != 0)
                if (!visit(stretch * page_size + at, times)) return;
    }
}

std::uint64_t& histogram::new_slot(std::uint32_t bucket) {
    const std::size_t start = counts_.size();
    counts_.resize(start + page_size);
    page_[bucket / page_size] = static_cast<std::uint16_t>(start / page_size + 1);
    return counts_[start + bucket % page_size];
}

void histogram::merge(const histogram& other) {
    if (other.empty()) return;
    const histogram_extremes theirs = other.extremes_;
    const std::uint64_t their_count = other.count_;
    other.each_bucket([this](std::uint32_t bucket, std::uint64_t times) {
        slot(bucket) += times;
        return true;
    });
    extremes_.min = empty() ? theirs.min : std::min(extremes_.min, theirs.min);
    extremes_.max = std::max(extremes_.max, theirs.max);
    add_sum(theirs.sum, 1);
    extremes_.over += theirs.over;
    count_ += their_count;
}

std::optional<std::int64_t> histogram::min() const {
    if (empty()) return std::nullopt;
    return extremes_.min;
}

std::optional<std::int64_t> histogram::max() const {
    if (empty()) return std::nullopt;
    return extremes_.max;
}

std::optional<double> histogram::mean() const {
    if (empty()) return std::nullopt;
    // A sum that is at its limit, or a last digit, must not lead out of what was recorded.
    return std::clamp(static_cast<double>(static_cast<wide>(extremes_.sum) / static_cast<wide>(count_)),
                      static_cast<double>(extremes_.min), static_cast<double>(extremes_.max));
}

std::optional<std::int64_t> histogram::quantile(double q) const {
    if (empty() || std::isnan(q)) return std::nullopt;
    if (q <= 0) return extremes_.min;
    if (q >= 1) return extremes_.max;
    // 0.07 * 100 is 7.000000000000001; the share asked for is still reached at rank 7.
    const wide exact_rank = static_cast<wide>(q) * static_cast<wide>(count_) * (1 - 1e-15L);
    const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::ceil(exact_rank)), 1, count_);
    std::uint64_t seen = 0;
    std::int64_t found = extremes_.max;
    each_bucket([&](std::uint32_t bucket, std::uint64_t times) {
        seen += times;
        if (seen < rank) return true;
        found = middle_of(bucket);
        return false;
    });
    return std::clamp(found, extremes_.min, extremes_.max);
}

std::vector<histogram::bucket_count> histogram::buckets() const {
    std::vector<bucket_count> list;
    each_bucket([&list](std::uint32_t bucket, std::uint64_t times) {
        list.emplace_back(bucket, times);
        return true;
    });
    return list;
}

result<histogram> histogram::from_buckets(std::span<const bucket_count> buckets) {
    UNDERSTUDY_TRY(check_buckets(buckets));
    histogram made;
    for (const auto& [bucket, times] : buckets)
        made.record(middle_of(bucket), times);
    if (!buckets.empty()) {
        made.extremes_.min = lowest_of(buckets.front().first);
        made.extremes_.max = highest_of(buckets.back().first);
    }
    return made;
}

result<histogram> histogram::from_buckets(std::span<const bucket_count> buckets, const histogram_extremes& extremes) {
    UNDERSTUDY_TRY(check_buckets(buckets));
    UNDERSTUDY_TRY(check_extremes(buckets, extremes));
    histogram made;
    for (const auto& [bucket, times] : buckets)
        made.record(middle_of(bucket), times);
    made.extremes_ = extremes;
    return made;
}

bool operator==(const histogram& a, const histogram& b) {
    return a.count_ == b.count_ && a.extremes_ == b.extremes_ && a.buckets() == b.buckets();
}

}  // namespace understudy::stats
