#include "store/journal.h"

#include <optional>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "store/detail/test_folder.h"

using namespace understudy;
using namespace understudy::store;
using detail::in_child;
using detail::killed;
using detail::slurp;
using detail::spill;
using detail::test_folder;

namespace {

std::string record(int number) {
    return "{\"number\":" + std::to_string(number) + ",\"text\":\"" +
           std::string(static_cast<std::size_t>(number), 'x') + "\"}";
}

std::vector<std::string> records(int count) {
    std::vector<std::string> out;
    for (int i = 1; i <= count; ++i)
        out.push_back(record(i));
    return out;
}

std::string bytes_of(int count) {
    std::string out = "understudy-journal 1\n";
    for (int i = 1; i <= count; ++i)
        out += journal_line(static_cast<std::uint64_t>(i), record(i));
    return out;
}

// Writes five records to a new journal; the exit code is how many appends returned.
int write_five(const std::filesystem::path& path) {
    auto writer = journal_writer::create(path);
    if (!writer) return 100;
    int done = 0;
    for (int i = 1; i <= 5; ++i)
        if (writer->append(record(i))) ++done;
    return done;
}

}  // namespace

TEST(journal, what_is_appended_is_read_back) {
    const test_folder folder;
    auto writer = journal_writer::create(folder / "j");
    ASSERT_TRUE(writer);
    for (int i = 1; i <= 20; ++i) {
        ASSERT_TRUE(writer->append(record(i)));
        EXPECT_EQ(slurp(folder / "j"), bytes_of(i));  // on disk when append returns
    }
    EXPECT_EQ(writer->count(), 20u);
    EXPECT_EQ(detail::mode_of(folder / "j"), 0600u);
    const auto read = read_journal(folder / "j");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->records, records(20));
    EXPECT_FALSE(read->torn_tail);
}

TEST(journal, a_line_is_as_the_format_page_says) {
    // printf '7 {}' | sha256sum
    EXPECT_EQ(journal_line(7, "{}"), "f78a5dc04e27da79 7 {}\n");
}

TEST(journal, the_sample_of_the_format_page_decodes) {
    const std::string bytes = detail::hex_sample(UNDERSTUDY_SOURCE_DIR "/docs/formats/journal.md", "## Sample");
    ASSERT_FALSE(bytes.empty());
    const auto read = parse_journal(bytes);
    ASSERT_TRUE(read);
    EXPECT_FALSE(read->torn_tail);
    EXPECT_EQ(read->records, (std::vector<std::string>{R"({"record":"begin","id":"a1"})",
                                                       R"({"record":"step","number":1,"state":"planned"})",
                                                       R"({"record":"step","number":1,"state":"applied"})"}));
}

TEST(journal, cut_anywhere_it_reads_the_whole_records_and_goes_on) {
    const test_folder folder;
    const std::string whole = bytes_of(4);
    std::vector<std::size_t> ends;  // of the header and of each line, without the line feed
    for (std::size_t i = 0; i < whole.size(); ++i)
        if (whole[i] == '\n') ends.push_back(i);
    for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
        const auto read = parse_journal(std::string_view(whole).substr(0, cut));
        ASSERT_TRUE(read) << cut;
        int expected = -1;  // records whose last byte of JSON is there
        for (const std::size_t end : ends)
            if (cut >= end) ++expected;
        expected = std::max(expected, 0);
        EXPECT_EQ(read->records, records(expected)) << cut;
        EXPECT_EQ(read->torn_tail, cut == 0 || whole[cut - 1] != '\n') << cut;

        spill(folder / "j", whole.substr(0, cut));
        {
            auto writer = journal_writer::reopen(folder / "j");
            ASSERT_TRUE(writer) << cut;
            EXPECT_EQ(writer->count(), static_cast<std::uint64_t>(expected));
            ASSERT_TRUE(writer->append(record(expected + 1)));
        }
        EXPECT_EQ(slurp(folder / "j"), bytes_of(expected + 1)) << cut;
    }
}

TEST(journal, every_changed_byte_is_found) {
    const std::string whole = bytes_of(3);
    for (std::size_t at = 0; at < whole.size(); ++at)
        for (int value = 0; value < 256; ++value) {
            if (static_cast<unsigned char>(whole[at]) == value) continue;
            std::string bad = whole;
            bad[at] = static_cast<char>(value);
            const auto read = parse_journal(bad);
            ASSERT_FALSE(read) << "byte " << at << " as " << value;
            EXPECT_TRUE(read.error().code == errc::journal_damaged || read.error().code == errc::newer_format);
        }
}

TEST(journal, lines_lost_repeated_or_swapped_are_found) {
    const std::string head = "understudy-journal 1\n";
    const std::string one = journal_line(1, "{}"), two = journal_line(2, "{}"), three = journal_line(3, "{}");
    for (const std::string& bad : {head + two, head + one + three, head + two + one, head + one + one, head + "\n",
                                   head + one + "\n", head + journal_line(0, "{}"), one, "\n" + head}) {
        const auto read = parse_journal(bad);
        ASSERT_FALSE(read) << bad;
        EXPECT_EQ(read.error().code, errc::journal_damaged) << bad;
    }
}

