// Writing: frames are gathered to 256 KB and written; nothing is synced before finish(), since nothing may be done on
// the strength of a backup before that. Reading: a frame's length is believed only when the file is long enough for it,
// so a lie about it costs no memory.
#include "store/backup.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/detail/backup_format.h"
#include "store/fault.h"
#include "store/file.h"

namespace understudy::store {

namespace fs = std::filesystem;

using detail::frame_kind;

namespace {

constexpr std::size_t write_buffer_size = std::size_t{256} * 1024;

std::unexpected<error> damaged(std::string why) {
    return fail(errc::backup_damaged, std::move(why));
}

// Fills `out` from the descriptor; fewer bytes only at the end of the file.
status read_up_to(int fd, std::string& out, std::size_t count, const fs::path& path) {
    out.resize(count);
    std::size_t have = 0;
    while (have < count) {
        const ssize_t got = ::read(fd, out.data() + have, count - have);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::unexpected(file_error(errno, "read", path));
        if (got == 0) break;
        have += static_cast<std::size_t>(got);
    }
    out.resize(have);
    return {};
}

result<unique_fd> open_to_read(const fs::path& path) {
    unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) return std::unexpected(file_error(errno, "open", path));
    return file;
}

}  // namespace

// --- writing ---

struct backup_writer::state {
    unique_fd file;
    fs::path path;
    detail::frame_cipher cipher;
    backup_summary summary;
    sha256 digest;
    std::string pending;
    bool over = false;  // finished, or failed

    status flush() {
        if (pending.empty()) return {};
        const std::string bytes = std::exchange(pending, {});
        const status written = write_all(file.get(), bytes, path);
        if (!written) over = true;
        return written;
    }
};

backup_writer::backup_writer(std::unique_ptr<state> state) : state_(std::move(state)) {}
backup_writer::backup_writer(backup_writer&&) noexcept = default;
backup_writer& backup_writer::operator=(backup_writer&&) noexcept = default;
backup_writer::~backup_writer() = default;

result<backup_writer> backup_writer::create(const fs::path& path, const std::optional<encryption_key>& key) {
    UNDERSTUDY_TRY(make_folder(folder_of(path), 0700));
    unique_fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.is_open()) return std::unexpected(file_error(errno, "create", path));
    if (::fchmod(file.get(), 0600) != 0) return std::unexpected(file_error(errno, "set the mode of", path));
    const std::string header = detail::new_header(key);
    UNDERSTUDY_LET(cipher, detail::frame_cipher::open(header, key));
    auto made = std::make_unique<state>(state{std::move(file), path, std::move(cipher), {}, {}, {}, false});
    made->digest.add(header);
    UNDERSTUDY_TRY(write_all(made->file.get(), header, path));
    return backup_writer(std::move(made));
}

status backup_writer::add(const backup_entry& entry) {
    if (state_->over) return fail(errc::internal, "the backup is finished or has failed");
    if (entry.key.size() + entry.payload.size() > backup_entry_limit)
        return fail(errc::too_large,
                    fmt::format("a key of {} does not fit into a backup, whose limit is {}",
                                show_bytes(entry.key.size() + entry.payload.size()), show_bytes(backup_entry_limit)));
    const std::string frame = state_->cipher.seal(frame_kind::entry, detail::encode_entry(entry));
    if (frame.empty()) {
        state_->over = true;
        return fail(errc::internal, "OpenSSL could not encrypt an entry of the backup");
    }
    state_->digest.add(frame);
    state_->pending += frame;
    ++state_->summary.entries;
    state_->summary.bytes += entry.key.size() + entry.payload.size();
    if (state_->pending.size() >= write_buffer_size) UNDERSTUDY_TRY(state_->flush());
    crash_point("backup");
    return {};
}

result<backup_summary> backup_writer::finish() {
    if (state_->over) return fail(errc::internal, "the backup is finished or has failed");
    state_->summary.digest = state_->digest.finish();
    const std::string trailer = state_->cipher.seal(frame_kind::trailer, detail::encode_trailer(state_->summary));
    if (!trailer.empty()) state_->pending += trailer;
    UNDERSTUDY_TRY(state_->flush());
    state_->over = true;
    if (trailer.empty()) return fail(errc::internal, "OpenSSL could not encrypt the end of the backup");
    if (::fsync(state_->file.get()) != 0) return std::unexpected(file_error(errno, "sync", state_->path));
    UNDERSTUDY_TRY(sync_folder(folder_of(state_->path)));
    crash_point("backup_finish");
    return state_->summary;
}

// --- reading ---

struct backup_reader::state {
    unique_fd file;
    fs::path path;
    detail::frame_cipher cipher;
    backup_read_options options;
    std::uint64_t left = 0;  // bytes of the file after what was read
    backup_summary summary;
    sha256 digest;
    bool over = false;
    bool complete = false;

    result<std::string> take(std::size_t count) {
        std::string bytes;
        UNDERSTUDY_TRY(read_up_to(file.get(), bytes, count, path));
        if (bytes.size() != count) return fail(errc::io, path.string() + " became shorter while it was read");
        left -= count;
        return bytes;
    }

