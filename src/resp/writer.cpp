// Leaves are written by kind, under RESP2 as what Redis sends in their place. Aggregates are walked with an explicit
// stack (tree_writer), for a value is as deep as its maker likes.
#include "resp/writer.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <vector>

namespace understudy::resp {
namespace {

constexpr std::size_t header_room = 16;

void append_number(std::string& out, char mark, std::int64_t number) {
    char digits[24];
    const auto [end, failed] = std::to_chars(digits, digits + sizeof digits, number);
    out += mark;
    out.append(digits, end);
    out += "\r\n";
}

void append_bulk(std::string& out, char mark, std::string_view text) {
    append_number(out, mark, static_cast<std::int64_t>(text.size()));
    out += text;
    out += "\r\n";
}

void append_line(std::string& out, char mark, std::string_view text) {
    out += mark;
    const auto begin = static_cast<std::ptrdiff_t>(out.size());
    out += text;
    std::replace_if(out.begin() + begin, out.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
    out += "\r\n";
}

template <class Text>
void append_words(std::string& out, std::span<const Text> arguments) {
    if (arguments.empty()) return;
    std::size_t room = out.size() + header_room;
    for (const auto& argument : arguments)
        room += argument.size() + header_room;
    if (room > out.capacity()) out.reserve(std::max(room, out.capacity() * 2));
    append_number(out, '*', static_cast<std::int64_t>(arguments.size()));
    for (const auto& argument : arguments)
        append_bulk(out, '$', argument);
}

void append_null(std::string& out, const value& reply, int protocol) {
    if (protocol == 3)
        out += "_\r\n";
    else
        out += reply.null_array ? "*-1\r\n" : "$-1\r\n";
}

void append_verbatim(std::string& out, const value& reply) {
    append_number(out, '=', static_cast<std::int64_t>(reply.format.size() + 1 + reply.text.size()));
    out += reply.format;
    out += ':';
    out += reply.text;
    out += "\r\n";
}

// What RESP3 alone can say.
void append_third(std::string& out, const value& reply) {
    switch (reply.kind) {
        case kind::real:
            return append_line(out, ',', reply.text);
        case kind::big_number:
            return append_line(out, '(', reply.text);
        case kind::bulk_error:
            return append_bulk(out, '!', reply.text);
        case kind::verbatim:
            return append_verbatim(out, reply);
        default:
            out += reply.boolean ? "#t\r\n" : "#f\r\n";
    }
}

// The same, as Redis tells it to a client of RESP2.
void append_second(std::string& out, const value& reply) {
    if (reply.kind == kind::boolean) return append_number(out, ':', reply.boolean ? 1 : 0);
    if (reply.kind == kind::bulk_error) return append_line(out, '-', reply.text);
    append_bulk(out, '$', reply.text);
}

void append_leaf(std::string& out, const value& reply, int protocol) {
    switch (reply.kind) {
        case kind::inline_command:
            out += reply.text;
            out += "\r\n";
            return;
        case kind::simple:
            return append_line(out, '+', reply.text);
        case kind::error:
            return append_line(out, '-', reply.text);
        case kind::integer:
            return append_number(out, ':', reply.integer);
        case kind::null:
            return append_null(out, reply, protocol);
        case kind::bulk:
            return append_bulk(out, '$', reply.text);
        default:
            return protocol == 3 ? append_third(out, reply) : append_second(out, reply);
    }
}

char mark_of(kind what, int protocol) {
    if (protocol != 3) return '*';
    switch (what) {
        case kind::map:
            return '%';
        case kind::set:
            return '~';
        case kind::push:
            return '>';
        case kind::attribute:
            return '|';
        default:
            return '*';
    }
}

void append_header(std::string& out, const value& reply, int protocol) {
    const char mark = mark_of(reply.kind, protocol);
    const auto elements = static_cast<std::int64_t>(reply.elements.size());
    append_number(out, mark, mark == '%' || mark == '|' ? elements / 2 : elements);
}

class tree_writer {
public:
    tree_writer(std::string& out, int protocol) : out_(out), protocol_(protocol) {}

    void write(const value& root) {
        begin(root);
        while (!open_.empty()) {
            level& innermost = open_.back();
            if (innermost.at < innermost.children->size())
                begin((*innermost.children)[innermost.at++]);
            else
                end();
        }
    }

private:
    struct level {
        const std::vector<value>* children;
        std::size_t at;
        const value* dressed;  // the children are the attributes of this value, which comes after them
    };

    void begin(const value& one) {
        if (protocol_ != 3 || one.attributes.empty()) return begin_bare(one);
        append_number(out_, '|', static_cast<std::int64_t>(one.attributes.size() / 2));
        open_.push_back({&one.attributes, 0, &one});
    }

    void begin_bare(const value& one) {
        if (!is_aggregate(one.kind)) return append_leaf(out_, one, protocol_);
        append_header(out_, one, protocol_);
        if (!one.elements.empty()) open_.push_back({&one.elements, 0, nullptr});
    }

    void end() {
        const value* const dressed = open_.back().dressed;
        open_.pop_back();
        if (dressed != nullptr) begin_bare(*dressed);
    }

    std::string& out_;
    int protocol_;
    std::vector<level> open_;
};

}  // namespace

void begin_command(std::string& out, std::size_t arguments) {
    append_number(out, '*', static_cast<std::int64_t>(arguments));
}

void append_argument(std::string& out, std::string_view argument) {
    append_bulk(out, '$', argument);
}

void append_command(std::string& out, std::span<const std::string_view> arguments) {
    append_words(out, arguments);
}

void append_command(std::string& out, std::initializer_list<std::string_view> arguments) {
    append_words(out, std::span<const std::string_view>(arguments.begin(), arguments.size()));
}

void append_command(std::string& out, std::span<const std::string> arguments) {
    append_words(out, arguments);
}

void append_value(std::string& out, const value& reply, int protocol) {
    tree_writer(out, protocol).write(reply);
}

}  // namespace understudy::resp
