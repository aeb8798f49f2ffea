// resp/value.h - a whole reply as a tree, and the builder that makes trees out of bytes.
//
// For replies that are wanted whole (INFO, CONFIG GET, SCAN, HELLO, DUMP). What only passes by is read with `reader`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resp/reader.h"

namespace understudy::resp {

// One reply. It owns all it holds. Equality is of everything, spelling included: 1.50 is not 1.5, and the two nulls of
// RESP2 differ, for they are written back as they came.
struct value {
    resp::kind kind = resp::kind::null;
    bool boolean = false;
    bool null_array = false;        // a null that came as `*-1`
    std::int64_t integer = 0;       // kind integer
    std::string text;               // lines, bulk strings, numbers as they were spelled; verbatim text without format
    std::string format;             // of a verbatim string, "txt" or "mkd"
    std::vector<value> elements;    // of a map: key, value, key, value
    std::vector<value> attributes;  // RESP3 attributes that stood before it, as in a map

    friend bool operator==(const value&, const value&) = default;

    [[nodiscard]] static value of_text(std::string_view text);    // a bulk string
    [[nodiscard]] static value of_simple(std::string_view text);  // "+OK"
    [[nodiscard]] static value of_error(std::string_view text);   // "-ERR ..."
    [[nodiscard]] static value of_integer(std::int64_t number);
    [[nodiscard]] static value of_array(std::vector<value> elements);

    [[nodiscard]] bool is_error() const noexcept;
    [[nodiscard]] bool is_null() const noexcept { return kind == resp::kind::null; }
    [[nodiscard]] bool is_push() const noexcept { return kind == resp::kind::push; }

    // The line of an error ("WRONGTYPE Operation ..."), and its first word. Empty when this is no error. The text may
    // quote what the client sent: it is not for logs, the word is.
    [[nodiscard]] std::string_view error_text() const noexcept;
    [[nodiscard]] std::string_view error_word() const noexcept;

    // Text of a simple, bulk or verbatim string, real or big number. Nothing for an error, however much text it has.
    [[nodiscard]] std::optional<std::string_view> as_text() const noexcept;

    // An integer, a boolean as 0 or 1, or text that is wholly a decimal integer of 64 bits.
    [[nodiscard]] std::optional<std::int64_t> as_integer() const noexcept;

    // A real, an integer, or text that is wholly a number as Redis writes them (RESP2 sends scores as bulk strings).
    [[nodiscard]] std::optional<double> as_real() const noexcept;

    // What stands under `key` in a map (RESP3) or a flat array of keys and values (RESP2); nullptr when absent. Keys
    // are compared byte by byte; linear. The pointer lives as long as this value is not changed.
    [[nodiscard]] const value* find(std::string_view key) const noexcept;
};

// Makes values out of bytes that arrive in any pieces. Used by one thread at a time.
//
//     while (builder.next(input, reply) == status::token) use(reply);
class value_builder {
public:
    static constexpr std::uint64_t default_value_bytes = 64u << 20;
    static constexpr std::uint32_t most_depth = 128;  // limits.depth is cut to this: a tree is destroyed recursively

    // `value_bytes` bounds the memory of one top-level value: its texts, and sizeof(value) for each node.
    explicit value_builder(direction which = direction::reply, limits bounds = {},
                           std::uint64_t value_bytes = default_value_bytes);
    value_builder(value_builder&&) = default;
    value_builder& operator=(value_builder&&) = default;

    // Takes bytes off the front of `input` until a top-level value is complete; status::token says that `out` is one.
    // Pushes come as values of kind push, between replies. On need_more all of `input` has been taken (the builder
    // keeps what it needs) and `out` is untouched. malformed and over_limit are final. A small reply reuses the memory
    // of `out`: who reads many into one value allocates little.
    [[nodiscard]] status next(std::string_view& input, value& out);

    [[nodiscard]] std::uint64_t offset() const noexcept { return reader_.offset(); }

    // True while a value is under way, be it by one byte: an end of the stream here is a cut.
    [[nodiscard]] bool in_value() const noexcept { return reader_.in_message() || !rest_.empty(); }

private:
    // An aggregate under way. Its children stand in their final place: a vector grows only between two children, so
    // what lies in its last one keeps its address until that one is complete.
    struct node {
        std::vector<value>* children;
        std::uint64_t left;  // values still owed
        bool attribute;
        bool begun;  // the next child is there already, with attributes or a part of its text
    };

    status token_of(std::string_view& input, token& out, bool& from_rest);
    status accept(const token& from, value& out);
    status open_aggregate(const token& from);
    value& next_value();
    void end_value();
    [[nodiscard]] bool charge(std::uint64_t bytes) noexcept;

    reader reader_;
    std::uint64_t most_bytes_;
    std::uint64_t bytes_ = 0;  // of the value under way
    status verdict_ = status::token;
    bool begun_ = false;       // root_ holds a value under way
    bool in_text_ = false;     // the newest value has a part of its text
    std::vector<value> root_;  // one value, on the heap so that a builder can be moved
    std::vector<node> open_;   // outermost first
    std::string rest_;         // the beginning of a token that is not whole yet
};

}  // namespace understudy::resp
