#include "apply/keys.h"

#include <algorithm>
#include <charconv>
#include <map>

#include <fmt/format.h>

#include "keyspace/slot.h"
#include "rdb/digest.h"

namespace understudy::apply {

namespace {

constexpr std::size_t read_batch = 200;    // DUMPs of one pipeline
constexpr std::size_t unlink_batch = 500;  // keys of one UNLINK

// PEXPIRETIME and PEXPIRE LT. Of a Cluster every primary has to know them, and facts() tell the lowest version.
bool is_seven(const net::write_link& link) {
    int major = 0;
    const auto& version = link.facts().version;
    std::from_chars(version.data(), version.data() + version.size(), major);
    return major >= 7;
}

// The commands of one key, and how its replies are taken apart again.
struct key_read {
    bool pexpiretime = true;
    bool frequency = false;  // OBJECT FREQ under an LFU policy, OBJECT IDLETIME under any other

    [[nodiscard]] std::size_t commands() const { return pexpiretime ? 5 : 6; }

    void append(std::vector<net::command>& out, const std::string& key) const {
        out.push_back({"OBJECT", frequency ? "FREQ" : "IDLETIME", key});
        out.push_back({"MULTI"});
        if (pexpiretime) {
            out.push_back({"PEXPIRETIME", key});
        } else {
            out.push_back({"TIME"});
            out.push_back({"PTTL", key});
        }
        out.push_back({"DUMP", key});
        out.push_back({"EXEC"});
    }

