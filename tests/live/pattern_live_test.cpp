// key_pattern against a real redis-server: for random keys and patterns over awkward bytes, our matches() and the
// server's SCAN MATCH of to_redis_glob() find the same keys.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/random.h"
#include "keyspace/pattern.h"
#include "resp/value.h"
#include "resp/writer.h"

namespace understudy {
namespace {

using keyspace::breadth;
using keyspace::key_pattern;

// A server of its own in a folder of its own, gone with the object.
class scratch_server {
public:
    scratch_server() {
        std::string folder = (std::filesystem::temp_directory_path() / "understudy-pattern-XXXXXX").string();
        if (mkdtemp(folder.data()) == nullptr) return;
        folder_ = folder;
        socket_ = folder + "/s";
        pid_ = fork();
        if (pid_ == 0) {
            const int quiet = open("/dev/null", O_RDWR | O_CLOEXEC);
            dup2(quiet, STDOUT_FILENO);
            dup2(quiet, STDERR_FILENO);
            execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket_.c_str(), "--save", "",
                   "--appendonly", "no", "--dir", folder.c_str(), nullptr);
            _exit(127);
        }
    }
    scratch_server(const scratch_server&) = delete;
    scratch_server& operator=(const scratch_server&) = delete;
    ~scratch_server() {
        if (pid_ > 0) {
            kill(pid_, SIGKILL);
            waitpid(pid_, nullptr, 0);
        }
        std::error_code ignored;
        if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
    }

    // A connected socket, or -1 when the server does not come up.
    [[nodiscard]] int connect_to() const {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (socket_.size() >= sizeof(address.sun_path)) return -1;
        std::memcpy(address.sun_path, socket_.c_str(), socket_.size() + 1);
        for (int attempt = 0; attempt < 500; ++attempt) {
            const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
            if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0)
                return descriptor;
            close(descriptor);
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        return -1;
    }

private:
    std::string folder_;
    std::string socket_;
    pid_t pid_ = -1;
};

class plain_client {
public:
    explicit plain_client(int descriptor) : descriptor_(descriptor) {
        const timeval wait{.tv_sec = 10, .tv_usec = 0};
        setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    }
    plain_client(const plain_client&) = delete;
    plain_client& operator=(const plain_client&) = delete;
    ~plain_client() { close(descriptor_); }

    std::optional<resp::value> ask(std::initializer_list<std::string_view> words) {
        std::string out;
        resp::append_command(out, words);
        if (write(descriptor_, out.data(), out.size()) != static_cast<ssize_t>(out.size())) return std::nullopt;
        for (;;) {
            std::string_view rest = held_;
            resp::value reply;
            const auto state = builder_.next(rest, reply);
            held_ = std::string(rest);
            if (state == resp::status::token) return reply;
            if (state != resp::status::need_more) return std::nullopt;
            char bytes[16384];
            const ssize_t count = read(descriptor_, bytes, sizeof(bytes));
            if (count <= 0) return std::nullopt;
            held_.append(bytes, static_cast<std::size_t>(count));
        }
    }

private:
    int descriptor_;
    resp::value_builder builder_;
    std::string held_;
};

std::optional<std::set<std::string>> scan(plain_client& client, const std::string& glob) {
    std::set<std::string> found;
    std::string cursor = "0";
    do {
        const auto reply = client.ask({"SCAN", cursor, "MATCH", glob, "COUNT", "5000"});
        if (!reply || reply->elements.size() != 2) return std::nullopt;
        cursor = reply->elements[0].text;
        for (const auto& key : reply->elements[1].elements)
            found.insert(key.text);
    } while (cursor != "0");
    return found;
}

// Few bytes, so that patterns meet keys; all that globs, patterns and protocols treat in a way of their own.
constexpr std::string_view awkward("ab*?[]^-\\ \"'\0\xff\r\n:", 17);

std::string random_bytes_of(seeded_random& random, std::size_t most) {
    std::string out;
    for (auto left = 1 + random.below(most); left > 0; --left)
        out += awkward[random.below(awkward.size())];
    return out;
}

// A stretch of the key, literal, with stars put where bytes were taken out.
key_pattern pattern_near(const std::string& key, seeded_random& random) {
    std::string text;
    for (std::size_t at = 0; at < key.size();) {
        if (random.below(4) == 0) {
            text += '*';
            at += random.below(3);
        } else {
            text += key_pattern::exactly(key.substr(at++, 1))->text();
        }
    }
    if (text.empty()) text = "*";
    return key_pattern::parse(text, breadth::allow_broad).value();
}

TEST(pattern_live, redis_matches_what_we_match) {
    const scratch_server server;
    const int descriptor = server.connect_to();
    ASSERT_GE(descriptor, 0) << "redis-server did not start";
    plain_client client(descriptor);

    seeded_random random(20261123);
    std::set<std::string> keys;
    while (keys.size() < 600)
        keys.insert(random_bytes_of(random, 7));
    for (const auto& key : keys) {
        const auto reply = client.ask({"SET", key, "1"});
        ASSERT_TRUE(reply.has_value());
        ASSERT_EQ(reply->as_text(), "OK");
    }
    const std::vector<std::string> all(keys.begin(), keys.end());
    std::size_t matched = 0;
    for (int i = 0; i < 1500; ++i) {
        const auto pattern = pattern_near(all[random.below(all.size())], random);
        const auto found = scan(client, pattern.to_redis_glob());
        ASSERT_TRUE(found.has_value());
        std::set<std::string> ours;
        std::ranges::copy_if(all, std::inserter(ours, ours.end()),
                             [&](const auto& key) { return pattern.matches(key); });
        ASSERT_EQ(*found, ours) << pattern.text();
        matched += ours.size();
    }
    EXPECT_GT(matched, 3000u);
}

TEST(pattern_live, an_exact_pattern_finds_its_key_alone) {
    const scratch_server server;
    const int descriptor = server.connect_to();
    ASSERT_GE(descriptor, 0) << "redis-server did not start";
    plain_client client(descriptor);
    // Each byte there is, alone and between others.
    std::vector<std::string> keys;
    for (int code = 0; code < 256; ++code) {
        keys.emplace_back(1, static_cast<char>(code));
        keys.push_back(std::string("k") + static_cast<char>(code) + "z");
    }
    for (const auto& key : keys)
        ASSERT_TRUE(client.ask({"SET", key, "1"}).has_value());
    for (const auto& key : keys) {
        const auto found = scan(client, key_pattern::exactly(key)->to_redis_glob());
        ASSERT_TRUE(found.has_value());
        EXPECT_EQ(*found, std::set<std::string>{key}) << key_pattern::exactly(key)->text();
    }
}

}  // namespace
}  // namespace understudy
