// RDB files made of payloads of real servers (corpus/rdb/good) and of parts built by hand: held against what
// decode_dump tells of the same bytes, cut at every place, given in pieces of every size, and damaged.
#include "rdb/file.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include <gtest/gtest.h>

#include "rdb/crc64.h"
#include "rdb/dump.h"

namespace understudy::rdb {
namespace {

using namespace std::string_literals;

// Gives a text in pieces of at most so many bytes.
class text_source final : public byte_source {
public:
    explicit text_source(std::string text, std::size_t piece = ~std::size_t{0})
        : text_(std::move(text)), piece_(piece) {}

    result<std::size_t> read(std::span<char> into) override {
        if (at_ == fails_at) return fail(errc::connection_lost, "gone", "far away");
        const std::size_t count = std::min({into.size(), piece_, std::min(text_.size(), fails_at) - at_});
        std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
        at_ += count;
        asked = std::max(asked, into.size());
        return count;
    }
    std::string name() const override { return "text"; }

    std::size_t asked = 0;  // the most that was wanted at once
    std::size_t fails_at = ~std::size_t{0};

private:
    std::string text_;
    std::size_t piece_;
    std::size_t at_ = 0;
};

// Keeps what it is told, with the name in a place of its own.
struct seen_key : file_key {
    explicit seen_key(const file_key& of) : file_key(of), text(of.name) {}
    std::string text;
};

class keeper final : public file_sink {
public:
    status key(const file_key& key) override {
        if (keys.size() == most) return fail(errc::interrupted, "enough");
        keys.emplace_back(key);
        return {};
    }
    void aux(std::string_view name, std::string_view value) override { said.emplace(name, value); }
    void announced(int database, std::uint64_t keys_there, std::uint64_t expires) override {
        sizes.push_back({database, keys_there, expires});
    }

