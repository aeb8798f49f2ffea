// Layers: the footer is checked over the whole payload; then decode_object picks the reader by the type byte. Types in
// which each element is an RDB string are read from the cursor; the compact ones are one RDB string (decompressed where
// needed) that a reader of rdb/packed.h walks. Before a sink is told anything, it is taken from the budget.
#include "rdb/dump.h"

#include <cmath>
#include <string>

#include "rdb/crc64.h"
#include "rdb/detail/charge.h"
#include "rdb/detail/stream_decode.h"
#include "rdb/packed.h"
#include "rdb/types.h"

namespace understudy::rdb {
namespace {

using detail::charge;

constexpr std::size_t footer_size = 2 + 8;
constexpr std::uint16_t newest_redis = 15;
constexpr std::uint16_t oldest_valkey = 80;
constexpr std::uint16_t newest_valkey = 81;

struct target {
    budget& limits;
    object_sink& sink;
};

dump_status tell_element(target to, std::string_view bytes) {
    UNDERSTUDY_RDB_TRY(charge(to.limits, 1, bytes.size()));
    to.sink.element(bytes);
    return dump_status::ok;
}

dump_status tell_field(target to, std::string_view name, std::string_view value) {
    UNDERSTUDY_RDB_TRY(charge(to.limits, 1, name.size() + value.size()));
    to.sink.field(name, value);
    return dump_status::ok;
}

dump_status tell_scored(target to, std::string_view member, double score) {
    if (std::isnan(score)) return dump_status::malformed;
    UNDERSTUDY_RDB_TRY(charge(to.limits, 1, member.size()));
    to.sink.scored(member, score);
    return dump_status::ok;
}

dump_status read_string_object(byte_cursor& from, target to) {
    std::string scratch;
    std::string_view bytes;
    UNDERSTUDY_RDB_TRY(from.read_string(bytes, scratch, to.limits));
    return tell_element(to, bytes);
}

// Lists and sets of RDB strings.
dump_status read_elements(byte_cursor& from, target to) {
    std::string scratch;
    std::uint64_t count = 0;
    UNDERSTUDY_RDB_TRY(from.read_count(count));
    for (; count > 0; --count) {
        std::string_view bytes;
        UNDERSTUDY_RDB_TRY(from.read_string(bytes, scratch, to.limits));
        UNDERSTUDY_RDB_TRY(tell_element(to, bytes));
    }
    return dump_status::ok;
}

dump_status read_fields(byte_cursor& from, target to) {
    std::string name_scratch;
    std::string value_scratch;
    std::uint64_t count = 0;
    UNDERSTUDY_RDB_TRY(from.read_count(count));
    for (; count > 0; --count) {
        std::string_view name;
        std::string_view value;
        UNDERSTUDY_RDB_TRY(from.read_string(name, name_scratch, to.limits));
        UNDERSTUDY_RDB_TRY(from.read_string(value, value_scratch, to.limits));
        UNDERSTUDY_RDB_TRY(tell_field(to, name, value));
    }
    return dump_status::ok;
}

dump_status read_scored(byte_cursor& from, bool scores_are_text, target to) {
    std::string scratch;
    std::uint64_t count = 0;
    UNDERSTUDY_RDB_TRY(from.read_count(count));
    for (; count > 0; --count) {
        std::string_view member;
        double score = 0;
        UNDERSTUDY_RDB_TRY(from.read_string(member, scratch, to.limits));
        UNDERSTUDY_RDB_TRY(scores_are_text ? from.read_text_double(score) : from.read_double_le(score));
        UNDERSTUDY_RDB_TRY(tell_scored(to, member, score));
    }
    return dump_status::ok;
}

// Elements of an open blob.
template <class reader>
dump_status walk_elements(std::string_view blob, target to) {
    reader values;
    UNDERSTUDY_RDB_TRY(values.open(blob));
    packed_value value;
    for (;;) {
        UNDERSTUDY_RDB_TRY(values.next(value));
        if (values.done()) return dump_status::ok;
        UNDERSTUDY_RDB_TRY(tell_element(to, value.text()));
    }
}

// Values of an open blob two by two; an odd one at the end is malformed.
template <class reader, class tell>
dump_status walk_pairs(std::string_view blob, const tell& tell_pair) {
    reader values;
    UNDERSTUDY_RDB_TRY(values.open(blob));
    packed_value first;
    packed_value second;
    for (;;) {
        UNDERSTUDY_RDB_TRY(values.next(first));
        if (values.done()) return dump_status::ok;
        UNDERSTUDY_RDB_TRY(values.next(second));
        if (values.done()) return dump_status::malformed;
        UNDERSTUDY_RDB_TRY(tell_pair(first, second));
    }
}

template <class reader>
dump_status read_packed_elements(byte_cursor& from, target to) {
    std::string scratch;
    std::string_view blob;
    UNDERSTUDY_RDB_TRY(from.read_string(blob, scratch, to.limits));
    return walk_elements<reader>(blob, to);
}

template <class reader>
dump_status read_packed_fields(byte_cursor& from, target to) {
    std::string scratch;
    std::string_view blob;
    UNDERSTUDY_RDB_TRY(from.read_string(blob, scratch, to.limits));
    return walk_pairs<reader>(blob, [&](const packed_value& name, const packed_value& value) {
        return tell_field(to, name.text(), value.text());
    });
}

template <class reader>
dump_status read_packed_scored(byte_cursor& from, target to) {
    std::string scratch;
    std::string_view blob;
    UNDERSTUDY_RDB_TRY(from.read_string(blob, scratch, to.limits));
    return walk_pairs<reader>(blob, [&](const packed_value& member, const packed_value& score) {
        if (score.is_integer()) return tell_scored(to, member.text(), static_cast<double>(score.integer()));
        const std::optional<double> number = parse_score(score.text());
        return number ? tell_scored(to, member.text(), *number) : dump_status::malformed;
    });
}

dump_status read_quicklist(byte_cursor& from, target to) {
    std::string scratch;
    std::uint64_t nodes = 0;
    UNDERSTUDY_RDB_TRY(from.read_count(nodes));
    for (; nodes > 0; --nodes) {
        std::string_view blob;
        UNDERSTUDY_RDB_TRY(from.read_string(blob, scratch, to.limits));
        UNDERSTUDY_RDB_TRY(walk_elements<ziplist_reader>(blob, to));
    }
    return dump_status::ok;
}

dump_status read_quicklist_2(byte_cursor& from, target to) {
    std::string scratch;
    std::uint64_t nodes = 0;
    UNDERSTUDY_RDB_TRY(from.read_count(nodes));
    for (; nodes > 0; --nodes) {
        std::uint64_t container = 0;
        std::string_view blob;
        UNDERSTUDY_RDB_TRY(from.read_length(container));
        if (container != node_plain && container != node_packed) return dump_status::malformed;
        UNDERSTUDY_RDB_TRY(from.read_string(blob, scratch, to.limits));
        UNDERSTUDY_RDB_TRY(container == node_plain ? tell_element(to, blob) : walk_elements<listpack_reader>(blob, to));
    }
    return dump_status::ok;
}

std::optional<object_type> object_type_of_rdb(std::uint8_t type) noexcept {
    switch (type) {
        case type_string:
            return object_type::string;
        case type_list:
        case type_list_ziplist:
        case type_list_quicklist:
        case type_list_quicklist_2:
            return object_type::list;
        case type_set:
        case type_set_intset:
        case type_set_listpack:
            return object_type::set;
        case type_zset_text:
        case type_zset_binary:
        case type_zset_ziplist:
        case type_zset_listpack:
            return object_type::zset;
        case type_hash:
        case type_hash_zipmap:
        case type_hash_ziplist:
        case type_hash_listpack:
            return object_type::hash;
        case type_stream:
        case type_stream_2:
        case type_stream_3:
            return object_type::stream;
        default:
            return std::nullopt;
    }
}

dump_status read_value(byte_cursor& from, std::uint8_t type, target to) {
    switch (type) {
        case type_string:
            return read_string_object(from, to);
        case type_list:
        case type_set:
            return read_elements(from, to);
        case type_zset_text:
            return read_scored(from, true, to);
        case type_zset_binary:
            return read_scored(from, false, to);
        case type_hash:
            return read_fields(from, to);
        case type_hash_zipmap:
            return read_packed_fields<zipmap_reader>(from, to);
        case type_hash_ziplist:
            return read_packed_fields<ziplist_reader>(from, to);
        case type_hash_listpack:
            return read_packed_fields<listpack_reader>(from, to);
        case type_list_ziplist:
            return read_packed_elements<ziplist_reader>(from, to);
        case type_list_quicklist:
            return read_quicklist(from, to);
        case type_list_quicklist_2:
            return read_quicklist_2(from, to);
        case type_set_intset:
            return read_packed_elements<intset_reader>(from, to);
        case type_set_listpack:
            return read_packed_elements<listpack_reader>(from, to);
        case type_zset_ziplist:
            return read_packed_scored<ziplist_reader>(from, to);
        case type_zset_listpack:
            return read_packed_scored<listpack_reader>(from, to);
        case type_stream:
            return detail::decode_stream(from, {}, to.limits, to.sink);
        case type_stream_2:
            return detail::decode_stream(from, {.has_counters = true}, to.limits, to.sink);
        case type_stream_3:
            return detail::decode_stream(from, {.has_counters = true, .has_active_time = true}, to.limits, to.sink);
        default:
            return dump_status::unknown_type;
    }
}

dump_status check_footer(std::string_view payload, bool verify_checksum) noexcept {
    if (payload.size() < 1 + footer_size) return dump_status::truncated;
    const std::uint16_t version = footer_version(payload);
    const bool known = version <= newest_redis || (version >= oldest_valkey && version <= newest_valkey);
    byte_cursor footer(payload.substr(payload.size() - 8));
    std::uint64_t stated = 0;
    UNDERSTUDY_RDB_TRY(footer.read_u64_le(stated));
    if (verify_checksum && stated != crc64(0, payload.substr(0, payload.size() - 8))) return dump_status::bad_checksum;
    if (version == 0) return dump_status::malformed;
    return known ? dump_status::ok : dump_status::newer_version;
}

}  // namespace

std::uint16_t footer_version(std::string_view payload) noexcept {
    if (payload.size() < 1 + footer_size) return 0;
    const auto low = static_cast<unsigned char>(payload[payload.size() - footer_size]);
    const auto high = static_cast<unsigned char>(payload[payload.size() - footer_size + 1]);
    return static_cast<std::uint16_t>(high << 8 | low);
}

dump_status decode_object(byte_cursor& from, std::uint8_t rdb_type, budget& limits, object_sink& sink) {
    const std::optional<object_type> type = object_type_of_rdb(rdb_type);
    if (!type) return dump_status::unknown_type;
    sink.begin(*type);
    UNDERSTUDY_RDB_TRY(read_value(from, rdb_type, {limits, sink}));
    sink.end();
    return dump_status::ok;
}

dump_status decode_dump(std::string_view payload, object_sink& sink, const decode_options& options) {
    UNDERSTUDY_RDB_TRY(check_footer(payload, options.verify_checksum));
    const auto type = static_cast<std::uint8_t>(payload.front());
    byte_cursor body(payload.substr(1, payload.size() - 1 - footer_size));
    budget limits(options.limits);
    UNDERSTUDY_RDB_TRY(decode_object(body, type, limits, sink));
    if (body.left() != 0) return dump_status::malformed;
    const bool may_be_empty = type == type_stream || type == type_stream_2 || type == type_stream_3;
    return limits.elements_taken() > 0 || may_be_empty ? dump_status::ok : dump_status::malformed;
}

}  // namespace understudy::rdb
