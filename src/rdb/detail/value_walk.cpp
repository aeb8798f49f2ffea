// Values of RDB strings are walked string by string; packed ones are one RDB string whose first bytes say how many
// elements it holds (Redis src/listpack.c, ziplist.c, zipmap.c, intset.c), which even compressed are its first.
#include "rdb/detail/value_walk.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "rdb/cursor.h"
#include "rdb/detail/number.h"
#include "rdb/types.h"

namespace understudy::rdb::detail {

namespace {

constexpr std::uint64_t longest_embstr = 44;    // OBJ_ENCODING_EMBSTR_SIZE_LIMIT
constexpr std::uint64_t longest_number = 20;    // of a 64-bit integer in decimal
constexpr std::uint64_t count_unknown = 65535;  // of listpacks and ziplists

// As a server keeps it as an integer: no sign but minus, no zeros in front.
bool is_integer(std::string_view text) noexcept {
    std::int64_t value = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (wrong != std::errc{} || end != text.data() + text.size()) return false;
    return text == "0" || (text.front() != '0' && !text.starts_with("-0"));
}

class walker {
public:
    walker(window& from, value_facts& facts) noexcept : from_(from), facts_(facts) {}

    [[nodiscard]] dump_status string() {
        facts_.type = object_type::string;
        facts_.elements = 1;
        window::string_head head;
        UNDERSTUDY_RDB_TRY(from_.read_string_head(head));
        facts_.bytes = head.size;
        facts_.stored = head.size <= longest_embstr ? storage::embstr : storage::raw;
        if (head.form == window::string_head::kind::number) facts_.stored = storage::integer;
        if (head.form == window::string_head::kind::plain && head.size > 0 && head.size <= longest_number) {
            UNDERSTUDY_RDB_TRY(from_.need(static_cast<std::size_t>(head.stored)));
            if (is_integer(from_.front().substr(0, static_cast<std::size_t>(head.stored))))
                facts_.stored = storage::integer;
        }
        return from_.skip(head.stored);
    }

    // `strings` RDB strings for each element, and `fixed` more bytes behind them.
    [[nodiscard]] dump_status elements(object_type type, storage stored, int strings, std::size_t fixed) {
        begin(type, stored);
        UNDERSTUDY_RDB_TRY(from_.read_length(facts_.elements));
        for (std::uint64_t i = 0; i < facts_.elements; ++i) {
            for (int part = 0; part < strings; ++part)
                UNDERSTUDY_RDB_TRY(one_string());
            if (fixed > 0) UNDERSTUDY_RDB_TRY(from_.skip(fixed));
        }
        return dump_status::ok;
    }

    // Scores as text: a length byte, of which the three greatest stand for nan and both infinities.
    [[nodiscard]] dump_status scored_as_text() {
        begin(object_type::zset, storage::skiplist);
        UNDERSTUDY_RDB_TRY(from_.read_length(facts_.elements));
        for (std::uint64_t i = 0; i < facts_.elements; ++i) {
            UNDERSTUDY_RDB_TRY(one_string());
            std::uint8_t size = 0;
            UNDERSTUDY_RDB_TRY(from_.read_u8(size));
            if (size < 253) UNDERSTUDY_RDB_TRY(from_.skip(size));
        }
        return dump_status::ok;
    }

    // The least expiry, then (expiry as a length, field, value).
    [[nodiscard]] dump_status expiring_hash() {
        begin(object_type::hash, storage::hashtable);
        UNDERSTUDY_RDB_TRY(from_.skip(8));
        UNDERSTUDY_RDB_TRY(from_.read_length(facts_.elements));
        for (std::uint64_t i = 0; i < facts_.elements; ++i) {
            std::uint64_t expiry = 0;
            UNDERSTUDY_RDB_TRY(from_.read_length(expiry));
            UNDERSTUDY_RDB_TRY(one_string());
            UNDERSTUDY_RDB_TRY(one_string());
        }
        return dump_status::ok;
    }

    // One packed value whose elements take `entries` entries each.
    [[nodiscard]] dump_status packed(object_type type, storage stored, std::uint64_t entries) {
        begin(type, stored);
        UNDERSTUDY_RDB_TRY(blob(stored));
        if (facts_.elements % entries != 0 && !facts_.at_least) return dump_status::malformed;
        facts_.elements /= entries;
        return dump_status::ok;
    }

