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

// whole: the member is the text | word: its first word is | within: it holds the text. All without regard to case.
// one_id, two_ids: numbers (X-Varnish writes the id of the request, and on a hit that of the one that filled the
// cache).
enum class fits : std::uint8_t { whole, word, within, one_id, two_ids };

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
// `beside`: the row holds only where that header is there too, since the value alone does not say whose it is.
struct vendor_row {
    std::string_view header;
    layer at;
    std::span<const value_row> values;
    std::string_view beside = {};
    vendor whose = vendor::unsaid;
};

[[nodiscard]] std::span<const vendor_row> vendor_rows() noexcept;

// Headers that say only whether the answer is kept.
struct keeping_row {
    std::string_view header;
    std::string_view first_word;  // up to a colon or a blank
    bool stored;
};
[[nodiscard]] std::span<const keeping_row> keeping_rows() noexcept;

// Whether the name of a Cache-Status member is known to be that of a content delivery network's edge.
[[nodiscard]] bool is_edge_name(std::string_view cache) noexcept;

}  // namespace understudy::http::detail
