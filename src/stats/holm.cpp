// stats/holm.cpp
#include "stats/holm.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace understudy::stats {

std::vector<double> holm_adjusted(std::span<const double> p) {
    const auto usable = [&p](std::size_t i) { return std::isnan(p[i]) ? 1.0 : std::clamp(p[i], 0.0, 1.0); };
    std::vector<std::size_t> order(p.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, usable);

    std::vector<double> adjusted(p.size());
    double running = 0;
    for (std::size_t rank = 0; rank < order.size(); ++rank) {
        const auto remaining = static_cast<double>(order.size() - rank);
        // Never below a smaller p value's: the steps go down only until one fails.
        running = std::max(running, std::min(1.0, remaining * usable(order[rank])));
        adjusted[order[rank]] = running;
    }
    return adjusted;
}

}  // namespace understudy::stats
