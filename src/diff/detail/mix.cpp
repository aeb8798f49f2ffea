#include "diff/detail/mix.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "stats/distributions.h"
#include "stats/proportion.h"

namespace understudy::diff::detail {

namespace {

std::uint64_t total(const kind_counts& of) {
    std::uint64_t out = 0;
    for (const auto& [name, count] : of)
        out += count;
    return out;
}

}  // namespace

double share_of(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string mix_text(const kind_counts& counts) {
    const auto whole = total(counts);
    std::vector<std::pair<std::uint64_t, std::string>> sorted;
    for (const auto& [name, count] : counts)
        sorted.emplace_back(count, name);
    std::ranges::sort(sorted, std::greater{});
    std::string out;
    for (const auto& [count, name] : sorted)
        out += sorted.size() == 1
                   ? name
                   : fmt::format("{}{} {:.0f} %", out.empty() ? "" : ", ", name, 100 * share_of(count, whole));
    return out;
}

double total_variation(const kind_counts& left, const kind_counts& right) {
    const auto all_left = total(left), all_right = total(right);
    std::set<std::string> names;
    for (const auto* one : {&left, &right})
        for (const auto& [name, count] : *one)
            names.insert(name);
    const auto of = [](const auto& counts, const std::string& name) {
        const auto found = counts.find(name);
        return found == counts.end() ? 0 : found->second;
    };
    double out = 0;
    for (const auto& name : names)
        out += std::abs(share_of(of(left, name), all_left) - share_of(of(right, name), all_right)) / 2;
    return out;
}

double total_variation_error(const kind_counts& left, double left_rate, const kind_counts& right, double right_rate) {
    const auto variances = [](const kind_counts& of, double rate, std::map<std::string, double>& into) {
        const auto whole = total(of);
        if (rate >= 1 || whole == 0) return;
        for (const auto& [name, count] : of) {
            const double share = share_of(count, whole);
            into[name] += share * (1 - share) / static_cast<double>(whole) * (1 - rate);  // of a part of a finite whole
        }
    };
    std::map<std::string, double> of_kind;
    variances(left, left_rate, of_kind);
    variances(right, right_rate, of_kind);
    double out = 0;
    for (const auto& [name, variance] : of_kind)
        out += stats::normal_quantile(0.975) * std::sqrt(variance) / 2;
    return out;
}

double jensen_shannon(const kind_counts& left, const kind_counts& right, double enough) {
    std::map<std::string, std::pair<double, double>> shares;
    double all_left = 0, all_right = 0;
    for (const auto& [name, count] : left)
        all_left += shares[name].first = static_cast<double>(count);
    for (const auto& [name, count] : right)
        all_right += shares[name].second = static_cast<double>(count);
    if (all_left < enough || all_right < enough) return 0;
    double out = 0;
    for (const auto& [name, counts] : shares) {
        const double p = counts.first / all_left, q = counts.second / all_right, middle = (p + q) / 2;
        if (p > 0) out += p * std::log2(p / middle) / 2;
        if (q > 0) out += q * std::log2(q / middle) / 2;
    }
    return std::sqrt(std::clamp(out, 0.0, 1.0));
}

kind_counts most_of(const kind_counts& counts) {
    std::vector<std::pair<std::uint64_t, std::string>> sorted;
    for (const auto& [name, count] : counts)
        sorted.emplace_back(count, name);
    std::ranges::sort(sorted, std::greater{});
    kind_counts out;
    for (std::size_t i = 0; i < sorted.size(); ++i)
        out[i < 4 ? sorted[i].second : "others"] += sorted[i].first;
    return out;
}

bool mixes_differ(const kind_counts& left, const kind_counts& right, double level) {
    const auto all_left = total(left), all_right = total(right);
    const auto differs = [&](const std::string& name) {
        const auto of = [&](const auto& counts) {
            const auto found = counts.find(name);
            return found == counts.end() ? 0 : found->second;
        };
        return stats::fisher_exact({of(left), all_left}, {of(right), all_right}) <= level;
    };
    return std::ranges::any_of(left, [&](const auto& one) { return differs(one.first); }) ||
           std::ranges::any_of(right, [&](const auto& one) { return differs(one.first); });
}

}  // namespace understudy::diff::detail
