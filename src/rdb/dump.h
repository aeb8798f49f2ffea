// rdb/dump.h - DUMP payloads: type byte, value in RDB form, RDB version (2 bytes LE), CRC64 (8 bytes LE).
//
// Known: all that Redis 2.6 to 7.2 and Valkey 7.2 to 8.1 write except modules, and of later servers those values that
// they still write in these types. Not known, and said as `unknown_type`: modules, hashes with a field TTL (22 to 25),
// streams from 26, and whatever has no number here; such a key can be read by commands into a canonical_object.
// Versions: Redis 1 to 15, Valkey 80 and 81. Pure, thread-safe; O(payload); besides decompressed blobs no more memory
// than one group's pending entries and one stream entry.
// Source: Redis src/cluster.c (createDumpPayload), src/rdb.c (rdbLoadObject), src/t_stream.c.
#pragma once

#include <cstdint>
#include <string_view>

#include "rdb/cursor.h"
#include "rdb/object.h"
#include "rdb/status.h"

namespace understudy::rdb {

struct decode_options {
    decode_limits limits;
    bool verify_checksum = true;  // false only where the bytes are made up, as in fuzzing
};

// Checks length, version and checksum before anything else, then tells the value to `sink`. On any status but ok the
// sink may have seen a part of the value, without end(). A payload with bytes left over, or with a collection that is
// empty (a server never writes one; streams may be), is malformed. Repeated members are the sink's to find.
[[nodiscard]] dump_status decode_dump(std::string_view payload, object_sink& sink, const decode_options& options = {});

// One value in RDB form at the cursor, of this RDB type byte: the part that DUMP payloads and RDB files share.
[[nodiscard]] dump_status decode_object(byte_cursor& from, std::uint8_t rdb_type, budget& limits, object_sink& sink);

// The RDB version of the footer; 0 if the payload is too short to have one. Says nothing about its validity.
[[nodiscard]] std::uint16_t footer_version(std::string_view payload) noexcept;

}  // namespace understudy::rdb
