// DUMP payloads and canonical digests against a server: hundreds of random values of every type and encoding, made from
// fixed seeds, each asked two ways. The server is the judge: what type commands reply must give the same digest as
// DUMP, after RESTORE and under every other encoding too, and no change of a single element may keep it.
//
// Needs redis-server 7.0 or later on PATH; it listens on a Unix socket in a folder of its own and ends with the test.
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "rdb/digest.h"
#include "rdb/encode.h"
#include "rdb_live_server.h"

namespace understudy::rdb {
namespace {

using live::client;
using live::redis_server;
using live::reply;
using live::words;

// --- the value as the type commands tell it

const reply& named(const reply& flat, std::string_view name) {
    static const reply none{};
    for (std::size_t i = 0; i + 1 < flat.items.size(); i += 2)
        if (flat.items[i].text == name) return flat.items[i + 1];
    ADD_FAILURE() << "no " << name;
    return none;
}

stream_id id_of(const reply& text) {
    const auto id = parse_stream_id(text.text);
    EXPECT_TRUE(id) << text.text;
    return id.value_or(stream_id{});
}

void tell_stream(client& link, const std::string& key, canonical_object& to) {
    for (const reply& entry : link.good({"XRANGE", key, "-", "+"}).items) {
        std::vector<std::string_view> fields;
        for (const reply& text : entry.items[1].items)
            fields.push_back(text.text);
        to.entry(id_of(entry.items[0]), fields);
    }
    const reply info = link.good({"XINFO", "STREAM", key, "FULL", "COUNT", "0"});
    stream_state state;
    state.last_id = id_of(named(info, "last-generated-id"));
    to.state(state);
    for (const reply& group : named(info, "groups").items) {
        to.group({named(group, "name").text, id_of(named(group, "last-delivered-id")), {}});
        for (const reply& consumer : named(group, "consumers").items)
            to.consumer({named(consumer, "name").text, 0, {}});
        for (const reply& entry : named(group, "pending").items)
            to.pending({id_of(entry.items[0]), entry.items[1].text, std::stoull(entry.items[2].text),
                        std::stoull(entry.items[3].text)});
    }
}

// Collections by their one command, or by SCAN, which may repeat elements.
words elements_of(client& link, const std::string& key, const words& command, const char* scan, bool by_scan) {
    words out;
    if (!by_scan) {
        for (const reply& item : link.good(command).items)
            out.push_back(item.text);
        return out;
    }
    std::string cursor = "0";
    do {
        const reply page = link.good({scan, key, cursor, "COUNT", "7"});
        cursor = page.items.at(0).text;
        for (const reply& item : page.items.at(1).items)
            out.push_back(item.text);
    } while (cursor != "0");
    return out;
}

std::string digest_by_commands(client& link, const std::string& key, bool by_scan = false) {
    const auto type = object_type_of(link.good({"TYPE", key}).text);
    if (!type) return "no type";
    canonical_object value;
    value.begin(*type);
    words all;
    switch (*type) {
        case object_type::string:
            value.element(link.good({"GET", key}).text);
            break;
        case object_type::list:
            for (const reply& item : link.good({"LRANGE", key, "0", "-1"}).items)
                value.element(item.text);
            break;
        case object_type::set:
            for (const std::string& member : elements_of(link, key, {"SMEMBERS", key}, "SSCAN", by_scan))
                value.element(member);
            break;
        case object_type::hash:
            all = elements_of(link, key, {"HGETALL", key}, "HSCAN", by_scan);
            for (std::size_t i = 0; i + 1 < all.size(); i += 2)
                value.field(all[i], all[i + 1]);
            break;
        case object_type::zset:
            all = elements_of(link, key, {"ZRANGE", key, "0", "-1", "WITHSCORES"}, "ZSCAN", by_scan);
            for (std::size_t i = 0; i + 1 < all.size(); i += 2)
                value.scored(all[i], parse_score(all[i + 1]).value());
            break;
        case object_type::stream:
            tell_stream(link, key, value);
            break;
    }
    const auto digest = value.digest("salt");
    return digest ? hex(*digest) : std::string(name_of(digest.error()));
}

std::string digest_of_payload(std::string_view payload) {
    const auto digest = canonical_digest(payload, "salt");
    return digest ? hex(*digest) : std::string(name_of(digest.error()));
}

std::string digest_by_dump(client& link, const std::string& key) {
    return digest_of_payload(link.good({"DUMP", key}).text);
}

// --- random values

std::string random_text(seeded_random& random) {
    static const words corners = {"",           "0",           "-1",
                                  "12",         "13",          "127",
                                  "128",        "-4097",       "4095",
                                  "32767",      "-32769",      "8388608",
                                  "2147483648", "-2147483649", "1.5",
                                  "007",        "-0",          "9223372036854775807",
                                  "nan",        "\r\n",        "9223372036854775808"};
    switch (random.below(5)) {
        case 0:
            return corners[random.below(corners.size())];
        case 1:
            return std::to_string(static_cast<std::int64_t>(random()) >> random.below(64));
        case 2:
            return std::string(random.below(500), static_cast<char>('a' + random.below(26)));
        default:
            break;
    }
    std::string bytes(random.below(90), '\0');
    for (char& byte : bytes)
        byte = static_cast<char>(random.below(256));
    return bytes;
}

std::string random_score(seeded_random& random) {
    static const words corners = {"0", "-0", "inf", "-inf", "1e20", "5e-324", "9007199254740993", "-1.7e308", "0.1"};
    switch (random.below(3)) {
        case 0:
            return corners[random.below(corners.size())];
        case 1:
            return std::to_string(random.below(20));
        default:
            return std::to_string((random.unit() - 0.5) * 1000);
    }
}

std::string text_of(stream_id id) {
    return std::to_string(id.ms) + "-" + std::to_string(id.sequence);
}

void make_stream(client& link, const std::string& key, seeded_random& random, std::uint64_t size) {
    stream_id id{1 + random.below(1000000), 0};
    std::vector<stream_id> ids;
    for (std::uint64_t i = 0; i < size; ++i) {
        if (random.below(3) == 0) id = {id.ms + random.below(100000), 0};
        ++id.sequence;
        ids.push_back(id);
        words command = {"XADD", key, text_of(id), "field", random_text(random)};
        for (std::uint64_t extra = random.below(4); extra == 1; extra = random.below(4))
            command.insert(command.end(), {random_text(random), random_text(random)});
        link.good(command);
    }
    const std::uint64_t groups = random.below(4);
    for (std::uint64_t g = 0; g < groups; ++g) {
        const std::string group = "group " + std::to_string(9 - g);
        link.good({"XGROUP", "CREATE", key, group, random.below(3) == 0 ? "$" : "0"});
        for (std::uint64_t reads = random.below(5); reads > 0; --reads)
            link.good({"XREADGROUP", "GROUP", group, "consumer " + std::to_string(random.below(4)), "COUNT",
                       std::to_string(1 + random.below(30)), "STREAMS", key, random.below(4) == 0 ? "0" : ">"});
        link.good({"XACK", key, group, text_of(ids[random.below(ids.size())])});
    }
    for (std::uint64_t deleted = random.below(size); deleted > 0; deleted /= 2)
        link.good({"XDEL", key, text_of(ids[random.below(ids.size())])});
}

// Makes `key`; sizes on both sides of every threshold.
void make_value(client& link, const std::string& key, object_type type, seeded_random& random) {
    static const std::uint64_t sizes[] = {1, 2, 5, 40, 127, 129, 300, 700};
    const std::uint64_t size = sizes[random.below(std::size(sizes))];
    const bool integers = random.below(3) == 0;
    const auto text = [&] {
        return integers ? std::to_string(static_cast<int>(random.below(100000)) - 50000) : random_text(random);
    };
    words command;
    switch (type) {
        case object_type::string:
            command = {"SET", key, random.below(4) == 0 ? std::string(random.below(20000), 'z') + text() : text()};
            break;
        case object_type::list:
            command = {"RPUSH", key};
            break;
        case object_type::set:
            command = {"SADD", key};
            break;
        case object_type::hash:
            command = {"HSET", key};
            break;
        case object_type::zset:
            command = {"ZADD", key};
            break;
        case object_type::stream:
            return make_stream(link, key, random, size);
    }
    for (std::uint64_t i = 0; type != object_type::string && i < size; ++i) {
        if (type == object_type::zset) command.push_back(random_score(random));
        command.push_back(type == object_type::list && random.below(200) == 0 ? std::string(10000, 'n') + text()
                                                                              : text());
        if (type == object_type::hash) command.push_back(text());
    }
    link.good(command);
}

// One change of one element, of the order, or of the type, each on a fresh copy.
std::vector<words> changes_of(client& link, const std::string& key, object_type type, seeded_random& random) {
    const std::string fresh = "never a random element of them";
    const auto pick = [&](const words& command, std::size_t step) {
        const auto items = link.good(command).items;
        return items.empty() ? std::string() : items[random.below(items.size() / step) * step].text;
    };
    switch (type) {
        case object_type::string:
            return {{"APPEND", key, "x"}, {"SETRANGE", key, "40000", "x"}};
        case object_type::list: {
            const std::string length = link.good({"LLEN", key}).text;
            const std::string at = std::to_string(random.below(std::stoull(length)));
            return {{"LSET", key, at, fresh}, {"RPUSH", key, ""}, {"LPOP", key}, {"LPUSH", key, fresh}};
        }
        case object_type::set:
            return {{"SADD", key, fresh}, {"SREM", key, pick({"SMEMBERS", key}, 1)}, {"SADD", key, "\x7f\x7f"}};
        case object_type::hash:
            return {{"HSET", key, fresh, ""},
                    {"HSET", key, pick({"HGETALL", key}, 2), fresh},
                    {"HDEL", key, pick({"HGETALL", key}, 2)}};
        case object_type::zset: {
            const std::string member = pick({"ZRANGE", key, "0", "-1"}, 1);
            return {{"ZADD", key, "3", fresh}, {"ZADD", key, "123.456", member}, {"ZREM", key, member}};
        }
        case object_type::stream:
            return {{"XADD", key, "*", "a", "b"},
                    {"XSETID", key, "18446744073709551615-1"},
                    {"XGROUP", "CREATE", key, fresh, "0"},
                    {"XADD", key, "18446744073709551614-1", "a", ""}};
    }
    return {};
}

constexpr object_type all_types[] = {object_type::string, object_type::list, object_type::set,
                                     object_type::zset,   object_type::hash, object_type::stream};

// Settings that make the server encode small values as large ones, and back.
void set_thresholds(client& link, const std::string& entries, const std::string& list_size,
                    const std::string& compress) {
    for (const char* name : {"hash-max-listpack-entries", "zset-max-listpack-entries"})
        link.good({"CONFIG", "SET", name, entries});
    link.good({"CONFIG", "SET", "set-max-intset-entries", entries == "0" ? "0" : "512"});
    link.good({"CONFIG", "SET", "list-max-listpack-size", list_size});
    link.good({"CONFIG", "SET", "list-compress-depth", compress});
}

void restore(client& link, const std::string& key, const std::string& payload) {
    EXPECT_EQ(link.good({"RESTORE", key, "0", payload, "REPLACE"}).text, "OK");
}

class rdb_live : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(server_.up()) << "redis-server does not start"; }
    client& link() { return server_.link; }
    std::string payload(const std::string& key) { return link().good({"DUMP", key}).text; }

private:
    redis_server server_;
};

