// report/pull_request.h - one rehearsal as Markdown for a comment of a pull request. Pure; a function of the evidence.
//
// Made for GitHub: verdict and reason first, then tables, then what is long in folded details. At most 60000
// characters, since GitHub takes 65536: details that would be too much are left out, and it is said which.
#pragma once

#include <string>

#include "model/evidence.h"

namespace understudy::report {

[[nodiscard]] std::string pull_request_comment(const model::evidence&);

}  // namespace understudy::report
