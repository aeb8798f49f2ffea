// model/drift.h - what differs between two profiles, ranked by what it does to a cache; and how near they are, 0 to
// 100.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "model/finding.h"

namespace understudy::model {

enum class drift_group : std::uint8_t {
    server,
    settings,
    families,
    expiry,
    sizes,
    encodings,
    traffic,
    pages,
    application
};
// open: it costs parity. accepted: understudy.toml says why it may differ. expected: it has to differ, by its nature.
enum class drift_state : std::uint8_t { open, accepted, expected };

struct drift_finding {
    std::string id;  // what understudy.toml accepts it by: "maxmemory-policy", "family shop:{int}:price"
    drift_group group = drift_group::server;
    std::string subject;            // the setting, the family
    std::string reference, other;   // what each side has, in words and numbers
    double distance = 0;            // 0 to 1
    std::string method;             // of the distance: "exact", "total variation", "log2 Wasserstein" …
    std::optional<interval> range;  // of the distance, where a side is a sample
    double points = 0;              // of parity that it costs; 0 unless open
    drift_state state = drift_state::open;
    std::string effect;  // what it does to a cache
    std::string close;   // the command or setting that closes it; empty: nothing does
    std::string reason;  // why it is accepted or expected
};

// What one profile shows by itself.
struct drift_hazard {
    std::string environment;
    std::string subject;
    std::string text;
    std::string mend;
};

struct drift {
    std::string reference, other;  // the environments' names
    wall_time at{};
    double scale = 1;                     // of the other: 0.1 where it is meant to hold a tenth
    double parity = 0;                    // 0 to 100
    std::vector<drift_finding> findings;  // the costliest first, then those that are accepted, then expected
    std::vector<drift_hazard> hazards;
    std::vector<std::string> unknown;  // what could not be compared, and why
};

[[nodiscard]] std::string to_json(const drift&);
[[nodiscard]] result<drift> read_drift(std::string_view json);
[[nodiscard]] std::string_view word(drift_group);
[[nodiscard]] std::string_view word(drift_state);

}  // namespace understudy::model
