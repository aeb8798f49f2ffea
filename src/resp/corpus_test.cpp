// Every file of corpus/resp, whole and cut at every place: good ones are read to their last byte, bad ones refused. The
// ending of a name says which way its bytes go.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "resp/test_pieces.h"
#include "resp/writer.h"

namespace understudy::resp {
namespace {

namespace fs = std::filesystem;

struct sample {
    std::string name;
    direction which = direction::reply;
    std::string bytes;
};

std::vector<sample> samples(const char* folder) {
    std::vector<sample> out;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(fs::path(UNDERSTUDY_SOURCE_DIR "/corpus/resp") / folder, failed)) {
        const fs::path path = entry.path();
        EXPECT_TRUE(path.extension() == ".reply" || path.extension() == ".request") << path;
        std::ifstream file(path, std::ios::binary);
        EXPECT_TRUE(file) << path;
        out.push_back({path.filename().string(), path.extension() == ".request" ? direction::request : direction::reply,
                       std::string(std::istreambuf_iterator<char>(file), {})});
        EXPECT_FALSE(out.back().bytes.empty()) << path;
    }
    EXPECT_FALSE(failed) << folder << ": " << failed.message();
    std::ranges::sort(out, {}, &sample::name);
    return out;
}

// All places of a small file; of a large one those near its ends and a step apart.
std::vector<std::size_t> cuts_of(std::size_t size) {
    constexpr std::size_t near = 700;
    std::vector<std::size_t> out;
    for (std::size_t at = 1; at < size; at += at < near || at + near > size ? 1 : 61)
        out.push_back(at);
    return out;
}

TEST(corpus, good_files_are_read_whole_however_cut) {
    const auto files = samples("good");
    ASSERT_GE(files.size(), 19u);
    for (const sample& file : files) {
        SCOPED_TRACE(file.name);
        const auto at_once = test::read_pieces(file.which, {}, file.bytes, test::whole());
        ASSERT_EQ(at_once.end, status::need_more);
        EXPECT_FALSE(at_once.in_message);
        EXPECT_EQ(at_once.left, 0u);
        ASSERT_FALSE(at_once.tokens.empty());
        EXPECT_TRUE(at_once.tokens.back().message_end);
        EXPECT_EQ(test::read_pieces(file.which, {}, file.bytes, test::every(1)), at_once);

        constexpr std::uint64_t plenty = 8u << 20;
        const auto built = test::build_pieces(file.which, {}, plenty, file.bytes, test::whole());
        ASSERT_EQ(built.end, status::need_more);
        EXPECT_FALSE(built.in_value);
        const auto ends = std::ranges::count_if(at_once.tokens, &test::seen::message_end);
        EXPECT_EQ(static_cast<std::ptrdiff_t>(built.values.size()), ends);
        EXPECT_EQ(test::build_pieces(file.which, {}, plenty, file.bytes, test::every(1)), built);
        for (const std::size_t cut : cuts_of(file.bytes.size())) {
            ASSERT_EQ(test::read_pieces(file.which, {}, file.bytes, test::split_at(cut)), at_once) << cut;
            ASSERT_EQ(test::build_pieces(file.which, {}, plenty, file.bytes, test::split_at(cut)), built) << cut;
        }
    }
}

TEST(corpus, bad_files_are_refused_however_cut) {
    const auto files = samples("bad");
    ASSERT_GE(files.size(), 29u);
    for (const sample& file : files) {
        SCOPED_TRACE(file.name);
        const auto at_once = test::read_pieces(file.which, {}, file.bytes, test::whole());
        ASSERT_TRUE(at_once.end == status::malformed || at_once.end == status::over_limit);
        EXPECT_EQ(test::read_pieces(file.which, {}, file.bytes, test::every(1)), at_once);
        for (const std::size_t cut : cuts_of(file.bytes.size())) {
            ASSERT_EQ(test::read_pieces(file.which, {}, file.bytes, test::split_at(cut)), at_once) << cut;
            ASSERT_EQ(test::build_pieces(file.which, {}, 8u << 20, file.bytes, test::split_at(cut)).end, at_once.end)
                << cut;
        }
    }
}

// The bytes of a real server, read and written again, are the same bytes.
TEST(corpus, replies_of_a_real_server_are_written_back_as_they_came) {
    std::size_t compared = 0;
    for (const sample& file : samples("good")) {
        if (!file.name.starts_with("redis7-")) continue;
        ++compared;
        const bool third = file.name.contains("resp3");
        std::string written;
        for (const value& one : test::build_pieces(file.which, {}, 8u << 20, file.bytes, test::whole()).values)
            append_value(written, one, third ? 3 : 2);
        EXPECT_EQ(written, file.bytes) << file.name;
    }
    EXPECT_EQ(compared, 8u);
}

}  // namespace
}  // namespace understudy::resp