    [[nodiscard]] std::optional<wall_time> expiry(const std::vector<resp::value>& in_exec) const {
        if (pexpiretime) {
            const auto at = in_exec[0].as_integer().value_or(-1);
            return at < 0 ? std::nullopt : std::optional(wall_time{std::chrono::milliseconds{at}});
        }
        const auto left = in_exec[1].as_integer().value_or(-1);
        if (left < 0 || in_exec[0].elements.size() < 2) return std::nullopt;
        const auto seconds = in_exec[0].elements[0].as_integer().value_or(0);
        const auto micros = in_exec[0].elements[1].as_integer().value_or(0);
        return wall_time{std::chrono::milliseconds{seconds * 1000 + micros / 1000 + left}};
    }
};

result<digest256> digest_by_commands(net::write_link& link, const std::string& key, const std::string& salt) {
    const auto until = net::deadline::after(batch_patience);
    UNDERSTUDY_LET(type, link.call({"TYPE", key}, until));
    const std::string name(type.as_text().value_or(""));
    rdb::canonical_object object;
    const auto each = [&](const net::command& words, auto&& tell) -> status {
        UNDERSTUDY_LET(reply, link.call(words, until));
        tell(reply);
        return {};
    };
    const auto texts = [&](const resp::value& reply) {
        for (const auto& element : reply.elements)
            object.element(element.as_text().value_or(""));
    };
    if (name == "string") {
        object.begin(rdb::object_type::string);
        UNDERSTUDY_TRY(each({"GET", key}, [&](const auto& reply) { object.element(reply.as_text().value_or("")); }));
    } else if (name == "list") {
        object.begin(rdb::object_type::list);
        UNDERSTUDY_TRY(each({"LRANGE", key, "0", "-1"}, texts));
    } else if (name == "set") {
        object.begin(rdb::object_type::set);
        UNDERSTUDY_TRY(each({"SMEMBERS", key}, texts));
    } else if (name == "hash") {
        object.begin(rdb::object_type::hash);
        UNDERSTUDY_TRY(each({"HGETALL", key}, [&](const auto& reply) {
            for (std::size_t i = 0; i + 1 < reply.elements.size(); i += 2)
                object.field(reply.elements[i].as_text().value_or(""), reply.elements[i + 1].as_text().value_or(""));
        }));
    } else if (name == "zset") {
        object.begin(rdb::object_type::zset);
        UNDERSTUDY_TRY(each({"ZRANGE", key, "0", "-1", "WITHSCORES"}, [&](const auto& reply) {
            // RESP3 gives pairs, RESP2 a flat list.
            for (std::size_t i = 0; i < reply.elements.size(); ++i) {
                const bool pair = !reply.elements[i].elements.empty();
                const auto& member = pair ? reply.elements[i].elements[0] : reply.elements[i];
                const auto& score = pair ? reply.elements[i].elements.back()
                                         : reply.elements[std::min(i + 1, reply.elements.size() - 1)];
                object.scored(member.as_text().value_or(""), score.as_real().value_or(0));
                if (!pair) ++i;
            }
        }));
    } else {
        return fail(errc::server_error,
                    "a key of type " + name + " cannot be compared, so its rollback could not be proven", link.where());
    }
    const auto digest = object.digest(salt);
    if (!digest) return fail(errc::server_error, "a key changed while it was read", link.where(), true);
    return *digest;
}

result<digest256> digest_of(net::write_link& link, const std::string& key, std::string_view payload,
                            const std::string& salt) {
    const auto digest = rdb::canonical_digest(payload, salt);
    if (digest) return *digest;
    if (digest.error() == rdb::dump_status::unknown_type || digest.error() == rdb::dump_status::newer_version)
        return digest_by_commands(link, key, salt);
    return fail(errc::protocol,
                fmt::format("DUMP gave a payload that cannot be read ({})", rdb::name_of(digest.error())),
                link.where());
}

}  // namespace

bool key_families::hold(std::string_view key) const {
    if (key == lease_key) return false;
    return everything ||
           std::any_of(patterns.begin(), patterns.end(), [&](const auto& one) { return one.matches(key); });
}

result<key_families> key_families::parse(const std::vector<std::string>& patterns, bool everything) {
    key_families out;
    out.everything = everything;
    for (const auto& text : patterns) {
        UNDERSTUDY_LET(pattern, keyspace::key_pattern::parse(text));
        out.patterns.push_back(std::move(pattern));
    }
    return out;
}

bool is_probe_key(std::string_view key) {
    if (!key.starts_with(probe_key)) return false;
    auto rest = key.substr(probe_key.size());
    if (rest.empty()) return true;
    if (rest.size() < 3 || !rest.starts_with('{') || !rest.ends_with('}')) return false;
    rest = rest.substr(1, rest.size() - 2);
    return rest.find_first_not_of("0123456789") == std::string_view::npos;
}

namespace {

status for_each_key_of_one(net::write_link& link, const std::string& glob, const key_batch& take) {
    std::string cursor = "0";
    do {
        net::command words{"SCAN", cursor, "COUNT", "1000"};
        if (!glob.empty()) words.insert(words.end(), {"MATCH", glob});
        UNDERSTUDY_LET(reply, link.call(words, net::deadline::after(batch_patience)));
        if (reply.elements.size() != 2 || !reply.elements[0].as_text())
            return fail(errc::protocol, "SCAN answered something else than a cursor and keys", link.where());
        cursor = *reply.elements[0].as_text();
        std::vector<std::string> keys;
        for (auto& key : reply.elements[1].elements)
            if (key.text != lease_key) keys.push_back(std::move(key.text));
        UNDERSTUDY_TRY(take(keys));
    } while (cursor != "0");
    return {};
}

}  // namespace

status for_each_key(net::write_link& link, const std::string& glob, const key_batch& take) {
    for (std::size_t i = 0; i < link.primaries().size(); ++i)
        UNDERSTUDY_TRY(for_each_key_of_one(*link.primaries()[i], glob, take));
    return {};
}

status for_each_key(net::write_link& link, const key_families& families, const key_batch& take) {
    if (families.everything) return for_each_key(link, std::string{}, take);
    for (auto pattern = families.patterns.begin(); pattern != families.patterns.end(); ++pattern) {
        const auto is_ours = [&](const std::string& key) {
            const auto first =
                std::find_if(families.patterns.begin(), pattern + 1, [&](const auto& one) { return one.matches(key); });
            return first == pattern;
        };
        // The server's MATCH is only a filter: what is touched is what our own matcher says.
        UNDERSTUDY_TRY(for_each_key(link, pattern->to_redis_glob(), [&](std::span<const std::string> keys) -> status {
            std::vector<std::string> ours;
            for (const auto& key : keys)
                if (is_ours(key)) ours.push_back(key);
            return take(ours);
        }));
    }
    return {};
}

std::chrono::milliseconds expiry_slack(const net::write_link& link) {
    return std::chrono::milliseconds{is_seven(link) ? 0 : 2};
}

result<expiry_clock> expiry_clock::read(net::write_link& link) {
    std::vector<wall_time> times;
    for (auto* one : link.primaries()) {
        UNDERSTUDY_LET(reply, one->call({"TIME"}, net::deadline::after(batch_patience)));
        if (reply.elements.size() != 2)
            return fail(errc::protocol, "TIME answered something else than a time", one->where());
        const auto seconds = reply.elements[0].as_integer().value_or(0);
        const auto micros = reply.elements[1].as_integer().value_or(0);
        times.emplace_back(std::chrono::milliseconds{seconds * 1000 + micros / 1000});
    }
    return expiry_clock(link, std::move(times));
}

result<std::vector<std::optional<store::backup_entry>>> read_keys(net::write_link& link,
                                                                  std::span<const std::string> keys,
                                                                  const read_options& options) {
    const key_read how{is_seven(link), link.facts().maxmemory_policy.find("lfu") != std::string::npos};
    std::vector<std::optional<store::backup_entry>> out;
    out.reserve(keys.size());
    for (std::size_t from = 0; from < keys.size(); from += read_batch) {
        const auto part = keys.subspan(from, std::min(read_batch, keys.size() - from));
        std::vector<net::command> commands;
        for (const auto& key : part)
            how.append(commands, key);
        UNDERSTUDY_LET(replies, link.pipeline(commands, net::deadline::after(batch_patience)));
        for (std::size_t i = 0; i < part.size(); ++i) {
            const auto& object = replies[i * how.commands()];
            const auto& exec = replies[(i + 1) * how.commands() - 1];
            if (auto wrong = net::reply_error(exec, "DUMP")) return std::unexpected(std::move(*wrong));
            if (exec.elements.size() != how.commands() - 3)
                return fail(errc::protocol, "EXEC answered with another number of replies than commands", link.where());
            for (const auto& reply : exec.elements)
                if (auto wrong = net::reply_error(reply, "DUMP")) return std::unexpected(std::move(*wrong));
            const auto& dump = exec.elements.back();
            if (dump.is_null()) {
                out.emplace_back();
                continue;
            }
            store::backup_entry entry;
            entry.key = part[i];
            entry.expires_at = how.expiry(exec.elements);
            auto digest = digest_of(link, part[i], dump.text, options.salt);
            const bool passed_over = !digest && options.unreadable_differs && digest.error().code == errc::server_error;
            if (!digest && !passed_over) return pass(std::move(digest));
            entry.digest = digest ? *digest : digest256{};
            if (options.keep_payload) {
                entry.payload = dump.text;
                if (const auto number = object.as_integer(); number && !object.is_error()) {
                    if (how.frequency)
                        entry.freq = static_cast<std::uint8_t>(std::clamp<std::int64_t>(*number, 0, 255));
                    else
                        entry.idle = std::chrono::seconds{*number};
                }
            }
            out.emplace_back(std::move(entry));
        }
    }
    return out;
}

bool as_before(const store::backup_entry& was, const std::optional<store::backup_entry>& is,
               std::chrono::milliseconds slack) {
    if (!is || is->digest != was.digest) return false;
    if (!is->expires_at || !was.expires_at) return is->expires_at == was.expires_at;
    return std::chrono::abs(*is->expires_at - *was.expires_at) <= slack;
}

net::command restore_command(const store::backup_entry& entry) {
    const auto expiry = entry.expires_at ? entry.expires_at->time_since_epoch().count() : 0;
    net::command words{"RESTORE", entry.key, std::to_string(expiry), entry.payload, "REPLACE"};
    if (entry.expires_at) words.emplace_back("ABSTTL");
    if (entry.freq) {
        words.insert(words.end(), {"FREQ", std::to_string(*entry.freq)});
    } else if (entry.idle) {
        words.insert(words.end(), {"IDLETIME", std::to_string(entry.idle->count())});
    }
    return words;
}

net::command retime_command(const store::backup_entry& entry) {
    if (!entry.expires_at) return {"PERSIST", entry.key};
    return {"PEXPIREAT", entry.key, std::to_string(entry.expires_at->time_since_epoch().count())};
}

namespace {

// The keys of a batch that would live longer than the cap, where the server cannot be told to look itself.
result<std::vector<std::string>> over_cap(net::write_link& link, std::span<const std::string> keys,
                                          std::chrono::milliseconds cap) {
    std::vector<net::command> commands;
    for (const auto& key : keys)
        commands.push_back({"PTTL", key});
    UNDERSTUDY_LET(replies, link.pipeline(commands, net::deadline::after(batch_patience)));
    std::vector<std::string> out;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto left = replies[i].as_integer().value_or(-2);
        if (left == -1 || left > cap.count()) out.push_back(keys[i]);
    }
    return out;
}

net::command expire_command(const model::expire_step& step, const std::string& key, bool seven) {
    if (step.how == model::expire_step::kind::persist) return {"PERSIST", key};
    net::command words{"PEXPIRE", key, std::to_string(step.ttl.count())};
    if (step.how == model::expire_step::kind::at_most && seven) words.emplace_back("LT");
    return words;
}

}  // namespace

