#include "net/detail/wire.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <sys/socket.h>
#include <time.h>

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

// SO_TIMESTAMPNS (socket(7)): the time at which the kernel got the last packet of what is read, by CLOCK_REALTIME.
std::chrono::nanoseconds since_arrival(const msghdr& message) {
    for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr;
         one = CMSG_NXTHDR(const_cast<msghdr*>(&message), one)) {
        if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_TIMESTAMPNS) continue;
        timespec came{}, is{};
        std::memcpy(&came, CMSG_DATA(one), sizeof came);
        ::clock_gettime(CLOCK_REALTIME, &is);
        return std::chrono::seconds{is.tv_sec - came.tv_sec} + std::chrono::nanoseconds{is.tv_nsec - came.tv_nsec};
    }
    return {};
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
    heard_ = met_tls_ = shaking_hands_ = stamped_ = false;
    waited_ = {};
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
    if (stamped_) co_return co_await read_stamped(into);
    const auto [failed, size] = tls_ ? co_await session_->stream().async_read_some(into, as_result)
                                     : co_await socket_.async_read_some(into, as_result);
    if (!tls_ && !heard_ && is_tls_record(into, size)) {
        met_tls_ = true;
        co_return outcome(asio::error::invalid_argument, 0);
    }
    heard_ = heard_ || size > 0;
    co_return outcome(failed, size);
}

void wire::stamp_arrivals() {
    if (tls_ || by_path_ || !socket_.is_open()) return;
    const int on = 1;
    stamped_ = ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0;
}

asio::awaitable<wire::outcome> wire::read_stamped(asio::mutable_buffer into) {
    for (;;) {
        auto got = receive_stamped(into);
        if (got.first != asio::error::would_block) {
            // A peer that never lets us wait shall not keep a deadline from its turn.
            co_await asio::post(socket_.get_executor(), asio::use_awaitable);
            co_return got;
        }
        const auto [failed] = co_await socket_.async_wait(stream_socket::wait_read, as_result);
        if (failed) co_return outcome(failed, 0);
    }
}

wire::outcome wire::receive_stamped(asio::mutable_buffer into) {
    iovec part{into.data(), into.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(timespec))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = ::recvmsg(socket_.native_handle(), &message, MSG_DONTWAIT);
    if (got > 0) {
        // A clock that was set meanwhile is no wait.
        waited_ = std::clamp<std::chrono::nanoseconds>(since_arrival(message), {}, std::chrono::seconds{1});
        return {error_code(), static_cast<std::size_t>(got)};
    }
    if (got == 0) return {error_code(asio::error::eof), 0};
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {asio::error::would_block, 0};
    return {error_code(errno, boost::system::system_category()), 0};
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
