// http/detail/vendor_rows.h - the table of vendor headers: which header, which value, what it means in RFC 9211.
//
// A vendor joins by rows. The first row that fits a value wins, so exact values stand before prefixes, and what one
// vendor writes before what many write. A value is looked at member by member ("MISS, HIT"), the first one being
// closest to the origin; members that no row knows say nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "http/cache_status.h"

namespace understudy::http::detail {

// Where the cache stands; members are put in this order.
enum class layer : std::uint8_t { application, server, edge };

// whole: the member is the text | word: its first word is | within: it holds the text. All without regard to case.
// two_ids: two numbers (X-Varnish writes the id of the request, and on a hit that of the one that filled the cache).
enum class fits : std::uint8_t { whole, word, within, two_ids };

// A verdict in RFC 9211's terms.
struct meaning {
    bool hit = false;
    std::optional<fwd> forwarded = std::nullopt;
    std::optional<int> fwd_status = std::nullopt;
    bool expired = false;
    std::optional<bool> stored = std::nullopt;
    std::string_view detail = {};
};

struct value_row {
    fits how;
    std::string_view value;
    meaning means;
    confidence trust = confidence::high;
};

// Rows of one header are looked at in order; rows further down within a layer stand closer to the user.
struct vendor_row {
    std::string_view header;
    layer at;
    std::span<const value_row> values;
};

[[nodiscard]] std::span<const vendor_row> vendor_rows() noexcept;

}  // namespace understudy::http::detail
