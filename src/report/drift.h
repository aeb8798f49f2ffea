// report/drift.h - how far two caches are apart, for the terminal and for a pull request. Pure.
//
// Signs as in a plan of changes: `+` what only the other side has, `-` what it lacks, `~` what is another; `=` what is
// accepted or has to differ.
#pragma once

#include <string>

#include "model/drift.h"
#include "report/text.h"

namespace understudy::report {

struct drift_text_options {
    text_options look;
    bool all = false;  // accepted and expected ones too; otherwise they are counted
};

[[nodiscard]] std::string text(const model::drift&, const drift_text_options& options = {});
// GitHub's Markdown.
[[nodiscard]] std::string markdown(const model::drift&);

}  // namespace understudy::report
