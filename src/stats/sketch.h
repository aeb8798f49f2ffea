// stats/sketch.h - how a quantity is spread over magnitudes, in little memory: for thousands of series at once.
//
// Design. A value below 16 has a bucket of its own; above, each power of two is cut into 8 equal buckets, so a bucket
// is at most 1/8 of its values wide and its middle is off by 6 % at most. Only buckets that are hit are kept, in order:
// a series of a cache (sizes, remaining lifetimes) hits 10 to 60, at 16 bytes each. Where three significant digits are
// wanted there is histogram.h, at a kilobyte a series.
//
// What is recorded in whatever order, or apart and merged, gives the same sketch. Not thread-safe.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/error.h"

namespace understudy::stats {

class sketch {
public:
    using bucket_count = std::pair<std::uint16_t, std::uint64_t>;  // bucket, how often

    static constexpr std::uint16_t bucket_limit = 496;  // indexes are below this

    void record(std::uint64_t value, std::uint64_t times = 1);
    void merge(const sketch& other);

    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] bool empty() const { return count_ == 0; }
    // Exact; empty optional for an empty sketch. The sum stays at 2^64 - 1 once it gets there.
    [[nodiscard]] std::optional<std::uint64_t> min() const;
    [[nodiscard]] std::optional<std::uint64_t> max() const;
    [[nodiscard]] std::uint64_t sum() const { return sum_; }
    [[nodiscard]] std::optional<double> mean() const;
    // As histogram::quantile, off by 6 % at most.
    [[nodiscard]] std::optional<std::uint64_t> quantile(double q) const;

    // Ascending.
    [[nodiscard]] const std::vector<bucket_count>& buckets() const { return buckets_; }
    // The inverse, for bytes from outside: buckets must ascend, lie below bucket_limit and have counts above 0 with a
    // total below 2^63; min and max must lie in the first and the last. Else errc::bad_file.
    [[nodiscard]] static result<sketch> from_buckets(std::span<const bucket_count> buckets, std::uint64_t min,
                                                     std::uint64_t max, std::uint64_t sum);

    [[nodiscard]] static constexpr std::uint16_t bucket_of(std::uint64_t value) {
        const auto shift = static_cast<unsigned>(std::bit_width(value | 8u) - 4);
        return static_cast<std::uint16_t>((shift << 3) + (value >> shift));
    }
    [[nodiscard]] static constexpr std::uint64_t lowest_of(std::uint16_t bucket) {
        const unsigned shift = bucket < 16 ? 0 : (bucket >> 3) - 1u;
        return static_cast<std::uint64_t>(bucket - (shift << 3)) << shift;
    }
    [[nodiscard]] static constexpr std::uint64_t highest_of(std::uint16_t bucket) {
        const unsigned shift = bucket < 16 ? 0 : (bucket >> 3) - 1u;
        return lowest_of(bucket) + ((std::uint64_t{1} << shift) - 1);
    }

    friend bool operator==(const sketch&, const sketch&) = default;

private:
    void add(std::uint16_t bucket, std::uint64_t times);

    std::uint64_t count_ = 0, min_ = 0, max_ = 0, sum_ = 0;
    std::vector<bucket_count> buckets_;
};

// The greatest difference of the two distribution functions, 0 to 1 (Kolmogorov-Smirnov); empty where one is empty.
[[nodiscard]] std::optional<double> ks_distance(const sketch& left, const sketch& right);

// How far, on average, values have to be moved to turn one into the other, in powers of two: 1 where all are twice as
// large (the first Wasserstein distance of the logarithms of value + 1). Empty where one is empty.
[[nodiscard]] std::optional<double> octaves_apart(const sketch& left, const sketch& right);

// The standard deviation of the logarithms of value + 1, in powers of two. Empty where the sketch is.
[[nodiscard]] std::optional<double> octaves_spread(const sketch& of);

}  // namespace understudy::stats
