// stats/interval.cpp
#include "stats/interval.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "stats/distributions.h"
#include "stats/summary.h"

namespace understudy::stats {

std::optional<interval> paired_interval(std::span<const double> differences, double confidence) {
    if (differences.size() < 2 || !(confidence > 0 && confidence < 1)) return std::nullopt;
    if (!std::ranges::all_of(differences, [](double value) { return std::isfinite(value); })) return std::nullopt;
    const double middle = *mean(differences);
    const double spread = *standard_deviation(differences);
    const auto pairs = static_cast<double>(differences.size());
    const double reach = student_quantile((1 + confidence) / 2, pairs - 1) * spread / std::sqrt(pairs);
    return interval{.estimate = middle, .low = middle - reach, .high = middle + reach, .confidence = confidence};
}

namespace {

// Yuen 1974 for one sample: the mean of what is left after trimming, its standard error from the Winsorised sum of
// squares, and h - 1 degrees of freedom.
struct trimmed {
    double mean = 0, error = 0, freedom = 0;
};

std::optional<trimmed> trim(std::span<const double> differences) {
    if (differences.size() < 2) return std::nullopt;
    if (!std::ranges::all_of(differences, [](double value) { return std::isfinite(value); })) return std::nullopt;
    std::vector<double> sorted(differences.begin(), differences.end());
    std::ranges::sort(sorted);
    const std::size_t cut = sorted.size() / trimmed_share, kept = sorted.size() - 2 * cut;
    trimmed out;
    out.mean = *mean(std::span(sorted).subspan(cut, kept));
    std::fill_n(sorted.begin(), cut, sorted[cut]);
    std::fill_n(sorted.end() - static_cast<std::ptrdiff_t>(cut), cut, sorted[cut + kept - 1]);
    const auto n = static_cast<double>(sorted.size()), h = static_cast<double>(kept);
    out.error = *standard_deviation(sorted) * std::sqrt((n - 1) / (h * (h - 1)));
    out.freedom = h - 1;
    return out;
}

}  // namespace

std::optional<interval> trimmed_interval(std::span<const double> differences, double confidence) {
    const auto of = trim(differences);
    if (!of || !(confidence > 0 && confidence < 1)) return std::nullopt;
    const double reach = student_quantile((1 + confidence) / 2, of->freedom) * of->error;
    return interval{.estimate = of->mean, .low = of->mean - reach, .high = of->mean + reach, .confidence = confidence};
}

std::optional<double> trimmed_p(std::span<const double> differences) {
    const auto of = trim(differences);
    if (!of) return std::nullopt;
    if (of->error == 0) return of->mean == 0 ? 1.0 : 0.0;
    return 2 * student_cdf(-std::fabs(of->mean) / of->error, of->freedom);
}

}  // namespace understudy::stats
