// net/detail/dial.h - a connected socket from a name and a port, or from a path.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/system/error_code.hpp>

#include "base/error.h"

namespace understudy::net::detail {

namespace asio = boost::asio;
using stream_socket = asio::generic::stream_protocol::socket;

struct dial_target {
    std::string host = {};
    std::uint16_t port = 0;
    std::string unix_path = {};  // not empty: host and port say nothing
    std::string where = {};      // for error texts
};

struct dial_times {
    std::chrono::nanoseconds resolve{0}, connect{0};
};

// Opens `into`, tries the addresses of the name in order, and sets TCP_NODELAY. The first one that answers counts; the
// error is that of the last one. `into` must outlive the coroutine.
//
// Names are resolved by getaddrinfo on a thread of its own, which cannot be stopped: when the wait for it ends early,
// it is left to finish and its result is dropped. Addresses in figures need no thread.
[[nodiscard]] asio::awaitable<result<dial_times>> dial(dial_target to, stream_socket* into);

// What a failed connect, and a failed read or write on a connection that stood, mean.
[[nodiscard]] error connect_failure(const boost::system::error_code& failed, const std::string& where);
[[nodiscard]] error stream_failure(const boost::system::error_code& failed, const std::string& where);

}  // namespace understudy::net::detail
