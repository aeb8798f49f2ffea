// report/drift.h - how far two caches are apart: for the terminal, as a page, for a pull request. Pure.
//
// Signs as in a plan of changes: `+` what only the other side has, `-` what it lacks, `~` what is another; `=` what is
// accepted or has to differ.
#pragma once

#include <string>

#include "model/drift.h"
#include "model/profile.h"
#include "report/text.h"

namespace understudy::report {

struct drift_text_options {
    text_options look;
    bool all = false;  // accepted and expected ones too; otherwise they are counted
};

[[nodiscard]] std::string text(const model::drift&, const drift_text_options& options = {});
// "parity of staging with production: 97.3 of 100, 2 differences", on one line.
[[nodiscard]] std::string headline(const model::drift&);
// The headline, and the finding that weighs most: an open one, else one that is accepted, else one that has to be. Ends
// after the headline where there is none.
[[nodiscard]] std::string two_lines(const model::drift&, const drift_text_options& options = {});
// A self-contained page; the distributions come from the profiles.
[[nodiscard]] std::string html(const model::drift&, const model::profile& reference, const model::profile& other);
// GitHub's Markdown.
[[nodiscard]] std::string markdown(const model::drift&);

}  // namespace understudy::report
