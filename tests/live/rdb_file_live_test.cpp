// RDB files that a redis-server wrote, key by key against what the server says of the same keys.
//
// The keys are written under several settings, so that every encoding of every type is there, compressed and not; the
// file is one of SAVE, and the server is asked afterwards.
#include <map>
#include <set>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/random.h"
#include "rdb/file.h"
#include "rdb_live_server.h"

namespace understudy::rdb {
namespace {

using live::client;
using live::redis_server;
using live::words;

class descriptor_source final : public byte_source {
public:
    explicit descriptor_source(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
    descriptor_source(const descriptor_source&) = delete;
    descriptor_source& operator=(const descriptor_source&) = delete;
    ~descriptor_source() override { ::close(fd_); }
    result<std::size_t> read(std::span<char> into) override {
        const ssize_t got = ::read(fd_, into.data(), into.size());
        if (got < 0) return fail(errc::io, "cannot read");
        return static_cast<std::size_t>(got);
    }
    std::string name() const override { return "dump.rdb"; }

private:
    int fd_;
};

struct kept_key : file_key {
    explicit kept_key(const file_key& of) : file_key(of) { name = {}; }
};

class keeper final : public file_sink {
public:
    status key(const file_key& key) override {
        EXPECT_TRUE(keys.emplace(std::string(key.name), kept_key(key)).second);
        return {};
    }
    void aux(std::string_view name, std::string_view value) override { said.emplace(name, value); }
    std::map<std::string, kept_key> keys;
    std::map<std::string, std::string> said;
};

std::string size_command(object_type type) {
    switch (type) {
        case object_type::string:
            return "STRLEN";
        case object_type::list:
            return "LLEN";
        case object_type::set:
            return "SCARD";
        case object_type::zset:
            return "ZCARD";
        case object_type::hash:
            return "HLEN";
        case object_type::stream:
            return "XLEN";
    }
    return {};
}

std::string text_of(seeded_random& random, bool number) {
    if (number) return std::to_string(static_cast<std::int64_t>(random()) >> random.below(64));
    if (random.below(4) == 0) return std::string(1 + random.below(300), static_cast<char>('a' + random.below(26)));
    std::string bytes(random.below(70), '\0');
    for (char& byte : bytes)
        byte = static_cast<char>(random.below(256));
    return bytes;
}

void make_key(client& link, const std::string& key, object_type type, seeded_random& random) {
    static const std::uint64_t sizes[] = {1, 2, 60, 127, 129, 300, 600, 2000};
    const std::uint64_t size = sizes[random.below(std::size(sizes))];
    const bool numbers = random.below(3) == 0;
    static const std::map<object_type, std::string> adds{{object_type::list, "RPUSH"}, {object_type::set, "SADD"}};
    for (std::uint64_t i = 0; i < (type == object_type::string ? 1 : size); ++i) {
        const std::string text = text_of(random, numbers);
        if (type == object_type::string)
            link.good({"SET", key, random.below(10) == 0 ? text + std::string(random.below(200'000), 'z') : text});
        else if (type == object_type::zset)
            link.good({"ZADD", key, std::to_string(random.unit() * 100), text});
        else if (type == object_type::hash)
            link.good({"HSET", key, text, text_of(random, numbers)});
        else if (type == object_type::stream)
            link.good({"XADD", key, std::to_string(i + 1) + "-1", "field", text});
        else
            link.good({adds.at(type), key, text});
    }
    if (type == object_type::stream && size > 2) {
        link.good({"XGROUP", "CREATE", key, "group", "0"});
        link.good({"XREADGROUP", "GROUP", "group", "reader", "COUNT", "40", "STREAMS", key, ">"});
        link.good({"XDEL", key, "2-1"});
    }
    if (random.below(2) == 0)
        link.good(
            {"PEXPIREAT", key, std::to_string(4'000'000'000'000 + static_cast<std::int64_t>(random.below(1000)))});
}

constexpr object_type all_types[] = {object_type::string, object_type::list, object_type::set,
                                     object_type::zset,   object_type::hash, object_type::stream};

class rdb_file_live_once : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(server.up()) << "redis-server does not start"; }

    // Saved and read.
    keeper saved() {
        server.link.good({"SAVE"});
        descriptor_source from(server.folder() + "/dump.rdb");
        keeper told;
        const auto ended = read_file(from, told);
        EXPECT_TRUE(ended) << ended.error().text();
        if (!ended) return told;
        EXPECT_TRUE(ended->checksummed);
        EXPECT_EQ(std::to_string(ended->keys), server.link.good({"DBSIZE"}).text);
        return told;
    }

    redis_server server;
};

class rdb_file_live : public rdb_file_live_once, public ::testing::WithParamInterface<const char*> {};

TEST_P(rdb_file_live, says_of_each_key_what_the_server_says) {
    auto& link = server.link;
    link.good({"CONFIG", "SET", "rdbcompression", GetParam()});
    link.good({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
    seeded_random random(2811);
    for (int round = 0; round < 12; ++round) {
        link.good({"CONFIG", "SET", "list-max-listpack-size", round % 3 == 0 ? "5" : "-2"});
        for (const object_type type : all_types)
            make_key(
                link,
                "key " + std::string(name_of(type)) + " with a name that LZF can compress " + std::to_string(round),
                type, random);
    }
    const auto told = saved();
    EXPECT_EQ(told.said.at("redis-ver"), "7.0.15");
    std::set<std::string> encodings;
    for (const auto& [name, key] : told.keys) {
        ASSERT_TRUE(key.type);
        EXPECT_EQ(link.good({"TYPE", name}).text, name_of(*key.type)) << name;
        EXPECT_EQ(link.good({"OBJECT", "ENCODING", name}).text, name_of(key.stored)) << name;
        EXPECT_EQ(link.good({"PEXPIRETIME", name}).text, std::to_string(key.expires.value_or(-1))) << name;
        EXPECT_TRUE(key.idle) << name;
        const std::string size = link.good({size_command(*key.type), name}).text;
        EXPECT_EQ(size, std::to_string(*key.type == object_type::string ? key.bytes : key.elements)) << name;
        encodings.emplace(name_of(key.stored));
    }
    EXPECT_EQ(encodings, (std::set<std::string>{"embstr", "hashtable", "int", "intset", "listpack", "quicklist", "raw",
                                                "skiplist", "stream"}));
}

INSTANTIATE_TEST_SUITE_P(compressed, rdb_file_live, ::testing::Values("yes", "no"));

TEST_F(rdb_file_live_once, frequencies_are_saved_under_lfu) {
    server.link.good({"CONFIG", "SET", "maxmemory-policy", "allkeys-lfu"});
    server.link.good({"SET", "often", "x"});
    for (int i = 0; i < 200; ++i)
        server.link.good({"GET", "often"});
    const auto told = saved();
    const auto& key = told.keys.at("often");
    EXPECT_FALSE(key.idle);
    ASSERT_TRUE(key.frequency);
    EXPECT_GT(*key.frequency, 5);
}

TEST_F(rdb_file_live_once, databases_and_functions) {
    server.link.good({"FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() return 1 end)"});
    server.link.good({"SELECT", "3"});
    server.link.good({"SET", "there", "x"});
    server.link.good({"SELECT", "9"});
    server.link.good({"SET", "here", "x"});
    server.link.good({"SELECT", "0"});
    server.link.good({"SAVE"});
    descriptor_source from(server.folder() + "/dump.rdb");
    keeper told;
    const auto ended = read_file(from, told);
    ASSERT_TRUE(ended) << ended.error().text();
    EXPECT_EQ(told.keys.at("there").database, 3);
    EXPECT_EQ(told.keys.at("here").database, 9);
}

}  // namespace
}  // namespace understudy::rdb
