// stats/permutation.cpp
#include "stats/permutation.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"

namespace understudy::stats {
namespace {

// The sums under all sign patterns.
std::vector<double> signed_sums(std::span<const double> values) {
    std::vector<double> sums{0.0};
    for (const double value : values) {
        const std::size_t half = sums.size();
        for (std::size_t i = 0; i < half; ++i) {
            sums.push_back(sums[i] - value);
            sums[i] += value;
        }
    }
    return sums;
}

double all_patterns(std::span<const double> differences, double threshold) {
    const std::vector<double> first = signed_sums(differences.first(differences.size() / 2));
    const std::vector<double> second = signed_sums(differences.subspan(differences.size() / 2));
    std::uint64_t extreme = 0;
    for (const double left : first)
        for (const double right : second)
            extreme += std::fabs(left + right) >= threshold ? 1 : 0;
    return static_cast<double>(extreme) / static_cast<double>(first.size() * second.size());
}

double drawn_sum(std::span<const double> differences, seeded_random& random) {
    double sum = 0;
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < differences.size(); ++i) {
        if (i % 64 == 0) bits = random();
        sum += (bits & 1) != 0 ? differences[i] : -differences[i];
        bits >>= 1;
    }
    return sum;
}

double drawn_patterns(std::span<const double> differences, double threshold, seeded_random random,
                      std::uint32_t draws) {
    std::uint64_t extreme = 1;
    for (std::uint32_t draw = 0; draw < draws; ++draw)
        extreme += std::fabs(drawn_sum(differences, random)) >= threshold ? 1 : 0;
    return static_cast<double>(extreme) / (static_cast<double>(draws) + 1);
}

}  // namespace

permutation_result sign_flip_test(std::span<const double> differences, std::uint64_t seed, std::uint32_t draws) {
    permutation_result answer;
    double sum = 0;
    double size = 0;
    for (const double value : differences) {
        sum += value;
        size += std::fabs(value);
    }
    if (differences.empty() || !std::isfinite(size)) return answer;
    draws = std::max<std::uint32_t>(draws, 1);
    answer.mean = sum / static_cast<double>(differences.size());
    answer.exact = differences.size() <= most_exact_pairs;
    answer.smallest_p = smallest_p(differences.size(), draws);
    // Patterns whose sum is the same but for the order of additions are ties, and a tie counts.
    const double threshold = std::fabs(sum) - 1e-12 * size;
    answer.p = answer.exact ? all_patterns(differences, threshold)
                            : drawn_patterns(differences, threshold, seeded_random(seed), draws);
    return answer;
}

double smallest_p(std::size_t pairs, std::uint32_t draws) {
    if (pairs == 0) return 1;
    if (pairs <= most_exact_pairs) return std::ldexp(2.0, -static_cast<int>(pairs));
    return 1 / (static_cast<double>(std::max<std::uint32_t>(draws, 1)) + 1);
}

}  // namespace understudy::stats
