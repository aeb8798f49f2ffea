// Writer and reader of a connection. They share one thread, so `job_` needs no lock; each looks at it again after every
// wait. Whoever fails first says why in job_.failed and closes the socket, which ends the wait of the other.
#include "net/detail/redis_stream.h"

#include <algorithm>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace understudy::net::detail {

namespace {

using boost::system::error_code;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

}  // namespace

redis_connection::stream::stream(asio::io_context& on, const redis_endpoint& to, std::uint64_t reply_bytes)
    : where_(to.text()),
      wire_(on, where_, to.tls),
      room_(on, asio::steady_timer::time_point::max()),
      builder_(resp::direction::reply, {}, reply_bytes),
      buffer_(read_bytes) {}

void redis_connection::stream::close() {
    wire_.close();
    room_.cancel();
}

asio::awaitable<result<wire_times>> redis_connection::stream::connect(dial_target to) {
    return wire_.connect(std::move(to));
}

// Records the first failure and closes, which ends the other coroutine too. False, for callers to return.
bool redis_connection::stream::end(error why) {
    if (!job_.failed) job_.failed = std::move(why);
    close();
    return false;
}

asio::awaitable<status> redis_connection::stream::exchange(const command_batch* commands, const reply_sink* take) {
    job_ = {.commands = commands, .take = take, .bytes_before = builder_.offset(), .failed = {}};
    // A reply that nobody asked for would be taken for ours.
    if (!take_replies()) co_return std::unexpected(*std::move(job_.failed));
    fill();
    written_at_ = std::chrono::steady_clock::now();
    if (co_await write_at_once()) {
        if (job_.sent == commands->size && output_at_ == output_.size()) {
            co_await read_replies();
        } else {
            using namespace asio::experimental::awaitable_operators;
            co_await (write_rest() && read_replies());
        }
    }
    if (job_.failed) co_return std::unexpected(*std::move(job_.failed));
    co_return status{};
}

asio::awaitable<status> redis_connection::stream::send_raw(std::string_view bytes) {
    const auto [failed, written] = co_await wire_.write(asio::buffer(bytes.data(), bytes.size()));
    if (!failed) co_return status{};
    auto why = wire_.failure(failed);
    close();
    co_return std::unexpected(std::move(why));
}

asio::awaitable<result<std::size_t>> redis_connection::stream::read_raw(std::span<char> into) {
    if (!input_.empty()) {
        const auto count = std::min(into.size(), input_.size());
        std::copy_n(input_.begin(), count, into.begin());
        input_.remove_prefix(count);
        co_return count;
    }
    const auto [failed, got] = co_await wire_.read(asio::buffer(into.data(), into.size()));
    if (!failed) co_return got;
    auto why = wire_.failure(failed);
    close();
    co_return std::unexpected(std::move(why));
}

// How many commands may be unanswered.
std::uint64_t redis_connection::stream::window() const {
    if (job_.answered == 0) return first_window;
    const std::uint64_t average = (builder_.offset() - job_.bytes_before) / job_.answered + 1;
    return std::clamp(window_bytes / average, least_window, most_window);
}

// Encodes the next chunk: as much as the window allows, and one command at least when there is room for it.
void redis_connection::stream::fill() {
    output_.clear();
    output_at_ = 0;
    const std::size_t until = std::min<std::size_t>(job_.commands->size, job_.answered + window());
    while (job_.sent < until && output_.size() < chunk_bytes)
        job_.commands->append(job_.sent++, output_);
}

// What the socket takes without waiting; false when it is broken. TLS cannot be asked for that: there it is what is
// small enough that the server need not read our commands before we read its replies.
asio::awaitable<bool> redis_connection::stream::write_at_once() {
    if (wire_.secure() && output_.size() > small_bytes) co_return true;
    const auto [failed, bytes] =
        wire_.secure() ? co_await wire_.write(asio::buffer(output_)) : wire_.write_now(asio::buffer(output_));
    output_at_ = bytes;
    if (failed && failed != asio::error::would_block) co_return end(wire_.failure(failed));
    co_return true;
}

asio::awaitable<void> redis_connection::stream::write_rest() {
    for (;;) {
        const auto rest = asio::buffer(output_) + output_at_;
        const auto [failed, bytes] = co_await wire_.write(rest);
        if (failed) {
            (void)end(wire_.failure(failed));
            co_return;
        }
        if (job_.failed || job_.sent == job_.commands->size) co_return;
        // Half a window at a time, so that chunks stay large.
        while (job_.sent - job_.answered > window() / 2) {
            writer_waits_ = true;
            co_await room_.async_wait(as_result);
            writer_waits_ = false;
            if (job_.failed) co_return;
        }
        fill();
    }
}

asio::awaitable<void> redis_connection::stream::read_replies() {
    while (take_replies() && job_.answered < job_.commands->size)
        if (!co_await read_some()) co_return;
}

asio::awaitable<bool> redis_connection::stream::read_some() {
    const auto [failed, bytes] = co_await wire_.read(asio::buffer(buffer_));
    if (failed) co_return end(wire_.failure(failed));
    read_at_ = std::max(written_at_, std::chrono::steady_clock::now() - wire_.waited());
    input_ = std::string_view(buffer_.data(), bytes);
    co_return true;
}

// Hands on the replies among the bytes that are here. False when the exchange has failed.
bool redis_connection::stream::take_replies() {
    resp::value reply;
    while (!input_.empty()) {
        const resp::status found = builder_.next(input_, reply);
        if (found == resp::status::need_more) break;
        if (found == resp::status::malformed)
            return end({errc::protocol, "the server's answer is not of the Redis protocol", where_, false});
        if (found == resp::status::over_limit)
            return end({errc::over_limit, "a reply is larger than the limit", where_, false});
        if (reply.is_push()) continue;
        if (job_.answered == job_.sent)
            return end({errc::protocol, "the server sent a reply that nothing was asked for", where_, false});
        if (status taken = (*job_.take)(job_.answered, std::move(reply)); !taken) return end(std::move(taken).error());
        ++job_.answered;
    }
    if (writer_waits_ && job_.sent - job_.answered <= window() / 2) room_.cancel();
    return true;
}

}  // namespace understudy::net::detail
