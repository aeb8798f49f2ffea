// The bounds of an expectation: "<= -50%", ">= +1 points", "<= 200 ms", "same".
//
// What a number may be compared in follows from its metric. Response time: change in percent or milliseconds, value in
// milliseconds. Database calls: change in percent or calls, value in calls. Error rate and cache status are shares:
// their change is in percentage points, since "10 % more" of a share is read in two ways, and their value in percent.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "model/detail/change_parts.h"

namespace understudy::model::detail {

namespace {

struct quantity {
    double amount = 0;
    bool has_sign = false;
    std::string_view unit;
};

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' '))
        text.remove_prefix(1);
    while (text.ends_with(' '))
        text.remove_suffix(1);
    return text;
}

std::optional<quantity> parse_quantity(std::string_view text) {
    quantity out;
    text = trimmed(text);
    out.has_sign = text.starts_with('+') || text.starts_with('-');
    const bool minus = text.starts_with('-');
    if (out.has_sign) text.remove_prefix(1);
    const auto digits = text.substr(0, text.find_first_not_of("0123456789."));
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), out.amount);
    if (code != std::errc{} || end != digits.data() + digits.size() || digits.size() > 18) return std::nullopt;
    if (minus) out.amount = -out.amount;
    out.unit = trimmed(text.substr(digits.size()));
    return out;
}

struct unit_row {
    std::string_view name;
    double factor;
};
constexpr std::array<unit_row, 3> times{{{"ms", 1}, {"s", 1000}, {"us", 0.001}}};
constexpr std::array<unit_row, 2> calls{{{"calls", 1}, {"call", 1}}};
constexpr std::array<unit_row, 2> points{{{"points", 1}, {"point", 1}}};

template <std::size_t n>
std::optional<double> in_unit(const quantity& given, const std::array<unit_row, n>& units) {
    const auto row = std::ranges::find(units, given.unit, &unit_row::name);
    return row == units.end() ? std::nullopt : std::optional(given.amount * row->factor);
}

bool is_share(metric of) {
    return of == metric::error_rate || of == metric::cache_status;
}

// An amount in the metric's own unit: milliseconds, calls or percentage points.
std::optional<double> own_unit(const quantity& given, metric of) {
    if (of == metric::response_time) return in_unit(given, times);
    if (of == metric::database_calls) return in_unit(given, calls);
    return in_unit(given, points);
}

std::string_view change_units(metric of) {
    if (of == metric::response_time) return "\"<= -50%\", \"<= +5 ms\" or \"same\"";
    if (of == metric::database_calls) return "\"<= -50%\", \"<= -3 calls\" or \"same\"";
    return "\"<= +1 points\", \">= +10 points\" or \"same\"; a share changes in percentage points";
}

std::string_view value_units(metric of) {
    if (of == metric::response_time) return "\"<= 200 ms\"";
    if (of == metric::database_calls) return "\"<= 2\"";
    return "\">= 90%\"";
}

std::optional<bound::relation> take_relation(std::string_view& text) {
    text = trimmed(text);
    const bool most = text.starts_with("<=");
    if (!most && !text.starts_with(">=")) return std::nullopt;
    text.remove_prefix(2);
    return most ? bound::relation::at_most : bound::relation::at_least;
}

parsed_bound wrong(std::string what) {
    return {std::nullopt, std::move(what)};
}

}  // namespace

parsed_bound parse_change_bound(std::string_view text, metric of) {
    bound out;
    out.text = std::string(text);
    out.of = is_share(of) ? bound::on::change_absolute : bound::on::change_percent;
    if (trimmed(text) == "same") return {out, {}};
    const auto how = take_relation(text);
    const auto given = how ? parse_quantity(text) : std::nullopt;
    if (!given) return wrong(fmt::format("expected a change like {}", change_units(of)));
    out.how = *how;
    out.amount = given->amount;
    if (!given->has_sign && given->amount != 0)
        return wrong(
            "a change is written with its sign: \"<= -50%\" is half as much or less, \"<= +50%\" half more at most");
    if (given->unit == "%" && !is_share(of)) {
        if (out.amount < -100) return wrong("nothing becomes less by more than 100 %");
        return {out, {}};
    }
    const auto amount = own_unit(*given, of);
    if (!amount) return wrong(fmt::format("expected a change like {}", change_units(of)));
    if (is_share(of) && std::abs(*amount) > 100) return wrong("a share changes by 100 percentage points at most");
    out.of = bound::on::change_absolute;
    out.amount = *amount;
    return {out, {}};
}

parsed_bound parse_value_bound(std::string_view text, metric of) {
    bound out;
    out.text = std::string(text);
    out.of = bound::on::value;
    const auto how = take_relation(text);
    const auto given = how ? parse_quantity(text) : std::nullopt;
    if (!given || given->has_sign) return wrong(fmt::format("expected a value like {}", value_units(of)));
    out.how = *how;
    std::optional<double> amount;
    if (is_share(of))
        amount = given->unit == "%" && given->amount <= 100 ? std::optional(given->amount) : std::nullopt;
    else if (of == metric::database_calls && given->unit.empty())
        amount = given->amount;
    else
        amount = own_unit(*given, of);
    if (!amount) return wrong(fmt::format("expected a value like {}", value_units(of)));
    out.amount = *amount;
    return {out, {}};
}

std::optional<double> parse_margin(std::string_view text, metric of) {
    const auto given = parse_quantity(text);
    if (!given || given->has_sign) return std::nullopt;
    if (of == metric::response_time) return given->unit == "%" ? std::optional(given->amount) : std::nullopt;
    if (of == metric::database_calls && given->unit.empty()) return given->amount;
    return own_unit(*given, of);
}

}  // namespace understudy::model::detail
