// canonical_object keeps every element's bytes one after another in one string, with an item for each that says where.
// A stream's entry is kept as the canonical form writes it, so that it is one element too. digest() first settles the
// value (sorts, and finds repeats and contradictions), then writes the canonical form through one SHA-256.
#include "rdb/digest.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

namespace understudy::rdb {
namespace {

constexpr std::string_view first_line = "understudy canonical digest 1\n";

void append_number(std::string& out, std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8)
        out.push_back(static_cast<char>(value >> shift & 0xff));
}

void append_bytes(std::string& out, std::string_view bytes) {
    append_number(out, bytes.size());
    out.append(bytes);
}

// Gathers the form in pieces large enough that hashing them is what takes the time.
class form_writer {
public:
    form_writer() { piece_.reserve(piece_size); }

    void raw(std::string_view bytes) {
        piece_.append(bytes);
        if (piece_.size() >= piece_size) flush();
    }
    void number(std::uint64_t value) { append_number(piece_, value); }
    void bytes(std::string_view bytes) {
        number(bytes.size());
        if (bytes.size() < piece_size) return raw(bytes);
        flush();
        hash_.add(bytes);
    }
    void id(stream_id id) {
        number(id.ms);
        number(id.sequence);
    }
    [[nodiscard]] digest256 finish() {
        flush();
        return hash_.finish();
    }

private:
    static constexpr std::size_t piece_size = std::size_t{32} << 10;

    void flush() {
        hash_.add(piece_);
        piece_.clear();
    }

    sha256 hash_;
    std::string piece_;
};

}  // namespace

void canonical_object::begin(object_type type) {
    type_ = type;
    broken_ = false;
    bytes_.clear();
    items_.clear();
    groups_.clear();
    last_entry_ = {};
    last_id_ = {};
}

void canonical_object::keep(std::string_view first, std::string_view second, double score) {
    constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();
    if (first.size() > most || second.size() > most) {
        broken_ = true;
        return;
    }
    items_.push_back(
        {bytes_.size(), static_cast<std::uint32_t>(first.size()), static_cast<std::uint32_t>(second.size()), score});
    bytes_.append(first);
    bytes_.append(second);
}

void canonical_object::element(std::string_view bytes) {
    keep(bytes, {}, 0);
}

void canonical_object::field(std::string_view name, std::string_view value) {
    keep(name, value, 0);
}

void canonical_object::scored(std::string_view member, double score) {
    if (std::isnan(score)) broken_ = true;
    keep(member, {}, score == 0 ? 0.0 : score);  // -0 compares equal to 0, and becomes it
}

void canonical_object::entry(stream_id id, std::span<const std::string_view> names_and_values) {
    if (!items_.empty() && id <= last_entry_) broken_ = true;
    last_entry_ = id;
    const std::size_t offset = bytes_.size();
    append_number(bytes_, id.ms);
    append_number(bytes_, id.sequence);
    append_number(bytes_, names_and_values.size());
    for (const std::string_view bytes : names_and_values)
        append_bytes(bytes_, bytes);
    const std::size_t size = bytes_.size() - offset;
    if (size > std::numeric_limits<std::uint32_t>::max()) broken_ = true;
    items_.push_back({offset, static_cast<std::uint32_t>(size), 0, 0});
}

void canonical_object::state(const stream_state& state) {
    last_id_ = state.last_id;
}

void canonical_object::group(const stream_group& group) {
    groups_.push_back({std::string(group.name), group.last_delivered_id, {}, {}});
}

void canonical_object::consumer(const stream_consumer& consumer) {
    if (groups_.empty())
        broken_ = true;
    else
        groups_.back().consumers.emplace_back(consumer.name);
}

void canonical_object::pending(const stream_pending& pending) {
    if (groups_.empty())
        broken_ = true;
    else
        groups_.back().pending.push_back(
            {pending.id, std::string(pending.consumer), pending.delivered_ms, pending.deliveries});
}

std::string_view canonical_object::first_of(const item& item) const noexcept {
    return std::string_view(bytes_).substr(item.offset, item.first);
}

std::string_view canonical_object::second_of(const item& item) const noexcept {
    return std::string_view(bytes_).substr(item.offset + item.first, item.second);
}

// Members and fields by their bytes; equal ones become one or are refused; then sorted sets by score.
bool canonical_object::settle_items() {
    const auto name = [this](const item& item) { return first_of(item); };
    std::ranges::sort(items_, {}, name);
    const auto repeat = [&](const item& left, const item& right) { return name(left) == name(right); };
    for (auto at = std::ranges::adjacent_find(items_, repeat); at != items_.end();
         at = std::adjacent_find(at + 1, items_.end(), repeat)) {
        if (rule_ == repeats::refuse) return false;
        if (second_of(at[0]) != second_of(at[1]) || at[0].score != at[1].score) return false;
    }
    items_.erase(std::unique(items_.begin(), items_.end(), repeat), items_.end());
    if (type_ == object_type::zset)
        std::ranges::sort(items_, {}, [&](const item& item) { return std::pair(item.score, first_of(item)); });
    return true;
}

