// net/fake_server_test.h - servers that tests play: a thread, a listening socket, and one script per connection.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "resp/value.h"

namespace understudy::net::test {

// What the server does with one connection. The descriptor is closed when it returns.
using script = std::function<void(int fd)>;

inline bool send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

// What arrived; empty when the peer closed.
inline std::string receive(int fd, std::size_t most = 65536) {
    std::string bytes(most, '\0');
    const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), 0);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
}

inline std::string receive_until(int fd, std::string_view end) {
    std::string bytes;
    while (bytes.find(end) == std::string::npos) {
        const std::string more = receive(fd, 1);
        if (more.empty()) break;
        bytes += more;
    }
    return bytes;
}

// Until the peer closes.
inline void hang(int fd) {
    while (!receive(fd).empty()) {
    }
}

// Closes with a reset instead of a FIN.
inline void reset(int fd) {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

class fake_server {
public:
    // Connection n is played by script n; the last one plays all that come after. A small `buffer` makes back-pressure.
    // `at_once`: connections do not wait for each other, and scripts have to bear that.
    explicit fake_server(std::vector<script> scripts, int buffer = 0, bool at_once = false)
        : scripts_(std::move(scripts)), at_once_(at_once) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (buffer > 0) {
            ::setsockopt(listener_, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
            ::setsockopt(listener_, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
        }
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
            std::abort();
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~fake_server() {
        {
            const std::lock_guard lock(guard_);
            ending_ = true;
            ::shutdown(listener_, SHUT_RDWR);
            for (const int fd : current_)
                ::shutdown(fd, SHUT_RDWR);
        }
        thread_.join();
        for (auto& one : players_)
            one.join();
        ::close(listener_);
    }
    fake_server(const fake_server&) = delete;
    fake_server& operator=(const fake_server&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] std::size_t connections() {
        const std::lock_guard lock(guard_);
        return accepted_;
    }

private:
    void serve() {
        for (;;) {
            const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) return;
            std::size_t number = 0;
            {
                const std::lock_guard lock(guard_);
                current_.push_back(fd);
                number = accepted_++;
                if (ending_) ::shutdown(fd, SHUT_RDWR);
            }
            if (at_once_)
                players_.emplace_back([this, number, fd] { play(number, fd); });
            else
                play(number, fd);
        }
    }

    void play(std::size_t number, int fd) {
        scripts_[std::min(number, scripts_.size() - 1)](fd);
        const std::lock_guard lock(guard_);
        std::erase(current_, fd);
        ::close(fd);
    }

    std::vector<script> scripts_;
    bool at_once_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::mutex guard_;
    bool ending_ = false;
    std::vector<int> current_;
    std::size_t accepted_ = 0;
    std::vector<std::thread> players_;  // of the accepting thread, until it has ended
    std::thread thread_;
};

// A port of the loopback where nobody listens.
inline std::uint16_t dead_port() {
    return fake_server({[](int) {}}).port();
}

using words = std::vector<std::string>;
// The bytes to answer a command with; empty optional: close the connection.
using answers = std::function<std::optional<std::string>(const words&)>;

// Plays Redis: reads commands, notes them, sends the answers.
class fake_redis {
public:
    explicit fake_redis(answers answer, int buffer = 0, bool at_once = false)
        : answer_(std::move(answer)), server_({[this](int fd) { play(fd); }}, buffer, at_once) {}

    [[nodiscard]] std::uint16_t port() const { return server_.port(); }
    [[nodiscard]] std::vector<words> seen() {
        const std::lock_guard lock(guard_);
        return seen_;
    }

private:
    void play(int fd) {
        resp::value_builder builder(resp::direction::request);
        for (std::string bytes = receive(fd); !bytes.empty(); bytes = receive(fd)) {
            std::string_view rest = bytes;
            resp::value request;
            while (builder.next(rest, request) == resp::status::token) {
                words command;
                for (const resp::value& one : request.elements)
                    command.push_back(one.text);
                {
                    const std::lock_guard lock(guard_);
                    seen_.push_back(command);
                }
                const auto reply = answer_(command);
                if (!reply || !send_all(fd, *reply)) return;
            }
        }
    }

    answers answer_;
    std::mutex guard_;
    std::vector<words> seen_;
    fake_server server_;
};

inline std::string bulk(std::string_view text) {
    return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

// HELLO as Redis 7 answers it.
inline std::string hello_reply(std::string_view version = "7.0.15") {
    return "%7\r\n" + bulk("server") + bulk("redis") + bulk("version") + bulk(version) + bulk("proto") + ":3\r\n" +
           bulk("id") + ":5\r\n" + bulk("mode") + bulk("standalone") + bulk("role") + bulk("master") + bulk("modules") +
           "*0\r\n";
}

// Answers HELLO, refuses COMMAND, and leaves the rest to `other`.
inline answers with_hello(answers other, std::string version = "7.0.15") {
    return
        [other = std::move(other), version = std::move(version)](const words& command) -> std::optional<std::string> {
            if (command[0] == "HELLO") return hello_reply(version);
            if (command[0] == "COMMAND") return "-NOPERM no\r\n";
            return other(command);
        };
}

}  // namespace understudy::net::test
