// A tree is built in place, with an explicit stack of the aggregates under way; a lone leaf is written straight into
// the caller's value. What arrives cut is kept in rest_ until its token is whole. The text of a long bulk string never
// passes through rest_, so it is copied once.
#include "resp/value.h"

#include <algorithm>
#include <utility>

#include "resp/detail/numbers.h"

namespace understudy::resp {
namespace {

constexpr std::size_t chunk_bytes = 4096;  // at most so much is copied to make a cut token whole
constexpr std::size_t format_bytes = 4;    // "txt:"
constexpr std::size_t trusted_elements = 64;
constexpr std::size_t trusted_text = 64 << 10;

limits cut_depth(limits bounds) {
    bounds.depth = std::min(bounds.depth, value_builder::most_depth);
    return bounds;
}

// As new, but with the memory it had: a caller that reads thousands of small replies into one value allocates nothing.
void clear(value& used) {
    used.boolean = false;
    used.null_array = false;
    used.integer = 0;
    used.text.clear();
    used.format.clear();
    used.elements.clear();
    used.attributes.clear();
}

// Writes a leaf, or the first piece of one, into a value that is as new.
void fill(value& made, const token& from) {
    made.kind = from.kind;
    switch (from.kind) {
        case kind::integer:
            made.integer = from.integer;
            return;
        case kind::boolean:
            made.boolean = from.integer != 0;
            return;
        case kind::null:
            made.null_array = from.mark == '*';
            return;
        case kind::verbatim:
            made.format = from.text.substr(0, format_bytes - 1);
            made.text.append(from.text.substr(format_bytes));
            return;
        default:
            if (!from.value_end) made.text.reserve(std::min<std::size_t>(from.size, trusted_text));
            made.text.append(from.text);
    }
}

value with_text(kind what, std::string_view text) {
    value made;
    made.kind = what;
    made.text = text;
    return made;
}

}  // namespace

value value::of_text(std::string_view text) {
    return with_text(kind::bulk, text);
}
value value::of_simple(std::string_view text) {
    return with_text(kind::simple, text);
}
value value::of_error(std::string_view text) {
    return with_text(kind::error, text);
}

value value::of_integer(std::int64_t number) {
    value made;
    made.kind = kind::integer;
    made.integer = number;
    return made;
}

value value::of_array(std::vector<value> elements) {
    value made;
    made.kind = kind::array;
    made.elements = std::move(elements);
    return made;
}

bool value::is_error() const noexcept {
    return kind == kind::error || kind == kind::bulk_error;
}

std::string_view value::error_text() const noexcept {
    return is_error() ? std::string_view(text) : std::string_view();
}

std::string_view value::error_word() const noexcept {
    const std::string_view line = error_text();
    return line.substr(0, line.find_first_of(" \r\n"));
}

std::optional<std::string_view> value::as_text() const noexcept {
    switch (kind) {
        case kind::simple:
        case kind::bulk:
        case kind::verbatim:
        case kind::real:
        case kind::big_number:
            return text;
        default:
            return std::nullopt;
    }
}

std::optional<std::int64_t> value::as_integer() const noexcept {
    if (kind == kind::integer) return integer;
    if (kind == kind::boolean) return boolean ? 1 : 0;
    const auto words = as_text();
    return words ? detail::integer_of(*words) : std::nullopt;
}

std::optional<double> value::as_real() const noexcept {
    if (kind == kind::integer) return static_cast<double>(integer);
    const auto words = as_text();
    return words ? detail::real_of(*words) : std::nullopt;
}

const value* value::find(std::string_view key) const noexcept {
    if (kind != kind::map && kind != kind::array) return nullptr;
    for (std::size_t i = 0; i + 1 < elements.size(); i += 2)
        if (elements[i].as_text() == key) return &elements[i + 1];
    return nullptr;
}

value_builder::value_builder(direction which, limits bounds, std::uint64_t value_bytes)
    : reader_(which, cut_depth(bounds)), most_bytes_(value_bytes) {}

status value_builder::next(std::string_view& input, value& out) {
    if (verdict_ != status::token) return verdict_;
    for (;;) {
        token taken;
        bool from_rest = false;
        status found = token_of(input, taken, from_rest);
        if (found == status::token) found = accept(taken, out);
        if (from_rest) rest_.clear();  // only now: the token borrowed from it
        if (found == status::need_more) return found;
        if (found != status::token) return verdict_ = found;
        if (!taken.message_end || !taken.value_end) continue;
        if (begun_) out = std::move(root_.front());
        begun_ = false;
        bytes_ = 0;
        return status::token;
    }
}

// Takes one token out of rest_ and input together. Whatever a reader takes reaches beyond the old rest_, for it took
// nothing when it had that alone.
status value_builder::token_of(std::string_view& input, token& out, bool& from_rest) {
    while (!rest_.empty() && !input.empty()) {
        const std::size_t before = rest_.size();
        const std::size_t added = std::min(input.size(), chunk_bytes);
        rest_.append(input.substr(0, added));
        std::string_view joined = rest_;
        const status found = reader_.next(joined, out);
        const std::size_t taken = rest_.size() - joined.size();
        if (taken > 0) {
            from_rest = true;
            input.remove_prefix(taken - before);
            if (found != status::need_more) return found;
            rest_.clear();
            from_rest = false;
            continue;
        }
        input.remove_prefix(added);
        if (found != status::need_more) return found;
    }
    if (!rest_.empty()) return status::need_more;
    const status found = reader_.next(input, out);
    if (found == status::need_more) {
        rest_.assign(input);
        input = {};
    }
    return found;
}

status value_builder::accept(const token& from, value& out) {
    if (is_aggregate(from.kind)) return open_aggregate(from);
    if (!in_text_ && !charge(sizeof(value) + std::max<std::uint64_t>(from.size, from.text.size())))
        return status::over_limit;
    if (!begun_ && from.message_end) {
        clear(out);
        fill(out, from);
        return status::token;
    }
    value& made = next_value();
    if (in_text_)
        made.text.append(from.text);
    else
        fill(made, from);
    in_text_ = !from.value_end;
    if (from.value_end) end_value();
    return status::token;
}

status value_builder::open_aggregate(const token& from) {
    if (!charge(sizeof(value) + sizeof(node))) return status::over_limit;
    value& made = next_value();
    const bool attribute = from.kind == kind::attribute;
    const std::uint64_t owed = attribute || from.kind == kind::map ? from.size * 2 : from.size;
    if (!attribute) made.kind = from.kind;
    auto& children = attribute ? made.attributes : made.elements;
    if (owed > 0) {
        // Room is made once: attributes in a row land in one vector, which then grows by doubling.
        if (children.empty()) children.reserve(std::min<std::size_t>(owed, trusted_elements));
        open_.push_back({&children, owed, attribute, false});
    } else if (!attribute) {
        end_value();
    }
    return status::token;
}

// The value under way at the innermost level, made now if it is not there yet.
value& value_builder::next_value() {
    if (open_.empty()) {
        if (!begun_) root_.assign(1, value());
        begun_ = true;
        return root_.front();
    }
    node& parent = open_.back();
    if (!parent.begun) parent.children->emplace_back();
    parent.begun = true;
    return parent.children->back();
}

// Pays one value off the innermost aggregate; one that is full is paid off the one around it, and so on outwards.
void value_builder::end_value() {
    while (!open_.empty()) {
        node& parent = open_.back();
        parent.begun = false;
        if (--parent.left > 0) return;
        const bool attribute = parent.attribute;
        open_.pop_back();
        if (attribute) return;
    }
}

bool value_builder::charge(std::uint64_t bytes) noexcept {
    bytes_ += bytes;
    return bytes_ <= most_bytes_;
}

}  // namespace understudy::resp
