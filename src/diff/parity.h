// diff/parity.h - two profiles -> drift: what differs by what the caches are like, and how near they are.
//
// Parity. Each open finding takes a share of what is left: parity = 100 × the product of (1 - weight × share ×
// distance) over all of them. So it is 100 where nothing differs, to close any finding never lowers it, and their order
// does not matter. weight: what such a difference does to a cache (the tables in parity.cpp, detail/answers.cpp and
// detail/server_side.cpp, and docs/diff.md); share: the part of the cache that it is about, by keys or by memory,
// whichever is more; distance: 0 to 1, how far apart the two are. `points` of a finding: what parity would gain if it
// alone were closed.
//
// A difference is a finding where it is larger than two looks at one cache would show: counts beyond three standard
// deviations, shares by Fisher's test at 1 %, distributions by how far they have to be moved (octaves), which a
// bucket's border does not upset as it upsets Kolmogorov and Smirnov's distance. Pure.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "model/drift.h"
#include "model/profile.h"

namespace understudy::diff {

struct parity_options {
    double scale = 1;                             // how much of the reference the other is meant to hold
    std::map<std::string, std::string> accepted;  // id of a finding -> reason
};

[[nodiscard]] model::drift drift_between(const model::profile& reference, const model::profile& other,
                                         const parity_options& options = {});

// Open findings that cost a point and more.
[[nodiscard]] bool beyond_tolerance(const model::drift& drift);

}  // namespace understudy::diff
