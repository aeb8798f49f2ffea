// resp/test_pieces.h - reads bytes in given pieces and notes what came, for the tests and the fuzzer.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resp/reader.h"
#include "resp/value.h"

namespace understudy::resp::test {

// A token with its text whole, however many pieces it came in.
struct seen {
    kind what = kind::null;
    char mark = '\0';
    bool message_end = false;
    std::uint32_t depth = 0;
    std::uint64_t size = 0;
    std::int64_t integer = 0;
    std::string text;

    friend bool operator==(const seen&, const seen&) = default;
};

struct reading {
    std::vector<seen> tokens;
    status end = status::need_more;
    bool in_message = false;
    std::size_t left = 0;     // bytes that were not taken; 0 after an error, where the cut decides how far it got
    std::size_t longest = 0;  // bytes that had to be kept between two pieces, at most

    // The cut may change how much had to be kept, and nothing else.
    friend bool operator==(const reading& l, const reading& r) {
        return l.tokens == r.tokens && l.end == r.end && (l.end != status::need_more || l.in_message == r.in_message) &&
               l.left == r.left;
    }
};

struct building {
    std::vector<value> values;
    status end = status::need_more;
    bool in_value = false;

    friend bool operator==(const building& l, const building& r) {
        return l.values == r.values && l.end == r.end && (l.end != status::need_more || l.in_value == r.in_value);
    }
};

// Calls `use(piece)` for consecutive pieces of `bytes`; `next_size()` gives the length of each, at least 1.
template <class NextSize, class Use>
void in_pieces(std::string_view bytes, NextSize next_size, Use use) {
    while (!bytes.empty()) {
        const std::size_t size = std::min<std::size_t>(bytes.size(), next_size());
        // A copy of its own, so that a sanitizer sees a look beyond it or after it.
        const std::string piece(bytes.substr(0, size));
        bytes.remove_prefix(size);
        if (!use(piece)) return;
    }
}

inline void note(reading& so_far, std::string& text, const token& from) {
    text += from.text;
    if (!from.value_end) return;
    so_far.tokens.push_back(
        {from.kind, from.mark, from.message_end, from.depth, from.size, from.integer, std::move(text)});
    text.clear();
}

template <class NextSize>
reading read_pieces(direction which, const limits& bounds, std::string_view bytes, NextSize next_size) {
    reading out;
    reader under_test(which, bounds);
    std::string rest;
    std::string text;
    in_pieces(bytes, next_size, [&](const std::string& piece) {
        rest += piece;
        const std::string held = std::move(rest);
        std::string_view view = held;
        token taken;
        while ((out.end = under_test.next(view, taken)) == status::token)
            note(out, text, taken);
        rest = view;
        out.longest = std::max(out.longest, rest.size());
        return out.end == status::need_more;
    });
    out.in_message = under_test.in_message();
    if (out.end == status::need_more) out.left = rest.size();
    return out;
}

template <class NextSize>
building build_pieces(direction which, const limits& bounds, std::uint64_t value_bytes, std::string_view bytes,
                      NextSize next_size) {
    building out;
    value_builder under_test(which, bounds, value_bytes);
    in_pieces(bytes, next_size, [&](const std::string& piece) {
        std::string_view view = piece;
        value made;
        while ((out.end = under_test.next(view, made)) == status::token)
            out.values.push_back(std::move(made));
        return out.end == status::need_more;
    });
    out.in_value = under_test.in_value();
    return out;
}

// Piece sizes: everything at once; always n; first n, then the rest.
inline auto whole() {
    return [] { return static_cast<std::size_t>(-1); };
}
inline auto every(std::size_t n) {
    return [n] { return n; };
}
inline auto split_at(std::size_t n) {
    return [n, first = true]() mutable {
        const bool now = std::exchange(first, false) && n > 0;
        return now ? n : static_cast<std::size_t>(-1);
    };
}

}  // namespace understudy::resp::test
