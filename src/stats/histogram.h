// stats/histogram.h - latencies as counts in log-linear buckets: three significant digits, whatever the magnitude.
//
// Design. A value below 2048 has a bucket of its own. Above, each power of two is cut into 1024 equal buckets, so a
// bucket is never wider than 1/1024 of the values in it, and its middle is off by 0.05 % at most. (The layout of
// HdrHistogram, Gil Tene 2012, with 1024 buckets a power; docs/formats/histogram.md gives the indexes, which are
// stable: they are written to files.)
//
// Of the 38912 buckets a latency series uses a few hundred, so counts lie in pages of 64 that are taken when first hit;
// `page_` says which page of `counts_` holds which stretch of buckets. An empty histogram takes about 1.3 KB, one of
// 20 samples a few KB more, one with all buckets hit 310 KB.
//
// Units are the caller's (the program keeps nanoseconds: up to 39 hours). Recording takes constant time and, once a
// page is there, no allocation. Not thread-safe: one histogram a thread, then merge().
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/error.h"

namespace understudy::stats {

// What the buckets cannot give back exactly; kept beside them in files.
struct histogram_extremes {
    std::int64_t min = 0, max = 0;  // of the values as recorded, after clamping; 0 for an empty histogram
    std::uint64_t sum = 0;          // stays at 2^64 - 1 once it gets there
    std::uint64_t over = 0;         // how many values were clamped to highest_value

    friend bool operator==(const histogram_extremes&, const histogram_extremes&) = default;
};

class histogram {
public:
    using bucket_count = std::pair<std::uint32_t, std::uint64_t>;  // bucket, how often

    static constexpr std::int64_t highest_value = (std::int64_t{1} << 47) - 1;
    static constexpr std::uint32_t bucket_limit = 38912;  // indexes are below this

    // A negative value counts as 0; one above highest_value as highest_value, and is counted in over().
    void record(std::int64_t value) { record(value, 1); }
    void record(std::int64_t value, std::uint64_t times);

    // Adds the counts of the other. In any order and grouping the outcome is the same. Adding itself doubles it.
    void merge(const histogram& other);

    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] std::uint64_t over() const { return extremes_.over; }
    [[nodiscard]] bool empty() const { return count_ == 0; }

    // Exact; empty optional for an empty histogram.
    [[nodiscard]] std::optional<std::int64_t> min() const;
    [[nodiscard]] std::optional<std::int64_t> max() const;
    [[nodiscard]] std::optional<double> mean() const;

    // The value of rank ceil(q * count) (at least rank 1) in ascending order: the smallest value with a share of q at
    // or below it. q is clamped to [0, 1]; q = 0 gives min() and q = 1 max() exactly, all else the middle of that
    // value's bucket, off by 0.05 % at most (exact below 2048). Empty optional for an empty histogram, or a q that is
    // not a number. Cost: one pass over the pages.
    [[nodiscard]] std::optional<std::int64_t> quantile(double q) const;

    // The buckets that are hit, ascending, and the rest of the state.
    [[nodiscard]] std::vector<bucket_count> buckets() const;
    [[nodiscard]] histogram_extremes extremes() const { return extremes_; }

    // The inverse, for bytes from outside: buckets must ascend, lie below bucket_limit, have counts above 0 and a total
    // of 2^48 at most; the extremes must fit them. Without extremes min, max and sum are guessed from the buckets
    // (their low end, high end, middle) and over is 0. Else errc::bad_file.
    [[nodiscard]] static result<histogram> from_buckets(std::span<const bucket_count> buckets);
    [[nodiscard]] static result<histogram> from_buckets(std::span<const bucket_count> buckets,
                                                        const histogram_extremes& extremes);

    // The bucket of a value in [0, highest_value], and the lowest and highest value of a bucket below bucket_limit.
    [[nodiscard]] static constexpr std::uint32_t bucket_of(std::int64_t value) {
        const auto bits = static_cast<std::uint64_t>(value);
        const int width = static_cast<int>(std::bit_width(bits | 1024u));  // 11 or more
        const auto shift = static_cast<unsigned>(width - 11);
        return (shift << 10) + static_cast<std::uint32_t>(bits >> shift);
    }
    [[nodiscard]] static constexpr std::int64_t lowest_of(std::uint32_t bucket) {
        const std::uint32_t shift = bucket < 2048 ? 0 : (bucket >> 10) - 1;
        return static_cast<std::int64_t>(bucket - (shift << 10)) << shift;
    }
    [[nodiscard]] static constexpr std::int64_t highest_of(std::uint32_t bucket) {
        const std::uint32_t shift = bucket < 2048 ? 0 : (bucket >> 10) - 1;
        return lowest_of(bucket) + ((std::int64_t{1} << shift) - 1);
    }

    // The same counts and extremes, however they came about.
    friend bool operator==(const histogram& a, const histogram& b);

private:
    static constexpr std::uint32_t page_size = 64;
    static constexpr std::uint32_t page_limit = bucket_limit / page_size;

    // The count of a bucket, to be raised; takes a page for it if there is none.
    std::uint64_t& slot(std::uint32_t bucket) {
        const std::uint16_t page = page_[bucket / page_size];
        if (page == 0) [[unlikely]]
            return new_slot(bucket);
        return counts_[(page - 1u) * page_size + bucket % page_size];
    }
    std::uint64_t& new_slot(std::uint32_t bucket);
    void add_sum(std::uint64_t value, std::uint64_t times);
    template <class Visit>
    void each_bucket(Visit visit) const;

    std::uint64_t count_ = 0;
    histogram_extremes extremes_;
    std::vector<std::uint64_t> counts_;             // whole pages, in the order in which they were taken
    std::array<std::uint16_t, page_limit> page_{};  // 1 + the page in counts_, 0 for none
};

inline void histogram::add_sum(std::uint64_t value, std::uint64_t times) {
    std::uint64_t product = 0;
    if (__builtin_mul_overflow(value, times, &product) ||
        __builtin_add_overflow(extremes_.sum, product, &extremes_.sum)) [[unlikely]]
        extremes_.sum = std::numeric_limits<std::uint64_t>::max();
}

inline void histogram::record(std::int64_t value, std::uint64_t times) {
    if (times == 0) return;
    if (value < 0) value = 0;
    if (value > highest_value) [[unlikely]] {
        value = highest_value;
        extremes_.over += times;
    }
    slot(bucket_of(value)) += times;
    if (count_ == 0 || value < extremes_.min) extremes_.min = value;
    if (value > extremes_.max) extremes_.max = value;
    add_sum(static_cast<std::uint64_t>(value), times);
    count_ += times;
}

}  // namespace understudy::stats
