// After PSYNC the server sends "+FULLRESYNC <id> <offset>", empty lines for as long as it prepares, and then either
// "$<bytes>" and so many, or "$EOF:<40 characters>", the data, and the 40 characters again.
#include "net/rdb_stream.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "net/detail/redis_connection.h"

namespace understudy::net {

namespace {

constexpr std::chrono::minutes patience{1};  // without a byte; an empty line comes every second
constexpr std::size_t read_bytes = std::size_t{256} << 10;
constexpr std::size_t longest_line = 256;
constexpr std::size_t mark_bytes = 40;
constexpr int most_lines = 3600;  // of those that are empty

}  // namespace

rdb_stream::rdb_stream(std::unique_ptr<detail::redis_connection> connection) : connection_(std::move(connection)) {}
rdb_stream::rdb_stream(rdb_stream&&) noexcept = default;
rdb_stream& rdb_stream::operator=(rdb_stream&&) noexcept = default;
rdb_stream::~rdb_stream() = default;

std::string rdb_stream::name() const {
    return connection_->where();
}

result<rdb_stream> rdb_stream::open(runtime& on, const redis_endpoint& to, deadline until) {
    UNDERSTUDY_LET(connection, detail::redis_connection::open(on.engine(), to, until, {}));
    // Without it the server would go on with every write, and keep them for us in its memory.
    if (const auto known = connection->call({"REPLCONF", "rdb-only", "1"}, until); !known) {
        if (known.error().code != errc::server_error) return std::unexpected(known.error());
        return fail(errc::server_error,
                    "this server gives its data to replicas only: it does not know REPLCONF rdb-only, which came with "
                    "Redis 7.0",
                    connection->where());
    }
    UNDERSTUDY_TRY(connection->call({"REPLCONF", "capa", "eof", "capa", "psync2"}, until));
    UNDERSTUDY_TRY(connection->send_raw("*3\r\n$5\r\nPSYNC\r\n$1\r\n?\r\n$2\r\n-1\r\n", until));
    return rdb_stream(std::move(connection));
}

// What the connection has, at the end of the buffer.
result<std::size_t> rdb_stream::fill() {
    buffer_.erase(0, at_);
    at_ = 0;
    const auto before = buffer_.size();
    buffer_.resize(before + read_bytes);
    auto got = connection_->read_raw({buffer_.data() + before, read_bytes}, deadline::after(patience));
    buffer_.resize(before + got.value_or(0));
    return got;
}

result<std::string> rdb_stream::read_line() {
    for (;;) {
        const auto end = buffer_.find('\n', at_);
        if (end != std::string::npos) {
            std::string out = buffer_.substr(at_, end - at_);
            at_ = end + 1;
            if (out.ends_with('\r')) out.pop_back();
            return out;
        }
        if (buffer_.size() - at_ > longest_line) return fail(errc::protocol, "not what follows PSYNC", name());
        UNDERSTUDY_TRY(fill());
    }
}

status rdb_stream::read_head() {
    for (int i = 0; i < most_lines; ++i) {
        UNDERSTUDY_LET(line, read_line());
        if (line.empty() || line.starts_with("+FULLRESYNC ")) continue;
        if (line.starts_with("-NOPERM"))
            return fail(errc::no_permission, "this user's ACL does not allow PSYNC", name());
        if (line.starts_with("-")) return fail(errc::server_error, "the server refuses to be replicated", name());
        if (line.starts_with("$EOF:") && line.size() == 5 + mark_bytes) {
            mark_ = line.substr(5);
            opened_ = true;
            return {};
        }
        const char* begin = line.data() + 1;
        const char* end = line.data() + line.size();
        const auto [ptr, wrong] = std::from_chars(begin, end, left_);
        if (!line.starts_with("$") || wrong != std::errc{} || ptr != end) break;
        opened_ = true;
        return {};
    }
    return fail(errc::protocol, "not what follows PSYNC", name());
}

result<std::size_t> rdb_stream::read(std::span<char> into) {
    if (!opened_) UNDERSTUDY_TRY(read_head());
    return mark_.empty() ? read_measured(into) : read_marked(into);
}

result<std::size_t> rdb_stream::read_measured(std::span<char> into) {
    if (left_ == 0) return 0;
    if (at_ == buffer_.size()) UNDERSTUDY_TRY(fill());
    const auto count = static_cast<std::size_t>(
        std::min<std::uint64_t>({into.size(), static_cast<std::uint64_t>(buffer_.size() - at_), left_}));
    std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
    at_ += count;
    left_ -= count;
    return count;
}

// The last 40 bytes that came are kept back until it is known that they are not the mark. Nothing follows the mark,
// since only the RDB was asked for.
result<std::size_t> rdb_stream::read_marked(std::span<char> into) {
    for (;;) {
        const auto here = buffer_.size() - at_;
        if (here > mark_bytes) {
            const auto count = std::min(into.size(), here - mark_bytes);
            std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
            at_ += count;
            return count;
        }
        if (here == mark_bytes && buffer_.compare(at_, mark_bytes, mark_) == 0) return 0;
        UNDERSTUDY_TRY(fill());
    }
}

}  // namespace understudy::net
