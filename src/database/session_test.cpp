// What is offered to a server before it has shown who it is, asked of one that pretends to be MySQL.
#include "database/session.h"

#include <array>
#include <future>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "database/detail/wait.h"

namespace understudy::database {
namespace {

using namespace std::chrono_literals;

TEST(local, is_what_never_leaves_this_machine) {
    for (const auto* one : {"127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"})
        EXPECT_TRUE(detail::is_local(one)) << one;
    for (const auto* one : {"10.0.0.1", "128.0.0.1", "0.0.0.0", "::", "::2", "fe80::1", "::ffff:10.0.0.1", "1::1",
                            "localhost", "127.0.0.1.example.org", ""})
        EXPECT_FALSE(detail::is_local(one)) << one;
}

// An IPv4 address of this machine that is not local in that sense; empty where it has none.
std::string other_address() {
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) return {};
    std::string out;
    for (const auto* one = all; one && out.empty(); one = one->ifa_next) {
        if (!one->ifa_addr || one->ifa_addr->sa_family != AF_INET) continue;
        std::array<char, INET_ADDRSTRLEN> text{};
        ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr, text.data(), text.size());
        if (!detail::is_local(text.data())) out = text.data();
    }
    ::freeifaddrs(all);
    return out;
}

// A server of one connection that wants caching_sha2_password and then, as the protocol has it for a password that the
// server does not keep in its memory, all of it: who speaks no TLS asks for the server's key first (one byte, 2).
class pretender {
public:
    explicit pretender(const std::string& address) {
        listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in at{};
        at.sin_family = AF_INET;
        ::inet_pton(AF_INET, address.c_str(), &at.sin_addr);
        socklen_t size = sizeof at;
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(listener_, 1) != 0) return;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);
        port_ = ntohs(at.sin_port);
        asked_ = std::async(std::launch::async, [this] { return speak(); });
    }
    pretender(const pretender&) = delete;
    pretender& operator=(const pretender&) = delete;
    ~pretender() { ::close(listener_); }

    [[nodiscard]] std::uint16_t port() const { return port_; }
    // Whether the client asked for the key.
    bool was_asked_for_its_key() { return asked_.get(); }

private:
    static void send_packet(int to, unsigned char number, const std::string& payload) {
        std::string out{static_cast<char>(payload.size() & 0xff), static_cast<char>(payload.size() >> 8), 0,
                        static_cast<char>(number)};
        out += payload;
        (void)!::send(to, out.data(), out.size(), MSG_NOSIGNAL);
    }
    // The payload of the next packet; empty at the end.
    static std::string packet_from(int from) {
        std::array<unsigned char, 4> head{};
        if (::recv(from, head.data(), head.size(), MSG_WAITALL) != 4) return {};
        std::string out(head[0] + head[1] * 256u + head[2] * 65536u, '\0');
        if (::recv(from, out.data(), out.size(), MSG_WAITALL) != static_cast<ssize_t>(out.size())) return {};
        return out;
    }

    bool speak() const {
        const int client = ::accept(listener_, nullptr, nullptr);
        const std::string method("caching_sha2_password\0", 22), salt(20, 's');
        std::string greeting(
            "\x0a"
            "8.0.36\0"
            "\1\0\0\0",
            12);
        greeting += salt.substr(0, 8) + std::string(1, '\0');
        greeting += std::string("\x00\x82\xff\x02\x00\x08\x00\x15", 8);  // no CLIENT_SSL; plugin auth
        greeting += std::string(10, '\0') + salt.substr(8) + std::string(1, '\0') + method;
        send_packet(client, 0, greeting);
        bool asked = false;
        if (!packet_from(client).empty()) {
            send_packet(client, 2, "\xfe" + method + salt + std::string(1, '\0'));
            if (!packet_from(client).empty()) {
                send_packet(client, 4, "\x01\x04");
                asked = packet_from(client) == "\x02";
            }
        }
        ::close(client);
        return asked;
    }

    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::future<bool> asked_;
};

address mysql_at(const std::string& host, std::uint16_t port) {
    address out;
    out.kind = kind::mysql;
    out.host = host;
    out.port = port;
    out.name = "shop";
    out.username = "understudy";
    out.password = "hunter2";
    return out;
}

TEST(session, asks_no_far_server_for_a_key_without_tls) {
    const auto host = other_address();
    if (host.empty()) GTEST_SKIP() << "this machine has no address but its own";
    pretender far(host);
    ASSERT_NE(far.port(), 0);
    const auto opened = session::open(mysql_at(host, far.port()), std::chrono::steady_clock::now() + 10s);
    ASSERT_FALSE(opened);
    EXPECT_FALSE(far.was_asked_for_its_key());
    EXPECT_EQ(opened.error().code, errc::auth_failed);
    EXPECT_NE(opened.error().what.find("without TLS"), std::string::npos) << opened.error().what;
}

TEST(session, asks_a_server_of_this_machine) {
    pretender near("127.0.0.1");
    ASSERT_NE(near.port(), 0);
    const auto opened = session::open(mysql_at("127.0.0.1", near.port()), std::chrono::steady_clock::now() + 10s);
    EXPECT_FALSE(opened);
    EXPECT_TRUE(near.was_asked_for_its_key());
}

}  // namespace
}  // namespace understudy::database
