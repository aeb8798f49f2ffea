// Streams built byte by byte, for what no server writes: each test breaks one rule of a payload that is good without
// it.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "rdb/digest.h"
#include "rdb/dump.h"
#include "rdb/encode.h"

namespace understudy::rdb {
namespace {

using namespace std::string_literals;

std::string raw_id(char ms, char sequence) {
    return "\0\0\0\0\0\0\0"s + ms + "\0\0\0\0\0\0\0"s + sequence;
}

// Integers below 128 of a listpack.
std::string listpack_of(const std::vector<int>& numbers) {
    std::string out = "0000"s + static_cast<char>(numbers.size()) + '\0';
    for (const int number : numbers) {
        out.push_back(static_cast<char>(number));
        out.push_back('\x01');
    }
    out.push_back('\xff');
    for (std::size_t i = 0; i < 4; ++i)
        out[i] = static_cast<char>(out.size() >> 8 * i & 0xff);
    return out;
}

struct parts {
    std::string node_key = raw_id(5, 0);
    // live, deleted, fields, name 9, end; flags 2, id +0-1, value, steps; flags 3 (deleted), id +0-2, value, steps
    std::vector<int> node = {1, 1, 1, 9, 0, 2, 0, 1, 7, 4, 3, 0, 2, 8, 4};
    std::vector<std::string> pending = {raw_id(5, 1), raw_id(5, 2)};
    std::vector<std::vector<std::string>> consumers = {{raw_id(5, 2)}, {raw_id(5, 1)}};
};

std::string payload_of(const parts& stream) {
    const auto small = [](std::size_t size) { return std::string(1, static_cast<char>(size)); };
    const auto text = [&](const std::string& bytes) { return small(bytes.size()) + bytes; };
    std::string out = "\x0f\x01"s + text(stream.node_key) + text(listpack_of(stream.node));
    out += "\x01\x05\x02"s;       // length, last id
    out += "\x01\x01g\x05\x02"s;  // one group: name, last id
    out += small(stream.pending.size());
    for (const std::string& id : stream.pending)
        out += id + "\x01\0\0\0\0\0\0\0"s + "\x03"s;  // time, deliveries
    out += small(stream.consumers.size());
    for (std::size_t i = 0; i < stream.consumers.size(); ++i) {
        out += "\x01"s + static_cast<char>('a' + i) + "\x02\0\0\0\0\0\0\0"s + small(stream.consumers[i].size());
        for (const std::string& id : stream.consumers[i])
            out += id;
    }
    append_footer(out, 9);
    return out;
}

dump_status status_of(const parts& stream) {
    struct ignore final : object_sink {
    } sink;
    return decode_dump(payload_of(stream), sink);
}

TEST(stream, reads_entries_and_joins_pending_with_consumers) {
    canonical_object expected;
    expected.begin(object_type::stream);
    expected.entry({5, 1}, std::vector<std::string_view>{"9", "7"});
    expected.state({{5, 2}, 1, {}, {}, {}});
    expected.group({"g", {5, 2}, {}});
    expected.consumer({"b", 0, {}});
    expected.consumer({"a", 0, {}});
    expected.pending({{5, 2}, "a", 1, 3});
    expected.pending({{5, 1}, "b", 1, 3});
    const auto digest = canonical_digest(payload_of({}), "s");
    ASSERT_TRUE(digest) << name_of(digest.error());
    EXPECT_EQ(digest, expected.digest("s"));
}

TEST(stream, pending_lists_must_agree) {
    ASSERT_EQ(status_of({}), dump_status::ok);
    EXPECT_EQ(status_of({.consumers = {{raw_id(5, 2)}, {}}}), dump_status::malformed) << "an entry that is nobody's";
    EXPECT_EQ(status_of({.consumers = {{raw_id(5, 2)}, {raw_id(5, 1), raw_id(5, 2)}}}), dump_status::malformed)
        << "an entry of two";
    EXPECT_EQ(status_of({.consumers = {{raw_id(5, 2)}, {raw_id(5, 1), raw_id(5, 3)}}}), dump_status::malformed)
        << "an entry that is not pending";
    EXPECT_EQ(status_of({.pending = {raw_id(5, 2), raw_id(5, 1)}}), dump_status::malformed) << "not by id";
    EXPECT_EQ(status_of({.pending = {raw_id(5, 1), raw_id(5, 1)}, .consumers = {{raw_id(5, 1)}, {raw_id(5, 1)}}}),
              dump_status::malformed)
        << "one id twice";
}

TEST(stream, nodes_must_be_whole) {
    EXPECT_EQ(status_of({.node_key = raw_id(5, 0) + "x"}), dump_status::malformed);
    EXPECT_EQ(status_of({.node_key = "short"}), dump_status::malformed);
    EXPECT_EQ(status_of({.node = {2, 1, 1, 9, 0, 2, 0, 1, 7, 4, 3, 0, 2, 8, 4}}), dump_status::malformed) << "live";
    EXPECT_EQ(status_of({.node = {1, 1, 1, 9, 1, 2, 0, 1, 7, 4, 3, 0, 2, 8, 4}}), dump_status::malformed) << "end";
    EXPECT_EQ(status_of({.node = {1, 1, 1, 9, 0, 2, 0, 1, 7, 4, 3, 0, 2, 8}}), dump_status::malformed) << "steps";
    EXPECT_EQ(status_of({.node = {1, 0, 0, 0, 0, 0, 1, 2, 9, 7, 3}}), dump_status::malformed)
        << "a field without value";
    EXPECT_EQ(status_of({.node = {1, 0, 0, 0, 0, 0, 1, 1, 9, 7, 3}}), dump_status::ok) << "fields of its own";
    EXPECT_EQ(status_of({.node = {}}), dump_status::malformed);
}

TEST(stream, groups_are_without_order) {
    const auto digest_of = [](std::vector<std::string_view> names) {
        canonical_object value;
        value.begin(object_type::stream);
        value.state({});
        for (const std::string_view name : names)
            value.group({name, {}, {}});
        return value.digest("s").value();
    };
    EXPECT_EQ(digest_of({"a", "b", "c"}), digest_of({"c", "a", "b"}));
    EXPECT_NE(digest_of({"a", "b", "c"}), digest_of({"a", "b", "d"}));
}

TEST(zset, infinite_scores_survive_every_version) {
    for (const std::uint16_t version : std::initializer_list<std::uint16_t>{6, 7, 8, 10}) {
        dump_encoder encoder(version);
        canonical_object value;
        for (object_sink* to : std::initializer_list<object_sink*>{&encoder, &value}) {
            to->begin(object_type::zset);
            to->scored("up", std::numeric_limits<double>::infinity());
            to->scored("down", -std::numeric_limits<double>::infinity());
            to->scored("tiny", 5e-324);
        }
        const std::string payload = encoder.finish().value();
        EXPECT_EQ(payload[0], version < 8 ? 3 : 5);
        // As text, an infinity is one byte and no text.
        EXPECT_EQ(payload.find('\xfe') != std::string::npos, version < 8);
        EXPECT_EQ(canonical_digest(payload, "s"), value.digest("s"));
    }
}

TEST(zset, nan_is_told_to_nobody) {
    std::string payload = "\x05\x01\x01m\0\0\0\0\0\0\xf8\x7f"s;
    append_footer(payload, 10);
    struct refuse final : object_sink {
        void scored(std::string_view, double) override { told = true; }
        bool told = false;
    } sink;
    EXPECT_EQ(decode_dump(payload, sink), dump_status::malformed);
    EXPECT_FALSE(sink.told);
}

}  // namespace
}  // namespace understudy::rdb
