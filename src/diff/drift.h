// diff/drift.h - how far staging's Redis is from production's, by version and by the settings that change what a cache
// does. Pure.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/finding.h"

namespace understudy::diff {

struct server_side {
    std::string name;     // of the environment
    std::string version;  // of the server
    std::map<std::string, std::string> settings;
};

// The settings that are compared, most important first, each with what a difference does.
struct drift_row {
    std::string_view setting;
    std::string_view effect;
    bool matters;  // beyond tolerance where it differs and is not accepted
};
[[nodiscard]] std::span<const drift_row> compared_settings();

// A finding for each difference. `verdict` is worse where it is beyond tolerance, same where it was accepted (with the
// reason in `why`) or does not matter to a rehearsal, inconclusive where one side could not be read. A patch release
// apart is no drift beyond tolerance.
[[nodiscard]] std::vector<model::finding> drift_of(const server_side& production, const server_side& staging,
                                                   const std::map<std::string, std::string>& accepted);
[[nodiscard]] bool beyond_tolerance(const std::vector<model::finding>& drift);

}  // namespace understudy::diff
