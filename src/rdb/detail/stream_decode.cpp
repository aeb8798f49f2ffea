// A stream in RDB (Redis src/rdb.c, t_stream.c): nodes of its radix tree, each a master id and a listpack of entries;
// its state; its groups. A node's listpack opens with a master entry
//   live | deleted | number of fields | field names ... | 0
// and goes on with entries
//   flags | ms - master ms | sequence - master sequence | [number of fields, name, value ... | value ...] | steps back
// where entries with the master's fields (flag 2) write values only, and deleted ones (flag 1) stay until the node
// goes.
//
// A group lists its pending entries twice: all of them with time and count, then their ids by consumer. The sink gets
// them joined; so each id must be in the first list, and each of the first list with exactly one consumer.
#include "rdb/detail/stream_decode.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "rdb/detail/charge.h"
#include "rdb/packed.h"

namespace understudy::rdb::detail {
namespace {

constexpr std::int64_t flag_deleted = 1;
constexpr std::int64_t flag_master_fields = 2;
// An entry's fields are held at once; a compressed blob could claim half a thousand million of them in few bytes.
constexpr std::size_t most_values_of_entry = std::size_t{1} << 20;
constexpr std::size_t bytes_per_pending = 16 + 8 + 1;

// The entries of one node, told one by one. The vectors are kept from node to node for their memory.
class node_reader {
public:
    node_reader(budget& limits, object_sink& sink) noexcept : limits_(limits), sink_(sink) {}

    [[nodiscard]] dump_status read(stream_id master, std::string_view blob) {
        master_ = master;
        UNDERSTUDY_RDB_TRY(pack_.open(blob));
        std::int64_t live = 0;
        UNDERSTUDY_RDB_TRY(read_master(live));
        while (!pack_.done())
            UNDERSTUDY_RDB_TRY(read_entry(live));
        return live == 0 ? dump_status::ok : dump_status::malformed;
    }

private:
    // A value that must be there.
    [[nodiscard]] dump_status need(packed_value& value) {
        UNDERSTUDY_RDB_TRY(pack_.next(value));
        return pack_.done() ? dump_status::malformed : dump_status::ok;
    }

    [[nodiscard]] dump_status need_integer(std::int64_t& number) {
        packed_value value;
        UNDERSTUDY_RDB_TRY(need(value));
        number = value.integer();
        return value.is_integer() ? dump_status::ok : dump_status::malformed;
    }

    [[nodiscard]] dump_status read_master(std::int64_t& live) {
        std::int64_t deleted = 0;
        std::int64_t fields = 0;
        std::int64_t end = 0;
        UNDERSTUDY_RDB_TRY(need_integer(live));
        UNDERSTUDY_RDB_TRY(need_integer(deleted));
        UNDERSTUDY_RDB_TRY(need_integer(fields));
        if (live < 0 || deleted < 0 || fields < 0) return dump_status::malformed;
        if (static_cast<std::uint64_t>(fields) > most_values_of_entry / 2) return dump_status::over_limit;
        master_fields_.clear();
        for (; fields > 0; --fields) {
            UNDERSTUDY_RDB_TRY(charge(limits_, 1, 0));
            UNDERSTUDY_RDB_TRY(need(master_fields_.emplace_back()));
        }
        UNDERSTUDY_RDB_TRY(need_integer(end));
        return end == 0 ? dump_status::ok : dump_status::malformed;
    }

    [[nodiscard]] dump_status read_entry(std::int64_t& live) {
        packed_value first;
        UNDERSTUDY_RDB_TRY(pack_.next(first));
        if (pack_.done()) return dump_status::ok;
        if (!first.is_integer()) return dump_status::malformed;
        const std::int64_t flags = first.integer();
        std::int64_t ms = 0;
        std::int64_t sequence = 0;
        std::int64_t steps = 0;
        UNDERSTUDY_RDB_TRY(need_integer(ms));
        UNDERSTUDY_RDB_TRY(need_integer(sequence));
        UNDERSTUDY_RDB_TRY((flags & flag_master_fields) != 0 ? read_values() : read_fields());
        UNDERSTUDY_RDB_TRY(need_integer(steps));
        if ((flags & flag_deleted) != 0) return dump_status::ok;
        --live;
        return tell(
            {master_.ms + static_cast<std::uint64_t>(ms), master_.sequence + static_cast<std::uint64_t>(sequence)});
    }

