#include "store/backup.h"

#include <algorithm>
#include <cstring>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"
#include "store/detail/test_folder.h"

using namespace understudy;
using namespace understudy::store;
using namespace std::chrono_literals;
using detail::in_child;
using detail::mode_of;
using detail::slurp;
using detail::spill;
using detail::test_folder;

namespace {

encryption_key raw_key(std::uint8_t fill) {
    encryption_key key;
    key.bytes.fill(fill);
    return key;
}

backup_entry entry_of(int number) {
    seeded_random random(static_cast<std::uint64_t>(number));
    backup_entry entry;
    entry.database = number % 16;
    entry.key = "page:" + std::to_string(number);
    for (int i = 0; i < number * 3 % 50; ++i)
        entry.payload += static_cast<char>(random());
    entry.digest = sha256_of(entry.payload);
    if (number % 2) entry.expires_at = wall_time(std::chrono::milliseconds(1'795'475'647'123 + number));
    if (number % 3 == 1) entry.idle = std::chrono::seconds(number * 1000);
    if (number % 3 == 2) entry.freq = static_cast<std::uint8_t>(number * 37);
    return entry;
}

std::vector<backup_entry> entries_of(int count) {
    std::vector<backup_entry> out;
    for (int i = 1; i <= count; ++i)
        out.push_back(entry_of(i));
    return out;
}

result<backup_summary> write_backup(const std::filesystem::path& path, const std::vector<backup_entry>& entries,
                                    const std::optional<encryption_key>& key = {}) {
    UNDERSTUDY_LET(writer, backup_writer::create(path, key));
    for (const backup_entry& entry : entries)
        UNDERSTUDY_TRY(writer.add(entry));
    return writer.finish();
}

struct contents {
    std::vector<backup_entry> entries;
    std::optional<errc> problem;  // that ended the reading
    bool complete = false;
    backup_summary summary;
};

contents read_all(result<backup_reader> reader) {
    contents out;
    if (!reader) {
        out.problem = reader.error().code;
        return out;
    }
    for (;;) {
        auto next = reader->next();
        if (!next) out.problem = next.error().code;
        if (!next || !*next) break;
        out.entries.push_back(std::move(**next));
    }
    out.complete = reader->complete();
    out.summary = reader->summary();
    return out;
}

contents read_backup(const std::filesystem::path& path, const backup_read_options& options = {}) {
    return read_all(backup_reader::open(path, options));
}

// Without a disk, for tests that read thousands.
contents read_bytes(std::string_view bytes, const backup_read_options& options) {
    const int fd = ::memfd_create("backup", MFD_CLOEXEC);
    if (::write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) return {};
    ::lseek(fd, 0, SEEK_SET);
    return read_all(backup_reader::open_fd(fd, options));
}

// What was read is a beginning of what was written.
bool begins(const std::vector<backup_entry>& read, const std::vector<backup_entry>& written) {
    return read.size() <= written.size() && std::equal(read.begin(), read.end(), written.begin());
}

backup_read_options with_key(const std::optional<encryption_key>& key, bool allow_incomplete = false) {
    backup_read_options options;
    options.key = key;
    options.allow_incomplete = allow_incomplete;
    return options;
}

const std::string format_page = UNDERSTUDY_SOURCE_DIR "/docs/formats/backup.md";

std::vector<backup_entry> sample_entries() {
    backup_entry one;
    one.database = 2;
    one.key = "page:home";
    one.payload = std::string("\x00\x05hello\x0a\x00", 9);
    one.digest = sha256_of("hello");
    one.expires_at = wall_time(1'795'475'647'123ms);
    one.idle = 61s;
    backup_entry two;
    two.key = "k";
    two.payload = "v";
    two.digest = sha256_of("v");
    two.freq = 7;
    return {one, two};
}

class backup : public testing::TestWithParam<bool> {
protected:
    [[nodiscard]] static std::optional<encryption_key> key() {
        return GetParam() ? std::optional(raw_key(0x5a)) : std::nullopt;
    }
    test_folder folder_;
};

}  // namespace

