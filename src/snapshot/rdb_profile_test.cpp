#include "snapshot/rdb_profile.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "rdb/crc64.h"

namespace understudy::snapshot {
namespace {

using namespace std::string_literals;

class text_source final : public rdb::byte_source {
public:
    explicit text_source(std::string text) : text_(std::move(text)) {}
    result<std::size_t> read(std::span<char> into) override {
        const auto count = std::min(into.size(), text_.size() - at_);
        std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
        at_ += count;
        return count;
    }
    std::string name() const override { return "text"; }

private:
    std::string text_;
    std::size_t at_ = 0;
};

std::string little(std::uint64_t value, std::size_t width) {
    std::string out;
    for (std::size_t i = 0; i < width; ++i)
        out.push_back(static_cast<char>(value >> 8 * i & 0xff));
    return out;
}

std::string text_of(const std::string& bytes) {
    return std::string(1, static_cast<char>(bytes.size())) + bytes;
}

// Keys of a known time, in two databases: one of each that expires, never expires, is overdue.
std::string file() {
    constexpr std::uint64_t written = 1'800'000'000;
    std::string out = "REDIS0010\xfa"s + text_of("redis-ver") + text_of("7.0.15") + "\xfa" + text_of("ctime") +
                      text_of(std::to_string(written)) + "\xfa" + text_of("lua") + text_of("return 'secret'");
    out += "\xfe\0"s;
    out += "\xfc" + little(written * 1000 + 60'000, 8) + "\0"s + text_of("page:1") + text_of("value");
    out += "\0"s + text_of("page:2") + text_of("a longer value");
    out += "\xfc" + little(written * 1000 - 1, 8) + "\0"s + text_of("page:3") + text_of("12");
    out += "\xfe\2"s + "\1" + text_of("list:9") + "\2" + text_of("a") + text_of("b") + "\xff";
    return out + little(rdb::crc64(0, out), 8);
}

TEST(rdb_profile, counts_what_is_in_a_file) {
    text_source from(file());
    const auto seen = profile_of_rdb(from);
    ASSERT_TRUE(seen) << seen.error().text();
    EXPECT_FALSE(seen->ended);
    const auto& of = seen->profile;
    EXPECT_EQ(of.keys, 4u);
    EXPECT_EQ(of.version, "7.0.15");
    EXPECT_EQ(show(of.to), "2027-01-15T08:00:00.000Z");
    EXPECT_FALSE(of.partial);
    ASSERT_EQ(of.families.size(), 2u);
    const auto& page = of.families[0];
    EXPECT_EQ(page.pattern, "page:{int}");
    EXPECT_EQ(page.database, 0);
    EXPECT_EQ(page.keys, 3u);
    EXPECT_EQ(page.persistent, 1u);
    EXPECT_EQ(page.overdue, 1u);
    EXPECT_EQ(page.lifetime.min(), 60'000u);
    EXPECT_EQ(page.bytes.sum(), 5u + 14u + 2u);
    EXPECT_EQ(page.encodings, (std::map<std::string, std::uint64_t>{{"embstr", 2}, {"int", 1}}));
    EXPECT_TRUE(page.elements.empty()) << "a string has no elements";
    const auto& list = of.families[1];
    EXPECT_EQ(list.database, 2);
    EXPECT_EQ(list.types, (std::map<std::string, std::uint64_t>{{"list", 1}}));
    EXPECT_EQ(list.elements.sum(), 2u);
}

TEST(rdb_profile, holds_no_value) {
    text_source from(file());
    const auto json = model::to_json(profile_of_rdb(from)->profile);
    for (const std::string value : {"longer", "secret"})
        EXPECT_EQ(json.find(value), std::string::npos) << value;
}

TEST(rdb_profile, of_a_file_that_is_cut_off_is_partial) {
    text_source from(file().substr(0, file().size() - 30));
    const auto seen = profile_of_rdb(from);
    ASSERT_TRUE(seen);
    EXPECT_TRUE(seen->profile.partial);
    ASSERT_TRUE(seen->ended);
    EXPECT_EQ(seen->ended->code, errc::bad_file);
    EXPECT_EQ(seen->profile.keys, 2u);
    text_source head(file().substr(0, 9));
    EXPECT_FALSE(profile_of_rdb(head)) << "without a key there is no profile";
}

TEST(rdb_profile, an_empty_database_is_a_profile_without_families) {
    std::string empty = "REDIS0010\xff";
    text_source from(empty + little(rdb::crc64(0, empty), 8));
    const auto seen = profile_of_rdb(from);
    ASSERT_TRUE(seen) << seen.error().text();
    EXPECT_EQ(seen->profile.keys, 0u);
    EXPECT_TRUE(seen->profile.families.empty());
}

TEST(rdb_profile, can_be_interrupted) {
    // More keys than between two reports.
    std::string many = "REDIS0010\xfe\0"s;
    for (int i = 0; i < 70'000; ++i)
        many += "\0"s + text_of("k:" + std::to_string(i)) + text_of("v");
    text_source from(many + "\xff");
    rdb_options how;
    how.progress = [](std::uint64_t) -> status { return fail(errc::interrupted, "interrupted"); };
    const auto seen = profile_of_rdb(from, how);
    ASSERT_TRUE(seen);
    ASSERT_TRUE(seen->ended);
    EXPECT_EQ(seen->ended->code, errc::interrupted);
    EXPECT_TRUE(seen->profile.partial);
}

}  // namespace
}  // namespace understudy::snapshot
