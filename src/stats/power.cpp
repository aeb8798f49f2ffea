// stats/power.cpp
#include "stats/power.h"

#include <cmath>

#include "stats/distributions.h"
#include "stats/interval.h"
#include "stats/permutation.h"

namespace understudy::stats {
namespace {

constexpr std::size_t most_pairs = 1'000'000;
// Of normal noise an eighth trimmed at each end leaves the mean 3 % less precise (an efficiency of 0.94).
constexpr double trimming_costs = 1.03;

bool inside(double share) {
    return share > 0 && share < 1;
}

}  // namespace

std::optional<double> smallest_visible(double sd, std::size_t pairs, const power_options& options) {
    if (pairs < 2 || !(sd >= 0) || !std::isfinite(sd) || !inside(options.alpha) || !inside(options.power))
        return std::nullopt;
    const std::size_t cut = pairs / trimmed_share;
    const auto freedom = static_cast<double>(pairs - 2 * cut - 1);
    const double sure = student_quantile(1 - options.alpha / 2, freedom);
    const double seen = student_quantile(options.power, freedom);
    return (sure + seen) * sd / std::sqrt(static_cast<double>(pairs)) * (cut > 0 ? trimming_costs : 1);
}

std::optional<std::size_t> pairs_needed(double sd, double effect, const power_options& options) {
    const double wanted = std::fabs(effect);
    if (!(wanted > 0)) return std::nullopt;
    const auto visible = [&](std::size_t pairs) {
        const std::optional<double> least = smallest_visible(sd, pairs, options);
        return least && *least <= wanted;
    };
    if (!visible(most_pairs)) return std::nullopt;
    if (visible(fewest_pairs)) return fewest_pairs;
    std::size_t too_few = fewest_pairs;
    std::size_t enough = most_pairs;
    while (enough - too_few > 1) {
        const std::size_t middle = too_few + (enough - too_few) / 2;
        (visible(middle) ? enough : too_few) = middle;
    }
    // One pair less may see more, where it is the one that begins a further trimming.
    for (std::size_t fewer = enough - 1; fewer >= fewest_pairs && fewer + 2 * trimmed_share > enough; --fewer)
        if (visible(fewer)) enough = fewer;
    return enough;
}

}  // namespace understudy::stats
