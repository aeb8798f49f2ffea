// http/cache_status.h - what the caches on the way did with one request, in the terms of RFC 9211, whoever said it.
//
// Members stand as in Cache-Status: the first is closest to the origin, the last closest to the user. They are found in
// this order:
//   1 Cache-Status, where it is well-formed
//   2 headers of vendors, by a table (detail/vendor_rows.h), ordered application < unsaid < server < edge. Beside a
//     Cache-Status only those of servers and edges count: what such a cache would have added to the list, had it known
//     of RFC 9211. They are left out where the list is known to end at the edge, or in a hit with Age > 0: then they
//     are what that hit replays.
//   3 Age > 0 alone: some cache answered, with low confidence
// Pure; cost O(fields × rows), the rows being some hundred. The table for people: docs/cache-headers.md.
//
// A cache that hits also replays the headers that it stored: members before a hit then speak of the request that
// filled the cache and not of this one. `answered_by` takes this into account, `members` does not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/headers.h"

namespace understudy::http {

// Why a request went forward (RFC 9211 2.2).
enum class fwd : std::uint8_t { bypass, method, uri_miss, vary_miss, miss, request, stale, partial };
// "uri-miss" and so on, as RFC 9211 writes them, and back.
[[nodiscard]] std::string_view name_of(fwd reason) noexcept;
[[nodiscard]] std::optional<fwd> fwd_of(std::string_view name) noexcept;

enum class confidence : std::uint8_t { low, high };
// low:  "somebody answered from a cache" is a guess (Age, prose, a free-form value)
// high: the value is one that its sender documents

// In short. `stale` is an expired copy that was served without asking the origin first; a request that went forward
// because the copy was stale (nginx's EXPIRED, REVALIDATED) is a miss, with the reason in `forwarded`.
enum class cache_result : std::uint8_t { unknown, hit, stale, miss, bypass };
[[nodiscard]] std::string_view name_of(cache_result result) noexcept;

// Where the cache stands; members are put in this order. unsaid: Cache-Status, Age and a plain X-Cache, which an
// application may send as well as a server in front of it.
enum class layer : std::uint8_t { application, unsaid, server, edge };

// Whose cache it is, where values that several vendors share do not say it; the header's name says the others.
enum class vendor : std::uint8_t { unsaid, akamai, fastly };

struct cache_record {
    std::string cache;   // the member's name in Cache-Status, else empty
    std::string source;  // the header that said so, as in the table: "Cache-Status", "CF-Cache-Status", "Age"
    bool hit = false;
    std::optional<fwd> forwarded;  // excludes hit
    std::optional<int> fwd_status;
    std::optional<std::int64_t> ttl;  // seconds; may be negative
    bool expired = false;             // served past its life: ttl < 0, or a vendor's word for it without a number
    std::optional<bool> stored;
    bool collapsed = false;
    std::optional<std::string> key;  // may hold a user's value: not for logs
    std::string detail;
    confidence trust = confidence::high;
    layer at = layer::unsaid;
    vendor whose = vendor::unsaid;

    [[nodiscard]] cache_result result() const noexcept;
};

struct cache_report {
    std::vector<cache_record> members;  // origin first, user last
    std::optional<std::int64_t> age;    // the Age field, seconds
    bool malformed = false;             // a Cache-Status was there that RFC 8941 or RFC 9211 forbid; it is ignored
    // What a header says that tells only whether the answer is kept, and not where it came from (X-Cacheable,
    // X-Check-Cacheable), and which header that was.
    std::optional<bool> stored;
    std::string stored_source;

    // The cache closest to the user, or nullptr.
    [[nodiscard]] const cache_record* nearest() const noexcept;
    // The cache that this response was taken from: from the user inwards the first hit. nullptr: none said so.
    [[nodiscard]] const cache_record* answered_by() const noexcept;
    // The cache in front of the application that this response was certainly taken from, fresh: the application was not
    // asked. A server's or an edge's own word for a hit; or a hit that stands elsewhere, with Age > 0.
    [[nodiscard]] const cache_record* answered_in_front() const noexcept;
    // Of the nearest cache.
    [[nodiscard]] cache_result result() const noexcept;
};

[[nodiscard]] cache_report read_cache_status(const headers& fields);

// The field alone, all its lines joined by commas. Empty optional: not well-formed, or a member with both hit and fwd,
// or a known parameter of another type than RFC 9211 gives it.
[[nodiscard]] std::optional<std::vector<cache_record>> parse_cache_status(std::string_view value);

}  // namespace understudy::http