    [[nodiscard]] dump_status quicklist_of_ziplists() {
        begin(object_type::list, storage::quicklist);
        std::uint64_t nodes = 0;
        UNDERSTUDY_RDB_TRY(from_.read_length(nodes));
        for (; nodes > 0; --nodes)
            UNDERSTUDY_RDB_TRY(blob(storage::ziplist));
        return dump_status::ok;
    }

    // From 7.2 on a list of one packed node is a listpack by itself, and saved as before.
    [[nodiscard]] dump_status quicklist(bool one_node_is_listpack) {
        begin(object_type::list, storage::quicklist);
        std::uint64_t nodes = 0;
        UNDERSTUDY_RDB_TRY(from_.read_length(nodes));
        const bool single = nodes == 1;
        for (; nodes > 0; --nodes) {
            std::uint64_t container = 0;
            UNDERSTUDY_RDB_TRY(from_.read_length(container));
            if (container != node_plain && container != node_packed) return dump_status::malformed;
            if (single && container == node_packed && one_node_is_listpack) facts_.stored = storage::listpack;
            UNDERSTUDY_RDB_TRY(container == node_packed ? blob(storage::listpack) : plain_node());
        }
        return dump_status::ok;
    }

    [[nodiscard]] dump_status stream(bool has_counters, bool has_active_time) {
        begin(object_type::stream, storage::stream);
        std::uint64_t nodes = 0;
        UNDERSTUDY_RDB_TRY(from_.read_length(nodes));
        for (; nodes > 0; --nodes) {
            UNDERSTUDY_RDB_TRY(one_string());
            UNDERSTUDY_RDB_TRY(one_string());
        }
        UNDERSTUDY_RDB_TRY(from_.read_length(facts_.elements));
        UNDERSTUDY_RDB_TRY(lengths(has_counters ? 7 : 2));
        std::uint64_t groups = 0;
        UNDERSTUDY_RDB_TRY(from_.read_length(groups));
        for (; groups > 0; --groups)
            UNDERSTUDY_RDB_TRY(group(has_counters, has_active_time));
        return dump_status::ok;
    }

    [[nodiscard]] dump_status module() {
        facts_.type.reset();
        facts_.stored = storage::module;
        facts_.elements = 1;
        std::uint64_t id = 0;
        UNDERSTUDY_RDB_TRY(from_.read_length(id));
        return skip_module_parts(from_, facts_.bytes);
    }

private:
    void begin(object_type type, storage stored) {
        facts_.type = type;
        facts_.stored = stored;
    }

    [[nodiscard]] dump_status one_string() {
        std::uint64_t size = 0;
        UNDERSTUDY_RDB_TRY(from_.skip_string(size));
        facts_.bytes += size;
        return dump_status::ok;
    }

    [[nodiscard]] dump_status plain_node() {
        ++facts_.elements;
        return one_string();
    }

    [[nodiscard]] dump_status lengths(int count) {
        for (; count > 0; --count) {
            std::uint64_t ignored = 0;
            UNDERSTUDY_RDB_TRY(from_.read_length(ignored));
        }
        return dump_status::ok;
    }

    [[nodiscard]] dump_status group(bool has_counters, bool has_active_time) {
        UNDERSTUDY_RDB_TRY(one_string());
        UNDERSTUDY_RDB_TRY(lengths(has_counters ? 3 : 2));
        std::uint64_t pending = 0;
        UNDERSTUDY_RDB_TRY(from_.read_length(pending));
        for (; pending > 0; --pending) {
            UNDERSTUDY_RDB_TRY(from_.skip(16 + 8));
            UNDERSTUDY_RDB_TRY(lengths(1));
        }
        std::uint64_t consumers = 0;
        UNDERSTUDY_RDB_TRY(from_.read_length(consumers));
        for (; consumers > 0; --consumers) {
            UNDERSTUDY_RDB_TRY(one_string());
            UNDERSTUDY_RDB_TRY(from_.skip(has_active_time ? 16 : 8));
            UNDERSTUDY_RDB_TRY(from_.read_length(pending));
            if (pending > ~std::uint64_t{0} / 16) return dump_status::malformed;
            UNDERSTUDY_RDB_TRY(from_.skip(pending * 16));
        }
        return dump_status::ok;
    }

    // A packed string: adds its size and its entries.
    [[nodiscard]] dump_status blob(storage stored) {
        window::string_head head;
        UNDERSTUDY_RDB_TRY(from_.read_string_head(head));
        facts_.bytes += head.size;
        std::array<char, 10> first{};
        std::size_t got = 0;
        UNDERSTUDY_RDB_TRY(from_.read_string(head, first, got));
        return count(stored, {first.data(), got}, head.size);
    }

