// tests/live/rdb_live_server.h - a redis-server of its own for one test, and the least client that can ask it.
//
// The server listens on a Unix socket in a folder under /tmp, writes there only when it is told to, and ends with its
// object, or with the test program should that die. One client, one thread.
#pragma once

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace understudy::live {

using words = std::vector<std::string>;

struct reply {
    char kind = '$';
    std::string text;  // of a string, an error, a status, a number
    std::vector<reply> items;
};

class client {
public:
    [[nodiscard]] bool open(const std::string& path) {
        socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un to{};
        to.sun_family = AF_UNIX;
        if (path.size() >= sizeof to.sun_path) return false;
        std::memcpy(to.sun_path, path.c_str(), path.size() + 1);
        if (::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return true;
        ::close(socket_);
        socket_ = -1;
        return false;
    }
    client() = default;
    client(const client&) = delete;
    client& operator=(const client&) = delete;
    ~client() {
        if (socket_ >= 0) ::close(socket_);
    }

    reply call(const words& command) {
        std::string out = "*" + std::to_string(command.size()) + "\r\n";
        for (const std::string& word : command)
            out += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
        for (std::size_t sent = 0; sent < out.size();) {
            const ssize_t count = ::send(socket_, out.data() + sent, out.size() - sent, MSG_NOSIGNAL);
            if (count <= 0) return {'-', "the server is gone", {}};
            sent += static_cast<std::size_t>(count);
        }
        return read_reply();
    }
    // For a command that must not fail.
    reply good(const words& command) {
        reply got = call(command);
        EXPECT_NE(got.kind, '-') << command[0] << ": " << got.text;
        return got;
    }

private:
    bool fill() {
        char piece[65536];
        const ssize_t count = ::recv(socket_, piece, sizeof piece, 0);
        if (count <= 0) return false;
        buffer_.erase(0, at_);
        at_ = 0;
        buffer_.append(piece, static_cast<std::size_t>(count));
        return true;
    }
    std::string line() {
        std::size_t end = 0;
        while ((end = buffer_.find("\r\n", at_)) == std::string::npos)
            if (!fill()) return "-the server is gone";
        std::string out = buffer_.substr(at_, end - at_);
        at_ = end + 2;
        return out;
    }
    reply read_reply() {
        const std::string head = line();
        reply out{head[0], head.substr(1), {}};
        if (out.kind != '$' && out.kind != '*') return out;
        const long count = std::stol(out.text);
        out.text.clear();
        if (out.kind == '*') {
            for (long i = 0; i < count; ++i)
                out.items.push_back(read_reply());
        } else if (count >= 0) {
            const auto size = static_cast<std::size_t>(count);
            while (buffer_.size() - at_ < size + 2)
                if (!fill()) return {'-', "the server is gone", {}};
            out.text = buffer_.substr(at_, size);
            at_ += size + 2;
        }
        return out;
    }

    int socket_ = -1;
    std::string buffer_;
    std::size_t at_ = 0;
};

class redis_server {
public:
    redis_server() {
        char name[] = "/tmp/understudy-rdb-XXXXXX";
        folder_ = ::mkdtemp(name);
        const std::string path = folder_ + "/socket";
        pid_ = ::fork();
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            const int nowhere = ::open("/dev/null", O_WRONLY);
            ::dup2(nowhere, STDOUT_FILENO);
            ::execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", path.c_str(), "--save", "",
                     "--appendonly", "no", "--dir", folder_.c_str(), static_cast<char*>(nullptr));
            ::_exit(127);
        }
        for (int tries = 0; tries < 1000 && !up_; ++tries) {
            up_ = link.open(path);
            if (!up_) std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    }
    redis_server(const redis_server&) = delete;
    redis_server& operator=(const redis_server&) = delete;
    ~redis_server() {
        ::kill(pid_, SIGTERM);
        ::waitpid(pid_, nullptr, 0);
        std::filesystem::remove_all(folder_);
    }
    [[nodiscard]] bool up() const { return up_; }
    [[nodiscard]] const std::string& folder() const { return folder_; }

    client link;

private:
    std::string folder_;
    pid_t pid_ = -1;
    bool up_ = false;
};

}  // namespace understudy::live
