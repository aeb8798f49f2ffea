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
    std::uint64_t persistent = 0;   // without an expiry
    std::uint64_t overdue = 0;      // whose expiry had passed, and which nobody had removed yet
    std::uint64_t same_second = 0;  // about so many expire in one and the same second, beyond what chance would give
    stats::sketch elements;         // of collections
    stats::sketch bytes;            // of values, without what the server adds
    stats::sketch memory;           // with that; empty where it is not known
    stats::sketch lifetime;         // milliseconds that are left
    stats::sketch idle;             // seconds; empty where the server does not keep it
    stats::sketch frequency;        // LFU's counter, 0 to 255; empty where the server does not keep it
};

// A key that stands out. Its name is never here unless it was asked for.
struct notable_key {
    int database = 0;
    std::string pattern;          // of its family
    std::string key;              // its keyed digest (store/profile_key.h); the name itself with --show-keys
    std::uint64_t bytes = 0;      // of memory, or of its value where that is not known
    std::uint64_t frequency = 0;  // LFU's counter; 0 where the server does not keep it
};

// What one route answered one identity, asked twice in a row.
struct route_profile {
    std::string route, identity;
    int status = 0;             // of the second answer
    std::string first, second;  // what the nearest cache did: "hit", "miss", "bypass", "stale", "unknown"
    // By lower-case names: values that say what caches may do, in the clear; of others a keyed digest, "varies" where
    // the two answers differ; of set-cookie the names and attributes.
    std::map<std::string, std::string> headers;
};

// A setting of a server that keeps CONFIG back, by what the encodings of its keys show.
struct shown_threshold {
    std::string setting;
    std::uint64_t least = 0;            // several keys show that
    std::optional<std::uint64_t> most;  // likely, by where a family is cut; empty: nothing shows it
};

// "at least 100", "about 128", "about 100 to 128".
[[nodiscard]] std::string text_of(const shown_threshold&);

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
    std::vector<shown_threshold> thresholds;        // where the server does not tell them; by setting
    std::map<std::string, std::string> users;       // what each may do, in words of ACL SETUSER; where it was asked for
    std::map<std::string, std::string> facts;       // what the server said of itself, by its own names
    std::map<std::string, std::uint64_t> commands;  // calls of each since the server started, by the names of INFO
    std::uint64_t keys = 0;                         // in all databases
    std::vector<family_profile> families;           // by database and pattern
    std::vector<std::string> modules;               // "search 20608"
    std::vector<notable_key> largest, hottest;      // the most so first
    std::vector<route_profile> routes;              // by route and identity
    std::map<std::string, std::string>
        application;         // settings of its own: values that say nothing of anybody, or digests
    std::string digest_key;  // which key the digests are of: those of another say nothing
    std::vector<degraded_fact> degraded;
    bool partial = false;  // the source ended before its end
};

[[nodiscard]] std::string to_json(const profile&);
[[nodiscard]] result<profile> read_profile(std::string_view json);
[[nodiscard]] std::string_view word(profile_source);

}  // namespace understudy::model
