// resp/reader.h - takes RESP2 and RESP3 apart, whatever pieces the bytes arrive in.
//
// It does no I/O and keeps no payload; its memory is one small frame per open nesting, and after the first few replies
// it allocates nothing. One reader serves one direction of one connection and is used by one thread at a time.
//
// It yields a flat run of tokens, not a tree: `*2 $3 GET $1 k` is array(2), bulk GET, bulk k. value.h builds trees. A
// bulk string longer than limits.whole_bytes comes in several pieces, so a 500 MB value costs its reader no more than
// the buffer of its socket.
//
// Wrong bytes in production traffic are ordinary: no announced length is believed before it is held against `limits`.
//
// Accepted: replies of both protocols (RESP3 specification, antirez/RESP3), with the three spellings of null (`$-1`,
// `*-1`, `_`); pushes at the top only; attributes before any value. Requests are arrays of bulk strings or inline
// lines, as processInputBuffer of Redis takes them; `*0` and `*-1` are requests of no words, which Redis answers with
// nothing. Streamed values (`$?`, `*?`) are malformed: Redis and Valkey send none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::resp {

enum class direction : std::uint8_t { request, reply };

enum class kind : std::uint8_t {
    inline_command,  // requests only: one line, see split_inline
    simple,
    error,
    integer,
    real,
    big_number,
    boolean,
    null,
    bulk,
    bulk_error,
    verbatim,  // text begins with three letters of format and a colon
    array,
    map,
    set,
    push,
    attribute,
};

enum class status : std::uint8_t { token, need_more, malformed, over_limit };

[[nodiscard]] constexpr bool is_aggregate(kind what) noexcept {
    return what >= kind::array;
}

struct limits {
    std::uint64_t bulk_bytes = 512u << 20;  // proto-max-bulk-len as Redis ships it
    std::uint64_t line_bytes = 64u << 10;   // inline commands, status and error lines; MONITOR needs more
    std::uint64_t elements = 1u << 20;      // announced by any one aggregate; pairs, in a map
    std::uint32_t depth = 32;               // aggregates open at once, attributes among them
    std::uint64_t whole_bytes = 1024;       // bulk strings up to this long always come in one piece
};

struct token {
    resp::kind kind = resp::kind::null;
    char mark = '\0';          // the type byte as it stood on the wire; 0 for an inline command
    bool value_end = true;     // false while more pieces of this text will come
    bool message_end = false;  // true when this completes a top-level value
    std::uint32_t depth = 0;   // 0 for a top-level value; children of an attribute lie one deeper than it
    std::uint64_t size = 0;    // elements announced (pairs, in a map or attribute), or whole text length
    std::int64_t integer = 0;  // of an integer; 0 or 1 of a boolean
    std::string_view text =
        {};  // borrowed from `input`; of a bulk string perhaps one piece; empty for aggregates, null
};

class reader {
public:
    explicit reader(direction which, limits bounds = {});

    // Takes the next token off the front of `input`, which moves past it. On need_more, `out` is untouched: keep what
    // is left of `input` (at most a line, or whole_bytes and a header), append to it, call again. malformed and
    // over_limit are final, for a stream that has lost its place cannot find it again.
    // Cost: one pass over headers and lines; the text of a bulk string is not looked at.
    [[nodiscard]] status next(std::string_view& input, token& out);

    // Bytes taken so far.
    [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }

    // True between the first token of a top-level value and its last: an end of the stream here is a cut.
    [[nodiscard]] bool in_message() const noexcept { return in_message_; }

private:
    struct frame {
        std::uint64_t left;  // values still owed at this level
        bool attribute;      // its end pays nothing to the level above
    };

    status step(std::string_view& input, token& out);
    status take_request(std::string_view& input, token& out);
    status take_inline(std::string_view& input, token& out);
    status take_line(std::string_view& input, kind what, token& out);
    status take_mark(std::string_view& input, kind what, token& out);
    status take_integer(std::string_view& input, token& out);
    status take_bulk(std::string_view& input, kind what, token& out);
    status begin_long_text(std::string_view& input, std::size_t header, const token& text, token& out);
    status take_piece(std::string_view& input, token& out);
    status take_aggregate(std::string_view& input, kind what, token& out);
    status open_aggregate(std::uint64_t elements, token& out);
    status find_line_end(std::string_view input, std::uint64_t most, std::size_t& end);
    void take(std::string_view& input, std::size_t bytes);
    void close_value(token& out);  // pays one value off the innermost frame

    direction direction_;
    bool in_message_ = false;
    status verdict_ = status::token;  // malformed or over_limit, once it is
    limits limits_;
    std::vector<frame> open_;
    token text_;                   // the bulk string under way, while text_left_ > 0
    std::uint64_t text_left_ = 0;  // its bytes still owed, the closing CRLF among them
    std::size_t scanned_ = 0;      // bytes at the front of the rest that are known to hold no line end
    std::uint64_t offset_ = 0;
};

// The words of an inline command, by the quoting rules of Redis (sdssplitargs): "..." with \n \r \t \b \a \xHH \\ \",
// '...' with \' alone. Empty optional for a quote left open or one followed by something other than a space. An empty
// line gives no words.
[[nodiscard]] std::optional<std::vector<std::string>> split_inline(std::string_view line);

}  // namespace understudy::resp
