#include "stats/sketch.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace understudy::stats {

namespace {

std::uint64_t sum_of(std::uint64_t left, std::uint64_t right) {
    std::uint64_t out = 0;
    return __builtin_add_overflow(left, right, &out) ? std::numeric_limits<std::uint64_t>::max() : out;
}

std::uint64_t product_of(std::uint64_t left, std::uint64_t right) {
    std::uint64_t out = 0;
    return __builtin_mul_overflow(left, right, &out) ? std::numeric_limits<std::uint64_t>::max() : out;
}

double log_of(std::uint16_t bucket) {
    const double middle =
        (static_cast<double>(sketch::lowest_of(bucket)) + static_cast<double>(sketch::highest_of(bucket))) / 2;
    return std::log2(middle + 1);
}

// Calls visit(bucket, share of left up to and with it, share of right) for each bucket that one of them has, ascending.
template <class Visit>
void each_step(const sketch& left, const sketch& right, Visit visit) {
    const auto total = [](const sketch& of) { return static_cast<double>(of.count()); };
    auto l = left.buckets().begin();
    auto r = right.buckets().begin();
    std::uint64_t up_to_l = 0, up_to_r = 0;
    while (l != left.buckets().end() || r != right.buckets().end()) {
        const auto first = [](auto at, auto end) { return at == end ? sketch::bucket_limit : at->first; };
        const std::uint16_t bucket = std::min(first(l, left.buckets().end()), first(r, right.buckets().end()));
        if (l != left.buckets().end() && l->first == bucket) up_to_l += (l++)->second;
        if (r != right.buckets().end() && r->first == bucket) up_to_r += (r++)->second;
        visit(bucket, static_cast<double>(up_to_l) / total(left), static_cast<double>(up_to_r) / total(right));
    }
}

}  // namespace

void sketch::add(std::uint16_t bucket, std::uint64_t times) {
    const auto at = std::ranges::lower_bound(buckets_, bucket, {}, &bucket_count::first);
    if (at != buckets_.end() && at->first == bucket)
        at->second += times;
    else
        buckets_.insert(at, {bucket, times});
}

void sketch::record(std::uint64_t value, std::uint64_t times) {
    if (times == 0) return;
    add(bucket_of(value), times);
    if (count_ == 0 || value < min_) min_ = value;
    max_ = std::max(max_, value);
    sum_ = sum_of(sum_, product_of(value, times));
    count_ += times;
}

void sketch::merge(const sketch& other) {
    if (other.empty()) return;
    std::vector<bucket_count> both;
    both.reserve(buckets_.size() + other.buckets_.size());
    auto mine = buckets_.begin();
    for (const auto& [bucket, times] : other.buckets_) {
        while (mine != buckets_.end() && mine->first < bucket)
            both.push_back(*mine++);
        both.emplace_back(bucket, times);
        if (mine != buckets_.end() && mine->first == bucket) both.back().second += (mine++)->second;
    }
    both.insert(both.end(), mine, buckets_.end());
    min_ = empty() ? other.min_ : std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
    sum_ = sum_of(sum_, other.sum_);
    count_ += other.count_;
    buckets_ = std::move(both);
}

std::optional<std::uint64_t> sketch::min() const {
    return empty() ? std::nullopt : std::optional(min_);
}

std::optional<std::uint64_t> sketch::max() const {
    return empty() ? std::nullopt : std::optional(max_);
}

std::optional<double> sketch::mean() const {
    if (empty()) return std::nullopt;
    return static_cast<double>(sum_) / static_cast<double>(count_);
}

std::optional<std::uint64_t> sketch::quantile(double q) const {
    if (empty() || std::isnan(q)) return std::nullopt;
    if (q <= 0) return min_;
    if (q >= 1) return max_;
    const auto rank =
        std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_))));
    std::uint64_t seen = 0;
    for (const auto& [bucket, times] : buckets_) {
        seen += times;
        if (seen < rank) continue;
        const std::uint64_t middle = lowest_of(bucket) + (highest_of(bucket) - lowest_of(bucket)) / 2;
        return std::clamp(middle, min_, max_);
    }
    return max_;
}

result<sketch> sketch::from_buckets(std::span<const bucket_count> buckets, std::uint64_t min, std::uint64_t max,
                                    std::uint64_t sum) {
    sketch out;
    for (const auto& [bucket, times] : buckets) {
        if (bucket >= bucket_limit || times == 0 || times >= std::uint64_t{1} << 62)
            return fail(errc::bad_file, "a sketch holds a bucket that cannot be");
        if (!out.buckets_.empty() && bucket <= out.buckets_.back().first)
            return fail(errc::bad_file, "the buckets of a sketch do not ascend");
        out.buckets_.emplace_back(bucket, times);
        out.count_ += times;
        if (out.count_ >= std::uint64_t{1} << 63) return fail(errc::bad_file, "a sketch counts more than there can be");
    }
    if (out.empty()) return out;
    if (bucket_of(min) != out.buckets_.front().first || bucket_of(max) != out.buckets_.back().first || min > max)
        return fail(errc::bad_file, "the least or the greatest value of a sketch is not in its buckets");
    out.min_ = min;
    out.max_ = max;
    out.sum_ = sum;
    return out;
}

std::optional<double> ks_distance(const sketch& left, const sketch& right) {
    if (left.empty() || right.empty()) return std::nullopt;
    double most = 0;
    each_step(left, right, [&](std::uint16_t, double l, double r) { most = std::max(most, std::abs(l - r)); });
    return most;
}

std::optional<double> octaves_apart(const sketch& left, const sketch& right) {
    if (left.empty() || right.empty()) return std::nullopt;
    double area = 0, before = 0, difference = 0;
    each_step(left, right, [&](std::uint16_t bucket, double l, double r) {
        const double at = log_of(bucket);
        area += difference * (at - before);
        before = at;
        difference = std::abs(l - r);
    });
    return area;
}

std::optional<double> octaves_spread(const sketch& of) {
    if (of.empty()) return std::nullopt;
    double sum = 0, squares = 0;
    for (const auto& [bucket, times] : of.buckets()) {
        const double octave = log_of(bucket);
        sum += octave * static_cast<double>(times);
        squares += octave * octave * static_cast<double>(times);
    }
    const auto count = static_cast<double>(of.count());
    return std::sqrt(std::max(0.0, squares / count - sum / count * (sum / count)));
}

}  // namespace understudy::stats
