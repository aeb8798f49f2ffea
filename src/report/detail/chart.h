// report/detail/chart.h - inline SVG whose horizontal positions are shares of the width, so that it fits a phone and a
// wide screen with the same size of letters. Pure.
//
// A strip shows one arm kind: the shape of all requests' times as a ridge, a dot for each block's median below it, the
// median of those with its interval. Two strips of one row share an axis.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/measurement.h"
#include "report/detail/facts.h"

namespace understudy::report::detail {

// Response times in ms along the width, linear or, where the largest is more than six times the smallest, logarithmic.
class time_axis {
public:
    time_axis(const side& before, const side& after);

    [[nodiscard]] bool logarithmic() const { return logarithmic_; }
    // Share of the width, within [0, 1] for all that was measured.
    [[nodiscard]] double at(double milliseconds) const;
    [[nodiscard]] std::vector<double> ticks() const;
    [[nodiscard]] std::string svg() const;  // hidden from readers: the numbers are in the text

private:
    [[nodiscard]] double inner(double milliseconds) const;

    double low_ = 0, high_ = 1;  // ms
    bool logarithmic_ = false;
};

// `name` is ours: "before" or "after"; `subject` is escaped here.
[[nodiscard]] std::string time_strip(const side& of, const time_axis& axis, std::string_view name,
                                     std::string_view subject);

// Hit, stale, miss, bypass, unknown as parts of one bar.
[[nodiscard]] std::string cache_bar(const model::cache_tally& of);

// How many requests made how many calls. Columns beyond 24 different counts are put together.
[[nodiscard]] std::string calls_bars(const std::map<std::uint64_t, std::uint64_t>& of);

}  // namespace understudy::report::detail
