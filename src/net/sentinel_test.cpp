// Sentinels and servers that are played: what they say of the primary, and what is made of it.
#include <gtest/gtest.h>

#include "net/fake_server_test.h"
#include "net/primary.h"
#include "net/read_only_link.h"
#include "net/runtime.h"
#include "net/writable_link.h"

namespace understudy::net {
namespace {

using namespace std::chrono_literals;
using test::bulk;
using test::fake_redis;
using test::words;

const write_permission may{.environment_is_read_write = true};

deadline soon() {
    return deadline::after(10s);
}

std::string info_of(const std::string& role) {
    return bulk("redis_version:7.0.15\r\nrun_id:run-" + role + "\r\nmaster_replid:b\r\nrole:" + role + "\r\n");
}

// A server of that role.
test::answers server_of(const std::string& role) {
    return test::with_hello(
        [role](const words& command) { return command[0] == "INFO" ? info_of(role) : std::string("+OK\r\n"); });
}

std::string names(std::uint16_t port) {
    return "*2\r\n" + bulk("127.0.0.1") + bulk(std::to_string(port));
}

// A sentinel that answers the question with these bytes, each turn the next ones; the last ones for ever.
test::answers sentinel_of(std::vector<std::string> turns) {
    auto turn = std::make_shared<std::size_t>(0);
    return test::with_hello([turns, turn](const words& command) -> std::optional<std::string> {
        if (command != words{"SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster"}) return "-ERR no\r\n";
        return turns[std::min((*turn)++, turns.size() - 1)];
    });
}

redis_endpoint watched_by(std::initializer_list<std::uint16_t> ports) {
    redis_endpoint out{.host = "never.invalid", .port = 1, .sentinels = sentinel_endpoint{.master = "mymaster"}};
    for (const auto port : ports)
        out.sentinels->at.push_back({"127.0.0.1", port});
    return out;
}

TEST(sentinel, names_the_primary) {
    runtime on;
    fake_redis primary(server_of("master"));
    fake_redis sentinel(sentinel_of({names(primary.port())}));
    {
        auto link = writable_link::open(on, watched_by({sentinel.port()}), may, soon());
        ASSERT_TRUE(link) << link.error().text();
        EXPECT_EQ(link->where(), "127.0.0.1:" + std::to_string(primary.port()));
        EXPECT_EQ(link->address().port, primary.port());
        EXPECT_EQ(identity_of(link->facts(), link->address()).port, primary.port());
    }
    EXPECT_EQ(named_primary(on, watched_by({sentinel.port()}), soon()), (server_address{"127.0.0.1", primary.port()}));
    auto reader = read_only_link::connect(on, watched_by({sentinel.port()}), soon(), {.ask_flags = false});
    ASSERT_TRUE(reader) << reader.error().text();
    EXPECT_EQ(reader->address().port, primary.port());
}

TEST(sentinel, one_that_is_gone_is_passed_over) {
    runtime on;
    fake_redis primary(server_of("master"));
    fake_redis sentinel(sentinel_of({names(primary.port())}));
    fake_redis unaware(sentinel_of({"*-1\r\n"}));
    const auto to = watched_by({test::dead_port(), unaware.port(), sentinel.port()});
    EXPECT_TRUE(writable_link::open(on, to, may, soon()));
}

TEST(sentinel, waits_while_they_disagree) {
    runtime on;
    fake_redis primary(server_of("master"));
    const auto old = test::dead_port();
    fake_redis slow(sentinel_of({names(old), names(old), names(primary.port())}));
    fake_redis quick(sentinel_of({names(primary.port())}));
    const auto to = watched_by({slow.port(), quick.port()});
    auto link = writable_link::open(on, to, may, soon());
    ASSERT_TRUE(link) << link.error().text();
    EXPECT_EQ(link->address().port, primary.port());

    fake_redis stuck(sentinel_of({names(old)}));
    const auto split = writable_link::open(on, watched_by({stuck.port(), quick.port()}), may, deadline::after(2s));
    ASSERT_FALSE(split);
    EXPECT_EQ(split.error().code, errc::server_error) << split.error().text();
    EXPECT_TRUE(split.error().retry_safe);
}

TEST(sentinel, a_named_server_that_is_a_replica_is_not_taken) {
    runtime on;
    fake_redis replica(server_of("slave"));
    fake_redis primary(server_of("master"));
    fake_redis always(sentinel_of({names(replica.port())}));
    const auto refused = read_only_link::connect(on, watched_by({always.port()}), deadline::after(2s));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::server_error) << refused.error().text();
    fake_redis late(sentinel_of({names(replica.port()), names(primary.port())}));
    const auto found = read_only_link::connect(on, watched_by({late.port()}), soon());
    ASSERT_TRUE(found) << found.error().text();
    EXPECT_EQ(found->address().port, primary.port());
}

TEST(sentinel, says_why_no_primary_is_known) {
    runtime on;
    const auto code = [&](std::vector<std::string> turns) {
        fake_redis sentinel(sentinel_of(std::move(turns)));
        return writable_link::open(on, watched_by({sentinel.port()}), may, deadline::after(5s)).error().code;
    };
    EXPECT_EQ(code({"*-1\r\n"}), errc::unknown_name);
    EXPECT_EQ(code({"_\r\n"}), errc::unknown_name);
    for (const auto& odd :
         {std::string("+OK\r\n"), std::string("*1\r\n+a\r\n"), "*2\r\n+a\r\n+b\r\n" + std::string(),
          "*2\r\n" + bulk("") + bulk("1"), "*2\r\n" + bulk("a") + bulk("0"), "*2\r\n" + bulk("a") + bulk("65536"),
          "*2\r\n" + bulk("a") + bulk("1x"), "*2\r\n" + bulk(std::string(300, 'a')) + bulk("1")})
        EXPECT_EQ(code({odd}), errc::protocol) << odd;
    EXPECT_EQ(code({"-NOAUTH x\r\n"}), errc::auth_failed);
    const auto nobody = writable_link::open(on, watched_by({test::dead_port(), test::dead_port()}), may, soon());
    EXPECT_EQ(nobody.error().code, errc::unreachable);
    EXPECT_NE(nobody.error().what.find("no sentinel answers"), std::string::npos);
}

TEST(sentinel, goes_to_the_sentinels_as_their_user) {
    runtime on;
    fake_redis primary(server_of("master"));
    fake_redis sentinel(sentinel_of({names(primary.port())}));
    auto to = watched_by({sentinel.port()});
    to.username = "ann";
    to.password = "a";
    to.sentinels->username = "sue";
    to.sentinels->password = "s";
    ASSERT_TRUE(writable_link::open(on, to, may, soon()));
    EXPECT_EQ(sentinel.seen().at(0), (words{"HELLO", "3", "AUTH", "sue", "s", "SETNAME", "understudy"}));
    EXPECT_EQ(primary.seen().at(0), (words{"HELLO", "3", "AUTH", "ann", "a", "SETNAME", "understudy"}));
    EXPECT_EQ(to.text(), "mymaster of sentinels 127.0.0.1:" + std::to_string(sentinel.port()));
}

}  // namespace
}  // namespace understudy::net
