// report/html.h - one rehearsal as one page: a self-contained HTML file without a script or anything from elsewhere.
//
// For looking: the verdict and its reason first, then the distributions. Readable on a phone, in dark mode and on
// paper; charts are inline SVG with their numbers as text beside them. Pure; a function of the evidence alone.
#pragma once

#include <string>

#include "model/evidence.h"

namespace understudy::report {

[[nodiscard]] std::string html(const model::evidence&);

}  // namespace understudy::report
