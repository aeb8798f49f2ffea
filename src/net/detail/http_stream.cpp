// The one file that includes Beast, besides asio_src.cpp.
//
// once() is a request on the connection that stands, or on a new one; exchange() decides whether it may be done a
// second time; `incoming` feeds the parser and knows how much came and when.
#include "net/detail/http_stream.h"

#include <chrono>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace understudy::net::detail {

namespace {

namespace beast_http = boost::beast::http;
using boost::system::error_code;
using clock = std::chrono::steady_clock;
constexpr std::size_t read_bytes = std::size_t{16} << 10;
constexpr int most_interim = 16;  // responses of 1xx before the one that counts

using parser = beast_http::response_parser<beast_http::string_body>;

std::string text_of(boost::beast::string_view view) {
    return {view.data(), view.size()};
}

error parse_failure(const error_code& failed, const std::string& where) {
    if (failed == beast_http::error::body_limit)
        return {errc::over_limit, "the response's body is larger than the limit", where, false};
    if (failed == beast_http::error::header_limit || failed == beast_http::error::buffer_overflow)
        return {errc::over_limit, "the response's header is larger than the limit", where, false};
    if (failed == beast_http::error::partial_message || failed == beast_http::error::end_of_stream)
        return {errc::connection_lost, "the server closed the connection in the middle of a response", where, false};
    return {errc::protocol, "the server's answer is not HTTP/1.1: " + failed.message(), where, false};
}

}  // namespace

// The response under way: bytes in, a finished response out.
class http_connection::stream::incoming {
public:
    incoming(const http_options& options, bool head, clock::time_point sent)
        : options_(options), head_(head), sent_(sent), buffer_(std::size_t{options.header_bytes} + read_bytes) {
        renew();
    }

    [[nodiscard]] asio::mutable_buffer room() {
        return buffer_.prepare(std::min(read_bytes, buffer_.max_size() - buffer_.size()));
    }
    [[nodiscard]] bool done() const { return done_; }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
    [[nodiscard]] std::chrono::nanoseconds first_byte() const { return first_byte_; }
    // Whether the server keeps the connection, and nothing lies behind the response.
    [[nodiscard]] bool keeps() const { return parser_->keep_alive() && buffer_.size() == 0; }

    [[nodiscard]] error_code take(std::size_t bytes) {
        if (bytes_ == 0) first_byte_ = clock::now() - sent_;
        bytes_ += bytes;
        buffer_.commit(bytes);
        error_code failed;
        while (!done_ && buffer_.size() > 0) {
            const std::size_t used = parser_->put(buffer_.data(), failed);
            buffer_.consume(used);
            if (failed == beast_http::error::need_more) return {};
            if (failed) return failed;
            if (parser_->is_done() && (failed = finish())) return failed;
            if (used == 0 && !done_) return {};
        }
        return {};
    }

    // The server closed: that is the end of a body without a length, and of nothing else.
    [[nodiscard]] error_code take_end() {
        error_code failed = beast_http::error::partial_message;
        if (!parser_->is_header_done()) return failed;
        failed = {};
        parser_->put_eof(failed);
        if (!failed) done_ = true;
        return failed;
    }

    void give(http_response& into) {
        auto& message = parser_->get();
        into.status = static_cast<int>(message.result_int());
        into.reason = text_of(message.reason());
        for (const auto& field : message)
            into.headers.push_back({text_of(field.name_string()), text_of(field.value())});
        into.body = std::move(message.body());
        into.bytes = bytes_;
        into.timings.first_byte = first_byte_;
    }

private:
    void renew() {
        parser_.emplace();
        parser_->eager(true);
        parser_->body_limit(options_.body_bytes);
        parser_->header_limit(options_.header_bytes);
        parser_->skip(head_);
    }

