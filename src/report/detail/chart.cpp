// Why no viewBox around it all: it would scale letters with the width, and 12 px on a desk would be 5 px on a phone.
// Only the ridge, which has no letters, is stretched.
#include "report/detail/chart.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/units.h"
#include "report/detail/html_parts.h"

namespace understudy::report::detail {

namespace {

constexpr double padding = 0.03;  // of the width, on both sides
constexpr int ridge_points = 84;

double in_ms(std::int64_t nanoseconds) {
    return static_cast<double>(nanoseconds) / 1e6;
}

std::string percent(double share) {
    return fmt::format("{:.2f}%", share * 100);
}

struct weighted {
    double at, weight;
};

std::vector<weighted> samples_of(const stats::histogram& times, const time_axis& axis) {
    std::vector<weighted> out;
    for (const auto& [bucket, count] : times.buckets()) {
        const auto middle = (stats::histogram::lowest_of(bucket) + stats::histogram::highest_of(bucket)) / 2;
        out.push_back({std::clamp(axis.at(in_ms(middle)), 0.0, 1.0), static_cast<double>(count)});
    }
    return out;
}

// Silverman's rule of thumb (1986, equation 3.31) on the axis's scale, never finer than can be seen.
double bandwidth_of(const std::vector<weighted>& samples) {
    double count = 0, sum = 0, squares = 0;
    for (const auto& one : samples) {
        count += one.weight;
        sum += one.weight * one.at;
    }
    const double mean = sum / count;
    for (const auto& one : samples)
        squares += one.weight * (one.at - mean) * (one.at - mean);
    const auto quantile = [&](double q) {
        double seen = 0;
        for (const auto& one : samples) {
            seen += one.weight;
            if (seen >= q * count) return one.at;
        }
        return samples.back().at;
    };
    const double spread = std::min(std::sqrt(squares / count), (quantile(0.75) - quantile(0.25)) / 1.34);
    return std::max(0.9 * spread * std::pow(count, -0.2), 0.006);
}

// In a box of 1000 by 100; the highest point touches the top.
std::string ridge_path(const stats::histogram& times, const time_axis& axis) {
    const auto samples = samples_of(times, axis);
    if (samples.empty()) return {};
    const double width = bandwidth_of(samples);
    const double low = std::max(0.0, samples.front().at - 3 * width);
    const double high = std::min(1.0, samples.back().at + 3 * width);
    std::vector<weighted> curve;
    double top = 0;
    for (int i = 0; i <= ridge_points; ++i) {
        const double at = low + (high - low) * i / ridge_points;
        double sum = 0;
        for (const auto& one : samples) {
            const double z = (at - one.at) / width;
            if (std::abs(z) < 5) sum += one.weight * std::exp(-z * z / 2);
        }
        curve.push_back({at, sum});
        top = std::max(top, sum);
    }
    std::string out = fmt::format("M{:.0f} 100", low * 1000);
    for (const auto& one : curve)
        out += fmt::format("L{:.0f} {:.0f}", one.at * 1000, 100 - 96 * one.weight / top);
    return out + fmt::format("L{:.0f} 100Z", high * 1000);
}

// 1, 2 or 5 times a power of ten, at or above.
double nice(double value) {
    const double power = std::pow(10, std::floor(std::log10(value)));
    for (const double step : {1.0, 2.0, 5.0})
        if (value <= step * power * 1.0001) return step * power;
    return 10 * power;
}

std::string tick_text(double milliseconds) {
    if (milliseconds >= 1000) return number(milliseconds / 1000) + " s";
    if (milliseconds < 1) return number(milliseconds * 1000) + " us";
    return number(milliseconds) + " ms";
}

}  // namespace

time_axis::time_axis(const side& before, const side& after) {
    double low = 1e300, high = 0;
    for (const auto* one : {&before, &after}) {
        if (!one->all || one->all->latency.empty()) continue;
        low = std::min(low, in_ms(*one->all->latency.min()));
        high = std::max(high, in_ms(*one->all->latency.max()));
    }
    if (high <= 0 || low > high) return;
    low_ = std::max(low, 1e-4);
    high_ = std::max(high, low_);
    logarithmic_ = high_ > 6 * low_;
    if (!logarithmic_) {
        const double room = std::max((high_ - low_) * 0.05, high_ * 0.02);
        low_ = std::max(0.0, low_ - room);
        high_ += room;
    }
}

double time_axis::inner(double milliseconds) const {
    if (logarithmic_) return std::log(std::max(milliseconds, 1e-6) / low_) / std::log(high_ / low_);
    return (milliseconds - low_) / (high_ - low_);
}

double time_axis::at(double milliseconds) const {
    return padding + (1 - 2 * padding) * inner(milliseconds);
}

std::vector<double> time_axis::ticks() const {
    std::vector<double> out;
    if (!logarithmic_) {
        const double step = nice((high_ - low_) / 5);
        for (double at = std::ceil(low_ / step) * step; at <= high_; at += step)
            out.push_back(at);
        return out;
    }
    // Powers of ten, with 2 and 5 between them while there is room for the letters.
    for (const auto& steps : {std::vector<double>{1, 2, 5}, std::vector<double>{1, 3}, std::vector<double>{1}}) {
        out.clear();
        for (double power = std::pow(10, std::floor(std::log10(low_))); power <= high_; power *= 10)
            for (const double step : steps)
                if (step * power >= low_ && step * power <= high_) out.push_back(step * power);
        if (out.size() <= 5) return out;
    }
    return out;
}

std::string time_axis::svg() const {
    std::string out =
        "<svg class=\"axis\" height=\"22\" aria-hidden=\"true\">"
        "<line x1=\"0\" x2=\"100%\" y1=\"0.5\" y2=\"0.5\"/>";
    for (const double tick : ticks()) {
        const double x = at(tick);
        const std::string_view anchor = x < 0.08 ? "start" : x > 0.92 ? "end" : "middle";
        out += fmt::format(
            "<line x1=\"{0}\" x2=\"{0}\" y1=\"0\" y2=\"5\"/><text x=\"{0}\" y=\"17\" text-anchor=\"{1}\">{2}</text>",
            percent(x), anchor, tick_text(tick));
    }
    return out + "</svg>";
}

std::string time_strip(const side& of, const time_axis& axis, std::string_view name, std::string_view subject) {
    if (!of.all || of.all->latency.empty()) return {};
    const auto& times = of.all->latency;
    const auto told = [&](double q) { return show(std::chrono::nanoseconds(*times.quantile(q))); };
    std::string out = fmt::format(
        "<svg class=\"strip {0}\" height=\"50\" role=\"img\"><title>Response time of {1}, {0}</title>"
        "<desc>{2}: half of them within {3}, 95 % within {4}, the slowest {5}; the blocks' "
        "medians range from {6} to {7}.</desc>",
        name, escaped(subject), plural(times.count(), "request", "requests"), told(0.5), told(0.95), told(1),
        amount(*std::ranges::min_element(of.medians), "ms"), amount(*std::ranges::max_element(of.medians), "ms"));
    for (const double tick : axis.ticks())
        out += fmt::format("<line class=\"tick\" x1=\"{0}\" x2=\"{0}\" y1=\"0\" y2=\"50\"/>", percent(axis.at(tick)));
    out += fmt::format(
        "<svg y=\"3\" width=\"100%\" height=\"27\" viewBox=\"0 0 1000 100\" preserveAspectRatio=\"none\">"
        "<path class=\"ridge\" d=\"{}\"/></svg>",
        ridge_path(times, axis));
    if (of.median_range)
        out += fmt::format("<line class=\"range\" x1=\"{}\" x2=\"{}\" y1=\"30.5\" y2=\"30.5\"/>",
                           percent(axis.at(of.median_range->low)), percent(axis.at(of.median_range->high)));
    if (of.median)
        out += fmt::format("<line class=\"median\" x1=\"{0}\" x2=\"{0}\" y1=\"3\" y2=\"33\"/>",
                           percent(axis.at(*of.median)));
    // Dots in two heights, so that close ones stay apart.
    for (std::size_t i = 0; i < of.medians.size(); ++i)
        out +=
            fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"3\"/>", percent(axis.at(of.medians[i])), i % 2 == 0 ? 38 : 44);
    return out + "</svg>";
}

