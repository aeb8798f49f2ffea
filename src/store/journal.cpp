// Reading tells two kinds of bad ends apart. An unterminated last line that a right line could begin with is a torn
// write: append() had not returned, so nothing was done on the strength of it. A terminated line with a wrong checksum
// was once whole and has been changed since: to drop it would hide a step that was done, so it is damage.
#include "store/journal.h"

#include <cerrno>
#include <charconv>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "store/fault.h"

namespace understudy::store {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view format_name = "understudy-journal ";
constexpr std::string_view header = "understudy-journal 1\n";
constexpr std::size_t checksum_length = 16;
// Checksum, space, at most 20 digits, space.
constexpr std::size_t longest_prefix = checksum_length + 1 + 20 + 1;

std::string checksum_of(std::string_view bytes) {
    return hex(sha256_of(bytes)).substr(0, checksum_length);
}

std::unexpected<error> damaged(std::size_t line, std::string_view why) {
    return fail(errc::journal_damaged, fmt::format("the journal is damaged in line {}: {}", line, why));
}

// The JSON of a line without its line feed, if checksum and sequence number are right.
std::optional<std::string_view> record_of(std::string_view line, std::uint64_t sequence) {
    if (line.size() > longest_prefix + journal_record_limit) return std::nullopt;
    const std::string number = fmt::format(" {} ", sequence);
    if (line.size() <= checksum_length + number.size()) return std::nullopt;
    if (line.substr(checksum_length, number.size()) != number) return std::nullopt;
    if (line.substr(0, checksum_length) != checksum_of(line.substr(checksum_length + 1))) return std::nullopt;
    return line.substr(checksum_length + number.size());
}

// Whether a right line could begin with these bytes, as far as that can be told.
bool could_be_torn(std::string_view tail, std::uint64_t sequence) {
    if (tail.size() > longest_prefix + journal_record_limit) return false;
    // A whole record with one byte more: its line feed was changed, it was not cut.
    if (tail.size() > 1 && record_of(tail.substr(0, tail.size() - 1), sequence)) return false;
    const std::string_view checksum = tail.substr(0, checksum_length);
    if (checksum.find_first_not_of("0123456789abcdef") != std::string_view::npos) return false;
    const std::string number = fmt::format(" {} ", sequence);
    const std::string_view rest = tail.substr(checksum.size());
    return rest.substr(0, number.size()) == std::string_view(number).substr(0, rest.size());
}

status check_header(std::string_view line) {
    if (line == header.substr(0, header.size() - 1)) return {};
    if (!line.starts_with(format_name)) return damaged(1, "expected \"understudy-journal 1\"");
    const std::string_view version = line.substr(format_name.size());
    unsigned number = 0;
    const auto [end, problem] = std::from_chars(version.data(), version.data() + version.size(), number);
    if (problem != std::errc{} || end != version.data() + version.size() || number < 2)
        return damaged(1, "expected \"understudy-journal 1\"");
    return fail(
        errc::newer_format,
        fmt::format("the journal has format {}, this program reads format 1: use the version that wrote it", number));
}

status sync_file(int fd, const fs::path& path) {
    if (::fsync(fd) != 0) return std::unexpected(file_error(errno, "sync", path));
    return {};
}

status lock_file(int fd, const fs::path& path) {
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return {};
    if (errno == EWOULDBLOCK)
        return fail(errc::locked, fmt::format("journal {} is being written by another process", path.string()), {},
                    true);
    return std::unexpected(file_error(errno, "lock", path));
}

}  // namespace

std::string journal_line(std::uint64_t sequence, std::string_view json) {
    std::string body = fmt::format("{} {}", sequence, json);
    return fmt::format("{} {}\n", checksum_of(body), body);
}