    [[nodiscard]] dump_status count(storage stored, std::string_view first, std::uint64_t size) {
        const auto number = [first](std::size_t from, std::size_t width) {
            return number_le(first.substr(from, width));
        };
        std::uint64_t entries = 0;
        switch (stored) {
            case storage::intset:
                if (first.size() < 8) return dump_status::malformed;
                facts_.elements += number(4, 4);
                return size == 8 + number(0, 4) * number(4, 4) ? dump_status::ok : dump_status::malformed;
            case storage::zipmap:
                if (first.empty()) return dump_status::malformed;
                entries = number(0, 1) * 2;  // it counts pairs
                if (number(0, 1) >= 254) facts_.at_least = true;
                break;
            case storage::ziplist:
                if (first.size() < 10 || number(0, 4) != size) return dump_status::malformed;
                entries = number(8, 2);
                if (entries == count_unknown) facts_.at_least = true;
                break;
            default:
                if (first.size() < 6 || number(0, 4) != size) return dump_status::malformed;
                entries = number(4, 2);
                if (entries == count_unknown) facts_.at_least = true;
                break;
        }
        facts_.elements += entries;
        return entries <= size * 2 ? dump_status::ok : dump_status::malformed;
    }

    window& from_;
    value_facts& facts_;
};

}  // namespace

// What a module writes, type byte first (Redis src/module.c): 0 ends, 1 and 2 whole numbers, 3 and 4 real ones, 5 a
// string.
dump_status skip_module_parts(window& from, std::uint64_t& bytes) {
    for (;;) {
        std::uint64_t part = 0;
        std::uint64_t ignored = 0;
        UNDERSTUDY_RDB_TRY(from.read_length(part));
        switch (part) {
            case 0:
                return dump_status::ok;
            case 1:
            case 2:
                UNDERSTUDY_RDB_TRY(from.read_length(ignored));
                bytes += 8;
                break;
            case 3:
            case 4:
                UNDERSTUDY_RDB_TRY(from.skip(part == 3 ? 4 : 8));
                bytes += part == 3 ? 4 : 8;
                break;
            case 5:
                UNDERSTUDY_RDB_TRY(from.skip_string(ignored));
                bytes += ignored;
                break;
            default:
                return dump_status::malformed;
        }
    }
}

dump_status walk_value(window& from, std::uint8_t type, file_kind kind, value_facts& facts) {
    walker walk(from, facts);
    switch (type) {
        case type_string:
            return walk.string();
        case type_list:
            return walk.elements(object_type::list, storage::quicklist, 1, 0);
        case type_set:
            return walk.elements(object_type::set, storage::hashtable, 1, 0);
        case type_zset_text:
            return walk.scored_as_text();
        case type_zset_binary:
            return walk.elements(object_type::zset, storage::skiplist, 1, 8);
        case type_hash:
            return walk.elements(object_type::hash, storage::hashtable, 2, 0);
        case type_module:
            return walk.module();
        case type_hash_zipmap:
            return walk.packed(object_type::hash, storage::zipmap, 2);
        case type_list_ziplist:
            return walk.packed(object_type::list, storage::ziplist, 1);
        case type_set_intset:
            return walk.packed(object_type::set, storage::intset, 1);
        case type_zset_ziplist:
            return walk.packed(object_type::zset, storage::ziplist, 2);
        case type_hash_ziplist:
            return walk.packed(object_type::hash, storage::ziplist, 2);
        case type_list_quicklist:
            return walk.quicklist_of_ziplists();
        case type_list_quicklist_2:
            return walk.quicklist(kind.version >= 11);
        case type_hash_listpack:
            return walk.packed(object_type::hash, storage::listpack, 2);
        case type_zset_listpack:
            return walk.packed(object_type::zset, storage::listpack, 2);
        case type_set_listpack:
            return walk.packed(object_type::set, storage::listpack, 1);
        case type_stream:
            return walk.stream(false, false);
        case type_stream_2:
            return walk.stream(true, false);
        case type_stream_3:
            return walk.stream(true, true);
        default:
            break;
    }
    if (kind.valkey)
        return type == valkey_hash_expiring ? walk.elements(object_type::hash, storage::hashtable, 2, 8)
                                            : dump_status::unknown_type;
    if (type == type_hash_expiring) return walk.expiring_hash();
    if (type != type_hash_listpack_expiring) return dump_status::unknown_type;
    UNDERSTUDY_RDB_TRY(from.skip(8));  // the least expiry
    return walk.packed(object_type::hash, storage::listpack_ex, 3);
}

}  // namespace understudy::rdb::detail
