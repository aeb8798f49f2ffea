// stats/proportion.cpp
#include "stats/proportion.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "stats/distributions.h"
#include "stats/permutation.h"

namespace understudy::stats {
namespace {

using wide = long double;

// Weights smaller than this beside the likeliest table's are left out; p is not given below it.
constexpr wide negligible = 1e-30L;

bool usable(tally counts) {
    return counts.trials > 0 && counts.events <= counts.trials;
}

double share(tally counts) {
    return static_cast<double>(counts.events) / static_cast<double>(counts.trials);
}

// The tables with the margins of the one seen, by x = events before; weights relative to the likeliest.
struct tables {
    wide before, after, events;  // trials of each arm, events of both

    [[nodiscard]] wide lowest() const { return std::max<wide>(0, events - after); }
    [[nodiscard]] wide highest() const { return std::min(events, before); }
    [[nodiscard]] wide likeliest() const {
        const wide mode = std::floor((before + 1) * (events + 1) / (before + after + 2));
        return std::clamp(mode, lowest(), highest());
    }
    // weight(x + 1) / weight(x)
    [[nodiscard]] wide up(wide x) const { return (before - x) / (x + 1) * (events - x) / (after - events + x + 1); }

    // Calls visit(x, weight) from the likeliest outwards, on both sides, until weights are negligible.
    template <class Visit>
    void each(Visit visit) const {
        const wide middle = likeliest();
        visit(middle, wide{1});
        wide weight = 1;
        for (wide x = middle; x < highest() && weight > negligible; ++x)
            visit(x + 1, weight *= up(x));
        weight = 1;
        for (wide x = middle; x > lowest() && weight > negligible; --x)
            visit(x - 1, weight /= up(x - 1));
    }
};

void add(tally& into, tally from) {
    into.events += from.events;
    into.trials += from.trials;
}

}  // namespace

std::optional<interval> clopper_pearson(tally counts, double confidence) {
    if (!usable(counts) || !(confidence > 0 && confidence < 1)) return std::nullopt;
    const auto events = static_cast<double>(counts.events);
    const auto others = static_cast<double>(counts.trials - counts.events);
    const double tail = (1 - confidence) / 2;
    interval range{.estimate = share(counts), .low = 0, .high = 1, .confidence = confidence};
    if (events > 0) range.low = incomplete_beta_inverse(events, others + 1, tail);
    if (others > 0) range.high = incomplete_beta_inverse(events + 1, others, 1 - tail);
    return range;
}

double upper_bound_of_none(std::uint64_t trials, double confidence) {
    if (trials == 0) return 1;
    return -std::expm1(std::log1p(-confidence) / static_cast<double>(trials));
}

double fisher_exact(tally before, tally after) {
    if (!usable(before) || !usable(after)) return 1;
    const tables all{.before = static_cast<wide>(before.trials),
                     .after = static_cast<wide>(after.trials),
                     .events = static_cast<wide>(before.events) + static_cast<wide>(after.events)};
    const auto seen = static_cast<wide>(before.events);
    wide seen_weight = 0;
    all.each([&](wide x, wide weight) {
        if (x == seen) seen_weight = weight;
    });
    // Tables just as likely as the one seen differ from it by rounding.
    const wide threshold = std::max(seen_weight, negligible) * (1 + 1e-9L);
    wide total = 0;
    wide extreme = 0;
    all.each([&](wide, wide weight) {
        total += weight;
        if (weight <= threshold) extreme += weight;
    });
    return static_cast<double>(std::clamp(std::max(extreme / total, negligible), negligible, wide{1}));
}

std::optional<rate_comparison> compare_rates(std::span<const paired_tally> blocks, std::uint64_t seed) {
    rate_comparison answer;
    std::vector<double> differences;
    for (const paired_tally& block : blocks) {
        if (block.before.events > block.before.trials || block.after.events > block.after.trials) return std::nullopt;
        add(answer.before, block.before);
        add(answer.after, block.after);
        if (usable(block.before) && usable(block.after))
            differences.push_back(share(block.after) - share(block.before));
    }
    const std::optional<interval> before = clopper_pearson(answer.before, 0.975);
    const std::optional<interval> after = clopper_pearson(answer.after, 0.975);
    if (!before || !after) return std::nullopt;
    answer.range = {.estimate = after->estimate - before->estimate,
                    .low = after->low - before->high,
                    .high = after->high - before->low,
                    .confidence = 0.95};
    answer.p_pooled = fisher_exact(answer.before, answer.after);
    answer.p_blocks = sign_flip_test(differences, seed).p;
    answer.p = std::max(answer.p_pooled, answer.p_blocks);
    return answer;
}

}  // namespace understudy::stats
