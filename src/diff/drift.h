// diff/drift.h - how far staging's Redis is from production's, by version and by the settings that change what a cache
// does. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
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
    double scale = 1;  // how much of production it is meant to hold
};

// The settings that are compared, most important first, each with what a difference does.
struct drift_row {
    std::string_view setting;  // as Redis 7.0 and later call it
    std::string_view effect;
    bool matters;          // beyond tolerance where it differs and is not accepted
    bool restart = false;  // read at the start of the server only
};
[[nodiscard]] std::span<const drift_row> compared_settings();

// A setting of the table under the name that this server knows: before 7.0 hash-max-listpack-entries was
// hash-max-ziplist-entries. Empty where it has neither.
struct named_setting {
    std::string name, value;
};
[[nodiscard]] std::optional<named_setting> setting_of(const server_side& side, std::string_view setting);

// As it has to be typed after CONFIG SET, or in a redis.conf.
[[nodiscard]] std::string quoted_setting(const std::string& value);

// The maxmemory that a server of this scale is to have, where production has that one. Empty where production has no
// limit, or one that cannot be read.
[[nodiscard]] std::optional<std::uint64_t> scaled_memory(const std::string& production, double scale);
// Whether it has it, to a hundredth.
[[nodiscard]] bool is_scaled_memory(const std::string& production, const std::string& other, double scale);

// Settings that are others on each server by their nature, each with why.
struct expected_row {
    std::string_view setting, why;
};
[[nodiscard]] std::span<const expected_row> expected_settings();

// A finding for each difference. `verdict` is worse where it is beyond tolerance, same where it was accepted (with the
// reason in `why`), follows from staging's scale or does not matter to a rehearsal, inconclusive where one side could
// not be read or does not have it. A patch release apart is no drift beyond tolerance.
[[nodiscard]] std::vector<model::finding> drift_of(const server_side& production, const server_side& staging,
                                                   const std::map<std::string, std::string>& accepted);
[[nodiscard]] bool beyond_tolerance(const std::vector<model::finding>& drift);

}  // namespace understudy::diff
