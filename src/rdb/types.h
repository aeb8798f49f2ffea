// rdb/types.h - the type bytes and opcodes of RDB (Redis and Valkey src/rdb.h).
//
// A number is never used again by the server that gave it a meaning, but the two projects count on from 22 on their
// own: what a number from there on means depends on the magic of the file, or on the version in a payload's footer.
#pragma once

#include <cstdint>

namespace understudy::rdb {

enum rdb_type : std::uint8_t {
    type_string = 0,
    type_list = 1,
    type_set = 2,
    type_zset_text = 3,
    type_hash = 4,
    type_zset_binary = 5,
    type_module = 7,
    type_hash_zipmap = 9,
    type_list_ziplist = 10,
    type_set_intset = 11,
    type_zset_ziplist = 12,
    type_hash_ziplist = 13,
    type_list_quicklist = 14,
    type_stream = 15,
    type_hash_listpack = 16,
    type_zset_listpack = 17,
    type_list_quicklist_2 = 18,
    type_stream_2 = 19,
    type_set_listpack = 20,
    type_stream_3 = 21,
    type_hash_expiring = 24,           // Redis 7.4: fields with an expiry of their own
    type_hash_listpack_expiring = 25,  // the same, packed
};

// Valkey 9: each field with its expiry.
inline constexpr std::uint8_t valkey_hash_expiring = 22;

enum rdb_opcode : std::uint8_t {
    opcode_slot_info = 244,  // Redis 7.4, of a Cluster
    opcode_function = 245,
    opcode_module_aux = 247,
    opcode_idle = 248,
    opcode_freq = 249,
    opcode_aux = 250,
    opcode_resize_db = 251,
    opcode_expire_ms = 252,
    opcode_expire = 253,
    opcode_select_db = 254,
    opcode_end = 255,
};

// Containers of a quicklist's nodes in type 18.
inline constexpr std::uint64_t node_plain = 1;
inline constexpr std::uint64_t node_packed = 2;

}  // namespace understudy::rdb
