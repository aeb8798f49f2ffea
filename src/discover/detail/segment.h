// discover/detail/segment.h - what one segment of a path is, by its look and by the segment before it.
#pragma once

#include <string>
#include <string_view>

namespace understudy::discover::detail {

enum class segment_kind : unsigned char {
    word,    // may stand in a path as it is
    id,      // a short number or code: a value for {id}
    slug,    // text that a path cannot hold as it is, and that tells nothing of a person: a value for {slug}
    person,  // names somebody: never shown
    member,  // stands where people are named ("users/..."): never shown, but the place may be
    token,   // a long number or code: a session, a key, an order; never shown
    acts,    // to ask for it may do something, or is nobody's business: log out, delete, admin
    asset,   // a file that no application renders
    bad,     // no text, or no segment that a request can hold
};

struct segment {
    segment_kind kind = segment_kind::bad;
    std::string text;  // percent-decoded
};

// `before` is the decoded segment in front of it, or empty. Pure; cost O(bytes).
[[nodiscard]] segment read_segment(std::string_view raw, std::string_view before);
// Words under which things are listed one by one: "products", "blog", "tag".
[[nodiscard]] bool lists_things(std::string_view word);
// Words that are no thing's name wherever they stand: "page", "new", "search".
[[nodiscard]] bool is_fixed_word(std::string_view word);
// "red-kettle-12" rather than "terms".
[[nodiscard]] bool looks_like_slug(std::string_view word);

}  // namespace understudy::discover::detail
