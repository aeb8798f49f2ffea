// purge/plan.h - what a purge would remove, counted before anything is removed.
//
// A plan only reads. On production it works half of the time and rests the other half, so that a scan of a large
// database is no load that anybody notices.
//
// The digest of a plan is what `--execute --plan DIGEST` names: when it was made, how many keys it counted, and a hash
// of the server, the database and the patterns. So it needs no file, and says by itself whether it still holds.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "model/environment.h"
#include "net/read_only_cluster.h"
#include "net/runtime.h"

namespace understudy::purge {

inline constexpr std::chrono::minutes plan_holds{15};

struct pattern_count {
    std::string pattern;
    std::uint64_t keys = 0;                      // those that an earlier pattern matches are not counted again
    std::map<std::string, std::uint64_t> types;  // "string" -> how many
    std::uint64_t bytes = 0;                     // MEMORY USAGE, of a sample of `measured` keys scaled up
    std::uint64_t measured = 0;
    std::map<std::string, std::uint64_t> templates;  // keyspace/family.h -> how many
    std::uint64_t persistent = 0;                    // without an expiry: nothing but a purge removes them
};

struct plan {
    std::string digest;
    wall_time at{};
    std::string environment;
    std::string redis;   // the address
    std::string run_id;  // of each primary of a Cluster, with commas between them
    int database = 0;
    std::vector<pattern_count> patterns;

    [[nodiscard]] std::uint64_t keys() const;
    [[nodiscard]] std::uint64_t bytes() const;
};

struct plan_options {
    std::uint64_t seed = 1;  // of the sample
    std::function<void(std::uint64_t seen)> progress;
};

// Counts the keys of the patterns, of a Cluster on all its primaries. Errors: those of reading; config_bad_value for a
// pattern that is none, or none given.
[[nodiscard]] result<plan> make_plan(net::runtime& on, net::read_only_cluster& of, const model::environment& where,
                                     const std::vector<std::string>& patterns, const plan_options& options = {});

// Whether the plan that a digest names still holds for what is counted now: the same server, database and patterns,
// made at most a quarter of an hour ago, and hardly more keys than it counted. errc::stale_plan says which is not so.
// Pure.
[[nodiscard]] status still_holds(const std::string& digest, const plan& now);

// The digest of a plan. Pure.
[[nodiscard]] std::string digest_of(const plan& of);

}  // namespace understudy::purge