// Every value: commands against DUMP, then restored, restored under other thresholds, and in plain encoding.
TEST_F(rdb_live, digest_says_what_the_type_commands_say_whatever_the_encoding) {
    std::set<std::string> encodings;
    std::set<int> types;
    int changed_encoding = 0;
    for (const object_type type : all_types) {
        for (std::uint64_t seed = 0; seed < 80; ++seed) {
            seeded_random random(seed * 10 + static_cast<std::uint64_t>(type));
            SCOPED_TRACE(testing::Message() << name_of(type) << " of seed " << seed);
            set_thresholds(link(), "128", seed % 3 == 0 ? "5" : "-2", seed % 2 == 0 ? "0" : "1");
            make_value(link(), "value", type, random);
            const std::string dump = payload("value");
            const std::string digest = digest_of_payload(dump);
            const std::string encoding = link().good({"OBJECT", "ENCODING", "value"}).text;
            types.insert(static_cast<unsigned char>(dump.at(0)));
            encodings.insert(encoding);
            ASSERT_EQ(digest, digest_by_commands(link(), "value"));
            ASSERT_EQ(digest, digest_by_commands(link(), "value", true));

            restore(link(), "copy", dump);
            ASSERT_EQ(digest, digest_by_dump(link(), "copy"));
            ASSERT_EQ(digest, digest_by_commands(link(), "copy"));

            set_thresholds(link(), "0", "-1", "0");
            restore(link(), "copy", dump);
            changed_encoding += link().good({"OBJECT", "ENCODING", "copy"}).text != encoding ? 1 : 0;
            encodings.insert(link().good({"OBJECT", "ENCODING", "copy"}).text);
            types.insert(static_cast<unsigned char>(payload("copy").at(0)));
            ASSERT_EQ(digest, digest_by_dump(link(), "copy"));

            dump_encoder encoder(9);
            ASSERT_EQ(decode_dump(dump, encoder), dump_status::ok);
            if (const auto plain = encoder.finish()) {
                restore(link(), "copy", *plain);
                ASSERT_EQ(digest, digest_by_dump(link(), "copy"));
                ASSERT_EQ(digest, digest_by_commands(link(), "copy"));
            } else {
                ASSERT_EQ(type, object_type::stream);
            }
            link().good({"DEL", "value", "copy"});
        }
    }
    EXPECT_GT(changed_encoding, 60);
    for (const int type : {0, 2, 4, 5, 11, 16, 17, 18})
        EXPECT_TRUE(types.contains(type)) << "no value had RDB type " << type;
    EXPECT_TRUE(types.contains(19) || types.contains(21)) << "no stream";
    for (const char* name :
         {"int", "embstr", "raw", "quicklist", "intset", "hashtable", "listpack", "skiplist", "stream"})
        EXPECT_TRUE(encodings.contains(name)) << name;
}

