// Address by address until one answers. getaddrinfo cannot be cancelled, so it runs on a detached thread which shares
// one small block with the coroutine and wakes it through an eventfd; neither needs the other to be still there.
#include "net/detail/dial.h"

#include <cstring>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <netdb.h>
#include <sys/eventfd.h>
#include <sys/un.h>
#include <unistd.h>

namespace understudy::net::detail {

namespace {

using boost::system::error_code;
using endpoints = std::vector<asio::generic::stream_protocol::endpoint>;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

// Shared with the resolving thread; whoever of the two comes last frees it.
struct lookup {
    std::mutex guard;
    int outcome = 0;
    endpoints found;
    int wake = -1;  // an eventfd that the thread writes to when it is done

    ~lookup() {
        if (wake >= 0) ::close(wake);
    }
};

void look_up(const std::shared_ptr<lookup>& shared, const std::string& host, std::uint16_t port) {
    addrinfo hints = {};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
    addrinfo* list = nullptr;
    const int outcome = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
    endpoints found;
    for (const addrinfo* one = outcome == 0 ? list : nullptr; one != nullptr; one = one->ai_next)
        found.emplace_back(one->ai_addr, one->ai_addrlen);
    if (outcome == 0) ::freeaddrinfo(list);
    const std::lock_guard lock(shared->guard);
    shared->outcome = outcome;
    shared->found = std::move(found);
    const std::uint64_t one = 1;
    (void)!::write(shared->wake, &one, sizeof one);
}

asio::awaitable<result<endpoints>> resolve(dial_target to) {
    error_code failed;
    if (const auto address = asio::ip::make_address(to.host, failed); !failed)
        co_return endpoints{asio::ip::tcp::endpoint(address, to.port)};

    auto shared = std::make_shared<lookup>();
    shared->wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    asio::posix::stream_descriptor ready(co_await asio::this_coro::executor);
    const int copy = shared->wake < 0 ? -1 : ::dup(shared->wake);
    if (copy < 0) co_return fail(errc::io, "no descriptor left to resolve the name", to.where, true);
    ready.assign(copy);
    std::thread(look_up, shared, to.host, to.port).detach();
    const auto [waited] = co_await ready.async_wait(asio::posix::stream_descriptor::wait_read, as_result);
    if (waited) co_return fail(errc::interrupted, "the wait for the name's address was ended", to.where, true);

    const std::lock_guard lock(shared->guard);
    if (shared->outcome != 0 || shared->found.empty())
        co_return fail(errc::unreachable,
                       std::string("the host name has no address: ") + ::gai_strerror(shared->outcome), to.where, true);
    co_return std::move(shared->found);
}

result<endpoints> unix_address(const dial_target& to) {
    if (to.unix_path.size() >= sizeof(sockaddr_un::sun_path))
        return fail(errc::unreachable, "the path of the Unix socket is longer than 107 bytes", to.where);
    return endpoints{asio::local::stream_protocol::endpoint(to.unix_path)};
}

asio::awaitable<result<endpoints>> addresses(dial_target to) {
    if (!to.unix_path.empty()) co_return unix_address(to);
    co_return co_await resolve(std::move(to));
}

}  // namespace

error connect_failure(const error_code& failed, const std::string& where) {
    if (failed == asio::error::operation_aborted) return {errc::interrupted, "the connect was ended", where, true};
    return {errc::unreachable, "cannot connect: " + failed.message(), where, true};
}

error stream_failure(const error_code& failed, const std::string& where) {
    if (failed == asio::error::eof) return {errc::connection_lost, "the server closed the connection", where, false};
    return {errc::connection_lost, "the connection broke: " + failed.message(), where, false};
}

asio::awaitable<result<dial_times>> dial(dial_target to, stream_socket* into) {
    using clock = std::chrono::steady_clock;
    const auto begin = clock::now();
    result<endpoints> found = co_await addresses(to);
    if (!found) co_return std::unexpected(std::move(found).error());
    const auto resolved = clock::now();

    error_code failed = asio::error::host_not_found;
    for (const auto& address : *found) {
        error_code ignored;
        into->close(ignored);
        into->open(address.protocol(), failed);
        if (failed) continue;
        std::tie(failed) = co_await into->async_connect(address, as_result);
        if (!failed || failed == asio::error::operation_aborted) break;
    }
    if (failed) co_return std::unexpected(connect_failure(failed, to.where));
    error_code ignored;
    if (to.unix_path.empty()) into->set_option(asio::ip::tcp::no_delay(true), ignored);
    // For the reads and writes that are tried before waiting.
    into->non_blocking(true, ignored);
    co_return dial_times{resolved - begin, clock::now() - resolved};
}

}  // namespace understudy::net::detail
