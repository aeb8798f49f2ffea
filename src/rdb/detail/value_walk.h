// rdb/detail/value_walk.h - passes over one value in RDB form and says what it is like.
#pragma once

#include <cstdint>
#include <optional>

#include "rdb/detail/window.h"
#include "rdb/file.h"
#include "rdb/object.h"
#include "rdb/status.h"

namespace understudy::rdb::detail {

// Of which file the value is: it decides what numbers mean.
struct file_kind {
    bool valkey = false;
    int version = 0;
};

struct value_facts {
    std::optional<object_type> type;
    storage stored = storage::raw;
    std::uint64_t elements = 0;
    std::uint64_t bytes = 0;
    bool at_least = false;  // there may be more elements
};

// unknown_type, and nothing read, for a type that is not known in such a file.
[[nodiscard]] dump_status walk_value(window& from, std::uint8_t type, file_kind kind, value_facts& facts);

// A module's value, or what it wrote beside its keys: parts that say themselves what they are, up to an end mark.
[[nodiscard]] dump_status skip_module_parts(window& from, std::uint64_t& bytes);

}  // namespace understudy::rdb::detail