    // The file ends before its trailer.
    result<std::optional<backup_entry>> cut_short() {
        over = true;
        if (options.allow_incomplete) return std::optional<backup_entry>();
        return damaged("the backup is incomplete: it was not finished, or its end is missing");
    }

    result<std::optional<backup_entry>> end_with(std::string_view body) {
        const auto told = detail::decode_trailer(body);
        summary.digest = digest.finish();
        if (!told || told->entries != summary.entries || told->bytes != summary.bytes || told->digest != summary.digest)
            return damaged("the backup's trailer does not agree with its entries");
        if (left != 0) return damaged("the backup goes on after its trailer");
        complete = true;
        return std::optional<backup_entry>();
    }

    result<std::optional<backup_entry>> read_next();
};

result<std::optional<backup_entry>> backup_reader::state::read_next() {
    if (left < detail::frame_head_size) return cut_short();
    UNDERSTUDY_LET(head, take(detail::frame_head_size));
    std::uint32_t length = 0;
    for (std::size_t i = 0; i < 4; ++i)
        length |= std::uint32_t{static_cast<std::uint8_t>(head[i])} << (8 * i);
    const auto kind = static_cast<frame_kind>(static_cast<std::uint8_t>(head[4]));
    if (kind != frame_kind::entry && kind != frame_kind::trailer)
        return damaged(fmt::format("entry {} of the backup is damaged", summary.entries + 1));
    if (std::uint64_t{length} + detail::seal_size > left) return cut_short();
    if (length > options.entry_limit + detail::entry_overhead_limit)
        return fail(errc::too_large, fmt::format("entry {} of the backup has {}, the limit is {}", summary.entries + 1,
                                                 show_bytes(length), show_bytes(options.entry_limit)));
    UNDERSTUDY_LET(body, take(length));
    UNDERSTUDY_LET(seal, take(detail::seal_size));
    if (kind == frame_kind::entry) {
        digest.add(head);
        digest.add(body);
        digest.add(seal);
    }
    if (!cipher.open_frame(kind, body, seal))
        return damaged(fmt::format("entry {} of the backup is damaged", summary.entries + 1));
    if (kind == frame_kind::trailer) return end_with(body);
    std::optional<backup_entry> entry = detail::decode_entry(body);
    if (!entry) return damaged(fmt::format("entry {} of the backup cannot be read", summary.entries + 1));
    ++summary.entries;
    summary.bytes += entry->key.size() + entry->payload.size();
    return entry;
}

backup_reader::backup_reader(std::unique_ptr<state> state) : state_(std::move(state)) {}
backup_reader::backup_reader(backup_reader&&) noexcept = default;
backup_reader& backup_reader::operator=(backup_reader&&) noexcept = default;
backup_reader::~backup_reader() = default;

result<backup_header> read_backup_header(const fs::path& path) {
    UNDERSTUDY_LET(file, open_to_read(path));
    std::string bytes;
    UNDERSTUDY_TRY(read_up_to(file.get(), bytes, detail::header_size, path));
    auto header = detail::parse_header(bytes);
    if (!header) header.error().where = path.string();
    return header;
}

result<backup_reader> backup_reader::open(const fs::path& path, const backup_read_options& options) {
    UNDERSTUDY_LET(file, open_to_read(path));
    auto reader = open_fd(file.release(), options);
    if (reader)
        reader->state_->path = path;
    else if (reader.error().where.empty())
        reader.error().where = path.string();
    return reader;
}

result<backup_reader> backup_reader::open_fd(int fd, const backup_read_options& options) {
    unique_fd file(fd);
    const fs::path unnamed = "the backup";
    struct stat found = {};
    if (::fstat(file.get(), &found) != 0) return std::unexpected(file_error(errno, "look at", unnamed));
    if (!S_ISREG(found.st_mode)) return damaged("a backup is a regular file");
    std::string header;
    UNDERSTUDY_TRY(read_up_to(file.get(), header, detail::header_size, unnamed));
    UNDERSTUDY_TRY(detail::parse_header(header));
    UNDERSTUDY_LET(cipher, detail::frame_cipher::open(header, options.key));
    const std::uint64_t left = static_cast<std::uint64_t>(found.st_size) - header.size();
    auto made = std::make_unique<state>(
        state{std::move(file), unnamed, std::move(cipher), options, left, {}, {}, false, false});
    made->options.key.reset();
    made->digest.add(header);
    return backup_reader(std::move(made));
}

result<std::optional<backup_entry>> backup_reader::next() {
    if (state_->over) return std::optional<backup_entry>();
    auto read = state_->read_next();
    if (!read || !*read) state_->over = true;
    if (!read && read.error().where.empty()) read.error().where = state_->path.string();
    return read;
}

bool backup_reader::complete() const {
    return state_->complete;
}

const backup_summary& backup_reader::summary() const {
    return state_->summary;
}

}  // namespace understudy::store