result<std::uint64_t> expire_keys(net::write_link& link, const model::expire_step& step) {
    UNDERSTUDY_LET(families, key_families::parse({step.pattern}));
    const bool seven = is_seven(link);
    std::uint64_t changed = 0;
    UNDERSTUDY_TRY(for_each_key(link, families, [&](std::span<const std::string> keys) -> status {
        if (keys.empty()) return {};
        std::vector<std::string> chosen(keys.begin(), keys.end());
        if (step.how == model::expire_step::kind::at_most && !seven) {
            UNDERSTUDY_LET(over, over_cap(link, keys, step.ttl));
            chosen = std::move(over);
        }
        std::vector<net::command> commands;
        for (const auto& key : chosen)
            commands.push_back(expire_command(step, key, seven));
        if (commands.empty()) return {};
        UNDERSTUDY_LET(replies, link.pipeline(commands, net::deadline::after(batch_patience)));
        for (std::size_t i = 0; i < replies.size(); ++i) {
            if (auto wrong = net::reply_error(replies[i], net::name_of(commands[i])))
                return std::unexpected(std::move(*wrong));
            changed += replies[i].as_integer().value_or(0) == 1 ? 1 : 0;
        }
        return {};
    }));
    return changed;
}

namespace {

// A Cluster takes keys of one slot in one command.
std::vector<net::command> unlink_commands(std::span<const std::string> keys, bool by_slot) {
    std::map<std::uint16_t, net::command> of_slot;
    for (const auto& key : keys) {
        auto& words = of_slot[by_slot ? keyspace::slot_of(key) : std::uint16_t{0}];
        if (words.empty()) words.emplace_back("UNLINK");
        words.push_back(key);
    }
    std::vector<net::command> out;
    for (auto& [slot, words] : of_slot)
        out.push_back(std::move(words));
    return out;
}

}  // namespace

result<std::uint64_t> unlink_keys(net::write_link& link, std::span<const std::string> keys) {
    std::uint64_t removed = 0;
    for (std::size_t from = 0; from < keys.size(); from += unlink_batch) {
        const auto part = keys.subspan(from, std::min(unlink_batch, keys.size() - from));
        const auto commands = unlink_commands(part, link.shape() != nullptr);
        UNDERSTUDY_LET(replies, link.pipeline(commands, net::deadline::after(batch_patience)));
        for (const auto& reply : replies) {
            if (auto wrong = net::reply_error(reply, link.where() + " UNLINK"))
                return std::unexpected(std::move(*wrong));
            removed += static_cast<std::uint64_t>(std::max<std::int64_t>(reply.as_integer().value_or(0), 0));
        }
    }
    return removed;
}

result<std::uint64_t> unlink_families(net::write_link& link, const key_families& families) {
    std::uint64_t removed = 0;
    UNDERSTUDY_TRY(for_each_key(link, families, [&](std::span<const std::string> keys) -> status {
        UNDERSTUDY_LET(count, unlink_keys(link, keys));
        removed += count;
        return {};
    }));
    return removed;
}

}  // namespace understudy::apply