TEST(journal, a_later_version_is_refused_by_name) {
    for (const char* text : {"understudy-journal 2\n", "understudy-journal 17\nwhatever"}) {
        const auto read = parse_journal(text);
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().code, errc::newer_format);
    }
    EXPECT_EQ(parse_journal("understudy-journal 99999999999999999999\n").error().code, errc::journal_damaged);
}

TEST(journal, a_damaged_journal_is_not_reopened_nor_changed) {
    const test_folder folder;
    std::string bytes = bytes_of(3);
    bytes[bytes.size() - 3] ^= 1;
    spill(folder / "j", bytes);
    const auto writer = journal_writer::reopen(folder / "j");
    ASSERT_FALSE(writer);
    EXPECT_EQ(writer.error().code, errc::journal_damaged);
    EXPECT_EQ(slurp(folder / "j"), bytes);
    EXPECT_EQ(read_journal(folder / "none").error().code, errc::io);
}

TEST(journal, one_writer_at_a_time) {
    const test_folder folder;
    {
        auto writer = journal_writer::create(folder / "j");
        ASSERT_TRUE(writer);
        EXPECT_EQ(journal_writer::create(folder / "j").error().code, errc::io);
        EXPECT_EQ(journal_writer::reopen(folder / "j").error().code, errc::locked);
        EXPECT_TRUE(read_journal(folder / "j"));
    }
    EXPECT_TRUE(journal_writer::reopen(folder / "j"));
}

TEST(journal, what_is_no_record_is_refused) {
    const test_folder folder;
    auto writer = journal_writer::create(folder / "j");
    ASSERT_TRUE(writer);
    EXPECT_EQ(writer->append("").error().code, errc::internal);
    EXPECT_EQ(writer->append("{\n}").error().code, errc::internal);
    EXPECT_EQ(writer->append(std::string(journal_record_limit + 1, 'x')).error().code, errc::too_large);
    EXPECT_TRUE(writer->append("{}"));
    EXPECT_EQ(read_journal(folder / "j")->records, std::vector<std::string>{"{}"});
}

TEST(journal, a_full_disk_leaves_whole_records_and_can_go_on) {
    const test_folder folder;
    const auto path = folder / "j";
    const int wait_status = in_child("", [&] {
        ::signal(SIGXFSZ, SIG_IGN);
        auto writer = journal_writer::create(path);
        if (!writer || !writer->append(record(1))) return 1;
        const rlim_t now = slurp(path).size();
        const rlimit tight{now + 10, RLIM_INFINITY};
        ::setrlimit(RLIMIT_FSIZE, &tight);
        const auto full = writer->append(record(2));
        if (full || full.error().code != errc::disk_full) return 2;
        if (slurp(path) != bytes_of(1)) return 3;
        const rlimit wide{RLIM_INFINITY, RLIM_INFINITY};
        ::setrlimit(RLIMIT_FSIZE, &wide);
        return writer->append(record(2)) ? 0 : 4;
    });
    ASSERT_TRUE(WIFEXITED(wait_status));
    EXPECT_EQ(WEXITSTATUS(wait_status), 0);
    EXPECT_EQ(slurp(path), bytes_of(2));
}

TEST(journal, the_corpus_reads_as_its_names_say) {
    struct expected {
        const char* name;
        std::optional<errc> problem;
        std::size_t records;
        bool torn;
    };
    for (const expected& file :
         {expected{"three", {}, 3, false}, expected{"no-line-feed", {}, 3, true}, expected{"torn", {}, 2, true},
          expected{"header", {}, 0, false}, expected{"beginning", {}, 0, true},
          expected{"later", errc::newer_format, 0, false}, expected{"damaged", errc::journal_damaged, 0, false}}) {
        const auto read = read_journal(std::string(UNDERSTUDY_SOURCE_DIR "/corpus/store/journal/") + file.name);
        ASSERT_EQ(read.has_value(), !file.problem) << file.name;
        if (file.problem) {
            EXPECT_EQ(read.error().code, *file.problem) << file.name;
            continue;
        }
        EXPECT_EQ(read->records.size(), file.records) << file.name;
        EXPECT_EQ(read->torn_tail, file.torn) << file.name;
    }
}

#ifdef UNDERSTUDY_FAULTS
TEST(journal, killed_at_every_append) {
    for (int number = 1; number <= 5; ++number)
        for (const std::string moment : {"", ":before", ":torn", ":after"}) {
            const test_folder folder;
            const std::string plan = "journal:" + std::to_string(number) + moment;
            ASSERT_TRUE(killed(in_child(plan.c_str(), [&] { return write_five(folder / "j"); }))) << plan;
            const auto read = read_journal(folder / "j");
            ASSERT_TRUE(read) << plan;
            const bool written = moment.empty() || moment == ":after";
            EXPECT_EQ(read->records, records(written ? number : number - 1)) << plan;
            EXPECT_EQ(read->torn_tail, moment == ":torn") << plan;
            EXPECT_TRUE(journal_writer::reopen(folder / "j")) << "the dead writer's lock is gone";
        }
    const test_folder folder;
    const int wait_status = in_child("journal:6", [&] { return write_five(folder / "j"); });
    ASSERT_TRUE(WIFEXITED(wait_status));
    EXPECT_EQ(WEXITSTATUS(wait_status), 5);
}
#endif
