// stats/summary.cpp
#include "stats/summary.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "stats/distributions.h"

namespace understudy::stats {
namespace {

bool usable(std::span<const double> sample) {
    return !sample.empty() && std::ranges::none_of(sample, [](double value) { return std::isnan(value); });
}

std::vector<double> sorted(std::span<const double> sample) {
    std::vector<double> copy(sample.begin(), sample.end());
    std::ranges::sort(copy);
    return copy;
}

bool all_equal(std::span<const double> sample) {
    return std::ranges::all_of(sample, [&](double value) { return value == sample.front(); });
}

}  // namespace

std::optional<double> mean(std::span<const double> sample) {
    if (!usable(sample)) return std::nullopt;
    // The sum of equal numbers is rounded, their mean must not be.
    if (all_equal(sample)) return sample.front();
    long double sum = 0;
    for (const double value : sample)
        sum += value;
    return static_cast<double>(sum / static_cast<long double>(sample.size()));
}

std::optional<double> standard_deviation(std::span<const double> sample) {
    if (sample.size() < 2 || !usable(sample)) return std::nullopt;
    if (all_equal(sample)) return 0.0;
    const long double middle = *mean(sample);
    long double squares = 0;
    for (const double value : sample)
        squares += (value - middle) * (value - middle);
    return static_cast<double>(std::sqrt(squares / static_cast<long double>(sample.size() - 1)));
}

std::optional<double> quantile(std::span<const double> sample, double q) {
    if (!usable(sample) || std::isnan(q)) return std::nullopt;
    const std::vector<double> ascending = sorted(sample);
    const double position = std::clamp(q, 0.0, 1.0) * static_cast<double>(ascending.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, ascending.size() - 1);
    const double part = position - static_cast<double>(below);
    if (part == 0 || ascending[below] == ascending[above]) return ascending[below];
    return ascending[below] * (1 - part) + ascending[above] * part;
}

std::optional<double> median(std::span<const double> sample) {
    return quantile(sample, 0.5);
}

std::optional<double> median_absolute_deviation(std::span<const double> sample) {
    const std::optional<double> middle = median(sample);
    if (!middle) return std::nullopt;
    std::vector<double> distances;
    distances.reserve(sample.size());
    for (const double value : sample)
        distances.push_back(std::fabs(value - *middle));
    return median(distances);
}

std::optional<interval> median_interval(std::span<const double> sample, double confidence) {
    if (!usable(sample) || !(confidence > 0 && confidence < 1)) return std::nullopt;
    const std::size_t n = sample.size();
    // With the ranks k and n + 1 - k (from 1), the median lies outside as often as Binomial(n, 1/2) < k, twice.
    const auto coverage = [n](std::size_t k) { return 1 - 2 * binomial_cdf(k - 1, n, 0.5); };
    if (coverage(1) < confidence) return std::nullopt;
    // Coverage falls as k rises; the largest k that still covers is found by halving.
    std::size_t good = 1;
    std::size_t bad = n / 2 + 1;
    while (bad - good > 1) {
        const std::size_t k = good + (bad - good) / 2;
        (coverage(k) >= confidence ? good : bad) = k;
    }
    const std::vector<double> ascending = sorted(sample);
    return interval{.estimate = *median(sample),
                    .low = ascending[good - 1],
                    .high = ascending[n - good],
                    .confidence = coverage(good)};
}

}  // namespace understudy::stats