TEST_P(backup, what_is_added_is_read_back) {
    auto entries = entries_of(200);
    backup_entry big;
    big.key = std::string("\0\r\n$5", 5);
    big.payload = std::string(3'000'000, 'p');
    big.expires_at = wall_time(-1ms);
    big.database = 2'000'000'000;
    entries.push_back(big);
    entries.push_back({});
    const auto summary = write_backup(folder_ / "new/b.backup", entries, key());
    ASSERT_TRUE(summary);
    const contents read = read_backup(folder_ / "new/b.backup", with_key(key()));
    EXPECT_FALSE(read.problem);
    EXPECT_TRUE(read.complete);
    EXPECT_EQ(read.entries, entries);
    EXPECT_EQ(summary->entries, entries.size());
    EXPECT_EQ(read.summary.digest, summary->digest);
    EXPECT_EQ(read.summary.bytes, summary->bytes);
    EXPECT_EQ(mode_of(folder_ / "new"), 0700u);
    EXPECT_EQ(mode_of(folder_ / "new/b.backup"), 0600u);
    // The trailer's frame has 5 + 48 + 16 bytes, and the digest is of all that is before it.
    const std::string bytes = slurp(folder_ / "new/b.backup");
    EXPECT_EQ(sha256_of(std::string_view(bytes).substr(0, bytes.size() - 69)), summary->digest);
}

TEST_P(backup, an_empty_one_is_complete) {
    ASSERT_TRUE(write_backup(folder_ / "b", {}, key()));
    const contents read = read_backup(folder_ / "b", with_key(key()));
    EXPECT_TRUE(read.complete);
    EXPECT_TRUE(read.entries.empty());
}

TEST_P(backup, cut_anywhere_it_is_known_to_be_incomplete) {
    const auto entries = entries_of(6);
    ASSERT_TRUE(write_backup(folder_ / "b", entries, key()));
    const std::string whole = slurp(folder_ / "b");
    for (std::size_t cut = 0; cut < whole.size(); ++cut) {
        const std::string_view rest = std::string_view(whole).substr(0, cut);
        const contents strict = read_bytes(rest, with_key(key()));
        ASSERT_EQ(strict.problem, errc::backup_damaged) << cut;
        EXPECT_TRUE(begins(strict.entries, entries)) << cut;
        const contents partly = read_bytes(rest, with_key(key(), true));
        EXPECT_EQ(partly.entries, strict.entries) << cut;
        EXPECT_FALSE(partly.complete);
        EXPECT_EQ(partly.problem.has_value(), cut < 96) << cut;
    }
    EXPECT_EQ(read_bytes(whole + "x", with_key(key())).problem, errc::backup_damaged);
}

TEST_P(backup, every_changed_bit_is_found) {
    const auto entries = entries_of(4);
    ASSERT_TRUE(write_backup(folder_ / "b", entries, key()));
    const std::string whole = slurp(folder_ / "b");
    for (std::size_t at = 0; at < whole.size(); ++at)
        for (int bit = 0; bit < 8; ++bit) {
            std::string bad = whole;
            bad[at] = static_cast<char>(bad[at] ^ 1 << bit);
            const contents read = read_bytes(bad, with_key(key()));
            ASSERT_TRUE(read.problem) << at;
            EXPECT_FALSE(read.complete);
            EXPECT_TRUE(begins(read.entries, entries)) << at;
            const contents partly = read_bytes(bad, with_key(key(), true));
            EXPECT_TRUE(begins(partly.entries, entries)) << at;
            EXPECT_FALSE(partly.complete);
        }
}

TEST_P(backup, entries_moved_within_or_between_files_are_found) {
    const auto entries = std::vector<backup_entry>(3, entry_of(9));  // all of one size
    ASSERT_TRUE(write_backup(folder_ / "a", entries, key()));
    ASSERT_TRUE(write_backup(folder_ / "b", entries, key()));
    const std::string a = slurp(folder_ / "a"), b = slurp(folder_ / "b");
    const std::size_t frame = (a.size() - 96 - 69) / 3;
    const std::string head = a.substr(0, 96), one = a.substr(96, frame), two = a.substr(96 + frame, frame),
                      three = a.substr(96 + 2 * frame, frame), end = a.substr(96 + 3 * frame);
    for (const std::string& bad : {head + two + one + three + end, head + one + three + end, head + one + one + end,
                                   head + b.substr(96), b.substr(0, 96) + a.substr(96), head + end}) {
        spill(folder_ / "c", bad);
        EXPECT_EQ(read_backup(folder_ / "c", with_key(key())).problem, errc::backup_damaged);
    }
}

