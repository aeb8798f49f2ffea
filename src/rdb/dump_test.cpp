// Payloads of real servers (corpus/rdb/good) against digests that another program made from the replies of type
// commands; then the same payloads cut, damaged and written again.
#include "rdb/dump.h"

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "rdb/crc64.h"
#include "rdb/digest.h"
#include "rdb/encode.h"

namespace understudy::rdb {
namespace {

using namespace std::string_literals;

struct sample {
    std::string name;
    std::string payload;
    std::string digest;
};

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    EXPECT_TRUE(in) << path;
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

const std::vector<sample>& samples() {
    static const std::vector<sample> all = [] {
        const std::filesystem::path folder = UNDERSTUDY_SOURCE_DIR "/corpus/rdb/good";
        std::vector<sample> read;
        std::istringstream rows(read_file(folder / "digests.txt"));
        for (std::string name, digest; rows >> name >> digest;)
            read.push_back({name, read_file(folder / (name + ".dump")), digest});
        return read;
    }();
    return all;
}

constexpr decode_options unverified{.limits = {}, .verify_checksum = false};

struct object_sink_that_ignores final : object_sink {};

// A value with a footer of version 10.
std::string payload_of(std::string type_and_value, std::uint16_t version = 10) {
    append_footer(type_and_value, version);
    return type_and_value;
}

dump_status status_of(std::string_view payload, const decode_options& options = {}) {
    object_sink_that_ignores ignored;
    return decode_dump(payload, ignored, options);
}

TEST(decode_dump, corpus_is_there_and_has_every_type) {
    std::set<int> types;
    for (const sample& each : samples())
        types.insert(static_cast<unsigned char>(each.payload.front()));
    EXPECT_EQ(types, (std::set<int>{0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21}));
    EXPECT_GE(samples().size(), 130u);
}

TEST(canonical_digest, equals_that_from_the_replies_of_type_commands) {
    for (const sample& each : samples()) {
        const auto digest = canonical_digest(each.payload, "corpus");
        ASSERT_TRUE(digest) << each.name << ' ' << name_of(digest.error());
        EXPECT_EQ(hex(*digest), each.digest) << each.name;
    }
}

// The same value on three servers, in up to three encodings. Values with times of their own are left out.
TEST(canonical_digest, is_the_same_for_the_same_value_on_every_server) {
    std::map<std::string, std::set<std::string>> by_value;
    std::map<std::string, int> servers;
    for (const sample& each : samples()) {
        const std::string value = each.name.substr(each.name.find('-') + 1);
        if (each.name.starts_with("built") || value == "stream-groups") continue;
        by_value[value].insert(each.digest);
        ++servers[value];
    }
    for (const auto& [value, digests] : by_value) {
        EXPECT_EQ(digests.size(), 1u) << value;
        EXPECT_EQ(servers[value], 3) << value;
    }
}

TEST(decode_dump, no_prefix_of_a_payload_is_ok) {
    for (const sample& each : samples())
        for (std::size_t size = 0; size < each.payload.size(); size += each.payload.size() > 500 ? 31 : 1)
            ASSERT_NE(status_of(std::string_view(each.payload).substr(0, size)), dump_status::ok)
                << each.name << ' ' << size;
}

// With a right footer after every prefix of the value, so that the decoder itself must see that bytes are missing.
TEST(decode_dump, no_prefix_of_a_value_is_ok) {
    for (const sample& each : samples()) {
        const std::string value = each.payload.substr(0, each.payload.size() - 10);
        for (std::size_t size = 1; size < value.size(); size += value.size() > 500 ? 31 : 1) {
            const std::string cut = payload_of(value.substr(0, size));
            ASSERT_EQ(status_of(cut), dump_status::truncated) << each.name << ' ' << size;
        }
        EXPECT_EQ(status_of(payload_of(value + 'x')), dump_status::malformed) << each.name;
    }
}

TEST(decode_dump, every_changed_bit_is_seen_by_the_checksum) {
    for (const sample& each : samples()) {
        if (each.payload.size() > 600) continue;
        for (std::size_t i = 0; i < each.payload.size(); ++i) {
            std::string changed = each.payload;
            changed[i] = static_cast<char>(changed[i] ^ 1 << i % 8);
            ASSERT_EQ(status_of(changed), dump_status::bad_checksum) << each.name << ' ' << i;
        }
    }
}

// Damage that the checksum does not show: any status, but a digest that is given must be that of what a plain encoding
// of the same elements gives too.
TEST(decode_dump, damage_without_checksum_never_breaks_the_reader) {
    seeded_random random(11);
    int decoded = 0;
    for (const sample& each : samples()) {
        for (int round = 0; round < 60; ++round) {
            std::string changed = each.payload;
            for (std::uint64_t times = 1 + random.below(3); times > 0; --times)
                changed[random.below(std::min<std::size_t>(changed.size() - 10, 400))] =
                    static_cast<char>(random.below(256));
            canonical_object value(canonical_object::repeats::refuse);
            if (decode_dump(changed, value, unverified) != dump_status::ok) continue;
            const auto digest = value.digest("s");
            if (!digest || value.type() == object_type::stream) continue;
            dump_encoder encoder(10);
            value.tell(encoder);
            const auto encoded = encoder.finish();
            ASSERT_TRUE(encoded);
            ASSERT_EQ(canonical_digest(*encoded, "s"), digest);
            ++decoded;
        }
    }
    EXPECT_GT(decoded, 500);
}

TEST(decode_dump, footer_is_checked_first) {
    EXPECT_EQ(status_of(""), dump_status::truncated);
    EXPECT_EQ(status_of(std::string(10, '\0')), dump_status::truncated);
    const std::string value = "\0\x01v"s;
    for (const std::uint16_t version : std::initializer_list<std::uint16_t>{1, 6, 9, 10, 12, 15, 80, 81})
        EXPECT_EQ(status_of(payload_of(value, version)), dump_status::ok) << version;
    for (const std::uint16_t version : std::initializer_list<std::uint16_t>{16, 79, 82, 65535})
        EXPECT_EQ(status_of(payload_of(value, version)), dump_status::newer_version) << version;
    EXPECT_EQ(status_of(payload_of(value, 0)), dump_status::malformed);
    EXPECT_EQ(footer_version(payload_of(value, 80)), 80);
    EXPECT_EQ(footer_version("short"), 0);
}

TEST(decode_dump, types_that_are_not_known_are_not_guessed) {
    for (const int type : {6, 7, 8, 22, 23, 24, 25, 26, 27, 28, 29, 33, 243, 255})
        for (const std::uint16_t version : std::initializer_list<std::uint16_t>{10, 12, 15, 80})
            EXPECT_EQ(status_of(payload_of(std::string(1, static_cast<char>(type)) + "\x01\x01v\x01v", version)),
                      dump_status::unknown_type)
                << type;
}

TEST(decode_dump, empty_collections_are_malformed) {
    for (const char type : std::initializer_list<char>{1, 2, 3, 4, 5, 14, 18})
        EXPECT_EQ(status_of(payload_of({type, '\0'})), dump_status::malformed) << int{type};
    EXPECT_EQ(status_of(payload_of("\x0b\x08\x02\0\0\0\0\0\0\0"s)), dump_status::malformed);
}

TEST(decode_dump, limits_hold) {
    for (const sample& each : samples()) {
        canonical_object value;
        ASSERT_EQ(decode_dump(each.payload, value), dump_status::ok);
        if (value.size() < 2) continue;
        EXPECT_EQ(status_of(each.payload, {.limits = {.elements = value.size() - 1}}), dump_status::over_limit)
            << each.name;
        EXPECT_EQ(status_of(each.payload, {.limits = {.bytes = 1}}), dump_status::over_limit) << each.name;
    }
    // 2^32 members are claimed; nothing may be taken for them.
    EXPECT_EQ(status_of(payload_of("\x02\x81\0\0\0\x01\0\0\0\0\x01v"s)), dump_status::truncated);
    EXPECT_EQ(status_of(payload_of("\x00\x80\xff\xff\xff\xff"s)), dump_status::over_limit);
}

TEST(canonical_digest, repeats_and_nan_have_none) {
    EXPECT_TRUE(canonical_digest(payload_of("\x02\x02\x01"
                                            "a\x01"
                                            "b"s),
                                 ""));
    EXPECT_EQ(canonical_digest(payload_of("\x02\x02\x01"
                                          "a\x01"
                                          "a"s),
                               "")
                  .error(),
              dump_status::malformed);
    EXPECT_EQ(canonical_digest(payload_of("\x04\x02\x01"
                                          "f\x01"
                                          "1\x01"
                                          "f\x01"
                                          "2"s),
                               "")
                  .error(),
              dump_status::malformed);
    EXPECT_EQ(canonical_digest(payload_of("\x05\x01\x01m\0\0\0\0\0\0\xf8\x7f"s), "").error(), dump_status::malformed);
    EXPECT_EQ(canonical_digest(payload_of("\x03\x01\x01m\xfd"s), "").error(), dump_status::malformed);
}

TEST(dump_encoder, writes_what_reads_the_same) {
    for (const sample& each : samples()) {
        for (const std::uint16_t version : std::initializer_list<std::uint16_t>{6, 9, 10}) {
            dump_encoder encoder(version);
            ASSERT_EQ(decode_dump(each.payload, encoder), dump_status::ok);
            const auto encoded = encoder.finish();
            if (each.name.find("stream") != std::string::npos) {
                EXPECT_EQ(encoded.error(), dump_status::unknown_type);
                continue;
            }
            ASSERT_TRUE(encoded) << each.name;
            EXPECT_EQ(footer_version(*encoded), version);
            const auto digest = canonical_digest(*encoded, "corpus");
            ASSERT_TRUE(digest) << each.name;
            EXPECT_EQ(hex(*digest), each.digest) << each.name;
        }
    }
}

TEST(dump_encoder, refuses_what_is_no_value) {
    dump_encoder encoder(10);
    EXPECT_EQ(encoder.finish().error(), dump_status::malformed);
    encoder.begin(object_type::list);
    EXPECT_EQ(encoder.finish().error(), dump_status::malformed);
    encoder.begin(object_type::string);
    encoder.element("a");
    EXPECT_EQ(encoder.finish(), payload_of("\0\x01"
                                           "a"s));
    EXPECT_EQ(encoder.finish().error(), dump_status::malformed);
}

}  // namespace
}  // namespace understudy::rdb
