// snapshot/expiry_seconds.h - how many of many keys expire in one and the same second, in 128 bytes: a cache that fills
// after a deploy and gives every key the same life empties in one second too.
//
// Design. Seconds are spread over 32 buckets by a hash. Where no second stands out the buckets are alike but for
// chance; one that many keys share makes its bucket larger than the others by as many. Merging adds, and order does not
// matter.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <numeric>

namespace understudy::snapshot {

class expiry_seconds {
public:
    void add(std::int64_t unix_milliseconds) {
        const auto second = static_cast<std::uint64_t>(unix_milliseconds / 1000);
        auto& bucket = buckets_[(second * 0x9E3779B97F4A7C15U) >> 59U];
        if (bucket != std::numeric_limits<std::uint32_t>::max()) ++bucket;
    }
    void merge(const expiry_seconds& other) {
        for (std::size_t i = 0; i < buckets_.size(); ++i)
            buckets_[i] = static_cast<std::uint32_t>(std::min<std::uint64_t>(
                std::uint64_t{buckets_[i]} + other.buckets_[i], std::numeric_limits<std::uint32_t>::max()));
    }

    // About so many keys share the most frequent second, beyond what the other seconds of its bucket would give.
    [[nodiscard]] std::uint64_t most_in_one() const {
        const auto all = std::accumulate(buckets_.begin(), buckets_.end(), std::uint64_t{0});
        const std::uint64_t largest = *std::max_element(buckets_.begin(), buckets_.end());
        const std::uint64_t others = (all - largest) / (buckets_.size() - 1);
        return largest - std::min(largest, others);
    }

private:
    std::array<std::uint32_t, 32> buckets_{};
};

}  // namespace understudy::snapshot