    [[nodiscard]] dump_status read_values() {
        fields_.clear();
        for (const packed_value& name : master_fields_) {
            UNDERSTUDY_RDB_TRY(charge(limits_, 1, 0));
            fields_.push_back(name);
            UNDERSTUDY_RDB_TRY(need(fields_.emplace_back()));
        }
        return dump_status::ok;
    }

    [[nodiscard]] dump_status read_fields() {
        std::int64_t count = 0;
        UNDERSTUDY_RDB_TRY(need_integer(count));
        if (count < 0) return dump_status::malformed;
        if (static_cast<std::uint64_t>(count) > most_values_of_entry / 2) return dump_status::over_limit;
        fields_.clear();
        for (; count > 0; --count) {
            UNDERSTUDY_RDB_TRY(charge(limits_, 1, 0));
            UNDERSTUDY_RDB_TRY(need(fields_.emplace_back()));
            UNDERSTUDY_RDB_TRY(need(fields_.emplace_back()));
        }
        return dump_status::ok;
    }

    [[nodiscard]] dump_status tell(stream_id id) {
        views_.clear();
        std::uint64_t bytes = 0;
        for (const packed_value& field : fields_) {
            views_.push_back(field.text());
            bytes += views_.back().size();
        }
        UNDERSTUDY_RDB_TRY(charge(limits_, 1, bytes));
        sink_.entry(id, views_);
        return dump_status::ok;
    }

    budget& limits_;
    object_sink& sink_;
    listpack_reader pack_;
    stream_id master_;
    std::vector<packed_value> master_fields_;
    std::vector<packed_value> fields_;
    std::vector<std::string_view> views_;
};

dump_status read_raw_id(byte_cursor& from, stream_id& id) noexcept {
    UNDERSTUDY_RDB_TRY(from.read_u64_be(id.ms));
    return from.read_u64_be(id.sequence);
}

dump_status read_id(byte_cursor& from, stream_id& id) noexcept {
    UNDERSTUDY_RDB_TRY(from.read_length(id.ms));
    return from.read_length(id.sequence);
}

dump_status read_nodes(byte_cursor& from, budget& limits, object_sink& sink) {
    std::uint64_t nodes = 0;
    UNDERSTUDY_RDB_TRY(from.read_count(nodes));
    std::string scratch;
    node_reader reader(limits, sink);
    for (; nodes > 0; --nodes) {
        std::string_view key;
        stream_id master;
        UNDERSTUDY_RDB_TRY(from.read_string(key, scratch, limits));
        if (key.size() != 16) return dump_status::malformed;
        byte_cursor key_bytes(key);
        UNDERSTUDY_RDB_TRY(read_raw_id(key_bytes, master));
        std::string_view blob;
        UNDERSTUDY_RDB_TRY(from.read_string(blob, scratch, limits));
        UNDERSTUDY_RDB_TRY(reader.read(master, blob));
    }
    return dump_status::ok;
}

dump_status read_state(byte_cursor& from, stream_format format, object_sink& sink) {
    stream_state state;
    UNDERSTUDY_RDB_TRY(from.read_length(state.length));
    UNDERSTUDY_RDB_TRY(read_id(from, state.last_id));
    if (format.has_counters) {
        UNDERSTUDY_RDB_TRY(read_id(from, state.first_id.emplace()));
        UNDERSTUDY_RDB_TRY(read_id(from, state.max_deleted_id.emplace()));
        UNDERSTUDY_RDB_TRY(from.read_length(state.entries_added.emplace()));
    }
    sink.state(state);
    return dump_status::ok;
}

struct pending_entry {
    stream_id id;
    std::uint64_t delivered_ms = 0;
    std::uint64_t deliveries = 0;
    std::size_t consumer = none;
    static constexpr std::size_t none = ~std::size_t{0};
};

class group_reader {
public:
    group_reader(stream_format format, budget& limits, object_sink& sink) noexcept
        : format_(format), limits_(limits), sink_(sink) {}

