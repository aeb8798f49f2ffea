// What follows PSYNC, in both framings and at every split; and what may follow instead.
#include "net/rdb_stream.h"

#include <string>

#include <gtest/gtest.h>

#include "net/fake_server_test.h"

namespace understudy::net {
namespace {

using namespace std::chrono_literals;

const std::string mark = "0123456789abcdef0123456789abcdef01234567";
const std::string data =
    "REDIS0010 some bytes\r\n that hold line feeds\n and a part of the mark 0123456789abcdef012345";

// Answers HELLO and REPLCONF, then PSYNC with these pieces, and closes.
test::script plays(std::vector<std::string> pieces, std::string rdb_only = "+OK\r\n") {
    return [=](int fd) {
        resp::value_builder builder(resp::direction::request);
        for (std::string bytes = test::receive(fd); !bytes.empty(); bytes = test::receive(fd)) {
            std::string_view rest = bytes;
            resp::value request;
            while (builder.next(rest, request) == resp::status::token) {
                const auto& name = request.elements[0].text;
                if (name == "HELLO") {
                    test::send_all(fd, test::hello_reply());
                } else if (name == "REPLCONF") {
                    test::send_all(fd, request.elements[1].text == "rdb-only" ? rdb_only : "+OK\r\n");
                } else if (name == "PSYNC") {
                    for (const auto& piece : pieces)
                        test::send_all(fd, piece);
                    return;
                }
            }
        }
    };
}

struct read_back {
    std::string bytes;
    std::optional<error> ended;
};

read_back all_of(const std::vector<std::string>& pieces, std::size_t at_a_time = 4096) {
    test::fake_server server({plays(pieces)});
    runtime on;
    auto stream = rdb_stream::open(on, {.port = server.port()}, deadline::after(20s));
    read_back out;
    if (!stream) {
        out.ended = stream.error();
        return out;
    }
    std::string part(at_a_time, '\0');
    for (;;) {
        const auto got = stream->read(part);
        if (!got) out.ended = got.error();
        if (!got || *got == 0) return out;
        out.bytes.append(part, 0, *got);
    }
}

const std::string full = "+FULLRESYNC 0123456789012345678901234567890123456789 14\r\n";
const std::string measured = full + "\n\n$" + std::to_string(data.size()) + "\r\n" + data;
const std::string marked = full + "\n$EOF:" + mark + "\r\n" + data + mark;

TEST(rdb_stream, gives_the_data_and_no_more_in_both_framings) {
    for (const auto& whole : {measured, marked})
        for (const std::size_t at_a_time : {1u, 7u, 40u, 41u, 4096u}) {
            const auto got = all_of({whole}, at_a_time);
            EXPECT_FALSE(got.ended) << got.ended->text();
            EXPECT_EQ(got.bytes, data) << at_a_time;
        }
    EXPECT_EQ(all_of({full + "$0\r\n"}).bytes, "");
    EXPECT_EQ(all_of({full + "$EOF:" + mark + "\r\n" + mark}).bytes, "");
}

TEST(rdb_stream, a_cut_anywhere_is_no_end) {
    for (const auto& whole : {measured, marked})
        for (std::size_t cut = 0; cut < whole.size(); cut += 3) {
            const auto got = all_of({whole.substr(0, cut)});
            ASSERT_TRUE(got.ended) << cut;
            EXPECT_EQ(got.ended->code, errc::connection_lost) << cut << " " << got.ended->text();
            EXPECT_TRUE(data.starts_with(got.bytes)) << cut;
        }
}

TEST(rdb_stream, refusals_have_their_errors) {
    const auto code = [](const std::string& reply) { return all_of({reply}).ended.value_or(error{}).code; };
    EXPECT_EQ(code("-NOPERM this user has no permissions to run the 'psync' command\r\n"), errc::no_permission);
    EXPECT_EQ(code("-LOADING Redis is loading the dataset in memory\r\n"), errc::server_error);
    EXPECT_EQ(code("-ERR unknown command 'PSYNC'\r\n"), errc::server_error);
    EXPECT_EQ(code("hello\r\n"), errc::protocol);
    EXPECT_EQ(code(full + "$EOF:short\r\n"), errc::protocol);
    EXPECT_EQ(code(full + "$\r\n"), errc::protocol);
    EXPECT_EQ(code(full + "$99999999999999999999999\r\n"), errc::protocol);
    EXPECT_EQ(code(full + "$-1\r\n"), errc::protocol);
    EXPECT_EQ(code(std::string(10'000, 'x')), errc::protocol) << "a line without an end";
}

TEST(rdb_stream, is_not_asked_for_where_the_server_would_go_on_for_ever) {
    test::fake_server server({plays({marked}, "-ERR Unrecognized REPLCONF option: rdb-only\r\n")});
    runtime on;
    const auto stream = rdb_stream::open(on, {.port = server.port()}, deadline::after(20s));
    ASSERT_FALSE(stream);
    EXPECT_EQ(stream.error().code, errc::server_error);
}

}  // namespace
}  // namespace understudy::net
