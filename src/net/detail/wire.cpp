#include "net/detail/wire.h"

#include <cerrno>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <sys/socket.h>

namespace understudy::net::detail {

namespace {

using boost::system::error_code;
using clock = std::chrono::steady_clock;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

// RFC 8446, 5.1: an alert or a handshake message, of version 3.x.
bool is_tls_record(const asio::mutable_buffer& bytes, std::size_t size) {
    const auto* at = static_cast<const unsigned char*>(bytes.data());
    return size >= 3 && (at[0] == 0x15 || at[0] == 0x16) && at[1] == 0x03 && at[2] <= 0x04;
}

}  // namespace

wire::wire(asio::io_context& on, std::string where, std::optional<model::tls_settings> tls)
    : where_(std::move(where)), socket_(on), tls_(std::move(tls)) {}

status wire::prepare() {
    if (!tls_ || context_) return {};
    UNDERSTUDY_LET(made, make_tls_context(*tls_));
    context_.emplace(std::move(made));
    return {};
}

void wire::close() {
    error_code ignored;
    socket_.close(ignored);
}

bool wire::silent() {
    if (!socket_.is_open()) return false;
    char byte = 0;
    const ssize_t seen = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return seen < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

asio::awaitable<result<wire_times>> wire::connect(dial_target to) {
    heard_ = met_tls_ = shaking_hands_ = false;
    by_path_ = !to.unix_path.empty();
    const std::string host = to.host;
    auto dialled = co_await dial(std::move(to), &socket_);
    if (!dialled) co_return std::unexpected(std::move(dialled).error());
    wire_times times{dialled->resolve, dialled->connect, {}};
    if (!tls_) co_return times;

    const auto begin = clock::now();
    session_ = std::make_unique<tls_session>(socket_, *context_, *tls_, host);
    shaking_hands_ = true;
    const auto [failed] = co_await session_->stream().async_handshake(asio::ssl::stream_base::client, as_result);
    if (failed == asio::error::operation_aborted) co_return std::unexpected(connect_failure(failed, where_));
    shaking_hands_ = false;
    if (failed) co_return std::unexpected(session_->handshake_failure(failed, where_));
    times.tls = clock::now() - begin;
    co_return times;
}

asio::awaitable<wire::outcome> wire::write(asio::const_buffer bytes) {
    const auto [failed, size] = tls_ ? co_await asio::async_write(session_->stream(), bytes, as_result)
                                     : co_await asio::async_write(socket_, bytes, as_result);
    co_return outcome(failed, size);
}

wire::outcome wire::write_now(asio::const_buffer bytes) {
    error_code failed;
    const std::size_t size = socket_.write_some(bytes, failed);
    return {failed, size};
}

asio::awaitable<wire::outcome> wire::read(asio::mutable_buffer into) {
    const auto [failed, size] = tls_ ? co_await session_->stream().async_read_some(into, as_result)
                                     : co_await socket_.async_read_some(into, as_result);
    if (!tls_ && !heard_ && is_tls_record(into, size)) {
        met_tls_ = true;
        co_return outcome(asio::error::invalid_argument, 0);
    }
    heard_ = heard_ || size > 0;
    co_return outcome(failed, size);
}

error wire::failure(const error_code& failed) const {
    if (met_tls_)
        return {errc::tls_failed, "the server speaks TLS on this port; write rediss:// or https://", where_, true};
    // Ends of a TLS stream without its own farewell are as good as a close: what is read has lengths of its own.
    const error_code plain = failed == asio::ssl::error::stream_truncated ? error_code(asio::error::eof) : failed;
    if (heard_) return stream_failure(plain, where_);
    if (session_ && tls_)
        if (auto because = session_->first_failure(failed, where_)) return *std::move(because);
    error lost = stream_failure(plain, where_);
    const bool closed = plain == asio::error::eof || plain == asio::error::connection_reset;
    if (closed && !tls_ && !by_path_)
        lost.what += " before it answered; a port for TLS does so (then write rediss:// or https://)";
    return lost;
}

error wire::late(error timed_out) const {
    if (timed_out.code != errc::timed_out || !shaking_hands_) return timed_out;
    return {errc::tls_failed,
            "no answer to the TLS handshake within the time allowed; a port for plain text does so (then write "
            "redis:// or http://)",
            where_, true};
}

}  // namespace understudy::net::detail
