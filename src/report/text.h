// report/text.h - one rehearsal for the terminal: verdict, expectations, proof. Pure.
#pragma once

#include <string>
#include <vector>

#include "model/evidence.h"
#include "model/history.h"

namespace understudy::report {

struct text_options {
    bool colour = false;
    std::size_t width = 100;  // columns; longer lines are wrapped
};

[[nodiscard]] std::string text(const model::evidence&, const text_options& options = {});
// The measurement of `measure`, as a table.
[[nodiscard]] std::string text(const model::measurement&, const text_options& options = {});
// What rollback proved: the counts (a) to (f), the differences.
[[nodiscard]] std::string text(const model::proof&, const text_options& options = {});
// What became of each change, newest first, as a table.
[[nodiscard]] std::string text(const std::vector<model::history_entry>&, const text_options& options = {});

}  // namespace understudy::report
