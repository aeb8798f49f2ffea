#include "net/writable_link.h"

#include <algorithm>
#include <string>
#include <type_traits>

#include <gtest/gtest.h>

#include "net/fake_server_test.h"
#include "net/production_write_link.h"
#include "net/read_only_link.h"
#include "net/runtime.h"
#include "net/server_info.h"

namespace understudy::net {

// The gate, as the test plays it: only this struct can make a permit.
struct production_gate {
    static production_permit permit(std::string run_id, std::function<bool(const command&)> allows) {
        return {"plan-1", std::move(run_id), std::move(allows)};
    }
};

namespace {

using namespace std::chrono_literals;
using test::bulk;
using test::fake_redis;
using test::words;

static_assert(!std::is_default_constructible_v<production_permit>);
static_assert(
    !std::is_constructible_v<production_permit, std::string, std::string, std::function<bool(const command&)>>);
static_assert(!std::is_copy_constructible_v<production_permit>);
static_assert(!std::is_default_constructible_v<production_write_link>);
static_assert(!std::is_copy_constructible_v<production_write_link>);
static_assert(!std::is_constructible_v<production_write_link, std::unique_ptr<detail::redis_connection>,
                                       production_permit, server_facts>);
static_assert(!std::is_default_constructible_v<read_only_link> && !std::is_copy_constructible_v<read_only_link>);
static_assert(!std::is_default_constructible_v<writable_link> && !std::is_copy_constructible_v<writable_link>);
static_assert(!std::is_constructible_v<writable_link, std::unique_ptr<detail::redis_connection>, server_facts>);
static_assert(!std::is_convertible_v<read_only_link, writable_link> &&
              !std::is_constructible_v<writable_link, read_only_link>);

const std::string id_a(40, 'a');
const std::string id_b(40, 'b');
const std::string id_c(40, 'c');
const std::string zeros(40, '0');

std::string info_text(const std::string& run_id, const std::string& replid, const std::string& more = {},
                      const std::string& role = "master") {
    return "# Server\r\nredis_version:7.0.15\r\nrun_id:" + run_id +
           "\r\nuptime_in_seconds:12\r\n\r\n# Replication\r\nrole:" + role + "\r\nmaster_replid:" + replid +
           "\r\nmaster_replid2:" + zeros + "\r\n" + more;
}

deadline soon() {
    return deadline::after(20s);
}

test::answers redis_with(const std::string& text) {
    return test::with_hello(
        [text](const words& command) { return command[0] == "INFO" ? bulk(text) : std::string("+OK\r\n"); });
}

errc open_code(const std::string& text, const write_permission& permission) {
    fake_redis server(redis_with(text));
    runtime on;
    const auto link = writable_link::open(on, {.port = server.port()}, permission, soon());
    const auto seen = server.seen();
    for (const words& one : seen)
        EXPECT_TRUE(one[0] == "HELLO" || one[0] == "INFO") << "nothing else is sent before the checks";
    return link ? errc{} : link.error().code;
}

write_permission beside(const server_identity& production) {
    return {.environment_is_read_write = true, .production = {production}};
}

TEST(writable_link, opens_only_what_is_not_production) {
    const server_identity production{
        .run_id = id_a, .replid = id_b, .replid2 = zeros, .host = "10.0.0.1", .port = 6379};
    EXPECT_EQ(open_code(info_text(id_c, id_c), beside(production)), errc{});
    EXPECT_EQ(open_code(info_text(id_c, id_c), {.environment_is_read_write = true, .production = {}}), errc{});
    EXPECT_EQ(open_code(info_text(id_c, id_c), {.environment_is_read_write = false, .production = {}}),
              errc::not_writable);
    EXPECT_EQ(open_code(info_text(id_a, id_c), beside(production)), errc::unsafe_target);
    EXPECT_EQ(open_code(info_text(id_c, id_b), beside(production)), errc::unsafe_target);
    EXPECT_EQ(open_code(info_text(id_c, id_c, {}, "slave"), beside(production)), errc::not_writable);
    EXPECT_EQ(open_code("redis_version:7.0.15\r\n", beside(production)), errc::protocol);
}

TEST(writable_link, sees_every_replication_tie) {
    server_identity production{.run_id = id_a, .replid = id_b, .replid2 = zeros, .host = "10.0.0.1", .port = 6379};
    const auto code = [&production](const std::string& more, const std::string& role = "master") {
        const auto facts = facts_of(info::parse(info_text(id_c, id_c, more, role)), "w");
        const auto may = may_write(*facts, beside(production), "w");
        return may ? errc{} : may.error().code;
    };
    EXPECT_EQ(code(""), errc{});
    EXPECT_EQ(code("connected_slaves:1\r\nslave0:ip=10.0.0.2,port=6379,state=online,offset=1,lag=0\r\n"), errc{});
    EXPECT_EQ(code("connected_slaves:1\r\nslave0:ip=10.0.0.1,port=6380,state=online,offset=1,lag=0\r\n"), errc{});
    EXPECT_EQ(code("slave0:ip=10.0.0.1,port=6379,state=online,offset=1,lag=0\r\n"), errc::unsafe_target);
    EXPECT_EQ(code("slave1:ip=10.0.0.1,port=6379,state=online\r\n"), errc::unsafe_target);
    EXPECT_EQ(code("master_host:10.0.0.1\r\nmaster_port:6379\r\n", "slave"), errc::unsafe_target);
    production.host = "localhost";
    EXPECT_EQ(code("slave0:ip=127.0.0.1,port=6379,state=online\r\n"), errc::unsafe_target);

    auto facts = *facts_of(info::parse(info_text(id_c, id_c)), "w");
    facts.replid2 = id_b;  // once a replica of production
    EXPECT_EQ(may_write(facts, beside(production), "w").error().code, errc::unsafe_target);
    facts.replid2 = zeros;
    EXPECT_TRUE(may_write(facts, beside(production), "w")) << "zeros mean no history, not the same one";
    EXPECT_TRUE(may_write(facts, beside({}), "w")) << "an identity without fields matches nothing";
    production.replid2 = id_c;  // production was a replica of this one
    EXPECT_EQ(may_write(facts, beside(production), "w").error().code, errc::unsafe_target);
}

TEST(writable_link, writes_but_never_the_forbidden) {
    fake_redis server(redis_with(info_text(id_c, id_c)));
    runtime on;
    auto link = writable_link::open(on, {.port = server.port()}, beside({.run_id = id_a}), soon());
    ASSERT_TRUE(link) << link.error().text();
    EXPECT_EQ(link->facts().run_id, id_c);
    EXPECT_TRUE(link->call({"SET", "k", "v"}, soon()));
    for (const char* one : {"SHUTDOWN", "debug", "FLUSHALL", "FlushDB", "KEYS", "MIGRATE", "REPLICAOF", "SLAVEOF",
                            "MODULE", "SWAPDB", "MONITOR", "SUBSCRIBE", "PSYNC", "RESET"}) {
        EXPECT_EQ(link->call({one, "x"}, soon()).error().code, errc::forbidden_command) << one;
        const std::vector<command> both{{"SET", "a", "b"}, {one}};
        EXPECT_EQ(link->pipeline(both, soon()).error().code, errc::forbidden_command) << one;
    }
    EXPECT_EQ(link->call({"CLIENT", "REPLY", "OFF"}, soon()).error().code, errc::forbidden_command);
    EXPECT_EQ(link->call({}, soon()).error().code, errc::forbidden_command);
    EXPECT_EQ(server.seen().size(), 3U) << "HELLO, INFO, SET";
}

TEST(production_write_link, takes_the_commands_of_its_plan_and_reads) {
    fake_redis server(redis_with(info_text(id_a, id_b)));
    runtime on;
    const command planned{"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"};
    const auto allows = [planned](const command& one) { return one == planned || one[0] == "FLUSHALL"; };
    auto link = production_write_link::open(on, {.port = server.port()}, production_gate::permit(id_a, allows), soon());
    ASSERT_TRUE(link) << link.error().text();
    EXPECT_EQ(link->plan(), "plan-1");
    EXPECT_TRUE(link->call(planned, soon()));
    EXPECT_TRUE(link->call({"CONFIG", "GET", "maxmemory-policy"}, soon()));
    EXPECT_EQ(link->call({"CONFIG", "SET", "maxmemory-policy", "noeviction"}, soon()).error().code,
              errc::forbidden_command);
    EXPECT_EQ(link->call({"SET", "k", "v"}, soon()).error().code, errc::forbidden_command);
    EXPECT_EQ(link->call({"FLUSHALL"}, soon()).error().code, errc::forbidden_command) << "not even in a plan";
    const std::vector<command> both{planned, {"DEL", "k"}};
    EXPECT_EQ(link->pipeline(both, soon()).error().code, errc::forbidden_command);
    EXPECT_EQ(server.seen().size(), 4U) << "HELLO, INFO and the two that were allowed";
}

TEST(production_write_link, opens_only_the_server_of_its_plan) {
    const auto all = [](const command&) { return true; };
    const auto code = [&](const std::string& text, production_permit permit) {
        fake_redis server(redis_with(text));
        runtime on;
        const auto link = production_write_link::open(on, {.port = server.port()}, std::move(permit), soon());
        return link ? errc{} : link.error().code;
    };
    EXPECT_EQ(code(info_text(id_a, id_b), production_gate::permit(id_a, all)), errc{});
    EXPECT_EQ(code(info_text(id_c, id_b), production_gate::permit(id_a, all)), errc::unsafe_target);
    EXPECT_EQ(code(info_text(id_a, id_b, {}, "slave"), production_gate::permit(id_a, all)), errc::not_writable);
    EXPECT_EQ(code(info_text(id_a, id_b), production_gate::permit("", all)), errc::unsafe_target);
    EXPECT_EQ(code(info_text(id_a, id_b), production_gate::permit(id_a, {})), errc::unsafe_target);
}

TEST(server_info, finds_keys_of_any_section_and_whole_numbers) {
    const info from = info::parse(
        "# Server\r\nredis_version:7.0.15\r\n\r\n# Memory\r\nmaxmemory:100\r\nmaxmemory:200\r\nratio:1.5\r\nneg:-3\r\n"
        "executable:/usr/bin/redis:server\r\nempty:\r\nno colon\r\n:x\r\nlast:1");
    EXPECT_EQ(from.find("redis_version"), "7.0.15");
    EXPECT_EQ(from.number("maxmemory"), 100) << "the first counts";
    EXPECT_FALSE(from.number("ratio"));
    EXPECT_EQ(from.number("neg"), -3);
    EXPECT_EQ(from.find("executable"), "/usr/bin/redis:server");
    EXPECT_EQ(from.find("empty"), "");
    EXPECT_FALSE(from.find("# Server"));
    EXPECT_FALSE(from.find("absent"));
    EXPECT_EQ(from.number("last"), 1) << "without a line end";
    EXPECT_EQ(from.size(), 8U);
    EXPECT_EQ(info::parse("").size(), 0U);
}

TEST(server_info, takes_the_lists_apart) {
    const info from = info::parse(
        "cmdstat_get:calls=3,usec=5,usec_per_call=1.67,rejected_calls=1,failed_calls=2\r\n"
        "cmdstat_config|get:calls=1,usec=30,usec_per_call=30.00\r\n"
        "db10:keys=5,expires=1,avg_ttl=0\r\ndb2:keys=7,expires=0,avg_ttl=0\r\ndbx:keys=1\r\n"
        "slave0:ip=::1,port=6380,state=online\r\nslave_repl_offset:3\r\nslave1:ip=h,port=99999\r\n");
    const auto commands = from.commands();
    ASSERT_EQ(commands.size(), 2U);
    EXPECT_EQ(commands[0].name, "config|get");
    EXPECT_EQ(commands[0].usec, 30U);
    EXPECT_EQ(commands[1].name, "get");
    EXPECT_EQ(commands[1].calls, 3U);
    EXPECT_EQ(commands[1].rejected, 1U);
    EXPECT_EQ(commands[1].failed, 2U);
    const auto databases = from.databases();
    ASSERT_EQ(databases.size(), 2U);
    EXPECT_EQ(databases[0].database, 2);
    EXPECT_EQ(databases[1].keys, 5U);
    const auto replicas = from.replicas();
    ASSERT_EQ(replicas.size(), 1U);
    EXPECT_EQ(replicas[0], (std::pair<std::string, std::uint16_t>("::1", 6380)));
}

TEST(server_info, an_info_cut_anywhere_never_crashes) {
    const std::string text = info_text(id_a, id_b, "slave0:ip=1.2.3.4,port=1\r\ncmdstat_get:calls=1,usec=\r\n");
    for (std::size_t size = 0; size <= text.size(); ++size) {
        const info from = info::parse(text.substr(0, size));
        (void)from.commands();
        (void)from.replicas();
        const auto facts = facts_of(from, "w");
        if (facts) EXPECT_FALSE(facts->role.empty());
    }
}

}  // namespace
}  // namespace understudy::net