std::string cache_bar(const model::cache_tally& of) {
    const double total = static_cast<double>(of.known() + of.unknown);
    if (total <= 0) return {};
    std::string out = "<svg class=\"bar\" height=\"10\" aria-hidden=\"true\">";
    double from = 0;
    const auto part = [&](std::uint64_t count, const char* name) {
        if (count == 0) return;
        const double share = static_cast<double>(count) / total;
        out += fmt::format("<rect class=\"{}\" x=\"{}\" width=\"{}\" height=\"10\"/>", name, percent(from),
                           percent(share));
        from += share;
    };
    part(of.hit, "hit");
    part(of.stale, "stale");
    part(of.miss, "miss");
    part(of.bypass, "bypass");
    part(of.unknown, "none");
    return out + "</svg>";
}

std::string calls_bars(const std::map<std::uint64_t, std::uint64_t>& of) {
    if (of.size() < 2) return {};
    constexpr std::uint64_t limit = 24;
    const std::uint64_t low = of.begin()->first, high = of.rbegin()->first;
    const std::uint64_t width = (high - low) / limit + 1;
    std::vector<std::uint64_t> columns((high - low) / width + 1);
    for (const auto& [calls, requests] : of)
        columns[(calls - low) / width] += requests;
    const double most = static_cast<double>(*std::ranges::max_element(columns));
    const double step = 1.0 / static_cast<double>(columns.size());
    std::string out =
        "<svg class=\"bars\" height=\"26\" aria-hidden=\"true\"><line x1=\"0\" x2=\"100%\" y1=\"25.5\" y2=\"25.5\"/>";
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (columns[i] == 0) continue;
        const double height = std::max(2.0, 24 * static_cast<double>(columns[i]) / most);
        out += fmt::format("<rect x=\"{}\" y=\"{:.1f}\" width=\"{}\" height=\"{:.1f}\"/>",
                           percent(step * (static_cast<double>(i) + 0.1)), 25 - height, percent(step * 0.8), height);
    }
    return out + "</svg>";
}

}  // namespace understudy::report::detail
