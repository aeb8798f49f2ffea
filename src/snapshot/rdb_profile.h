// snapshot/rdb_profile.h - an RDB file or stream -> profile, as it arrives. Nothing is written.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/error.h"
#include "base/units.h"
#include "model/profile.h"
#include "rdb/byte_source.h"
#include "snapshot/collector.h"

namespace understudy::snapshot {

struct rdb_options {
    // Against which expiries are counted; empty: when the server began to write, or now where it does not say.
    std::optional<wall_time> now = {};
    // The keys go there, and the profile has no families: for the servers of a Cluster, of which each gives its own.
    collector* into = nullptr;
    // As live_options::name_key.
    std::function<std::string(std::string_view name)> name_key;
    // Told now and then; an error (an interrupt) ends the reading.
    std::function<status(std::uint64_t keys)> progress;
};

struct rdb_profile {
    model::profile profile;
    std::optional<error> ended;  // why it ended before its end; the profile is of what came before
};

// Errors: those of a source that gave no key at all. A source that is cut off or damaged later gives a partial profile.
[[nodiscard]] result<rdb_profile> profile_of_rdb(rdb::byte_source& from, const rdb_options& options = {});

}  // namespace understudy::snapshot
