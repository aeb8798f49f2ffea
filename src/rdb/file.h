// rdb/file.h - reads an RDB file or stream from front to back and tells what each key is like. No value is kept.
//
// Of a value it reads lengths and headers and passes over the rest as it arrives, so a value of 1 GB costs no more
// memory than one of 1 KB: the reader owns one window of 256 KB and the name of one key, of at most 64 KB. Nothing is
// allocated for a length that the bytes announce. Time: every byte goes through the checksum once, which is what bounds
// it.
//
// Read: Redis RDB 1 to 12 and Valkey 80, every type but modules of before 4.0 (type 6) and the two hashes with field
// expiries of release candidates (Redis 22 and 23). Later versions are read as long as only known types and opcodes
// come; RDB has no lengths around values, so the first unknown type ends the reading, with its number and its place.
//
// Source: Redis src/rdb.c (rdbLoadRioWithLoadingCtx, rdbLoadObject), Valkey src/rdb.c.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "rdb/byte_source.h"
#include "rdb/object.h"

namespace understudy::rdb {

// How a value was encoded when it was saved, in the words of OBJECT ENCODING where it has one.
enum class storage : std::uint8_t {
    integer,
    embstr,
    raw,
    listpack,
    listpack_ex,
    ziplist,
    zipmap,
    intset,
    hashtable,
    skiplist,
    quicklist,
    stream,
    module,
};
// "int", "embstr", "raw", "listpack" ...
[[nodiscard]] std::string_view name_of(storage stored) noexcept;
[[nodiscard]] std::optional<storage> storage_of(std::string_view name) noexcept;

// What is told of one key. `name` is valid during the call only.
struct file_key {
    std::string_view name;         // at most its first 64 KB
    std::uint64_t name_bytes = 0;  // all of it
    int database = 0;
    std::optional<object_type> type;  // none: a module's
    storage stored = storage::raw;
    std::uint64_t elements = 1;             // members, fields, entries; 1 for a string
    bool elements_at_least = false;         // a packed value does not say how many there are from 65535 on
    std::uint64_t bytes = 0;                // of the elements, packed ones with their headers, uncompressed
    std::uint64_t saved_bytes = 0;          // of the value in the file
    std::optional<std::int64_t> expires;    // Unix milliseconds
    std::optional<std::uint64_t> idle;      // seconds; saved under LRU policies only
    std::optional<std::uint8_t> frequency;  // saved under LFU policies only
};

class file_sink {
public:
    virtual ~file_sink() = default;
    // An error ends the reading and is passed on.
    [[nodiscard]] virtual status key(const file_key& key) = 0;
    // What the server wrote of itself: "redis-ver", "ctime", "used-mem" ...; at most the first 64 KB of the value.
    virtual void aux(std::string_view name, std::string_view value) { (void)name, (void)value; }
    // How many keys the server expected to write for a database; a hint, of files since RDB 7.
    virtual void announced(int database, std::uint64_t keys, std::uint64_t expires) {
        (void)database, (void)keys, (void)expires;
    }

protected:
    file_sink() = default;
    file_sink(const file_sink&) = default;
    file_sink& operator=(const file_sink&) = default;
};

struct file_options {
    bool checksum = true;  // false only where the bytes are made up, as in fuzzing
};

struct file_summary {
    bool valkey = false;  // by its magic
    int version = 0;      // of RDB
    std::uint64_t keys = 0;
    std::uint64_t bytes = 0;   // up to the end mark and its checksum
    bool checksummed = false;  // the file has a checksum, and it is that of its bytes
};

// Errors: bad_file, with the place of the byte, where the bytes are no RDB, are cut off, contradict the format, hold a
// type or opcode that is not known, or fail their checksum; those of the source and of the sink. Keys that were told
// before an error stand.
[[nodiscard]] result<file_summary> read_file(byte_source& from, file_sink& to, const file_options& options = {});

}  // namespace understudy::rdb
