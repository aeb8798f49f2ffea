// model/detail/change_parts.h - the parts of a change file, one reader each. Errors go to the table's report.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/change.h"
#include "model/detail/toml_reader.h"
#include "model/environment.h"

namespace understudy::model::detail {

// The one step of [step]; errc::two_changes, naming both places, where there are two. Empty where none could be read.
[[nodiscard]] std::optional<change_step> read_step(toml_table& root);
// [rollback], and that the commands of step and rollback can be run where changes are rehearsed.
[[nodiscard]] undo read_rollback(toml_table& root, const change_step& step);
void check_commands(toml_table& root, const change& change, const project& project);

// [[expect]]; `change.route` is read already.
[[nodiscard]] std::vector<expectation> read_expectations(toml_table& root, const change& change,
                                                         const project& project);

// A bound as it is written, for this metric. What is wrong with it stands in `wrong`, one sentence.
struct parsed_bound {
    std::optional<model::bound> bound;
    std::string wrong;
};
[[nodiscard]] parsed_bound parse_change_bound(std::string_view text, metric of);  // "<= -50%", "same"
[[nodiscard]] parsed_bound parse_value_bound(std::string_view text, metric of);   // "<= 200 ms"
// "10%", "1 points", "0.5 calls"; empty where it is none for this metric.
[[nodiscard]] std::optional<double> parse_margin(std::string_view text, metric of);

// Why a setting cannot be a change that is rehearsed; empty where it can.
[[nodiscard]] std::string_view why_not_set(std::string_view setting);

// Reports a name that is not among the known ones.
void check_known(const located_text& name, const std::vector<std::string>& known, std::string_view what,
                 toml_report& report);
[[nodiscard]] std::vector<std::string> route_names(const project& project);

}  // namespace understudy::model::detail
