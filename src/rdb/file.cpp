#include "rdb/file.h"

#include <array>
#include <string>

#include <fmt/format.h>

#include "rdb/cursor.h"
#include "rdb/detail/value_walk.h"
#include "rdb/detail/window.h"
#include "rdb/types.h"

namespace understudy::rdb {

namespace {

using detail::window;

constexpr std::size_t longest_kept = std::size_t{64} << 10;  // of names, and of what the server says of itself

class file_reader {
public:
    file_reader(byte_source& from, file_sink& to, const file_options& options)
        : source_(from), sink_(to), window_(from, options.checksum), checksum_(options.checksum) {}

    result<file_summary> run() {
        if (const auto read = read_head(); read != dump_status::ok) return std::unexpected(fault(read));
        for (;;) {
            began_ = window_.offset();
            std::uint8_t code = 0;
            if (const auto read = window_.read_u8(code); read != dump_status::ok) return std::unexpected(fault(read));
            if (code == opcode_end) return end();
            const auto read = is_opcode(code) ? read_opcode(code) : read_key(code);
            if (refused_) return std::unexpected(*std::move(refused_));
            if (read != dump_status::ok) return std::unexpected(fault(read));
        }
    }

private:
    // "REDIS0011", "VALKEY080": nine bytes either way.
    dump_status read_head() {
        what_ = "head";
        UNDERSTUDY_RDB_TRY(window_.need(9));
        const std::string head(window_.front().substr(0, 9));
        summary_.valkey = head.starts_with("VALKEY");
        if (!summary_.valkey && !head.starts_with("REDIS")) return dump_status::malformed;
        const auto digits = head.substr(summary_.valkey ? 6 : 5);
        if (digits.find_first_not_of("0123456789") != std::string::npos) return dump_status::malformed;
        summary_.version = std::stoi(digits);
        window_.take(9);
        return summary_.version > 0 ? dump_status::ok : dump_status::malformed;
    }

    // The types are few and low; what lies between is neither, and is told as a type.
    static bool is_opcode(std::uint8_t code) { return code >= 240; }

    dump_status read_opcode(std::uint8_t code) {
        code_ = code;
        what_ = "opcode";
        std::uint64_t value = 0;
        switch (code) {
            case opcode_expire_ms:
                UNDERSTUDY_RDB_TRY(window_.read_le(8, value));
                next_.expires = static_cast<std::int64_t>(value);
                return dump_status::ok;
            case opcode_expire:
                UNDERSTUDY_RDB_TRY(window_.read_le(4, value));
                next_.expires = std::int64_t{static_cast<std::int32_t>(value)} * 1000;
                return dump_status::ok;
            case opcode_idle:
                UNDERSTUDY_RDB_TRY(window_.read_length(value));
                next_.idle = value;
                return dump_status::ok;
            case opcode_freq: {
                std::uint8_t frequency = 0;
                UNDERSTUDY_RDB_TRY(window_.read_u8(frequency));
                next_.frequency = frequency;
                return dump_status::ok;
            }
            case opcode_select_db:
                UNDERSTUDY_RDB_TRY(window_.read_length(value));
                if (value > 1'000'000) return dump_status::malformed;
                database_ = static_cast<int>(value);
                return dump_status::ok;
            case opcode_resize_db:
                return read_announced();
            case opcode_aux:
                return read_aux();
            case opcode_slot_info:
                for (int i = 0; i < 3; ++i)
                    UNDERSTUDY_RDB_TRY(window_.read_length(value));
                return dump_status::ok;
            case opcode_function:
                return window_.skip_string(value);
            case opcode_module_aux:
                // Its id, and when it wants to be loaded, as a number of its own kind.
                for (int i = 0; i < 3; ++i)
                    UNDERSTUDY_RDB_TRY(window_.read_length(value));
                return detail::skip_module_parts(window_, value);
            default:
                return dump_status::unknown_type;
        }
    }

    dump_status read_announced() {
        std::uint64_t keys = 0, expires = 0;
        UNDERSTUDY_RDB_TRY(window_.read_length(keys));
        UNDERSTUDY_RDB_TRY(window_.read_length(expires));
        sink_.announced(database_, keys, expires);
        return dump_status::ok;
    }

    dump_status read_aux() {
        std::string name;
        std::uint64_t whole = 0;
        UNDERSTUDY_RDB_TRY(read_kept(name, whole));
        UNDERSTUDY_RDB_TRY(read_kept(text_, whole));
        sink_.aux(name, text_);
        return dump_status::ok;
    }

