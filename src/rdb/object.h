// rdb/object.h - a Redis value as a sequence of calls, the same whatever its encoding: the seam between those who read
// values (DUMP payloads, RDB files, replies of commands) and those who use them (digest, encoder).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace understudy::rdb {

enum class object_type : std::uint8_t { string = 0, list = 1, set = 2, zset = 3, hash = 4, stream = 5 };

// The name as TYPE replies it ("string", "list", "set", "zset", "hash", "stream"), and back.
[[nodiscard]] std::string_view name_of(object_type type) noexcept;
[[nodiscard]] std::optional<object_type> object_type_of(std::string_view type_reply) noexcept;

struct stream_id {
    std::uint64_t ms = 0;
    std::uint64_t sequence = 0;
    friend auto operator<=>(const stream_id&, const stream_id&) = default;
};
// "1526919030474-55"; nothing else.
[[nodiscard]] std::optional<stream_id> parse_stream_id(std::string_view text) noexcept;

// A score as a server replies it ("1", "-0.5", "1e+20", "inf", "-inf"); none for nan and for anything else.
[[nodiscard]] std::optional<double> parse_score(std::string_view text) noexcept;

struct stream_state {
    stream_id last_id;
    std::uint64_t length = 0;
    // Redis 7.0 and later; none in older payloads.
    std::optional<stream_id> first_id;
    std::optional<stream_id> max_deleted_id;
    std::optional<std::uint64_t> entries_added;
};

struct stream_group {
    std::string_view name;
    stream_id last_delivered_id;
    std::optional<std::uint64_t> entries_read;  // 7.0 and later; 2^64 - 1 when the server does not know
};

struct stream_consumer {
    std::string_view name;
    std::uint64_t seen_ms = 0;               // Unix milliseconds
    std::optional<std::uint64_t> active_ms;  // 7.2 and later
};

struct stream_pending {
    stream_id id;
    std::string_view consumer;
    std::uint64_t delivered_ms = 0;  // Unix milliseconds
    std::uint64_t deliveries = 0;
};

// Takes one value. begin comes first, once, and end last, once, unless reading fails before; what comes between belongs
// to the type. Views are valid during the call only. A sink overrides what it wants to see.
class object_sink {
public:
    virtual ~object_sink() = default;
    virtual void begin(object_type) {}
    virtual void element(std::string_view) {}                  // string: once; list: from left to right; set: any order
    virtual void field(std::string_view, std::string_view) {}  // hash: name, value; any order
    virtual void scored(std::string_view, double) {}           // zset: member, score (never nan); any order
    // Stream, in this order: the entries by ascending id, with name, value, name, value ...; its state; then group by
    // group: the group, its consumers, its pending entries by ascending id.
    virtual void entry(stream_id, std::span<const std::string_view>) {}
    virtual void state(const stream_state&) {}
    virtual void group(const stream_group&) {}
    virtual void consumer(const stream_consumer&) {}
    virtual void pending(const stream_pending&) {}
    virtual void end() {}

protected:
    object_sink() = default;
    object_sink(const object_sink&) = default;
    object_sink(object_sink&&) = default;
    object_sink& operator=(const object_sink&) = default;
    object_sink& operator=(object_sink&&) = default;
};

}  // namespace understudy::rdb
