// report/annotations.h - one rehearsal as annotations of a GitHub job: workflow commands, one a line. Pure.
//
// GitHub shows ten of each kind for each step and drops the others without a word. So there are nine at most, and the
// last line, of the kind that the whole run is, says the verdict and what was left out. What failed and what is an
// error is an ::error, what could not be told and what is warned of is a ::warning; a run without either is one
// ::notice.
#pragma once

#include <string>

#include "model/evidence.h"

namespace understudy::report {

// `file`: the change file as the repository knows it, to be annotated; empty: no file.
[[nodiscard]] std::string github_annotations(const model::evidence&, const std::string& file = {});

}  // namespace understudy::report
