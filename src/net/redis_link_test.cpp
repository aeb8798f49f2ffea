// A server that is played says what a real one seldom says: it stalls, cuts, garbles, and knows no HELLO.
#include <algorithm>
#include <string>
#include <type_traits>

#include <gtest/gtest.h>

#include "net/detail/redis_connection.h"
#include "net/fake_server_test.h"
#include "net/read_only_link.h"
#include "net/runtime.h"
#include "net/writable_link.h"
#include "resp/commands.h"

namespace understudy::net {
namespace {

using namespace std::chrono_literals;
using test::bulk;
using test::fake_redis;
using test::fake_server;
using test::with_hello;
using test::words;

deadline soon() {
    return deadline::after(20s);
}

result<read_only_link> connect(runtime& on, std::uint16_t port, const link_options& options = {}) {
    return read_only_link::connect(on, {.port = port}, soon(), options);
}

std::string pong(const words&) {
    return "+PONG\r\n";
}

// A server that answers HELLO and then sends `bytes` for the first command, as a whole or byte by byte, and closes.
test::script says(std::string bytes, bool bytewise = false, bool stay = false) {
    return [=](int fd) {
        test::receive_until(fd, "understudy\r\n");
        test::send_all(fd, test::hello_reply());
        test::receive_until(fd, "\r\n");
        test::receive(fd);
        if (!bytewise) test::send_all(fd, bytes);
        for (const char one : bytewise ? bytes : std::string())
            test::send_all(fd, {&one, 1});
        if (stay) test::hang(fd);
    };
}
const link_options bare{.ask_flags = false, .no_touch = false};

errc code_after(std::string bytes) {
    fake_server server({says(std::move(bytes))});
    runtime on;
    auto link = connect(on, server.port(), bare);
    if (!link) return errc::internal;
    auto reply = link->call({"GET", "k"}, soon());
    if (reply) return errc::internal;
    EXPECT_EQ(link->alive(), reply.error().code != errc::protocol && reply.error().code != errc::connection_lost &&
                                 reply.error().code != errc::over_limit);
    return reply.error().code;
}

TEST(redis_link, logs_in_by_hello_with_user_password_and_name) {
    fake_redis server(with_hello([](const words&) { return "+OK\r\n"; }));
    runtime on;
    const redis_endpoint to{.port = server.port(), .database = 3, .username = "u", .password = "p"};
    auto link = read_only_link::connect(on, to, soon(), bare);
    ASSERT_TRUE(link) << link.error().text();
    const std::vector<words> expected{{"HELLO", "3", "AUTH", "u", "p", "SETNAME", "understudy"}, {"SELECT", "3"}};
    EXPECT_EQ(server.seen(), expected);
    EXPECT_EQ(link->where(), "127.0.0.1:" + std::to_string(server.port()) + "/3");
}

TEST(redis_link, falls_back_to_auth_and_resp2_where_hello_is_refused) {
    for (const char* refusal : {"-ERR unknown command 'HELLO', with args beginning with: '3' \r\n",
                                "-ERR unknown command `HELLO`\r\n", "-NOPERM no\r\n", "-NOPROTO sorry\r\n"}) {
        fake_redis server([refusal](const words& command) -> std::optional<std::string> {
            if (command[0] == "HELLO") return refusal;
            if (command[0] == "CLIENT" || command[0] == "COMMAND") return "-ERR unknown command\r\n";
            return command[0] == "GET" ? bulk("v") : "+OK\r\n";
        });
        runtime on;
        const redis_endpoint to{.port = server.port(), .password = "p"};
        auto link = read_only_link::connect(on, to, soon());
        ASSERT_TRUE(link) << link.error().text();
        EXPECT_FALSE(link->flags_known());
        const auto reply = link->call({"GET", "k"}, soon());
        ASSERT_TRUE(reply);
        EXPECT_EQ(reply->text, "v");
        const auto seen = server.seen();
        ASSERT_EQ(seen.size(), 5U);
        EXPECT_EQ(seen[1], (words{"AUTH", "p"}));
        EXPECT_EQ(seen[2], (words{"CLIENT", "SETNAME", "understudy"}));
    }
}

TEST(redis_link, maps_a_failed_login) {
    const std::vector<std::pair<std::string, errc>> cases{
        {"-WRONGPASS invalid username-password pair or user is disabled.\r\n", errc::auth_failed},
        {"-NOAUTH HELLO must be called with the client already authenticated\r\n", errc::auth_failed},
        {"-ERR AUTH <password> called without any password configured\r\n", errc::auth_failed},
        {"-ERR something of its own\r\n", errc::auth_failed},
        {"-LOADING Redis is loading the dataset in memory\r\n", errc::server_loading},
        {"-DENIED Redis is running in protected mode\r\n", errc::no_permission},
        {"+OK\r\n", errc::protocol},
        {"HTTP/1.1 400 Bad Request\r\n\r\n", errc::protocol},
    };
    for (const auto& [answer, code] : cases) {
        fake_redis server([&answer](const words&) { return answer; });
        runtime on;
        const auto link = connect(on, server.port());
        ASSERT_FALSE(link);
        EXPECT_EQ(link.error().code, code) << answer;
        if (code == errc::server_loading) EXPECT_TRUE(link.error().retry_safe);
    }
}

TEST(redis_link, says_unreachable_for_refused_unknown_and_absent) {
    runtime on;
    EXPECT_EQ(connect(on, test::dead_port()).error().code, errc::unreachable);
    const redis_endpoint path{.unix_path = "/nonexistent/understudy.sock"};
    EXPECT_EQ(read_only_link::connect(on, path, soon()).error().code, errc::unreachable);
    const redis_endpoint long_path{.unix_path = std::string(200, 'x')};
    EXPECT_EQ(read_only_link::connect(on, long_path, soon()).error().code, errc::unreachable);
    const redis_endpoint name{.host = "no-such-host.invalid"};
    const auto unknown = read_only_link::connect(on, name, soon());
    EXPECT_EQ(unknown.error().code, errc::unreachable);
    EXPECT_TRUE(unknown.error().retry_safe);
    EXPECT_EQ(connect(on, 1, {}).error().code, errc::unreachable);
    EXPECT_EQ(read_only_link::connect(on, {}, deadline::after(0ms)).error().code, errc::timed_out);
}

TEST(redis_link, resolves_a_name) {
    fake_redis server(with_hello(pong));
    runtime on;
    const redis_endpoint to{.host = "localhost", .port = server.port()};
    auto link = read_only_link::connect(on, to, soon(), bare);
    ASSERT_TRUE(link) << link.error().text();
    EXPECT_TRUE(link->call({"PING"}, soon()));
}

TEST(redis_link, maps_error_replies_and_lives_on) {
    const std::vector<std::pair<std::string, errc>> cases{
        {"-NOAUTH Authentication required.\r\n", errc::auth_failed},
        {"-NOPERM this user has no permissions\r\n", errc::no_permission},
        {"-LOADING Redis is loading\r\n", errc::server_loading},
        {"-OOM command not allowed when used memory > 'maxmemory'.\r\n", errc::oom},
        {"-WRONGTYPE Operation against a key\r\n", errc::server_error},
        {"-ERR unknown command 'hunter2'\r\n", errc::server_error},
        {"-ERR hunter2\r\n", errc::server_error},
        {"-hunter2! x\r\n", errc::server_error},
        {"!11\r\nERR hunter2\r\n", errc::server_error},
    };
    for (const auto& [answer, code] : cases) {
        fake_redis server(with_hello(
            [&answer](const words& command) { return command[0] == "GET" ? answer : std::string("+PONG\r\n"); }));
        runtime on;
        auto link = connect(on, server.port());
        ASSERT_TRUE(link);
        const auto reply = link->call({"GET", "secret-key"}, soon());
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error().code, code) << answer;
        EXPECT_EQ(reply.error().text().find("hunter2"), std::string::npos) << reply.error().text();
        EXPECT_EQ(reply.error().text().find("secret-key"), std::string::npos);
        EXPECT_NE(reply.error().where.find("GET"), std::string::npos);
        EXPECT_TRUE(link->call({"PING"}, soon()));
    }
}

TEST(redis_link, ends_when_the_server_cuts_garbles_or_exaggerates) {
    EXPECT_EQ(code_after(""), errc::connection_lost);
    EXPECT_EQ(code_after("$10\r\nabc"), errc::connection_lost);
    EXPECT_EQ(code_after("garbage\r\n"), errc::protocol);
    EXPECT_EQ(code_after("$abc\r\n"), errc::protocol);
    EXPECT_EQ(code_after("$9999999999\r\n"), errc::over_limit);
    EXPECT_EQ(code_after("*1000000000\r\n"), errc::over_limit);
    EXPECT_EQ(code_after("$1\r\nx\r\n+unasked\r\n"), errc::protocol);
}

TEST(redis_link, holds_one_reply_to_the_limit) {
    fake_redis server(with_hello([](const words&) { return bulk(std::string(100'000, 'x')); }));
    runtime on;
    auto link = connect(on, server.port(), {.ask_flags = false, .reply_bytes = 50'000});
    ASSERT_TRUE(link);
    EXPECT_EQ(link->call({"GET", "k"}, soon()).error().code, errc::over_limit);
    EXPECT_FALSE(link->alive());
    EXPECT_EQ(link->call({"GET", "k"}, soon()).error().code, errc::connection_lost);
}

TEST(redis_link, times_out_on_a_stall_and_is_dead_then) {
    fake_redis server(with_hello([](const words&) { return "$5\r\nab"; }));
    runtime on;
    auto link = connect(on, server.port());
    ASSERT_TRUE(link);
    const auto reply = link->call({"GET", "k"}, deadline::after(30ms));
    EXPECT_EQ(reply.error().code, errc::timed_out);
    EXPECT_TRUE(reply.error().retry_safe) << "a read";
    EXPECT_FALSE(link->alive());
    EXPECT_EQ(link->call({"PING"}, soon()).error().code, errc::connection_lost);
    const auto sent = server.seen();
    EXPECT_EQ(std::ranges::count(sent, words{"GET", "k"}), 1);
}

TEST(redis_link, a_deadline_that_has_passed_sends_nothing_and_spares_the_link) {
    fake_redis server(with_hello(pong));
    runtime on;
    auto link = connect(on, server.port(), bare);
    ASSERT_TRUE(link);
    EXPECT_EQ(link->call({"GET", "k"}, deadline::after(0ms)).error().code, errc::timed_out);
    EXPECT_TRUE(link->call({"PING"}, soon()));
    EXPECT_EQ(server.seen().size(), 2U);
}

TEST(redis_link, a_silent_server_does_not_hold_up_connecting) {
    fake_server server({test::hang});
    runtime on;
    const redis_endpoint to{.port = server.port()};
    EXPECT_EQ(read_only_link::connect(on, to, deadline::after(30ms)).error().code, errc::timed_out);
}

TEST(redis_link, reads_a_reply_that_comes_byte_by_byte_and_passes_over_pushes) {
    const std::string push = ">2\r\n+invalidate\r\n*1\r\n+k\r\n";
    fake_server server({says(push + "*3\r\n$1\r\na\r\n:7\r\n_\r\n" + push, true, true)});
    runtime on;
    auto link = connect(on, server.port(), bare);
    ASSERT_TRUE(link);
    const auto reply = link->call({"GET", "k"}, soon());
    ASSERT_TRUE(reply) << reply.error().text();
    ASSERT_EQ(reply->elements.size(), 3U);
    EXPECT_EQ(reply->elements[0].text, "a");
    EXPECT_EQ(reply->elements[1].integer, 7);
    EXPECT_TRUE(reply->elements[2].is_null());
}

// Two answers, of which the first is looked at for so long that the second waits for us.
std::chrono::nanoseconds round_trip_of_a_slow_reader(bool stamped) {
    constexpr auto look = 500ms;
    fake_server server({[](int fd) {
        test::receive_until(fd, "understudy\r\n");
        test::send_all(fd, test::hello_reply());
        test::receive_until(fd, "PING\r\n");
        test::send_all(fd, "+PONG\r\n");
        test::receive_until(fd, "PING\r\n");
        test::receive_until(fd, "PING\r\n");
        test::send_all(fd, "+PONG\r\n");
        std::this_thread::sleep_for(5ms);
        test::send_all(fd, "+PONG\r\n");
        test::hang(fd);
    }});
    runtime on;
    auto link = connect(on, server.port(), bare);
    if (!link) return {};
    if (stamped) link->stamp_arrivals();
    // The kernel begins to stamp a moment after it is asked to.
    EXPECT_TRUE(link->call({"PING"}, soon()));
    std::this_thread::sleep_for(200ms);
    const std::vector<command> both{{"PING"}, {"PING"}};
    const auto done = link->pipeline(both, soon(), [&](std::size_t index, resp::value&&) -> status {
        if (index == 0) std::this_thread::sleep_for(look);
        return {};
    });
    EXPECT_TRUE(done);
    return link->last_round_trip();
}

TEST(redis_link, a_stamped_round_trip_ends_when_the_answer_came) {
    EXPECT_GE(round_trip_of_a_slow_reader(false), 500ms);
    const auto stamped = round_trip_of_a_slow_reader(true);
    EXPECT_GE(stamped, 5ms);
    EXPECT_LT(stamped, 500ms);
}

TEST(redis_link, a_stamped_link_reads_and_fails_like_any_other) {
    fake_server server({[](int fd) {
        test::receive_until(fd, "understudy\r\n");
        test::send_all(fd, test::hello_reply());
        test::receive_until(fd, "PING\r\n");
        for (const char one : test::bulk(std::string(300'000, 'x')))
            test::send_all(fd, {&one, 1});
        test::receive_until(fd, "PING\r\n");
        test::send_all(fd, "+PO");
        test::receive_until(fd, "PING\r\n");
    }});
    runtime on;
    auto link = connect(on, server.port(), bare);
    ASSERT_TRUE(link) << link.error().text();
    link->stamp_arrivals();
    const auto large = link->call({"PING"}, soon());
    ASSERT_TRUE(large) << large.error().text();
    EXPECT_EQ(large->text.size(), 300'000u);
    const auto late = link->call({"PING"}, deadline::after(200ms));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, errc::timed_out);

    fake_server cuts({says("+PO")});
    auto other = connect(on, cuts.port(), bare);
    ASSERT_TRUE(other) << other.error().text();
    other->stamp_arrivals();
    const auto cut = other->call({"PING"}, soon());
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().code, errc::connection_lost);
}

TEST(redis_link, refuses_what_is_not_on_the_table_before_a_byte_is_sent) {
    fake_redis server(with_hello(pong));
    runtime on;
    auto link = connect(on, server.port(), bare);
    ASSERT_TRUE(link);
    for (const command& one : std::vector<command>{{"SET", "k", "v"},
                                                   {"del", "k"},
                                                   {"FLUSHALL"},
                                                   {"EVAL", "return 1", "0"},
                                                   {"GETEX", "k"},
                                                   {"CONFIG", "SET", "maxmemory", "1"},
                                                   {"CONFIG"},
                                                   {"SORT", "k", "STORE", "d"},
                                                   {"nonsense"},
                                                   {"GET\r\nSET", "k"},
                                                   {""},
                                                   {}}) {
        EXPECT_EQ(link->call(one, soon()).error().code, errc::forbidden_command) << name_of(one);
        const std::vector<command> both{{"PING"}, one};
        EXPECT_EQ(link->pipeline(both, soon()).error().code, errc::forbidden_command);
    }
    EXPECT_TRUE(link->call({"PING"}, soon()));
    const std::vector<words> expected{{"HELLO", "3", "SETNAME", "understudy"}, {"PING"}};
    EXPECT_EQ(server.seen(), expected);
}

TEST(redis_link, drops_what_this_server_calls_a_write) {
    std::string answer;
    const auto table = resp::allowed_commands();
    answer = "*" + std::to_string(table.size()) + "\r\n";
    for (const auto& entry : table) {
        if (entry.command == "GET" || entry.command == "STRLEN")
            answer += std::string("*3\r\n$1\r\nx\r\n:2\r\n*2\r\n+") +
                      (entry.command == "GET" ? "write" : "may_replicate") + "\r\n+fast\r\n";
        else if (entry.subcommand == "GET" && entry.command == "CONFIG")
            answer += "*3\r\n$1\r\nx\r\n:2\r\n~1\r\n+write\r\n";
        else
            answer += entry.command == "PING" ? "*3\r\n$1\r\nx\r\n:2\r\n*1\r\n+fast\r\n" : "*-1\r\n";
    }
    fake_redis server([&answer](const words& command) {
        return command[0] == "HELLO" ? test::hello_reply() : command[0] == "COMMAND" ? answer : std::string("+OK\r\n");
    });
    runtime on;
    auto link = connect(on, server.port());
    ASSERT_TRUE(link);
    EXPECT_TRUE(link->flags_known());
    EXPECT_EQ(link->dropped(), (std::vector<std::string>{"CONFIG GET", "GET", "STRLEN"}));
    EXPECT_EQ(link->call({"get", "k"}, soon()).error().code, errc::forbidden_command);
    EXPECT_EQ(link->call({"CONFIG", "GET", "maxmemory"}, soon()).error().code, errc::forbidden_command);
    EXPECT_TRUE(link->call({"PING"}, soon()));
    EXPECT_TRUE(link->call({"TTL", "k"}, soon()));
}

TEST(redis_link, asks_for_no_touch_from_seven_two_on) {
    for (const auto& [version, asked] : std::vector<std::pair<std::string, bool>>{
             {"7.2.4", true}, {"8.0.1", true}, {"7.0.15", false}, {"6.2.1", false}, {"odd", false}, {"7.", false}}) {
        fake_redis server(with_hello([](const words&) { return "-ERR no\r\n"; }, version));
        runtime on;
        auto link = connect(on, server.port());
        ASSERT_TRUE(link) << "an error of it is passed over";
        const auto seen = server.seen();
        EXPECT_EQ(std::ranges::count(seen, words{"CLIENT", "NO-TOUCH", "ON"}), asked ? 1 : 0) << version;
    }
}

TEST(redis_link, pipelines_keep_order_and_error_replies_are_values) {
    fake_redis server(with_hello(
        [](const words& command) { return command[1] == "bad" ? std::string("-WRONGTYPE x\r\n") : bulk(command[1]); }));
    runtime on;
    auto link = connect(on, server.port());
    ASSERT_TRUE(link);
    std::vector<command> commands;
    for (int i = 0; i < 5000; ++i)
        commands.push_back({"GET", i == 17 ? "bad" : std::to_string(i)});
    const auto replies = link->pipeline(commands, soon());
    ASSERT_TRUE(replies) << replies.error().text();
    ASSERT_EQ(replies->size(), commands.size());
    for (std::size_t i = 0; i < commands.size(); ++i) {
        if (i == 17)
            EXPECT_EQ((*replies)[i].error_word(), "WRONGTYPE");
        else
            ASSERT_EQ((*replies)[i].text, commands[i][1]);
    }
    EXPECT_TRUE(link->pipeline({}, soon())->empty());
}

// The server reads one command, then writes its answer and waits until that is taken, with small buffers: whoever sends
// all commands first and reads afterwards stands still for ever.
TEST(redis_link, a_huge_pipeline_does_not_lock_either_side) {
    const std::string answer = bulk(std::string(10'000, 'v'));
    fake_redis server(with_hello([&answer](const words&) { return answer; }), 32768);
    runtime on;
    auto link = connect(on, server.port());
    ASSERT_TRUE(link);
    const std::vector<command> commands(200'000, command{"GET", "some:key:of:ordinary:length"});
    std::size_t next = 0;
    std::uint64_t bytes = 0;
    const auto done =
        link->pipeline(commands, deadline::after(200s), [&](std::size_t index, resp::value&& reply) -> status {
            if (index != next++) return fail(errc::internal, "out of order");
            bytes += reply.text.size();
            return {};
        });
    ASSERT_TRUE(done) << done.error().text();
    EXPECT_EQ(next, 200'000U);
    EXPECT_EQ(bytes, 2'000'000'000U);
}

TEST(redis_link, large_commands_pass_through_small_buffers_too) {
    fake_redis server(with_hello([](const words& command) { return bulk(command[1]); }), 32768);
    runtime on;
    auto link = connect(on, server.port());
    ASSERT_TRUE(link);
    std::vector<command> commands;
    for (char one = 'a'; one <= 'z'; ++one)
        commands.push_back({"GET", std::string(300'000, one)});
    const auto replies = link->pipeline(commands, soon());
    ASSERT_TRUE(replies) << replies.error().text();
    for (std::size_t i = 0; i < commands.size(); ++i)
        ASSERT_EQ((*replies)[i].text, commands[i][1]);
}

TEST(redis_link, a_pipeline_ends_by_the_sink_a_cut_or_a_stall) {
    for (const int mode : {0, 1, 2}) {
        std::size_t answered = 0;
        fake_redis server(with_hello([&answered, mode](const words&) -> std::optional<std::string> {
                              if (++answered > 3000 && mode == 1) return std::nullopt;
                              if (answered > 3000 && mode == 2) return "";
                              return bulk(std::string(1000, 'x'));
                          }),
                          4096);
        runtime on;
        auto link = connect(on, server.port(), bare);
        ASSERT_TRUE(link);
        const std::vector<command> commands(50'000, command{"GET", "k"});
        const reply_sink take = [mode](std::size_t index, resp::value&&) -> status {
            if (mode == 0 && index == 2000) return fail(errc::disk_full, "enough");
            return {};
        };
        const auto done = link->pipeline(commands, deadline::after(mode == 2 ? 1500ms : 20s), take);
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, mode == 0 ? errc::disk_full : mode == 1 ? errc::connection_lost : errc::timed_out);
        EXPECT_FALSE(link->alive());
    }
}

// A write whose answer is lost is not sent again, by nobody.
TEST(redis_link, never_repeats_a_command) {
    fake_redis server(with_hello([](const words&) -> std::optional<std::string> { return std::nullopt; }));
    runtime on;
    detail::connection_options options;
    auto connection = detail::redis_connection::open(on.engine(), {.port = server.port()}, soon(), options);
    ASSERT_TRUE(connection);
    const auto reply = (*connection)->call({"INCR", "k"}, soon());
    EXPECT_EQ(reply.error().code, errc::connection_lost);
    EXPECT_FALSE(reply.error().retry_safe);
    EXPECT_EQ((*connection)->call({"INCR", "k"}, soon()).error().code, errc::connection_lost);
    EXPECT_EQ((*connection)->call({}, soon()).error().code, errc::connection_lost);
    const auto seen = server.seen();
    EXPECT_EQ(std::ranges::count(seen, words{"INCR", "k"}), 1);
}

TEST(command, name_shows_no_argument) {
    EXPECT_EQ(name_of({"get", "secret"}), "GET");
    EXPECT_EQ(name_of({"config", "set", "requirepass", "secret"}), "CONFIG SET");
    EXPECT_EQ(name_of({"se cret"}), "?");
    EXPECT_EQ(name_of({std::string(100, 'a')}), "?");
    EXPECT_EQ(name_of({}), "?");
}

TEST(command, only_error_replies_are_errors) {
    EXPECT_FALSE(reply_error(resp::value::of_text("ERR x"), ""));
    EXPECT_FALSE(reply_error(resp::value::of_simple("OK"), ""));
    EXPECT_EQ(reply_error(resp::value::of_error("ERR max number of clients reached"), "w")->where, "w");
    EXPECT_EQ(reply_error(resp::value::of_error("ERR invalid password"), "")->code, errc::auth_failed);
}

}  // namespace
}  // namespace understudy::net
