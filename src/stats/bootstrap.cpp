// stats/bootstrap.cpp
#include "stats/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "base/random.h"
#include "stats/distributions.h"
#include "stats/summary.h"

namespace understudy::stats {
namespace {

constexpr std::uint32_t most_resamples = 1'000'000;

struct shares {
    double low, high;  // which quantiles of the resampled means are the ends
};

bool usable(std::span<const double> differences, const bootstrap_options& options) {
    return differences.size() >= 2 && options.confidence > 0 && options.confidence < 1 && options.resamples >= 1 &&
           options.resamples <= most_resamples &&
           std::ranges::all_of(differences, [](double value) { return std::isfinite(value); });
}

std::vector<double> resampled_means(std::span<const double> differences, const bootstrap_options& options) {
    seeded_random random(options.seed);
    std::vector<double> means(options.resamples);
    for (double& value : means) {
        double sum = 0;
        for (std::size_t i = 0; i < differences.size(); ++i)
            sum += differences[random.below(differences.size())];
        value = sum / static_cast<double>(differences.size());
    }
    std::ranges::sort(means);
    return means;
}

// How far the resampled means lie to one side of the estimate, as a normal deviate; ties count half.
double bias(std::span<const double> means, double estimate) {
    const auto equal = std::ranges::equal_range(means, estimate);
    const auto below = static_cast<double>(equal.begin() - means.begin());
    const auto count = static_cast<double>(means.size());
    const double share = (below + static_cast<double>(equal.size()) / 2) / count;
    return normal_quantile(std::clamp(share, 0.5 / count, 1 - 0.5 / count));
}

// Skewness of the sample over 6 sqrt(n): what the jackknife gives for a mean.
double acceleration(std::span<const double> differences, double estimate) {
    double squares = 0;
    double cubes = 0;
    for (const double value : differences) {
        const double distance = value - estimate;
        squares += distance * distance;
        cubes += distance * distance * distance;
    }
    return squares > 0 ? cubes / (6 * std::pow(squares, 1.5)) : 0;
}

double corrected(double z, double z0, double a) {
    const double scale = 1 - a * (z0 + z);
    // Beyond the pole the formula turns back; the end is then the extreme of that side.
    if (scale <= 0) return z < 0 ? 0 : 1;
    return normal_cdf(z0 + (z0 + z) / scale);
}

}  // namespace

std::optional<interval> bootstrap_interval(std::span<const double> differences, const bootstrap_options& options) {
    if (!usable(differences, options)) return std::nullopt;
    const double estimate = *mean(differences);
    if (*standard_deviation(differences) == 0)
        return interval{.estimate = estimate, .low = estimate, .high = estimate, .confidence = options.confidence};

    const std::vector<double> means = resampled_means(differences, options);
    const double tail = (1 - options.confidence) / 2;
    shares ends{.low = tail, .high = 1 - tail};
    if (options.kind == bootstrap_kind::bca) {
        const double z = normal_quantile(tail);
        const double z0 = bias(means, estimate);
        const double a = acceleration(differences, estimate);
        ends = {.low = corrected(z, z0, a), .high = corrected(-z, z0, a)};
    }
    const auto at = [&means](double share) {
        const double position = share * static_cast<double>(means.size() - 1);
        return means[static_cast<std::size_t>(std::lround(position))];
    };
    return interval{.estimate = estimate,
                    .low = std::min(at(ends.low), estimate),
                    .high = std::max(at(ends.high), estimate),
                    .confidence = options.confidence};
}

}  // namespace understudy::stats
