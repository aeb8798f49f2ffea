// stats/interval.cpp
#include "stats/interval.h"

#include <algorithm>
#include <cmath>

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

std::optional<double> paired_t_p(std::span<const double> differences) {
    const auto range = paired_interval(differences, 0.95);
    if (!range) return std::nullopt;
    const auto pairs = static_cast<double>(differences.size());
    const double error = *standard_deviation(differences) / std::sqrt(pairs);
    if (error == 0) return range->estimate == 0 ? 1.0 : 0.0;
    return 2 * student_cdf(-std::fabs(range->estimate) / error, pairs - 1);
}

}  // namespace understudy::stats