bool canonical_object::settle_groups() {
    std::ranges::sort(groups_, {}, &group_state::name);
    const auto same = [](const auto& left, const auto& right) { return left == right; };
    if (std::ranges::adjacent_find(groups_, same, &group_state::name) != groups_.end()) return false;
    for (group_state& group : groups_) {
        std::ranges::sort(group.consumers);
        std::ranges::sort(group.pending, {}, &waiting::id);
        if (std::ranges::adjacent_find(group.consumers) != group.consumers.end()) return false;
        if (std::ranges::adjacent_find(group.pending, same, &waiting::id) != group.pending.end()) return false;
        for (const waiting& entry : group.pending)
            if (!std::ranges::binary_search(group.consumers, entry.consumer)) return false;
    }
    return true;
}

bool canonical_object::settle() {
    if (broken_) return false;
    switch (type_) {
        case object_type::string:
            return items_.size() == 1;
        case object_type::list:
            return true;
        case object_type::set:
        case object_type::zset:
        case object_type::hash:
            return settle_items();
        case object_type::stream:
            return settle_groups();
    }
    return false;
}

digest256 canonical_object::form_digest() const {
    form_writer form;
    form.raw(first_line);
    form.number(static_cast<std::uint64_t>(type_));
    form.number(items_.size());
    for (const item& item : items_) {
        if (type_ == object_type::stream) {
            form.raw(first_of(item));
            continue;
        }
        if (type_ == object_type::zset) form.number(std::bit_cast<std::uint64_t>(item.score));
        form.bytes(first_of(item));
        if (type_ == object_type::hash) form.bytes(second_of(item));
    }
    if (type_ != object_type::stream) return form.finish();
    form.id(last_id_);
    form.number(groups_.size());
    for (const group_state& group : groups_) {
        form.bytes(group.name);
        form.id(group.last_delivered_id);
        form.number(group.consumers.size());
        for (const std::string& consumer : group.consumers)
            form.bytes(consumer);
        form.number(group.pending.size());
        for (const waiting& entry : group.pending) {
            form.id(entry.id);
            form.bytes(entry.consumer);
            form.number(entry.delivered_ms);
            form.number(entry.deliveries);
        }
    }
    return form.finish();
}

std::expected<digest256, dump_status> canonical_object::digest(std::string_view salt) {
    if (!settle()) return std::unexpected(dump_status::malformed);
    const digest256 form = form_digest();
    return keyed_digest(salt, {reinterpret_cast<const char*>(form.data()), form.size()});
}

void canonical_object::tell_entry(std::string_view packed, object_sink& sink) const {
    // Own bytes, written by entry(): they are whole, so the reads cannot fail.
    byte_cursor from(packed);
    stream_id id;
    std::uint64_t count = 0;
    bool whole = from.read_u64_le(id.ms) == dump_status::ok && from.read_u64_le(id.sequence) == dump_status::ok &&
                 from.read_u64_le(count) == dump_status::ok;
    std::vector<std::string_view> fields;
    for (; whole && count > 0; --count) {
        std::uint64_t size = 0;
        whole = from.read_u64_le(size) == dump_status::ok &&
                from.read_bytes(size, fields.emplace_back()) == dump_status::ok;
    }
    sink.entry(id, fields);
}

void canonical_object::tell_stream_end(object_sink& sink) const {
    sink.state(
        {.last_id = last_id_, .length = items_.size(), .first_id = {}, .max_deleted_id = {}, .entries_added = {}});
    for (const group_state& group : groups_) {
        sink.group({group.name, group.last_delivered_id, {}});
        for (const std::string& consumer : group.consumers)
            sink.consumer({consumer, 0, {}});
        for (const waiting& entry : group.pending)
            sink.pending({entry.id, entry.consumer, entry.delivered_ms, entry.deliveries});
    }
}

void canonical_object::tell(object_sink& sink) const {
    sink.begin(type_);
    for (const item& item : items_) {
        switch (type_) {
            case object_type::hash:
                sink.field(first_of(item), second_of(item));
                break;
            case object_type::zset:
                sink.scored(first_of(item), item.score);
                break;
            case object_type::stream:
                tell_entry(first_of(item), sink);
                break;
            default:
                sink.element(first_of(item));
                break;
        }
    }
    if (type_ == object_type::stream) tell_stream_end(sink);
    sink.end();
}

std::expected<digest256, dump_status> canonical_digest(std::string_view payload, std::string_view salt,
                                                       const decode_options& options) {
    canonical_object value(canonical_object::repeats::refuse);
    if (const dump_status read = decode_dump(payload, value, options); read != dump_status::ok)
        return std::unexpected(read);
    return value.digest(salt);
}

}  // namespace understudy::rdb
