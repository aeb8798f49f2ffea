#include "snapshot/rdb_profile.h"

#include <charconv>
#include <optional>

#include "net/server_info.h"
#include "rdb/file.h"
#include "snapshot/collector.h"

namespace understudy::snapshot {

namespace {

constexpr std::uint64_t between_reports = 1 << 16;

std::optional<std::int64_t> number_in(std::string_view text) {
    std::int64_t out = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), out);
    return wrong == std::errc{} && end == text.data() + text.size() ? std::optional(out) : std::nullopt;
}

class rdb_reader final : public rdb::file_sink {
public:
    explicit rdb_reader(const rdb_options& options) : options_(options) {}

    status key(const rdb::file_key& key) override {
        // What the server says of itself comes before the first key.
        if (!families_) families_.emplace(options_.now.value_or(written_.value_or(now())));
        auto& families = options_.into != nullptr ? *options_.into : *families_;
        key_facts facts;
        facts.name = key.name;
        facts.database = key.database;
        facts.type = key.type;
        facts.stored = encoding_of(key);
        if (key.type && key.type != rdb::object_type::string) facts.elements = key.elements;
        facts.bytes = key.bytes;
        facts.expires = key.expires;
        facts.idle = key.idle;
        facts.frequency = key.frequency;
        families.add(facts);
        at_least_ = at_least_ || key.elements_at_least;
        if (options_.progress && families.keys() % between_reports == 0) return options_.progress(families.keys());
        return {};
    }

    void aux(std::string_view name, std::string_view value) override {
        // Scripts are the owner's own, and no fact of the server.
        if (name == "lua") return;
        said_.emplace(name, value);
        if (name != "ctime") return;
        if (const auto seconds = number_in(value); seconds && *seconds > 0 && *seconds < 1LL << 40)
            written_ = wall_time{std::chrono::seconds{*seconds}};
    }

    model::profile profile(const rdb::file_summary* whole) const {
        model::profile out;
        out.source = model::profile_source::rdb_file;
        out.from = out.to = written_.value_or(now());
        for (const auto name : {"redis-ver", "valkey-ver"})
            if (const auto found = said_.find(name); found != said_.end()) {
                out.software = name == std::string_view("redis-ver") ? "redis" : "valkey";
                out.version = found->second;
            }
        out.facts = said_;
        if (families_) {
            out.keys = families_->keys();
            auto all = families_->sum_up();
            out.families = std::move(all.families);
            out.thresholds = std::move(all.thresholds);
            note_keys(*families_, options_.name_key, out);
        }
        out.partial = whole == nullptr;
        out.degraded = degraded(whole);
        return out;
    }

    [[nodiscard]] bool saw_keys() const { return families_.has_value(); }

private:
    // From 8.1 on Valkey decides by value, key and expiry together whether a string lies in one piece with its object.
    std::optional<rdb::storage> encoding_of(const rdb::file_key& key) {
        constexpr std::uint64_t always_apart = 128;
        const auto valkey = said_.find("valkey-ver");
        const bool decided = valkey == said_.end() || net::older_version(valkey->second, "8.1") ||
                             key.type != rdb::object_type::string || key.stored == rdb::storage::integer ||
                             key.bytes > always_apart;
        if (decided) return key.stored;
        undecided_ = true;
        return std::nullopt;
    }

    [[nodiscard]] std::vector<model::degraded_fact> degraded(const rdb::file_summary* whole) const {
        std::vector<model::degraded_fact> out;
        out.push_back({"settings", "an RDB file does not hold them"});
        out.push_back({"memory", "an RDB file says what values hold, and not what the server adds to them"});
        if (!written_) out.push_back({"lifetime", "the file does not say when it was written; counted from now"});
        if (at_least_)
            out.push_back({"elements", "packed values of 65535 entries and more do not say how many they hold"});
        if (undecided_) out.push_back({"encoding", "of short strings: since Valkey 8.1 a file does not tell it"});
        if (whole && !whole->checksummed) out.push_back({"checksum", "the file has none (rdbchecksum no)"});
        return out;
    }

    const rdb_options& options_;
    std::optional<collector> families_;
    std::map<std::string, std::string> said_;
    std::optional<wall_time> written_;
    bool at_least_ = false, undecided_ = false;
};

}  // namespace

result<rdb_profile> profile_of_rdb(rdb::byte_source& from, const rdb_options& options) {
    rdb_reader reader(options);
    const auto read = rdb::read_file(from, reader);
    if (!read && !reader.saw_keys()) return std::unexpected(read.error());
    rdb_profile out{reader.profile(read ? &*read : nullptr), std::nullopt};
    if (!read) out.ended = read.error();
    return out;
}

}  // namespace understudy::snapshot
