#include "net/http_client.h"

#include <string>

#include <gtest/gtest.h>

#include "net/fake_server_test.h"
#include "net/runtime.h"

namespace understudy::net {
namespace {

using namespace std::chrono_literals;
using test::fake_server;

deadline soon() {
    return deadline::after(20s);
}

// Reads one request head after another and answers each with the same bytes.
test::script answers_all(std::string bytes) {
    return [=](int fd) {
        while (!test::receive_until(fd, "\r\n\r\n").empty())
            if (!test::send_all(fd, bytes)) return;
    };
}
test::script answers_once(std::string bytes) {
    return [=](int fd) {
        test::receive_until(fd, "\r\n\r\n");
        test::send_all(fd, bytes);
    };
}

http_client client_of(runtime& on, const fake_server& server, http_options options = {}) {
    auto made = http_client::make(on, server.url(), std::move(options));
    return std::move(*made);
}

result<http_response> get_from(test::script script, http_options options = {}, const http_request& request = {}) {
    fake_server server({std::move(script)});
    runtime on;
    auto client = client_of(on, server, std::move(options));
    return client.send(request, soon());
}

TEST(http_client, sends_what_it_says_and_reads_a_response) {
    std::string seen;
    const std::string answer =
        "HTTP/1.1 302 Found Elsewhere\r\nLocation: /next\r\nX-A: 1\r\nx-b:  2 \r\nContent-Length: 5\r\n\r\nhello";
    fake_server server({[&](int fd) {
        seen = test::receive_until(fd, "\r\n\r\nab=1");
        test::send_all(fd, answer);
    }});
    runtime on;
    auto client = client_of(on, server, {.user_agent = "test/1"});
    const http_request request{
        .method = "POST", .target = "/a?b=c", .headers = {{"X-Key", "v"}, {"accept", "text/html"}}, .body = "ab=1"};
    const auto response = client.send(request, soon());
    ASSERT_TRUE(response) << response.error().text();
    EXPECT_EQ(seen, "POST /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                        "\r\nUser-Agent: test/1\r\nAccept-Encoding: identity\r\nX-Key: v\r\naccept: text/html\r\n"
                        "Content-Length: 4\r\n\r\nab=1");
    EXPECT_EQ(response->status, 302) << "a redirect is shown, not followed";
    EXPECT_EQ(response->reason, "Found Elsewhere");
    ASSERT_EQ(response->headers.size(), 4U);
    EXPECT_EQ(response->headers[2].name, "x-b");
    EXPECT_EQ(response->headers[2].value, "2");
    EXPECT_EQ(response->body, "hello");
    EXPECT_FALSE(response->reused);
    EXPECT_EQ(response->bytes, answer.size());
    EXPECT_GT(response->timings.connect.count(), 0);
    EXPECT_GT(response->timings.first_byte.count(), 0);
    EXPECT_GE(response->timings.total,
              response->timings.connect + response->timings.send + response->timings.first_byte);
}

TEST(http_client, keeps_the_connection_and_says_so) {
    fake_server server({answers_all("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")});
    runtime on;
    auto client = client_of(on, server);
    for (int i = 0; i < 5; ++i) {
        const auto response = client.send({}, soon());
        ASSERT_TRUE(response) << response.error().text();
        EXPECT_EQ(response->body, "ok");
        EXPECT_EQ(response->reused, i > 0);
        EXPECT_EQ(response->timings.connect.count() == 0, i > 0);
        EXPECT_EQ(response->bytes, 40U);
    }
    EXPECT_EQ(server.connections(), 1U);
    client.disconnect();
    EXPECT_FALSE(client.send({}, soon())->reused);
}

TEST(http_client, reads_a_body_however_it_is_framed_and_in_whatever_pieces) {
    const std::string chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nWiki\r\n6\r\npedia \r\n0\r\nTrailer: 1\r\n\r\n";
    const std::string until_close = "HTTP/1.1 200 OK\r\n\r\nWikipedia ";
    const std::string sized = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nWikipedia ";
    const std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + sized;
    for (const std::string& text : {chunked, until_close, sized, interim}) {
        for (std::size_t cut = 0; cut <= text.size(); cut += 1) {
            const auto response = get_from([&text, cut](int fd) {
                test::receive_until(fd, "\r\n\r\n");
                test::send_all(fd, std::string_view(text).substr(0, cut));
                if (cut % 8 == 0) std::this_thread::sleep_for(1ms);
                test::send_all(fd, std::string_view(text).substr(cut));
            });
            ASSERT_TRUE(response) << response.error().text() << " at " << cut << " of " << text;
            ASSERT_EQ(response->body, "Wikipedia ");
            ASSERT_EQ(response->bytes, text.size());
            ASSERT_EQ(response->status, 200);
        }
    }
    const auto bytewise = get_from([&chunked](int fd) {
        test::receive_until(fd, "\r\n\r\n");
        for (const char one : chunked)
            test::send_all(fd, {&one, 1});
    });
    EXPECT_EQ(bytewise->body, "Wikipedia ");
}

TEST(http_client, a_response_that_is_cut_is_not_a_response) {
    const std::string sized = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nWikipedia ";
    const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n0\r\n\r\n";
    for (const std::string& text : {sized, chunked})
        for (std::size_t cut = 0; cut < text.size(); ++cut) {
            const auto response = get_from(answers_once(text.substr(0, cut)));
            ASSERT_FALSE(response) << cut;
            ASSERT_EQ(response.error().code, errc::connection_lost) << cut << response.error().text();
        }
}

TEST(http_client, knows_responses_without_a_body) {
    for (const char* text :
         {"HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"}) {
        fake_server server({answers_all(text)});
        runtime on;
        auto client = client_of(on, server);
        EXPECT_EQ(client.send({}, soon())->body, "");
        EXPECT_TRUE(client.send({}, soon())->reused);
    }
    fake_server server({answers_all("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")});
    runtime on;
    auto client = client_of(on, server);
    const http_request head{.method = "HEAD"};
    EXPECT_EQ(client.send(head, soon())->body, "");
    EXPECT_TRUE(client.send(head, soon())->reused);
}

TEST(http_client, maps_what_goes_wrong) {
    EXPECT_EQ(get_from(answers_once("SSH-2.0-OpenSSH\r\n\r\n")).error().code, errc::protocol);
    EXPECT_EQ(get_from(answers_once("HTTP/1.1 OK\r\n\r\n")).error().code, errc::protocol);
    EXPECT_EQ(get_from(answers_once("HTTP/1.1 200 OK\r\nno colon\r\n\r\n")).error().code, errc::protocol);
    EXPECT_EQ(get_from(answers_once("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n")).error().code, errc::protocol);
    EXPECT_EQ(get_from(answers_once("HTTP/1.1 101 Switching Protocols\r\n\r\n")).error().code, errc::protocol);
    EXPECT_EQ(get_from(answers_once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")).error().code,
              errc::protocol);
    EXPECT_EQ(get_from([](int fd) {
                  test::receive_until(fd, "\r\n\r\n");
                  test::send_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
                  std::this_thread::sleep_for(20ms);
                  test::reset(fd);
              })
                  .error()
                  .code,
              errc::connection_lost);
    EXPECT_EQ(get_from([](int fd) {
                  test::receive_until(fd, "\r\n\r\n");
                  test::reset(fd);
              })
                  .error()
                  .code,
              errc::connection_lost);
    runtime on;
    auto dead = http_client::make(on, "http://127.0.0.1:" + std::to_string(test::dead_port()));
    const auto refused = dead->send({}, soon());
    EXPECT_EQ(refused.error().code, errc::unreachable);
    EXPECT_TRUE(refused.error().retry_safe);
    auto unknown = http_client::make(on, "http://no-such-host.invalid");
    EXPECT_EQ(unknown->send({}, soon()).error().code, errc::unreachable);
}

TEST(http_client, times_out_and_starts_anew) {
    fake_server server({[](int fd) {
                            test::receive_until(fd, "\r\n\r\n");
                            test::send_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
                            test::hang(fd);
                        },
                        answers_all("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")});
    runtime on;
    auto client = client_of(on, server);
    const auto late = client.send({}, deadline::after(30ms));
    EXPECT_EQ(late.error().code, errc::timed_out);
    EXPECT_TRUE(late.error().retry_safe);
    const auto response = client.send({}, soon());
    ASSERT_TRUE(response) << response.error().text();
    EXPECT_EQ(response->body, "ok");
    EXPECT_FALSE(response->reused);
    const http_request post{.method = "POST"};
    EXPECT_EQ(client.send(post, deadline::after(0ms)).error().code, errc::timed_out);
}

TEST(http_client, survives_a_deadline_at_the_very_moment_of_the_answer) {
    fake_server server({answers_all("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")});
    runtime on;
    auto client = client_of(on, server);
    int answered = 0, late = 0;
    for (int i = 0; i < 400; ++i) {
        const auto response = client.send({}, deadline::at(deadline::clock::now() + std::chrono::microseconds(i)));
        ++(response ? answered : late);
        if (!response) EXPECT_EQ(response.error().code, errc::timed_out);
    }
    EXPECT_GT(late, 0);
    const auto last = client.send({}, soon());
    ASSERT_TRUE(last) << last.error().text();
    EXPECT_EQ(last->body, "ok");
}

TEST(http_client, holds_header_and_body_to_their_limits) {
    const std::string hundred = [] {
        std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n";
        for (int i = 0; i < 100; ++i)
            text += "X-Header-" + std::to_string(i) + ": " + std::string(500, 'v') + "\r\n";
        return text + "\r\nok";
    }();
    const auto many = get_from(answers_once(hundred));
    ASSERT_TRUE(many) << many.error().text();
    ASSERT_EQ(many->headers.size(), 101U);
    EXPECT_EQ(many->headers[100].name, "X-Header-99");
    EXPECT_EQ(many->bytes, hundred.size());
    EXPECT_EQ(get_from(answers_once(hundred), {.header_bytes = 10'000}).error().code, errc::over_limit);
    EXPECT_EQ(get_from(answers_once("HTTP/1.1 200 OK\r\nX: " + std::string(2 << 20, 'x'))).error().code,
              errc::over_limit);

    const http_options small{.body_bytes = 1000};
    const std::string body(1001, 'b');
    EXPECT_EQ(get_from(answers_once("HTTP/1.1 200 OK\r\n\r\n" + body), small).error().code, errc::over_limit);
    EXPECT_EQ(get_from(answers_once("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + body), small).error().code,
              errc::over_limit);
    EXPECT_EQ(
        get_from(answers_once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + body + "\r\n0\r\n\r\n"),
                 small)
            .error()
            .code,
        errc::over_limit);
    EXPECT_EQ(get_from(answers_once("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n")).error().code,
              errc::over_limit);
    const auto fits = get_from(answers_once("HTTP/1.1 200 OK\r\n\r\n" + body.substr(1)), small);
    ASSERT_TRUE(fits);
    EXPECT_EQ(fits->body.size(), 1000U);
    const auto large =
        get_from(answers_once("HTTP/1.1 200 OK\r\nContent-Length: 8000000\r\n\r\n" + std::string(8'000'000, 'z')));
    ASSERT_TRUE(large);
    EXPECT_EQ(large->body, std::string(8'000'000, 'z'));
}

TEST(http_client, opens_a_new_connection_when_the_kept_one_was_closed) {
    const test::script once = answers_once("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    for (const char* method : {"GET", "POST"}) {
        fake_server server({once});
        runtime on;
        auto client = client_of(on, server);
        const http_request request{.method = method};
        for (int i = 0; i < 3; ++i) {
            const auto response = client.send(request, soon());
            ASSERT_TRUE(response) << response.error().text();
            EXPECT_FALSE(response->reused);
            ASSERT_TRUE(on.sleep(20ms));  // the close arrives
        }
    }
}

// The server reads the second request of a connection and closes without a word: it may have done what was asked.
test::script closes_on_the_second(std::string* second) {
    return [=](int fd) {
        test::receive_until(fd, "\r\n\r\n");
        test::send_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        *second = test::receive_until(fd, "\r\n\r\n");
    };
}

TEST(http_client, repeats_a_get_once_and_a_post_never) {
    std::string second;
    {
        fake_server server(
            {closes_on_the_second(&second), answers_all("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew")});
        runtime on;
        auto client = client_of(on, server);
        ASSERT_TRUE(client.send({}, soon()));
        const auto again = client.send({}, soon());
        ASSERT_TRUE(again) << again.error().text();
        EXPECT_EQ(again->body, "new");
        EXPECT_FALSE(again->reused);
        EXPECT_GT(again->timings.connect.count(), 0);
        EXPECT_EQ(server.connections(), 2U);
    }
    {
        fake_server server({closes_on_the_second(&second)});
        runtime on;
        auto client = client_of(on, server);
        ASSERT_TRUE(client.send({}, soon()));
        const http_request post{.method = "POST"};
        const auto lost = client.send(post, soon());
        EXPECT_EQ(lost.error().code, errc::connection_lost);
        EXPECT_FALSE(lost.error().retry_safe);
        EXPECT_EQ(server.connections(), 1U);
    }
    {
        // A new connection that closes at once is not tried again.
        fake_server server({[](int fd) { test::receive_until(fd, "\r\n\r\n"); }});
        runtime on;
        auto client = client_of(on, server);
        EXPECT_EQ(client.send({}, soon()).error().code, errc::connection_lost);
        EXPECT_EQ(server.connections(), 1U);
    }
}

TEST(http_client, does_not_use_a_connection_again_that_the_server_ends_or_spoils) {
    for (const char* text : {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
                             "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
                             "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n"}) {
        fake_server server({answers_all(text)});
        runtime on;
        auto client = client_of(on, server);
        EXPECT_EQ(client.send({}, soon())->body, "ok");
        EXPECT_FALSE(client.send({}, soon())->reused) << text;
    }
}

TEST(http_client, carries_cookies_for_whoever_holds_the_jar) {
    std::vector<std::string> seen;
    fake_server server({[&seen](int fd) {
        for (std::string head = test::receive_until(fd, "\r\n\r\n"); !head.empty();
             head = test::receive_until(fd, "\r\n\r\n")) {
            seen.push_back(head);
            test::send_all(fd,
                           "HTTP/1.1 200 OK\r\nSet-Cookie: sid=abc; Path=/\r\nSet-Cookie: b=2; "
                           "Path=/x\r\nContent-Length: 0\r\n\r\n");
        }
    }});
    runtime on;
    {
        auto client = client_of(on, server);
        http::cookie_jar member;
        http::cookie_jar other;
        ASSERT_TRUE(client.send({}, soon(), &member));
        EXPECT_EQ(member.size(), 2U);
        ASSERT_TRUE(client.send({}, soon(), &member));
        ASSERT_TRUE(client.send({}, soon(), &other));
        ASSERT_TRUE(client.send({}, soon()));
        const http_request own{.headers = {{"Cookie", "mine=1"}}};
        ASSERT_TRUE(client.send(own, soon(), &member));
    }
    ASSERT_EQ(seen.size(), 5U);
    EXPECT_EQ(seen[0].find("Cookie:"), std::string::npos);
    EXPECT_NE(seen[1].find("\r\nCookie: sid=abc\r\n"), std::string::npos);
    EXPECT_EQ(seen[2].find("Cookie:"), std::string::npos) << "another identity";
    EXPECT_EQ(seen[3].find("Cookie:"), std::string::npos);
    EXPECT_NE(seen[4].find("\r\nCookie: mine=1\r\n"), std::string::npos);
    EXPECT_EQ(seen[4].find("sid"), std::string::npos);
}

TEST(http_client, refuses_requests_that_cannot_be_sent) {
    fake_server server({test::hang});
    runtime on;
    auto client = client_of(on, server);
    for (const http_request& bad : std::vector<http_request>{{.method = "GET /"},
                                                             {.method = ""},
                                                             {.target = ""},
                                                             {.target = "http://x/"},
                                                             {.target = "/a b"},
                                                             {.target = "/a\r\nX: y"},
                                                             {.headers = {{"X", "a\r\nY: b"}}},
                                                             {.headers = {{"X Y", "a"}}},
                                                             {.headers = {{"content-length", "5"}}}})
        EXPECT_EQ(client.send(bad, soon()).error().code, errc::usage);
    EXPECT_EQ(server.connections(), 0U);
}

TEST(http_client, reads_its_base_url) {
    runtime on;
    for (const char* bad : {"", "localhost", "ftp://h", "http://", "http://u:p@h", "http://h/path", "http://h?q",
                            "http://h:0", "http://h:99999", "http://h#f", "redis://h"})
        EXPECT_EQ(http_client::make(on, bad).error().code, errc::config_bad_value) << bad;
    EXPECT_EQ(http_client::make(on, "http://h")->where(), "http://h:80");
    EXPECT_EQ(http_client::make(on, "http://[::1]:8080/")->where(), "http://[::1]:8080");
    EXPECT_EQ(http_client::make(on, "http://[::1]:8080/")->host(), "::1");
    EXPECT_EQ(http_client::make(on, "https://h")->where(), "https://h:443");
    EXPECT_EQ(http_client::make(on, "https://h", {.tls = model::tls_settings{"/nonexistent", {}, {}, {}}}).error().code,
              errc::bad_file);
}

}  // namespace
}  // namespace understudy::net
