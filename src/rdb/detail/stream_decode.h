// rdb/detail/stream_decode.h - the value of a stream, RDB types 15, 19 and 21.
#pragma once

#include <cstdint>

#include "rdb/cursor.h"
#include "rdb/object.h"

namespace understudy::rdb::detail {

// What the three types differ in.
struct stream_format {
    bool has_counters = false;     // first id, greatest deleted id, entries added, entries read: type 19 and later
    bool has_active_time = false;  // of consumers: type 21
};

[[nodiscard]] dump_status decode_stream(byte_cursor& from, stream_format format, budget& limits, object_sink& sink);

}  // namespace understudy::rdb::detail
