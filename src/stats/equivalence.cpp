// stats/equivalence.cpp
#include "stats/equivalence.h"

#include <algorithm>
#include <cmath>

#include "stats/permutation.h"
#include "stats/summary.h"

namespace understudy::stats {
namespace {

constexpr double level = 0.05;

bool usable(const paired_question& question) {
    return question.margin >= 0 && std::isfinite(question.margin) &&
           std::ranges::all_of(question.differences, [](double value) { return std::isfinite(value); });
}

// Equal but for the rounding of logarithms and means.
bool constant(std::span<const double> differences) {
    const auto [least, most] = std::ranges::minmax(differences);
    return most - least <= 1e-12 * std::max(std::fabs(least), std::fabs(most));
}

decision side(double estimate, direction better) {
    const bool lower = estimate < 0;
    return lower == (better == direction::lower_is_better) ? decision::improved : decision::worse;
}

void decide_exact(const paired_question& question, paired_answer& answer) {
    const double c = answer.estimate;
    answer.range = interval{.estimate = c, .low = c, .high = c, .confidence = 0.95};
    answer.range90 = interval{.estimate = c, .low = c, .high = c, .confidence = 0.90};
    answer.reason = decision_reason::exact;
    const bool moved = c != 0 && std::fabs(c) >= question.margin;
    answer.verdict = moved ? side(c, question.better) : decision::same;
}

void decide_noisy(const paired_question& question, paired_answer& answer) {
    const permutation_result test = sign_flip_test(question.differences, question.seed);
    answer.p = test.p;
    if (!answer.range || !answer.range90 || answer.pairs < fewest_pairs) {
        answer.reason = decision_reason::too_few_pairs;
        return;
    }
    if (equivalent(*answer.range90, question.margin) == equivalence::same) {
        answer.verdict = decision::same;
        answer.reason = decision_reason::inside_margin;
    } else if (!answer.range->excludes(0)) {
        answer.reason = decision_reason::too_noisy;
    } else if (std::fabs(answer.estimate) < question.margin) {
        answer.reason = decision_reason::below_margin;
    } else if (test.p > level) {
        answer.reason = decision_reason::not_significant;
    } else {
        answer.verdict = side(answer.estimate, question.better);
        answer.reason = decision_reason::moved;
    }
}

}  // namespace

equivalence equivalent(const interval& range, double margin) {
    if (!(margin >= 0)) return equivalence::unclear;
    if (range.within(margin)) return equivalence::same;
    if (range.low > margin || range.high < -margin) return equivalence::different;
    return equivalence::unclear;
}

paired_answer decide(const paired_question& question) {
    paired_answer answer;
    answer.pairs = question.differences.size();
    answer.smallest_p = smallest_p(answer.pairs);
    if (!usable(question)) return answer;
    if (question.differences.empty()) {
        answer.reason = decision_reason::too_few_pairs;
        return answer;
    }
    answer.estimate = *mean(question.differences);
    if (question.exact_counts && constant(question.differences)) {
        decide_exact(question, answer);
        return answer;
    }
    answer.range = trimmed_interval(question.differences, 0.95);
    answer.range90 = trimmed_interval(question.differences, 0.90);
    if (answer.range) answer.estimate = answer.range->estimate;
    decide_noisy(question, answer);
    return answer;
}

std::string_view word(decision verdict) {
    switch (verdict) {
        case decision::improved:
            return "improved";
        case decision::worse:
            return "worse";
        case decision::same:
            return "same";
        case decision::inconclusive:
            return "inconclusive";
    }
    return "inconclusive";
}

std::string_view text(decision_reason reason) {
    switch (reason) {
        case decision_reason::exact:
            return "the count was constant before and constant after";
        case decision_reason::moved:
            return "the interval, the permutation test and the margin agree";
        case decision_reason::inside_margin:
            return "the 90 % interval lies inside the margin";
        case decision_reason::bad_input:
            return "a difference is not a number, or the margin is below 0";
        case decision_reason::too_few_pairs:
            return "fewer than six pairs cannot show anything at 5 %";
        case decision_reason::too_noisy:
            return "the interval holds 0 and reaches beyond the margin";
        case decision_reason::below_margin:
            return "the change is other than 0, but smaller than the margin";
        case decision_reason::not_significant:
            return "the permutation test does not confirm the interval";
    }
    return "";
}

}  // namespace understudy::stats