TEST_F(rdb_live, digest_differs_after_any_single_change) {
    int changes = 0;
    for (const object_type type : all_types) {
        for (std::uint64_t seed = 0; seed < 40; ++seed) {
            seeded_random random(seed * 10 + static_cast<std::uint64_t>(type) + 5000);
            make_value(link(), "value", type, random);
            const std::string dump = payload("value");
            const std::string digest = digest_of_payload(dump);
            for (const words& change : changes_of(link(), "value", type, random)) {
                restore(link(), "value", dump);
                link().good(change);
                const bool left = link().good({"EXISTS", "value"}).text == "1";
                if (left) ASSERT_NE(digest_by_dump(link(), "value"), digest) << name_of(type) << seed << change[0];
                restore(link(), "value", dump);
                ASSERT_EQ(digest_by_dump(link(), "value"), digest);
                ++changes;
            }
            link().good({"DEL", "value"});
        }
    }
    EXPECT_EQ(changes, 40 * (2 + 4 + 3 + 3 + 3 + 4));
}

TEST_F(rdb_live, digest_differs_by_type_and_by_order_of_a_list) {
    link().good({"RPUSH", "list", "a", "b"});
    link().good({"RPUSH", "turned", "b", "a"});
    link().good({"SADD", "set", "a", "b"});
    link().good({"HSET", "hash", "a", "b"});
    link().good({"ZADD", "zset", "0", "a", "0", "b"});
    link().good({"SET", "string", "ab"});
    std::set<std::string> seen;
    for (const char* key : {"list", "turned", "set", "hash", "zset", "string"})
        seen.insert(digest_by_dump(link(), key));
    EXPECT_EQ(seen.size(), 6u);
}

