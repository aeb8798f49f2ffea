// model/profile.h - what an environment's cache is like: families of keys with what is counted of them, server facts
// and settings. No value, no secret, and of names of keys only templates: safe to mail, to commit, to compare offline.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "stats/sketch.h"

namespace understudy::model {

// What the keys were read from.
enum class profile_source : std::uint8_t { scan, rdb_file, rdb_stream };

// Between what and what a number lies, with so much confidence.
struct count_range {
    std::uint64_t low = 0, high = 0;
    double confidence = 0.95;
};

// The keys of one template, or of several that only names tell apart.
struct family_profile {
    int database = 0;
    std::string pattern;                    // "shop:{int}:product:*:price"
    std::string framework;                  // who writes such keys: "Django", "WordPress" …; empty: not recognised
    std::uint64_t keys = 0;                 // scaled up where the profile is a sample
    std::optional<count_range> keys_range;  // of a sample
    std::uint64_t counted = 0;              // keys that were seen; all counts below are of these
    std::map<std::string, std::uint64_t> types, encodings;
    std::uint64_t persistent = 0;  // without an expiry
    std::uint64_t overdue = 0;     // whose expiry had passed, and which nobody had removed yet
    stats::sketch elements;        // of collections
    stats::sketch bytes;           // of values, without what the server adds
    stats::sketch memory;          // with that; empty where it is not known
    stats::sketch lifetime;        // milliseconds that are left
    stats::sketch idle;            // seconds; empty where the server does not keep it
    stats::sketch frequency;       // LFU's counter, 0 to 255; empty where the server does not keep it
};

// A fact that could not be had, or only in another way.
struct degraded_fact {
    std::string fact;
    std::string why;
};

struct profile {
    std::string environment;  // its name, or the file
    profile_source source = profile_source::scan;
    wall_time from{}, to{};                         // a scan is a window, not an instant
    double rate = 1;                                // share of the keys that was looked at
    std::uint64_t seed = 0;                         // of the sample
    std::string software, version;                  // "redis", "7.0.15"
    std::map<std::string, std::string> settings;    // without secrets; empty where they are not known
    std::map<std::string, std::string> facts;       // what the server said of itself, by its own names
    std::map<std::string, std::uint64_t> commands;  // calls of each since the server started, by the names of INFO
    std::uint64_t keys = 0;                         // in all databases
    std::vector<family_profile> families;           // by database and pattern
    std::vector<degraded_fact> degraded;
    bool partial = false;  // the source ended before its end
};

[[nodiscard]] std::string to_json(const profile&);
[[nodiscard]] result<profile> read_profile(std::string_view json);
[[nodiscard]] std::string_view word(profile_source);

}  // namespace understudy::model
