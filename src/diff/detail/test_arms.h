// diff/detail/test_arms.h - measurements made by hand, for the tests of this module.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "model/change.h"
#include "model/measurement.h"

namespace understudy::diff::detail {

inline constexpr int blocks = 8;

inline model::series_key page(const std::string& route = "category") {
    return {route, "anonymous", model::temperature::warm};
}

// A row of `requests` that all took `milliseconds` and made `calls`, all hits.
inline model::series row(const model::series_key& key, double milliseconds, std::uint64_t calls,
                         std::uint64_t requests = 10) {
    model::series out;
    out.key = key;
    out.requests = requests;
    out.latency.record(static_cast<std::int64_t>(milliseconds * 1e6), requests);
    out.database_calls[calls] = requests;
    out.cache.hit = requests;
    return out;
}

inline model::measurement arm(const std::string& name, int block, std::vector<model::series> rows) {
    model::measurement out;
    out.arm = name;
    out.block = block;
    out.rows = std::move(rows);
    std::sort(out.rows.begin(), out.rows.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    return out;
}

// What one arm measured in one block.
using rows_of = std::function<std::vector<model::series>(int block)>;

inline std::vector<model::measurement> arms_of(const rows_of& before, const rows_of& after, int pairs = blocks,
                                               const std::string& first = "A", const std::string& second = "B") {
    std::vector<model::measurement> out;
    for (int block = 1; block <= pairs; ++block) {
        out.push_back(arm(first, block, before(block)));
        out.push_back(arm(second, block, after(block)));
    }
    return out;
}

inline model::bound bound(const std::string& text, model::bound::on of, model::bound::relation how, double amount) {
    return {of, how, amount, text};
}

inline model::expectation expect(model::metric of, const model::bound& bound, const std::string& route = "category") {
    model::expectation out;
    out.metric = of;
    out.route = route;
    out.bound = bound;
    return out;
}

inline model::expectation primary(model::metric of, const model::bound& bound) {
    auto out = expect(of, bound);
    out.primary = true;
    return out;
}

inline model::change change(std::vector<model::expectation> expected, std::vector<std::string> controls = {}) {
    model::change out;
    out.name = "test";
    out.route = "category";
    out.expect = std::move(expected);
    out.controls = std::move(controls);
    return out;
}

}  // namespace understudy::diff::detail