    // A response of 1xx announces another one; 101 would change the protocol, which was not asked for.
    [[nodiscard]] error_code finish() {
        const unsigned status = parser_->get().result_int();
        done_ = status >= 200;
        if (done_) return {};
        if (status == 101 || ++interim_ > most_interim) return beast_http::error::bad_status;
        renew();
        return {};
    }

    const http_options& options_;
    bool head_;
    bool done_ = false;
    int interim_ = 0;
    clock::time_point sent_;
    boost::beast::flat_buffer buffer_;
    std::optional<parser> parser_;
    std::uint64_t bytes_ = 0;
    std::chrono::nanoseconds first_byte_{0};
};

http_connection::stream::stream(asio::io_context& on, const http_origin& origin, const http_options& options)
    : origin_(origin),
      options_(options),
      wire_(on, origin.where,
            origin.secure ? std::optional(options.tls.value_or(model::tls_settings{})) : std::nullopt) {}

void http_connection::stream::close() {
    keep_ = false;
    wire_.close();
}

// Whether a kept-alive connection is still silent and open. One that the server has closed, or on which it sends what
// nobody asked for, is of no use.
bool http_connection::stream::still_usable() {
    return keep_ && wire_.silent();
}

asio::awaitable<result<http_response>> http_connection::stream::exchange(outgoing what) {
    const auto begin = clock::now();
    const bool reused = still_usable();
    if (!reused) close();
    http_response response;
    response.reused = reused;
    status done = co_await once(what, &response);
    if (!done && reused && what.repeatable && response.bytes == 0 && done.error().code == errc::connection_lost) {
        // The server closed the kept-alive connection while the request was on its way.
        response = {};
        done = co_await once(what, &response);
    }
    if (!done) {
        close();
        co_return std::unexpected(std::move(done).error());
    }
    response.timings.total = clock::now() - begin;
    co_return response;
}

asio::awaitable<status> http_connection::stream::once(outgoing what, http_response* into) {
    if (!keep_)
        if (status connected = co_await connect(&into->timings); !connected) co_return connected;
    keep_ = false;
    const auto begin = clock::now();
    const auto [failed, ignored] = co_await wire_.write(asio::buffer(*what.bytes));
    // A server may answer and close before it has read all of a request: then the answer is what counts.
    const bool broken = failed && failed != asio::error::broken_pipe && failed != asio::error::connection_reset;
    if (broken) co_return std::unexpected(wire_.failure(failed));
    const auto sent = clock::now();
    into->timings.send = sent - begin;

    incoming response(options_, what.head, sent);
    status received = co_await receive(&response);
    into->bytes = response.bytes();
    if (!received) co_return received;
    response.give(*into);
    keep_ = !failed && response.keeps();
    if (!keep_) close();
    co_return status{};
}

asio::awaitable<status> http_connection::stream::receive(incoming* from) {
    while (!from->done()) {
        const asio::mutable_buffer room = from->room();
        if (room.size() == 0) co_return std::unexpected(parse_failure(beast_http::error::header_limit, origin_.where));
        const auto [failed, bytes] = co_await wire_.read(room);
        // TLS without close_notify counts as a close too: many servers end so, and a length would show a cut.
        const bool closed = failed == asio::error::eof || failed == asio::ssl::error::stream_truncated;
        if (failed && (!closed || from->bytes() == 0)) co_return std::unexpected(wire_.failure(failed));
        const error_code parsed = closed ? from->take_end() : from->take(bytes);
        if (parsed) co_return std::unexpected(parse_failure(parsed, origin_.where));
    }
    co_return status{};
}

asio::awaitable<status> http_connection::stream::connect(http_timings* times) {
    close();
    dial_target target{.host = origin_.host, .port = origin_.port, .unix_path = {}, .where = origin_.where};
    const auto connected = co_await wire_.connect(std::move(target));
    if (!connected) co_return std::unexpected(connected.error());
    times->resolve = connected->resolve;
    times->connect = connected->connect;
    times->tls = connected->tls;
    co_return status{};
}

}  // namespace understudy::net::detail
