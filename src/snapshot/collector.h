// snapshot/collector.h - keys, from whichever source, one after the other -> the families of a profile.
//
// Order does not matter, and collectors of several shards merge to that of all of them. Memory is bounded: see
// keyspace/family_table.h. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "keyspace/family_table.h"
#include "model/profile.h"
#include "rdb/file.h"
#include "rdb/object.h"
#include "snapshot/expiry_seconds.h"
#include "snapshot/notable_keys.h"
#include "snapshot/thresholds.h"
#include "stats/sketch.h"

namespace understudy::snapshot {

// What is known of one key. Empty: not known, or not kept by the server.
struct key_facts {
    std::string_view name;
    int database = 0;
    std::optional<rdb::object_type> type;  // empty: a module's
    std::optional<rdb::storage> stored;
    std::optional<std::uint64_t> elements;  // of a collection
    std::optional<std::uint64_t> bytes;     // of the value
    std::optional<std::uint64_t> memory;    // with what the server adds
    std::optional<std::int64_t> expires;    // Unix milliseconds
    std::optional<std::uint64_t> idle;      // seconds
    std::optional<std::uint8_t> frequency;
};

class collector {
public:
    // `now`: against which expiries are counted. `max_templates`: see family_table.
    explicit collector(wall_time now, std::size_t max_templates = std::size_t{1} << 16)
        : now_(now), most_(max_templates) {}

    void add(const key_facts& key);
    // Both have to have been made for the same time and size.
    void merge(const collector& other);

    // The keys that take most, and those that LFU counts as used most; the names of these few are kept.
    [[nodiscard]] const notable_keys& largest() const { return largest_; }
    [[nodiscard]] const notable_keys& hottest() const { return hottest_; }

    [[nodiscard]] std::uint64_t keys() const { return keys_; }
    struct summary {
        std::vector<model::family_profile> families;     // by database and pattern
        std::vector<model::shown_threshold> thresholds;  // what the encodings of all keys show
    };
    // `of`: how many keys there are, where those that were added are a random sample of them; then each family's keys
    // are estimated, with an interval.
    [[nodiscard]] summary sum_up(std::optional<std::uint64_t> of = std::nullopt) const;
    [[nodiscard]] std::vector<model::family_profile> families(std::optional<std::uint64_t> of = std::nullopt) const {
        return sum_up(of).families;
    }

private:
    static constexpr std::size_t types = 7;       // object_type, then: of a module
    static constexpr std::size_t encodings = 14;  // storage, then: not known

    struct record {
        std::uint64_t keys = 0, persistent = 0, overdue = 0;
        std::array<std::uint64_t, types> type{};
        std::array<std::uint64_t, encodings> encoding{};
        expiry_seconds seconds;
        encoding_edges edges;
        stats::sketch elements, bytes, memory, lifetime, idle, frequency;

        void merge(const record& other);
    };
    using table = keyspace::family_table<record>;

    void count(record& in, const key_facts& key) const;
    [[nodiscard]] static model::family_profile profile_of(const table::family& from, int database, double rate);
    void scale(model::family_profile& family, std::uint64_t of) const;

    wall_time now_;
    std::size_t most_;
    std::uint64_t keys_ = 0;
    notable_keys largest_, hottest_;
    std::map<int, table> databases_;
};

// The largest and the hottest into a profile, their names written by `name_key`; not at all without one.
void note_keys(const collector& from, const std::function<std::string(std::string_view)>& name_key,
               model::profile& into);

}  // namespace understudy::snapshot
