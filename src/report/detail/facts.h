// report/detail/facts.h - what all outputs say of an evidence, before any of them decides how it looks.
//
// Strings come as they are in the evidence; making them safe is for the output (printable.h, html_parts.h). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/evidence.h"

namespace understudy::report::detail {

// Three significant digits, no exponent, no idle zeros: "41.2", "0.05", "1234".
[[nodiscard]] std::string number(double value);
// "+3.1", "-94.8", "0"
[[nodiscard]] std::string signed_number(double value);
// A finding's number with its unit: "41.2 ms", "22 calls", "0.4 %"; "unknown" where there is none.
[[nodiscard]] std::string amount(const std::optional<double>& value, std::string_view unit);
[[nodiscard]] std::string seconds_text(double seconds);
[[nodiscard]] std::string p_text(const std::optional<double>& p);  // "0.012", "< 0.001"; empty where there is none
[[nodiscard]] std::string plural(std::uint64_t count, std::string_view one, std::string_view many);

// "response_time" -> "response time"; anything unknown stays as it is.
[[nodiscard]] std::string metric_name(std::string_view metric);

// The change of a finding and its interval. Shares are told in points, everything else relative to before where that
// has a meaning. Both are empty where they are unknown.
struct change_text {
    std::string change;  // "-94.8 %", "+2 calls", "+78 points"
    std::string range;   // "-95.2 to -94.3 %"; empty for an exact one too
};
[[nodiscard]] change_text change_of(const model::finding&);
[[nodiscard]] std::string margin_of(const model::finding&);
[[nodiscard]] std::string noise_unit(model::metric);  // "%", "calls", "points"

// One side of one row: all arms together, and each arm's median.
struct side {
    std::optional<model::series> all;
    std::vector<double> medians;                  // ms, by block
    std::optional<double> median;                 // of the medians
    std::optional<model::interval> median_range;  // distribution-free; from six arms on
};

struct row {
    model::series_key key;
    bool control = false;
    side before, after;
};

// Rows of the change's routes first, then the controls, each sorted by key. Where no block was measured, before is
// what the noise stage saw.
[[nodiscard]] std::vector<row> rows_of(const model::evidence&);
// Among expectations, controls and others.
[[nodiscard]] const model::finding* finding_of(const model::comparison&, const model::series_key&, model::metric);

enum class mark : std::uint8_t { good, neutral, bad, unknown };

// The proof by its letters; the last line, without a letter, is the release.
struct proof_line {
    std::string letter;
    std::string what;
    std::string outcome;
    detail::mark mark = detail::mark::neutral;
};
[[nodiscard]] std::vector<proof_line> proof_lines(const model::proof&);
[[nodiscard]] std::string proof_outcome(const model::proof&);  // "everything is as before (1.8 s)"

[[nodiscard]] std::string step_text(
    const model::change&);  // "CONFIG SET maxmemory-policy noeviction", "deploy revision=2"
[[nodiscard]] std::string undo_text(const model::change&);
[[nodiscard]] std::string expectation_text(const model::expectation&);
// "commit 3f9c2ab58d0e on faster-category, clean"; "unknown: REASON" where there is no commit.
[[nodiscard]] std::string git_text(const model::git_state&);

// Empty where the change behaved as expected and its rollback is proven; else why production must not have it.
[[nodiscard]] std::string why_not_proven(const model::evidence&);

}  // namespace understudy::report::detail