    dump_status read_kept(std::string& into, std::uint64_t& size) {
        window::string_head head;
        UNDERSTUDY_RDB_TRY(window_.read_string_head(head));
        size = head.size;
        // What cannot have arrived takes no memory: the buffer holds at most its own limit.
        into.resize(static_cast<std::size_t>(std::min<std::uint64_t>(size, longest_kept)));
        std::size_t got = 0;
        UNDERSTUDY_RDB_TRY(window_.read_string(head, into, got));
        into.resize(got);
        return dump_status::ok;
    }

    dump_status read_key(std::uint8_t type) {
        code_ = type;
        what_ = "key";
        UNDERSTUDY_RDB_TRY(read_kept(name_, next_.name_bytes));
        const auto value_at = window_.offset();
        detail::value_facts facts;
        what_ = "value";
        UNDERSTUDY_RDB_TRY(detail::walk_value(window_, type, {summary_.valkey, summary_.version}, facts));
        next_.name = name_;
        next_.database = database_;
        next_.type = facts.type;
        next_.stored = facts.stored;
        next_.elements = facts.elements;
        next_.elements_at_least = facts.at_least;
        next_.bytes = facts.bytes;
        next_.saved_bytes = window_.offset() - value_at;
        ++summary_.keys;
        if (auto told = sink_.key(next_); !told) refused_ = std::move(told).error();
        next_ = {};
        return dump_status::ok;
    }

    // Files since RDB 5 end with a checksum; 0 where the server was told to write none.
    result<file_summary> end() {
        what_ = "checksum";
        const std::uint64_t made = window_.checksum();
        if (summary_.valkey || summary_.version >= 5) {
            std::uint64_t said = 0;
            if (const auto read = window_.read_le(8, said); read != dump_status::ok)
                return std::unexpected(fault(read));
            if (checksum_ && said != 0 && said != made) return std::unexpected(fault(dump_status::bad_checksum));
            summary_.checksummed = checksum_ && said != 0;
        }
        summary_.bytes = window_.offset();
        return summary_;
    }

    error fault(dump_status why) const {
        if (window_.failure()) return *window_.failure();
        return {errc::bad_file, sentence(why), fmt::format("{}, byte {}", source_.name(), window_.offset())};
    }

    [[nodiscard]] std::string sentence(dump_status why) const {
        const auto version = fmt::format("{} RDB {}", summary_.valkey ? "Valkey" : "Redis", summary_.version);
        if (what_ == "head")
            return why == dump_status::truncated ? "this is no RDB file: it is shorter than its head"
                                                 : "this is no RDB file: it begins neither with REDIS nor with VALKEY";
        switch (why) {
            case dump_status::truncated:
                return fmt::format("the RDB data ends in the middle of a {} that began at byte {}, after {} keys",
                                   what_, began_, summary_.keys);
            case dump_status::unknown_type:
                return fmt::format(
                    "{} {} is none that this program knows in {}, and what follows cannot be read "
                    "without knowing it; {} keys came before it",
                    what_ == "opcode" ? "opcode" : "type", code_, version, summary_.keys);
            case dump_status::bad_checksum:
                return fmt::format(
                    "the checksum of the RDB data is not that of its bytes: it was damaged on its way "
                    "or on its disk ({} keys were read)",
                    summary_.keys);
            default:
                return fmt::format(
                    "the RDB data is damaged: the {} that begins at byte {} (type {}) contradicts the "
                    "format; {} keys came before it",
                    what_, began_, code_, summary_.keys);
        }
    }

    byte_source& source_;
    file_sink& sink_;
    window window_;
    bool checksum_;
    file_summary summary_;
    file_key next_;  // its expiry, idle time and frequency come before it
    int database_ = 0;
    std::string name_, text_;
    std::optional<error> refused_;
    // For error texts.
    std::uint64_t began_ = 0;
    std::string_view what_;
    int code_ = 0;
};

constexpr std::array<std::string_view, 13> storage_names{"int",       "embstr", "raw",    "listpack",  "listpackex",
                                                         "ziplist",   "zipmap", "intset", "hashtable", "skiplist",
                                                         "quicklist", "stream", "module"};

}  // namespace

std::string_view name_of(storage stored) noexcept {
    return storage_names[static_cast<std::size_t>(stored)];
}

std::optional<storage> storage_of(std::string_view name) noexcept {
    const auto found = std::ranges::find(storage_names, name);
    if (found == storage_names.end()) return std::nullopt;
    return static_cast<storage>(found - storage_names.begin());
}

result<file_summary> read_file(byte_source& from, file_sink& to, const file_options& options) {
    return file_reader(from, to, options).run();
}

}  // namespace understudy::rdb