TEST_P(backup, an_unfinished_one_is_readable_by_entry) {
    {
        auto writer = backup_writer::create(folder_ / "b", key());
        ASSERT_TRUE(writer);
        backup_entry big = entry_of(1);
        big.payload = std::string(300'000, 'x');  // more than is held back
        ASSERT_TRUE(writer->add(big));
    }
    EXPECT_EQ(read_backup(folder_ / "b", with_key(key())).problem, errc::backup_damaged);
    const contents partly = read_backup(folder_ / "b", with_key(key(), true));
    EXPECT_FALSE(partly.problem);
    EXPECT_FALSE(partly.complete);
    EXPECT_EQ(partly.entries.size(), 1u);
}

TEST_P(backup, a_lie_about_a_length_costs_no_memory) {
    ASSERT_TRUE(write_backup(folder_ / "b", entries_of(1), key()));
    std::string bytes = slurp(folder_ / "b");
    std::memcpy(bytes.data() + 96, "\xff\xff\xff\xff", 4);
    spill(folder_ / "b", bytes);
    EXPECT_EQ(read_backup(folder_ / "b", with_key(key())).problem, errc::backup_damaged);
    backup_entry big = entry_of(13);
    big.payload = std::string(1'000, 'x');
    ASSERT_TRUE(write_backup(folder_ / "c", {big}, key()));
    backup_read_options options = with_key(key());
    options.entry_limit = 900;
    EXPECT_EQ(read_backup(folder_ / "c", options).problem, errc::too_large);
    options.entry_limit = 1'100;
    EXPECT_TRUE(read_backup(folder_ / "c", options).complete);
}

TEST_P(backup, a_full_disk_is_said_and_ends_it) {
    const int wait_status = in_child("", [&] {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit tight{400'000, 400'000};
        ::setrlimit(RLIMIT_FSIZE, &tight);
        auto writer = backup_writer::create(folder_ / "b", key());
        if (!writer) return 1;
        backup_entry big = entry_of(1);
        big.payload = std::string(300'000, 'x');
        if (!writer->add(big)) return 2;
        const auto full = writer->add(big);
        if (full || full.error().code != errc::disk_full) return 3;
        return writer->finish() || writer->add(entry_of(1)) ? 4 : 0;
    });
    ASSERT_TRUE(WIFEXITED(wait_status));
    EXPECT_EQ(WEXITSTATUS(wait_status), 0);
    EXPECT_EQ(read_backup(folder_ / "b", with_key(key())).problem, errc::backup_damaged);
}

INSTANTIATE_TEST_SUITE_P(plain_and_encrypted, backup, testing::Bool(),
                         [](const auto& is) { return is.param ? "encrypted" : "plain"; });

TEST(backup_format, the_samples_of_the_format_page_decode) {
    const test_folder folder;
    for (const bool sealed : {false, true}) {
        const std::string bytes = detail::hex_sample(format_page, sealed ? "### Encrypted" : "### Not encrypted");
        ASSERT_FALSE(bytes.empty());
        spill(folder / "s", bytes);
        const auto header = read_backup_header(folder / "s");
        ASSERT_TRUE(header);
        EXPECT_EQ(header->encrypted, sealed);
        backup_read_options options;
        if (sealed) options.key = *derive_key("correct horse", header->salt);
        const contents read = read_backup(folder / "s", options);
        EXPECT_FALSE(read.problem);
        EXPECT_TRUE(read.complete);
        EXPECT_EQ(read.entries, sample_entries());
        EXPECT_EQ(read.summary.bytes, 20u);
    }
}

TEST(backup_format, the_corpus_reads_as_its_names_say) {
    const std::string corpus = UNDERSTUDY_SOURCE_DIR "/corpus/store/backup/";
    EXPECT_TRUE(read_backup(corpus + "plain").complete);
    EXPECT_EQ(read_backup(corpus + "sealed").problem, errc::secret_missing);
    for (const char* name : {"incomplete", "cut", "header", "long-length"}) {
        EXPECT_EQ(read_backup(corpus + name).problem, errc::backup_damaged) << name;
        const contents partly = read_backup(corpus + name, with_key({}, true));
        EXPECT_FALSE(partly.problem) << name;
        EXPECT_FALSE(partly.complete) << name;
        EXPECT_EQ(partly.entries.size(), name == std::string_view("incomplete") ? 2u : 0u) << name;
    }
}

TEST(backup_format, bytes_lie_where_the_page_says) {
    const test_folder folder;
    ASSERT_TRUE(write_backup(folder / "b", sample_entries()));
    const std::string bytes = slurp(folder / "b");
    const auto u32 = [&](std::size_t at) {
        std::uint32_t value = 0;
        std::memcpy(&value, bytes.data() + at, 4);  // the tests run on little-endian machines
        return value;
    };
    EXPECT_EQ(bytes.substr(0, 8), "USTBAK\r\n");
    EXPECT_EQ(u32(8), 1u);
    EXPECT_EQ(u32(12), 96u);
    EXPECT_EQ(u32(96), 1u + 4 + 32 + 8 + 8 + 4 + 9 + 9);
    EXPECT_EQ(bytes[100], 'E');
    EXPECT_EQ(bytes[101], 3);
    EXPECT_EQ(u32(102), 2u);
    EXPECT_EQ(u32(154), 9u);
    EXPECT_EQ(bytes.substr(158, 9), "page:home");
    std::uint64_t expiry = 0;
    std::memcpy(&expiry, bytes.data() + 138, 8);
    EXPECT_EQ(expiry, 1'795'475'647'123u);
    const digest256 header_digest = sha256_of(bytes.substr(0, 96));
    std::string context(header_digest.begin(), header_digest.end());
    context += std::string(8, '\0') + bytes.substr(100, 1) + bytes.substr(96, 4);
    EXPECT_EQ(hex(sha256_of(context + bytes.substr(101, u32(96)))).substr(0, 32), hex(bytes.substr(101 + u32(96), 16)));
}

TEST(backup_format, what_is_no_backup_or_a_later_one) {
    const test_folder folder;
    ASSERT_TRUE(write_backup(folder / "b", {}));
    std::string later = slurp(folder / "b");
    later[8] = 2;
    spill(folder / "later", later);
    EXPECT_EQ(read_backup(folder / "later").problem, errc::newer_format);
    EXPECT_EQ(read_backup_header(folder / "later").error().code, errc::newer_format);
    spill(folder / "text", std::string(200, 'x'));
    EXPECT_EQ(read_backup(folder / "text").problem, errc::backup_damaged);
    EXPECT_EQ(read_backup("/dev/zero").problem, errc::backup_damaged);
    EXPECT_EQ(read_backup(folder / "none").problem, errc::io);
}

TEST(backup_format, an_existing_file_is_not_overwritten) {
    const test_folder folder;
    ASSERT_TRUE(write_backup(folder / "b", entries_of(2)));
    EXPECT_EQ(backup_writer::create(folder / "b").error().code, errc::io);
    EXPECT_EQ(read_backup(folder / "b").entries, entries_of(2));
}

TEST(backup_encryption, hides_keys_and_values_and_needs_its_key) {
    const test_folder folder;
    backup_entry entry;
    entry.key = "canary-key-7391";
    entry.payload = "canary-value-8842";
    ASSERT_TRUE(write_backup(folder / "b", {entry}, raw_key(1)));
    const std::string bytes = slurp(folder / "b");
    EXPECT_EQ(bytes.find("canary"), std::string::npos);
    EXPECT_EQ(read_backup(folder / "b").problem, errc::secret_missing);
    EXPECT_EQ(read_backup(folder / "b", with_key(raw_key(2))).problem, errc::secret_missing);
    EXPECT_EQ(read_backup(folder / "b", with_key(raw_key(1))).entries.size(), 1u);
}

TEST(backup_encryption, two_files_of_one_key_share_no_bytes) {
    const test_folder folder;
    ASSERT_TRUE(write_backup(folder / "a", entries_of(2), raw_key(1)));
    ASSERT_TRUE(write_backup(folder / "b", entries_of(2), raw_key(1)));
    const std::string a = slurp(folder / "a"), b = slurp(folder / "b");
    ASSERT_EQ(a.size(), b.size());
    std::size_t same = 0;
    for (std::size_t i = 101; i < a.size(); ++i)
        same += a[i] == b[i] ? 1 : 0;
    EXPECT_LT(same, a.size() / 8);  // kind and length bytes, and chance (1 in 256)
}

TEST(backup_encryption, keys_come_from_passphrase_and_salt) {
    key_salt salt{};
    salt[3] = 9;
    const auto a = derive_key("correct horse", salt);
    ASSERT_TRUE(a);
    EXPECT_EQ(a->bytes, derive_key("correct horse", salt)->bytes);
    EXPECT_NE(a->bytes, derive_key("correct horsf", salt)->bytes);
    EXPECT_NE(a->bytes, derive_key("correct horse", key_salt{})->bytes);
    EXPECT_EQ(a->salt, salt);
    EXPECT_EQ(derive_key("", salt).error().code, errc::secret_missing);
    EXPECT_NE(new_salt(), new_salt());
    const test_folder folder;
    ASSERT_TRUE(write_backup(folder / "b", {}, *a));
    EXPECT_EQ(read_backup_header(folder / "b")->salt, salt);
}

#ifdef UNDERSTUDY_FAULTS
TEST(backup_crash, killed_before_its_end_it_is_incomplete_and_after_it_whole) {
    for (int number = 1; number <= 3; ++number) {
        const test_folder folder;
        const std::string plan = "backup:" + std::to_string(number);
        ASSERT_TRUE(
            detail::killed(in_child(plan.c_str(), [&] { return write_backup(folder / "b", entries_of(3)) ? 0 : 1; })));
        EXPECT_EQ(read_backup(folder / "b").problem, errc::backup_damaged);
    }
    const test_folder folder;
    ASSERT_TRUE(
        detail::killed(in_child("backup_finish:1", [&] { return write_backup(folder / "b", entries_of(3)) ? 0 : 1; })));
    EXPECT_EQ(read_backup(folder / "b").entries, entries_of(3));
    EXPECT_TRUE(read_backup(folder / "b").complete);
}
#endif

TEST(prune, removes_old_backups_and_nothing_else) {
    const test_folder folder;
    const auto age = [&](std::string_view name, std::chrono::hours by) {
        const timespec at{std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() - by), 0};
        const timespec times[] = {at, at};
        ASSERT_EQ(::utimensat(AT_FDCWD, (folder / name).c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
    };
    for (const char* name : {"old.backup", "kept.backup", "new.backup", "other.txt", "target"})
        ASSERT_TRUE(write_backup(folder / name, entries_of(1)));
    spill(folder / "cut.backup", "USTB");
    spill(folder / "strange.backup", "something else");
    std::filesystem::create_symlink(folder / "target", folder / "link.backup");
    std::filesystem::create_directory(folder / "folder.backup");
    for (const char* name :
         {"old.backup", "kept.backup", "other.txt", "target", "cut.backup", "strange.backup", "link.backup"})
        age(name, 48h);
    age("new.backup", 23h);
    const auto keep = [&](const std::filesystem::path& path) { return path.filename() == "kept.backup"; };
    const auto removed = prune_backups(folder.path(), 24h, now(), keep);
    ASSERT_TRUE(removed);
    EXPECT_EQ(*removed, (std::vector<std::filesystem::path>{folder / "cut.backup", folder / "old.backup"}));
    for (const char* name :
         {"kept.backup", "new.backup", "other.txt", "target", "strange.backup", "link.backup", "folder.backup"})
        EXPECT_TRUE(std::filesystem::exists(folder / name)) << name;
    EXPECT_FALSE(std::filesystem::exists(folder / "old.backup"));
    EXPECT_TRUE(prune_backups(folder / "none", 24h, now(), {})->empty());
}
