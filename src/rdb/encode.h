// rdb/encode.h - writes a DUMP payload in the basic types, which every server since Redis 2.6 restores: string 0, list
// 1, set 2, hash 4, and zset 5 (binary scores) from RDB version 8 on, 3 (scores as text) before.
//
// As a sink it stands behind decode_dump, so a payload of a newer server becomes one that an older server takes.
// Strings are written raw: no compression, no integer form. Streams cannot be written.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "rdb/object.h"
#include "rdb/status.h"

namespace understudy::rdb {

class dump_encoder final : public object_sink {
public:
    explicit dump_encoder(std::uint16_t rdb_version) noexcept : version_(rdb_version) {}

    void begin(object_type type) override;
    void element(std::string_view bytes) override;
    void field(std::string_view name, std::string_view value) override;
    void scored(std::string_view member, double score) override;

    // The payload. unknown_type for a stream; malformed if begin was not called, or a string has not one element, or a
    // collection none. The encoder is then empty and can begin again.
    [[nodiscard]] std::expected<std::string, dump_status> finish();

private:
    object_type type_ = object_type::string;
    std::uint16_t version_;
    bool begun_ = false;
    std::uint64_t count_ = 0;
    std::string body_;
};

// Appends version and CRC64 to a type byte and value: the end of every payload.
void append_footer(std::string& payload, std::uint16_t rdb_version);

}  // namespace understudy::rdb
