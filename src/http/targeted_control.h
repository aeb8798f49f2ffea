// http/targeted_control.h - which field a cache obeys: Cache-Control, or one that is targeted at it (RFC 9213).
//
// A cache looks through its target list for the first field that is there, well-formed and not empty; that one alone
// counts then, and Cache-Control and Expires do not. Targeted fields are dictionaries of RFC 8941: one error and the
// whole field is as if it were not there. Surrogate-Control is older than that and is read as Cache-Control is.
// Pure; cost O(bytes).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/cache_control.h"
#include "http/cache_status.h"
#include "http/headers.h"

namespace understudy::http {

struct effective_control {
    std::string field;  // "CDN-Cache-Control"; "Cache-Control" also where there is none
    cache_control control;
    bool targeted = false;  // then Expires does not count either
};

// Empty optional: no dictionary, or an empty one. Parameters are dropped; a value of another type than its directive
// takes makes no lifetime (`cache_control::seconds` is zero then).
[[nodiscard]] std::optional<cache_control> parse_targeted_control(std::string_view value);

// The fields that the cache which sent this record obeys, most applicable first, Cache-Control left out. A cache of a
// delivery network that has none of its own: CDN-Cache-Control. A server's cache, and one that is not known: none.
[[nodiscard]] std::span<const std::string_view> target_list(const cache_record& of) noexcept;

[[nodiscard]] effective_control read_effective_control(const headers& fields,
                                                       std::span<const std::string_view> targets);

// What in a response keeps the cache of this record from storing it, in words for people: "Set-Cookie",
// "CDN-Cache-Control: private". No value of the response is in it. Empty: nothing that is known.
[[nodiscard]] std::string what_forbids_storing(const headers& fields, const cache_record& by);

}  // namespace understudy::http
