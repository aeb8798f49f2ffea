// snapshot/thresholds.h - what the encodings of keys say of the settings that decide them, where CONFIG is not granted
// and in an RDB file, which holds no settings.
//
// least  Three hashes that are listpacks of n fields and more show that hash-max-listpack-entries is n or more (or was,
//        when they were written last: a lower setting does not convert what is there). One would not do on a running
//        server, where a key may grow between the question for its encoding and that for its length.
// most   Where all of a family's hashes up to n fields are listpacks, and all from m on are tables, with enough of
// each,
//        their number decides it and not the length of a value, which would not cut so cleanly; so the setting likely
//        lies below m. Where another family shows more than that it is dropped.
//
// Source: Redis src/t_hash.c (hashTypeTryConversion), t_set.c (setTypeAdd), t_zset.c (zsetConvertToListpackIfNeeded).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "model/profile.h"
#include "rdb/file.h"
#include "rdb/object.h"

namespace understudy::snapshot {

// Of the keys of one family. They merge: the order of keys does not matter.
class encoding_edges {
public:
    void add(rdb::object_type type, rdb::storage stored, std::uint64_t elements);
    void merge(const encoding_edges& other);

private:
    friend class threshold_finder;
    static constexpr std::size_t settings = 4;
    // Keys below and above one threshold. Counts and lengths stop at 2^32 - 1.
    struct edge {
        std::uint32_t compact = 0;                      // how many keys
        std::array<std::uint32_t, 3> longest{};         // of them, the longest first
        std::uint32_t large = 0, least = 0xffff'ffffU;  // how many; the shortest
    };
    std::array<edge, settings> edges_{};
};

// Of all families.
class threshold_finder {
public:
    void add(const encoding_edges& family);
    // By setting, as Redis 7.0 and later call it.
    [[nodiscard]] std::vector<model::shown_threshold> thresholds() const;

private:
    static constexpr std::uint32_t enough = 20;  // keys on each side of a clean cut
    struct range {
        std::array<std::uint32_t, 3> longest{};
        std::uint32_t most = 0xffff'ffffU;
    };
    std::array<range, encoding_edges::settings> ranges_{};
};

}  // namespace understudy::snapshot