    [[nodiscard]] dump_status read(byte_cursor& from) {
        stream_group group;
        UNDERSTUDY_RDB_TRY(from.read_string(group.name, scratch_, limits_));
        UNDERSTUDY_RDB_TRY(read_id(from, group.last_delivered_id));
        if (format_.has_counters) UNDERSTUDY_RDB_TRY(from.read_length(group.entries_read.emplace()));
        UNDERSTUDY_RDB_TRY(charge(limits_, 1, group.name.size()));
        sink_.group(group);
        UNDERSTUDY_RDB_TRY(read_pending(from));
        UNDERSTUDY_RDB_TRY(read_consumers(from));
        return tell_pending();
    }

private:
    [[nodiscard]] dump_status read_pending(byte_cursor& from) {
        std::uint64_t count = 0;
        UNDERSTUDY_RDB_TRY(from.read_length(count));
        if (count > from.left() / bytes_per_pending) return dump_status::truncated;
        UNDERSTUDY_RDB_TRY(charge(limits_, count, 0));
        pending_.clear();
        pending_.resize(static_cast<std::size_t>(count));
        for (std::size_t i = 0; i < pending_.size(); ++i) {
            UNDERSTUDY_RDB_TRY(read_raw_id(from, pending_[i].id));
            UNDERSTUDY_RDB_TRY(from.read_u64_le(pending_[i].delivered_ms));
            UNDERSTUDY_RDB_TRY(from.read_length(pending_[i].deliveries));
            if (i > 0 && pending_[i].id <= pending_[i - 1].id) return dump_status::malformed;
        }
        return dump_status::ok;
    }

    [[nodiscard]] dump_status read_consumers(byte_cursor& from) {
        std::uint64_t count = 0;
        UNDERSTUDY_RDB_TRY(from.read_count(count));
        consumers_.clear();
        for (; count > 0; --count) {
            stream_consumer consumer;
            UNDERSTUDY_RDB_TRY(from.read_string(consumer.name, scratch_, limits_));
            UNDERSTUDY_RDB_TRY(from.read_u64_le(consumer.seen_ms));
            if (format_.has_active_time) UNDERSTUDY_RDB_TRY(from.read_u64_le(consumer.active_ms.emplace()));
            UNDERSTUDY_RDB_TRY(charge(limits_, 1, consumer.name.size()));
            consumers_.emplace_back(consumer.name);
            sink_.consumer(consumer);
            UNDERSTUDY_RDB_TRY(read_ids_of_last_consumer(from));
        }
        return dump_status::ok;
    }

    [[nodiscard]] dump_status read_ids_of_last_consumer(byte_cursor& from) {
        std::uint64_t count = 0;
        UNDERSTUDY_RDB_TRY(from.read_length(count));
        for (; count > 0; --count) {
            stream_id id;
            UNDERSTUDY_RDB_TRY(read_raw_id(from, id));
            const auto found = std::ranges::lower_bound(pending_, id, {}, &pending_entry::id);
            if (found == pending_.end() || found->id != id || found->consumer != pending_entry::none)
                return dump_status::malformed;
            found->consumer = consumers_.size() - 1;
        }
        return dump_status::ok;
    }

    [[nodiscard]] dump_status tell_pending() {
        for (const pending_entry& entry : pending_) {
            if (entry.consumer == pending_entry::none) return dump_status::malformed;
            // The name is repeated for every entry by those who keep it, so every entry pays for it.
            UNDERSTUDY_RDB_TRY(charge(limits_, 0, consumers_[entry.consumer].size()));
            sink_.pending({entry.id, consumers_[entry.consumer], entry.delivered_ms, entry.deliveries});
        }
        return dump_status::ok;
    }

    stream_format format_;
    budget& limits_;
    object_sink& sink_;
    std::string scratch_;
    std::vector<pending_entry> pending_;
    std::vector<std::string> consumers_;
};

}  // namespace

dump_status decode_stream(byte_cursor& from, stream_format format, budget& limits, object_sink& sink) {
    UNDERSTUDY_RDB_TRY(read_nodes(from, limits, sink));
    UNDERSTUDY_RDB_TRY(read_state(from, format, sink));
    std::uint64_t groups = 0;
    UNDERSTUDY_RDB_TRY(from.read_count(groups));
    group_reader reader(format, limits, sink);
    for (; groups > 0; --groups)
        UNDERSTUDY_RDB_TRY(reader.read(from));
    return dump_status::ok;
}

}  // namespace understudy::rdb::detail
