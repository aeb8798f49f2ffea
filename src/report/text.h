// report/text.h - one rehearsal for the terminal: verdict, expectations, proof. Pure.
#pragma once

#include <string>

#include "model/evidence.h"

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

}  // namespace understudy::report