    std::vector<seen_key> keys;
    std::map<std::string, std::string> said;
    std::vector<std::tuple<int, std::uint64_t, std::uint64_t>> sizes;
    std::size_t most = ~std::size_t{0};
};

std::string small(std::size_t size) {
    EXPECT_LT(size, 64u);
    return std::string(1, static_cast<char>(size));
}

// A string of up to 63 bytes, or of up to 2^32 - 1.
std::string text_of(const std::string& bytes) {
    if (bytes.size() < 64) return small(bytes.size()) + bytes;
    std::string out = "\x80";
    for (int shift = 24; shift >= 0; shift -= 8)
        out.push_back(static_cast<char>(bytes.size() >> shift & 0xff));
    return out + bytes;
}

std::string little(std::uint64_t value, std::size_t width) {
    std::string out;
    for (std::size_t i = 0; i < width; ++i)
        out.push_back(static_cast<char>(value >> 8 * i & 0xff));
    return out;
}

std::string file_of(const std::string& body, const std::string& head = "REDIS0011") {
    std::string out = head + body + "\xff";
    return out + little(crc64(0, out), 8);
}

std::string key_of(char type, const std::string& name, const std::string& value) {
    return type + text_of(name) + value;
}

struct reading {
    result<file_summary> ended;
    keeper told;
};

reading read_all(const std::string& file, std::size_t piece = ~std::size_t{0}, const file_options& options = {}) {
    text_source from(file, piece);
    reading out;
    out.ended = read_file(from, out.told, options);
    return out;
}

struct sample {
    std::string name, payload;
};

const std::vector<sample>& samples() {
    static const std::vector<sample> all = [] {
        std::vector<sample> read;
        for (const auto& entry : std::filesystem::directory_iterator(UNDERSTUDY_SOURCE_DIR "/corpus/rdb/good")) {
            if (entry.path().extension() != ".dump") continue;
            std::ifstream in(entry.path(), std::ios::binary);
            std::ostringstream text;
            text << in.rdbuf();
            read.push_back({entry.path().stem(), text.str()});
        }
        std::ranges::sort(read, {}, &sample::name);
        return read;
    }();
    return all;
}

// All samples as the keys of one file; `version`: of the newest of them.
std::string file_of_samples() {
    std::string body;
    for (const auto& each : samples())
        body += key_of(each.payload[0], each.name, each.payload.substr(1, each.payload.size() - 11));
    return file_of(body);
}

// What decode_dump tells of a value, counted.
struct counter final : object_sink {
    void begin(object_type is) override { type = is; }
    void element(std::string_view) override { ++elements; }
    void field(std::string_view, std::string_view) override { ++elements; }
    void scored(std::string_view, double) override { ++elements; }
    void entry(stream_id, std::span<const std::string_view>) override { ++elements; }
    object_type type = object_type::string;
    std::uint64_t elements = 0;
};

TEST(rdb_file, tells_of_each_value_what_the_decoder_tells) {
    const auto read = read_all(file_of_samples());
    ASSERT_TRUE(read.ended) << read.ended.error().text();
    ASSERT_GE(samples().size(), 130u);
    ASSERT_EQ(read.told.keys.size(), samples().size());
    EXPECT_TRUE(read.ended->checksummed);
    EXPECT_EQ(read.ended->keys, samples().size());
    EXPECT_EQ(read.ended->bytes, file_of_samples().size());
    for (std::size_t i = 0; i < samples().size(); ++i) {
        const auto& key = read.told.keys[i];
        counter counted;
        ASSERT_EQ(decode_dump(samples()[i].payload, counted), dump_status::ok);
        EXPECT_EQ(key.text, samples()[i].name);
        EXPECT_EQ(key.type, counted.type) << key.text;
        EXPECT_EQ(key.elements, counted.elements) << key.text;
        EXPECT_FALSE(key.elements_at_least) << key.text;
        EXPECT_EQ(key.saved_bytes, samples()[i].payload.size() - 11) << key.text;
    }
}

TEST(rdb_file, is_the_same_in_pieces_of_every_size) {
    const std::string file = file_of_samples();
    const auto whole = read_all(file);
    for (const std::size_t piece : {1, 2, 3, 7, 64, 1000, 4096, 70'000}) {
        const auto read = read_all(file, piece);
        ASSERT_TRUE(read.ended) << piece << ' ' << read.ended.error().text();
        ASSERT_EQ(read.told.keys.size(), whole.told.keys.size());
        for (std::size_t i = 0; i < whole.told.keys.size(); ++i) {
            const auto &one = read.told.keys[i], &other = whole.told.keys[i];
            EXPECT_EQ(std::tuple(one.text, one.elements, one.bytes, one.saved_bytes, one.stored),
                      std::tuple(other.text, other.elements, other.bytes, other.saved_bytes, other.stored));
        }
    }
}

// A file with everything in it that is no value, and one value of each kind.
std::string small_file() {
    std::string body =
        "\xfa"s + text_of("redis-ver") + text_of("7.0.15") + "\xfa"s + text_of("redis-bits") + "\xc0\x40"s;
    body += "\xf7"s + text_of("").substr(1) + "\x05" + "\x02\x01" + "\x05" + text_of("kept") + "\x00"s;  // of a module
    body += "\xf5"s + text_of("#!lua name=lib");
    body += "\xfe\x03"s + "\xfb\x05\x02"s + "\xf4\x01\x02\x03"s;
    body += "\xfc"s + little(1'800'000'000'123, 8) + "\xf8\x3c"s + key_of('\0', "in milliseconds", text_of("value"));
    body += "\xfd"s + little(1'800'000'000, 4) + "\xf9\x07"s + key_of('\0', "in seconds", "\xc0\xff"s);
    body += key_of('\0', "plain", text_of(std::string(45, 'x')));
    body += key_of('\0', "number", text_of("-9223372036854775808"));
    body += key_of('\0', "no number", text_of("007"));
    body += key_of('\7', "module",
                   "\x81\0\0\0\0\0\0\0\x05"s + "\x01\x05" + "\x03" + "1234" + "\x04" + "12345678" + "\x05" +
                       text_of("text") + "\x00"s);
    return file_of(body);
}

TEST(rdb_file, expiry_idle_time_and_frequency_are_those_of_the_key_behind_them) {
    const auto read = read_all(small_file());
    ASSERT_TRUE(read.ended) << read.ended.error().text();
    const auto& keys = read.told.keys;
    ASSERT_EQ(keys.size(), 6u);
    EXPECT_EQ(keys[0].expires, 1'800'000'000'123);
    EXPECT_EQ(keys[0].idle, 60u);
    EXPECT_EQ(keys[0].frequency, std::nullopt);
    EXPECT_EQ(keys[1].expires, 1'800'000'000'000);
    EXPECT_EQ(keys[1].idle, std::nullopt);
    EXPECT_EQ(keys[1].frequency, 7);
    EXPECT_EQ(keys[2].expires, std::nullopt);
    for (const auto& key : keys)
        EXPECT_EQ(key.database, 3);
    EXPECT_EQ(read.told.said, (std::map<std::string, std::string>{{"redis-ver", "7.0.15"}, {"redis-bits", "64"}}));
    EXPECT_EQ(read.told.sizes, (std::vector<std::tuple<int, std::uint64_t, std::uint64_t>>{{3, 5, 2}}));
}

TEST(rdb_file, strings_are_stored_as_a_server_stores_them) {
    const auto read = read_all(small_file());
    std::map<std::string, std::pair<storage, std::uint64_t>> found;
    for (const auto& key : read.told.keys)
        found[key.text] = {key.stored, key.bytes};
    EXPECT_EQ(found["in milliseconds"], std::pair(storage::embstr, std::uint64_t{5}));
    EXPECT_EQ(found["in seconds"], std::pair(storage::integer, std::uint64_t{2}));  // -1
    EXPECT_EQ(found["plain"], std::pair(storage::raw, std::uint64_t{45}));
    EXPECT_EQ(found["number"], std::pair(storage::integer, std::uint64_t{20}));
    EXPECT_EQ(found["no number"], std::pair(storage::embstr, std::uint64_t{3}));
    EXPECT_EQ(found["module"].first, storage::module);
    EXPECT_EQ(read.told.keys.back().type, std::nullopt);
}

TEST(rdb_file, cut_off_anywhere_is_an_error_that_says_where) {
    const std::string file = small_file();
    for (std::size_t size = 0; size < file.size(); ++size) {
        const auto read = read_all(file.substr(0, size), 5);
        ASSERT_FALSE(read.ended) << size;
        EXPECT_EQ(read.ended.error().code, errc::bad_file);
        EXPECT_TRUE(read.ended.error().where.starts_with("text, byte ")) << read.ended.error().where;
    }
}

TEST(rdb_file, every_single_byte_that_is_another_is_found) {
    const std::string file = small_file();
    for (std::size_t at = 0; at < file.size(); ++at) {
        std::string damaged = file;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
        EXPECT_FALSE(read_all(damaged).ended) << at;
    }
}

TEST(rdb_file, a_checksum_of_zero_is_none) {
    std::string file = small_file();
    file.replace(file.size() - 8, 8, 8, '\0');
    const auto read = read_all(file);
    ASSERT_TRUE(read.ended);
    EXPECT_FALSE(read.ended->checksummed);
}

TEST(rdb_file, a_failure_of_the_source_is_passed_on) {
    text_source from(small_file());
    from.fails_at = 40;
    keeper to;
    const auto ended = read_file(from, to);
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, errc::connection_lost);
}

TEST(rdb_file, a_sink_that_has_enough_ends_it) {
    text_source from(small_file());
    keeper to;
    to.most = 2;
    const auto ended = read_file(from, to);
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, errc::interrupted);
    EXPECT_EQ(to.keys.size(), 2u);
}

TEST(rdb_file, lengths_that_are_lies_take_no_memory) {
    const std::string endless = "\x81\x7f\xff\xff\xff\xff\xff\xff\xff"s;
    const std::vector<std::string> bodies{
        "\0"s + endless,                                                      // a name
        key_of('\0', "a", endless),                                           // a string
        key_of('\0', "a", "\xc3" + endless + endless),                        // compressed
        key_of('\0', "a", "\xc3\x05" + endless + "\0hell"s),                  // five bytes that would become exabytes
        key_of('\1', "a", endless),                                           // a list
        key_of('\x05', "a", endless + text_of("m")),                          // a sorted set
        key_of('\x12', "a", endless + "\x02"s),                               // a quicklist
        key_of('\x13', "a", "\0\0\0\0\0\0\0\0\0\x01\x01g\0\0\0"s + endless),  // a stream's pending entries
        key_of('\x13', "a", "\0\0\0\0\0\0\0\0\0\x01\x01g\0\0\0\0\x01\x01c"s + std::string(8, '\0') + endless),
        "\xfa" + text_of("redis-ver") + endless,
    };
    for (const auto& body : bodies) {
        text_source from("REDIS0010" + body);
        keeper to;
        const auto ended = read_file(from, to);
        ASSERT_FALSE(ended);
        EXPECT_EQ(ended.error().code, errc::bad_file);
        EXPECT_LE(from.asked, std::size_t{256} << 10);
    }
}

TEST(rdb_file, a_value_larger_than_the_window_is_passed_over) {
    const std::string big(3'000'000, 'v');
    const auto read = read_all(
        file_of(key_of('\0', "big", text_of(big)) + key_of('\1', "list", "\x02" + text_of(big) + text_of("x")) +
                key_of('\0', "after", text_of("end"))),
        65'536);
    ASSERT_TRUE(read.ended) << read.ended.error().text();
    ASSERT_EQ(read.told.keys.size(), 3u);
    EXPECT_EQ(read.told.keys[0].bytes, big.size());
    EXPECT_EQ(read.told.keys[0].stored, storage::raw);
    EXPECT_EQ(read.told.keys[1].bytes, big.size() + 1);
    EXPECT_EQ(read.told.keys[1].elements, 2u);
    EXPECT_EQ(read.told.keys[2].text, "after");
}

TEST(rdb_file, of_a_long_name_the_first_64_kilobytes_are_kept) {
    const std::string name(700'000, 'n');
    const auto read = read_all(file_of(key_of('\0', name, text_of("v")) + key_of('\0', "next", text_of("v"))));
    ASSERT_TRUE(read.ended) << read.ended.error().text();
    EXPECT_EQ(read.told.keys[0].text, name.substr(0, 65'536));
    EXPECT_EQ(read.told.keys[0].name_bytes, name.size());
    EXPECT_EQ(read.told.keys[1].text, "next");
}

TEST(rdb_file, compressed_names_are_read) {
    // "aaaa…" 30 times: one literal, a copy of 29 from one before.
    const std::string compressed = "\xc3\x05\x1e\0"s + "a" + "\xe0\x14\0"s;
    const auto read = read_all(file_of("\0"s + compressed + text_of("v")));
    ASSERT_TRUE(read.ended) << read.ended.error().text();
    EXPECT_EQ(read.told.keys[0].text, std::string(30, 'a'));
}

TEST(rdb_file, what_a_number_means_depends_on_the_magic) {
    const std::string valkey = key_of('\x16', "h", "\x01"s + text_of("field") + text_of("value") + little(~0ull, 8));
    const auto read = read_all(file_of(valkey, "VALKEY080"));
    ASSERT_TRUE(read.ended) << read.ended.error().text();
    EXPECT_TRUE(read.ended->valkey);
    EXPECT_EQ(read.ended->version, 80);
    EXPECT_EQ(read.told.keys[0].elements, 1u);
    const auto redis = read_all(file_of(valkey));
    ASSERT_FALSE(redis.ended);
    EXPECT_NE(redis.ended.error().what.find("type 22"), std::string::npos) << redis.ended.error().what;
    // 7.4: the least expiry, then expiry, field, value.
    const auto expiring = read_all(file_of(key_of('\x18', "h",
                                                  little(1'800'000'000'000, 8) + "\x02\x01" + text_of("a") +
                                                      text_of("1") + "\0"s + text_of("b") + text_of("2")),
                                           "REDIS0012"));
    ASSERT_TRUE(expiring.ended) << expiring.ended.error().text();
    EXPECT_EQ(expiring.told.keys[0].elements, 2u);
}

TEST(rdb_file, what_is_unknown_is_named_and_never_guessed) {
    const auto type = read_all(file_of(key_of('\0', "known", text_of("v")) + key_of('\x1e', "a", "\x01")));
    ASSERT_FALSE(type.ended);
    EXPECT_EQ(type.told.keys.size(), 1u);
    EXPECT_NE(type.ended.error().what.find("type 30 is none that this program knows in Redis RDB 11"),
              std::string::npos)
        << type.ended.error().what;
    const auto opcode = read_all(file_of("\xf2\x01"));
    ASSERT_FALSE(opcode.ended);
    EXPECT_NE(opcode.ended.error().what.find("opcode 242"), std::string::npos) << opcode.ended.error().what;
}

TEST(rdb_file, what_is_no_rdb_is_said_to_be_none) {
    for (const std::string text :
         {"", "REDIS", "REDISxxxx", "*3\r\n$3\r\nSET\r\n", "REDIS0000\xff", "\x1f\x8b\x08 a packed file"}) {
        const auto read = read_all(text);
        ASSERT_FALSE(read.ended) << text;
        EXPECT_NE(read.ended.error().what.find("this is no RDB file"), std::string::npos) << read.ended.error().what;
    }
}

}  // namespace
}  // namespace understudy::rdb
