// diff/detail/answers.h - what two applications answered, and what they say of their settings, held against each other.
#pragma once

#include <vector>

#include "model/drift.h"
#include "model/profile.h"

namespace understudy::diff::detail {

// Of pages that both were asked for, and of settings where both told some. `points` of each is what it costs: weight ×
// share of the pages (docs/diff.md). A difference that several pages share is one finding. Digests of two keys say
// nothing of each other, and are passed over.
[[nodiscard]] std::vector<model::drift_finding> differing_answers(const model::profile& reference,
                                                                  const model::profile& other);

}  // namespace understudy::diff::detail