result<journal_contents> parse_journal(std::string_view bytes) {
    journal_contents contents;
    std::size_t begin = 0;
    for (std::size_t line = 1; begin < bytes.size(); ++line) {
        const std::size_t end = bytes.find('\n', begin);
        const std::uint64_t sequence = line - 1;
        if (end == std::string_view::npos) {
            const std::string_view tail = bytes.substr(begin);
            contents.torn_tail = true;
            if (line == 1) {
                if (!header.starts_with(tail)) return damaged(1, "expected \"understudy-journal 1\"");
                return contents;
            }
            if (const auto record = record_of(tail, sequence)) {
                contents.records.emplace_back(*record);
                contents.ends_open = true;
                contents.whole_bytes = bytes.size();
                return contents;
            }
            if (!could_be_torn(tail, sequence)) return damaged(line, "the last line is no part of a record");
            return contents;
        }
        const std::string_view text = bytes.substr(begin, end - begin);
        if (line == 1) {
            UNDERSTUDY_TRY(check_header(text));
        } else {
            const auto record = record_of(text, sequence);
            if (!record) return damaged(line, fmt::format("expected record {} with its checksum", sequence));
            contents.records.emplace_back(*record);
        }
        begin = end + 1;
        contents.whole_bytes = begin;
    }
    // Nothing at all: killed between making the file and writing its first line.
    if (bytes.empty()) contents.torn_tail = true;
    return contents;
}

result<journal_contents> read_journal(const fs::path& path) {
    UNDERSTUDY_LET(bytes, read_file(path, journal_size_limit));
    auto contents = parse_journal(bytes);
    if (!contents) contents.error().where = path.string();
    return contents;
}

result<journal_writer> journal_writer::create(const fs::path& path) {
    unique_fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600));
    if (!file.is_open()) return std::unexpected(file_error(errno, "create", path));
    if (::fchmod(file.get(), 0600) != 0) return std::unexpected(file_error(errno, "set the mode of", path));
    UNDERSTUDY_TRY(lock_file(file.get(), path));
    UNDERSTUDY_TRY(write_all(file.get(), header, path));
    UNDERSTUDY_TRY(sync_file(file.get(), path));
    UNDERSTUDY_TRY(sync_folder(folder_of(path)));
    return journal_writer(std::move(file), path, 1, header.size());
}

result<journal_writer> journal_writer::reopen(const fs::path& path) {
    unique_fd file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    if (!file.is_open()) return std::unexpected(file_error(errno, "open", path));
    UNDERSTUDY_TRY(lock_file(file.get(), path));
    UNDERSTUDY_LET(contents, read_journal(path));
    std::uint64_t size = contents.whole_bytes;
    if (contents.torn_tail) {
        if (::ftruncate(file.get(), static_cast<off_t>(size)) != 0)
            return std::unexpected(file_error(errno, "cut the torn end of", path));
        const std::string_view missing = contents.ends_open ? "\n" : size == 0 ? header : "";
        UNDERSTUDY_TRY(write_all(file.get(), missing, path));
        size += missing.size();
    }
    // Also where nothing was cut: the last append may have written without having synced.
    UNDERSTUDY_TRY(sync_file(file.get(), path));
    UNDERSTUDY_TRY(sync_folder(folder_of(path)));
    return journal_writer(std::move(file), path, contents.records.size() + 1, size);
}

status journal_writer::cut_back(error why) {
    if (::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) broken_ = true;
    return std::unexpected(std::move(why));
}

status journal_writer::append(std::string_view json) {
    if (broken_)
        return fail(errc::io, fmt::format("journal {} could not be synced before: open it again", path_.string()));
    if (json.empty() || json.find('\n') != std::string_view::npos)
        return fail(errc::internal, "a journal record is one line of JSON");
    if (json.size() > journal_record_limit) return fail(errc::too_large, "a journal record has more than 16 MB");
    const std::string line = journal_line(next_, json);
    if (size_ + line.size() > journal_size_limit) return fail(errc::too_large, "the journal has 256 MB: it is full");
    const crash_moment crash = next_crash("journal");
    if (crash == crash_moment::before) crash_now();
    if (crash == crash_moment::torn) {
        [[maybe_unused]] const status torn =
            write_all(file_.get(), std::string_view(line).substr(0, line.size() / 2), path_);
        crash_now();
    }
    if (auto written = write_all(file_.get(), line, path_); !written) return cut_back(std::move(written).error());
    if (auto synced = sync_file(file_.get(), path_); !synced) {
        broken_ = true;
        return cut_back(std::move(synced).error());
    }
    size_ += line.size();
    ++next_;
    if (crash == crash_moment::after) crash_now();
    return {};
}

}  // namespace understudy::store
