#include "report/detail/sketch_chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "base/units.h"
#include "report/detail/html_parts.h"

namespace understudy::report::detail {

namespace {

constexpr int bins = 96;
constexpr int height = 64;
constexpr std::size_t most_ticks = 6;
constexpr std::uint64_t most_seconds = ~std::uint64_t{0} / 1000;  // that milliseconds can tell

constexpr std::array<std::uint64_t, 14> byte_ticks{1,     16,      64,      256,      1024,     4096,      16384,
                                                   65536, 1 << 18, 1 << 20, 16 << 20, 64 << 20, 256 << 20, 1 << 30};
constexpr std::array<std::uint64_t, 13> time_ticks{
    1,         10,         100,        1000,        10'000,        60'000,        600'000,
    3'600'000, 21'600'000, 86'400'000, 604'800'000, 2'592'000'000, 31'536'000'000};
constexpr std::array<std::uint64_t, 10> second_ticks{1,      10,     60,      600,       3600,
                                                     21'600, 86'400, 604'800, 2'592'000, 31'536'000};
constexpr std::array<std::uint64_t, 8> count_ticks{1, 10, 100, 1000, 10'000, 100'000, 1'000'000, 10'000'000};

std::span<const std::uint64_t> ticks_of(quantity of) {
    switch (of) {
        case quantity::bytes:
            return byte_ticks;
        case quantity::milliseconds:
            return time_ticks;
        case quantity::seconds:
            return second_ticks;
        case quantity::elements:
            break;
    }
    return count_ticks;
}

double place_of(double value) {
    return std::log2(value + 1);
}

// Where the least and the greatest of both stand, with some room on both sides.
struct extent {
    double low, high;

    [[nodiscard]] double share(double value) const { return (place_of(value) - low) / (high - low); }
};

extent extent_of(const stats::sketch& before, const stats::sketch& after) {
    const double low = place_of(static_cast<double>(std::min(*before.min(), *after.min())));
    const double high = place_of(static_cast<double>(std::max(*before.max(), *after.max())));
    const double room = std::max(0.5, (high - low) * 0.04);
    return {std::max(0.0, low - room), high + room};
}

// How much falls into each bin: a bucket's count is spread evenly over its width on the axis.
std::vector<double> heights_of(const stats::sketch& of, const extent& on) {
    std::vector<double> out(bins, 0);
    for (const auto& [bucket, count] : of.buckets()) {
        const double from =
            std::clamp(on.share(static_cast<double>(stats::sketch::lowest_of(bucket))), 0.0, 1.0) * bins;
        const double to =
            std::clamp(on.share(static_cast<double>(stats::sketch::highest_of(bucket)) + 1), 0.0, 1.0) * bins;
        const double width = std::max(to - from, 1e-6);
        for (int bin = static_cast<int>(from); bin < bins && bin < to; ++bin) {
            const double part = std::min(to, bin + 1.0) - std::max(from, static_cast<double>(bin));
            out[static_cast<std::size_t>(bin)] += static_cast<double>(count) * std::max(part, 0.0) / width;
        }
    }
    // A running mean over five: steps between buckets are the sketch's, not the cache's.
    std::vector<double> smooth(bins, 0);
    for (int i = 0; i < bins; ++i) {
        double sum = 0;
        for (int j = std::max(0, i - 2); j <= std::min(bins - 1, i + 2); ++j)
            sum += out[static_cast<std::size_t>(j)];
        smooth[static_cast<std::size_t>(i)] = sum;
    }
    const double most = *std::ranges::max_element(smooth);
    for (double& one : smooth)
        one = most > 0 ? one / most : 0;
    return smooth;
}

std::string ridge_of(const stats::sketch& of, const extent& on) {
    const auto heights = heights_of(of, on);
    std::string points = fmt::format("0,{}", height);
    for (int i = 0; i < bins; ++i)
        points += fmt::format(" {:.1f},{:.1f}", (i + 0.5) * 1000 / bins,
                              height - heights[static_cast<std::size_t>(i)] * (height - 4));
    return fmt::format("<polygon class=\"ridge\" points=\"{} 1000,{}\"/>", points, height);
}

std::string axis_of(const extent& on, quantity of) {
    std::vector<std::uint64_t> inside;
    for (const auto tick : ticks_of(of))
        if (const double at = on.share(static_cast<double>(tick)); at >= 0.04 && at <= 0.96) inside.push_back(tick);
    const std::size_t every = (inside.size() + most_ticks - 1) / most_ticks;
    std::string out =
        "<svg class=\"axis\" height=\"22\" aria-hidden=\"true\"><line x1=\"0\" x2=\"100%\" y1=\"1\" y2=\"1\"/>";
    for (std::size_t i = 0; i < inside.size(); i += std::max<std::size_t>(1, every))
        out += fmt::format(
            "<line x1=\"{0:.1f}%\" x2=\"{0:.1f}%\" y1=\"1\" y2=\"5\"/><text x=\"{0:.1f}%\" y=\"17\" "
            "text-anchor=\"middle\">{1}</text>",
            on.share(static_cast<double>(inside[i])) * 100, show_quantity(inside[i], of));
    return out + "</svg>";
}

}  // namespace

std::string show_quantity(std::uint64_t value, quantity of) {
    if (of == quantity::bytes) return show_bytes(value);
    if (of == quantity::elements) return std::to_string(value);
    if (of == quantity::seconds) value = std::min<std::uint64_t>(value, most_seconds) * 1000;
    constexpr std::pair<std::uint64_t, std::string_view> units[] = {
        {86'400'000, "d"}, {3'600'000, "h"}, {60'000, "min"}, {1000, "s"}};
    for (const auto& [unit, name] : units)
        if (value >= unit && (value >= 2 * unit || value % unit == 0))
            return fmt::format("{} {}", (value + unit / 2) / unit, name);
    return fmt::format("{} ms", value);
}

std::string overlay(const stats::sketch& before, const stats::sketch& after, quantity of, std::string_view subject) {
    if (before.empty() || after.empty()) return {};
    const auto on = extent_of(before, after);
    std::string out = fmt::format(
        "<svg class=\"over\" height=\"{0}\" viewBox=\"0 0 1000 {0}\" preserveAspectRatio=\"none\" role=\"img\" "
        "aria-label=\"{1}\">",
        height, escaped(subject));
    out += "<g class=\"strip before\">" + ridge_of(before, on) + "</g>";
    out += "<g class=\"strip after\">" + ridge_of(after, on) + "</g></svg>";
    return out + axis_of(on, of);
}

}  // namespace understudy::report::detail