TEST_F(rdb_live, digest_of_a_stream_sees_reading_and_acknowledging) {
    for (const char* id : {"1-1", "2-1", "3-1"})
        link().good({"XADD", "s", id, "f", "v"});
    link().good({"XGROUP", "CREATE", "s", "g", "0"});
    const words steps[] = {
        {"XREADGROUP", "GROUP", "g", "c", "COUNT", "2", "STREAMS", "s", ">"},
        {"XCLAIM", "s", "g", "other", "0", "1-1", "IDLE", "1000"},
        {"XACK", "s", "g", "1-1"},
        {"XGROUP", "CREATECONSUMER", "s", "g", "third"},
        {"XGROUP", "DELCONSUMER", "s", "g", "other"},
        {"XGROUP", "SETID", "s", "g", "3-1"},
        {"XDEL", "s", "3-1"},
    };
    std::set<std::string> seen = {digest_by_dump(link(), "s")};
    for (const words& step : steps) {
        link().good(step);
        EXPECT_TRUE(seen.insert(digest_by_dump(link(), "s")).second) << step[0] << ' ' << step[1];
        EXPECT_EQ(digest_by_dump(link(), "s"), digest_by_commands(link(), "s"));
    }
}

TEST_F(rdb_live, server_refuses_what_the_reader_refuses) {
    link().good({"HSET", "hash", "f", "1", "g", "2"});
    const std::string good = payload("hash");
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string changed = good;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_EQ(link().call({"RESTORE", "copy", "0", changed}).kind, '-') << i;
        EXPECT_EQ(digest_of_payload(changed), "bad_checksum") << i;
    }
}

// The check that finds a server's modules or newer types: a type that is not known gives no digest, and says so.
TEST_F(rdb_live, module_type_has_no_digest) {
    std::string payload(1, '\x07');
    payload += "\x01\x01";
    append_footer(payload, 10);
    EXPECT_EQ(digest_of_payload(payload), "unknown_type");
    EXPECT_EQ(link().call({"RESTORE", "copy", "0", payload}).kind, '-');
}

}  // namespace
}  // namespace understudy::rdb
