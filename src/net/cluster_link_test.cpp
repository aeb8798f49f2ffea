// A Cluster of servers that the test plays: what is sent where, what is refused before anything is sent, and what
// happens when one of three does not answer.
#include "net/cluster_link.h"

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keyspace/slot.h"
#include "net/fake_server_test.h"
#include "net/read_only_cluster.h"
#include "net/runtime.h"

namespace understudy::net {
namespace {

using namespace std::chrono_literals;
using test::bulk;
using test::fake_redis;
using test::words;
using testing::HasSubstr;

const std::array<std::string, 3> ids{std::string(40, 'a'), std::string(40, 'b'), std::string(40, 'c')};
constexpr std::array<int, 4> borders{0, 5461, 10923, 16384};

std::size_t owner_of_slot(int slot) {
    std::size_t out = 0;
    while (slot >= borders.at(out + 1))
        ++out;
    return out;
}

// A key of each primary.
std::string key_on(std::size_t primary) {
    for (int i = 0;; ++i)
        if (auto key = "k" + std::to_string(i); owner_of_slot(keyspace::slot_of(key)) == primary) return key;
}

// Three primaries that answer for the whole; a test changes what they say.
class fake_cluster {
public:
    fake_cluster() {
        for (std::size_t i = 0; i < 3; ++i)
            nodes_.push_back(
                std::make_unique<fake_redis>([this, i](const words& command) { return answer(i, command); }, 0, true));
        std::vector<std::uint16_t> ports;
        for (auto& one : nodes_)
            ports.push_back(one->port());
        const std::lock_guard lock(guard_);
        ports_ = ports;
    }

    [[nodiscard]] redis_endpoint at(std::size_t node = 0) const { return {.port = nodes_[node]->port()}; }
    [[nodiscard]] std::vector<words> seen(std::size_t node) { return nodes_[node]->seen(); }
    [[nodiscard]] std::uint16_t port(std::size_t node) const { return nodes_[node]->port(); }
    [[nodiscard]] std::size_t times(std::size_t node, const std::string& name) {
        const auto all = seen(node);
        return static_cast<std::size_t>(std::ranges::count_if(all, [&](const auto& one) { return one[0] == name; }));
    }

    using special = std::function<std::optional<std::optional<std::string>>(std::size_t node, const words& command)>;
    // Answers before everything else; an inner empty optional closes the connection.
    void answer_first(special how) {
        const std::lock_guard lock(guard_);
        special_ = std::move(how);
    }
    [[nodiscard]] std::string slots(int from = 0) const {
        std::string out = "*3\r\n";
        for (std::size_t i = 0; i < 3; ++i)
            out += "*3\r\n:" + std::to_string(i == 0 ? from : borders[i]) +
                   "\r\n:" + std::to_string(borders[i + 1] - 1) + "\r\n*3\r\n" + bulk("127.0.0.1") + ":" +
                   std::to_string(ports_[i]) + "\r\n" + bulk(ids[i]);
        return out;
    }

private:
    std::optional<std::string> answer(std::size_t node, const words& command) {
        const std::lock_guard lock(guard_);
        if (special_)
            if (const auto how = special_(node, command)) return *how;
        if (command[0] == "HELLO") return test::hello_reply();
        if (command[0] == "COMMAND") return "-NOPERM no\r\n";
        if (command[0] == "INFO")
            return bulk("redis_version:7.0.15\r\nrun_id:" + std::string(40, static_cast<char>('1' + node)) +
                        "\r\nrole:master\r\nmaster_replid:" + std::string(40, static_cast<char>('d' + node)) +
                        "\r\ncluster_enabled:1\r\n");
        if (command[0] == "CLUSTER" && command[1] == "SLOTS") return slots();
        if (command[0] == "CLUSTER" && command[1] == "INFO") return bulk("cluster_state:ok\r\n");
        if (command[0] == "CLUSTER" && command[1] == "NODES")
            return bulk(ids[node] + " :1@2 myself,master - 0 0 1 connected 0\n");
        if (command[0] == "MULTI") return "+OK\r\n";
        if (command[0] == "EXEC") return "*1\r\n+OK\r\n";
        return bulk(std::to_string(node));
    }

    std::mutex guard_;
    std::vector<std::uint16_t> ports_;
    special special_;
    std::vector<std::unique_ptr<fake_redis>> nodes_;
};

deadline soon() {
    return deadline::after(20s);
}
const write_permission may{.environment_is_read_write = true};

class cluster : public testing::Test {
protected:
    std::unique_ptr<write_link> open() {
        auto link = open_writable(on_, servers_.at(), may, soon());
        EXPECT_TRUE(link) << link.error().text();
        return link ? std::move(*link) : nullptr;
    }
    errc refusal(std::chrono::milliseconds patience = 1s) {
        const auto link = open_writable(on_, servers_.at(), may, deadline::after(patience));
        why_ = link ? "" : link.error().text();
        return link ? errc{} : link.error().code;
    }

    runtime on_;
    fake_cluster servers_;
    std::string why_;
};

TEST_F(cluster, has_a_link_to_each_primary) {
    const auto link = open();
    ASSERT_EQ(link->primaries().size(), 3u);
    ASSERT_NE(link->shape(), nullptr);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(link->primaries()[i]->address().port, servers_.port(i));
        EXPECT_EQ(link->owner_of(key_on(i)), i);
        EXPECT_EQ(link->primaries()[i]->primaries().size(), 1u);
    }
    EXPECT_EQ(link->where(), "127.0.0.1:" + std::to_string(servers_.port(0)) + " (Cluster of 3)");
    EXPECT_TRUE(is_at_rest(*link, soon()));
    EXPECT_TRUE(changes_of_shape(*link, soon())->empty());
    // From any node.
    EXPECT_TRUE(open_writable(on_, servers_.at(2), may, soon()));
}

TEST_F(cluster, sends_each_command_to_the_owner_of_its_key) {
    const auto link = open();
    const std::vector<command> all{{"GET", key_on(2)}, {"GET", key_on(0)}, {"MULTI"},          {"DUMP", key_on(1)},
                                   {"EXEC"},           {"GET", key_on(0)}, {"TYPE", key_on(2)}};
    const auto replies = link->pipeline(all, soon());
    ASSERT_TRUE(replies) << replies.error().text();
    EXPECT_EQ((*replies)[0].text, "2");
    EXPECT_EQ((*replies)[1].text, "0");
    EXPECT_EQ((*replies)[4].elements.size(), 1u);
    EXPECT_EQ((*replies)[5].text, "0");
    EXPECT_EQ((*replies)[6].text, "2");
    EXPECT_EQ(servers_.times(1, "MULTI"), 1u);
    EXPECT_EQ(servers_.times(0, "MULTI") + servers_.times(2, "MULTI"), 0u);
    EXPECT_EQ(link->call({"OBJECT", "FREQ", key_on(1)}, soon())->text, "1");
}

TEST_F(cluster, refuses_what_has_no_single_owner) {
    const auto link = open();
    for (const command& words : std::vector<command>{{"SCAN", "0"},
                                                     {"CONFIG", "SET", "maxmemory", "0"},
                                                     {"INFO"},
                                                     {"TIME"},
                                                     {"DBSIZE"},
                                                     {"UNLINK", key_on(0), key_on(1)},
                                                     {"EVAL", "return 1", "0"},
                                                     {"GET"},
                                                     {}})
        EXPECT_EQ(link->call(words, soon()).error().code, errc::forbidden_command) << name_of(words);
    // One that may not be sent, at the end: nothing is.
    const std::vector<command> mixed{{"SET", key_on(0), "x"}, {"SET", key_on(1), "x"}, {"FLUSHALL"}};
    EXPECT_EQ(link->pipeline(mixed, soon()).error().code, errc::forbidden_command);
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_EQ(servers_.times(i, "SET") + servers_.times(i, "CONFIG") + servers_.times(i, "UNLINK"), 0u);
    // What tells the shape may be asked, and nothing else of CLUSTER.
    EXPECT_TRUE(never_sent({"CLUSTER", "RESET"}));
    EXPECT_TRUE(never_sent({"CLUSTER", "FAILOVER"}));
    EXPECT_TRUE(never_sent({"CLUSTER", "SETSLOT", "1", "NODE", "x"}));
    EXPECT_TRUE(never_sent({"CLUSTER"}));
    EXPECT_FALSE(never_sent({"CLUSTER", "SLOTS"}));
}

// The second of three takes its part and does not answer. The third gets nothing, nobody gets anything twice, and the
// whole link is dead until its primaries are found anew.
TEST_F(cluster, a_reply_that_is_lost_on_the_second_of_three) {
    const auto link = open();
    servers_.answer_first([](std::size_t node, const words& command) -> std::optional<std::optional<std::string>> {
        if (node == 1 && command[0] == "SET") return std::optional<std::string>{};
        return std::nullopt;
    });
    const std::vector<command> all{{"SET", key_on(2), "x"}, {"SET", key_on(1), "x"}, {"SET", key_on(0), "x"}};
    const auto lost = link->pipeline(all, soon());
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, errc::connection_lost);
    EXPECT_FALSE(lost.error().retry_safe);
    EXPECT_THAT(lost.error().text(), HasSubstr(std::to_string(servers_.port(1))));
    EXPECT_FALSE(link->alive());
    EXPECT_EQ(servers_.times(0, "SET"), 1u);
    EXPECT_EQ(servers_.times(1, "SET"), 1u);
    EXPECT_EQ(servers_.times(2, "SET"), 0u);
    servers_.answer_first({});
    ASSERT_TRUE(link->look_again(soon()));
    EXPECT_TRUE(link->alive());
    EXPECT_TRUE(link->call({"SET", key_on(1), "x"}, soon()));
    EXPECT_EQ(servers_.times(1, "SET"), 2u);
}

TEST_F(cluster, a_redirection_is_an_error_and_not_followed) {
    for (const std::string word : {"MOVED 1 127.0.0.1:1", "ASK 1 127.0.0.1:1", "TRYAGAIN x", "CLUSTERDOWN x"}) {
        const auto link = open();
        servers_.answer_first([&](std::size_t node, const words& command) -> std::optional<std::optional<std::string>> {
            if (node == 1 && command[0] == "SET") return "-" + word + "\r\n";
            return std::nullopt;
        });
        const std::vector<command> all{{"SET", key_on(0), "x"}, {"SET", key_on(1), "x"}};
        EXPECT_EQ(link->pipeline(all, soon()).error().code, errc::cluster_changed) << word;
        EXPECT_EQ(link->call(all[1], soon()).error().code, errc::cluster_changed) << word;
        EXPECT_TRUE(link->alive());
        servers_.answer_first({});
    }
}

TEST_F(cluster, is_opened_as_a_whole_or_not_at_all) {
    const auto at = [this](std::size_t which, const std::string& sub, std::string reply) {
        servers_.answer_first([=](std::size_t node, const words& command) -> std::optional<std::optional<std::string>> {
            if (node != which || command.size() < 2 || command[0] != "CLUSTER" || command[1] != sub)
                return std::nullopt;
            return reply;
        });
    };
    at(0, "SLOTS", servers_.slots(7));
    const auto started = std::chrono::steady_clock::now();
    EXPECT_EQ(refusal(10s), errc::cluster_unsettled);
    EXPECT_LT(std::chrono::steady_clock::now() - started, 5s) << "it does not mend itself, so nobody waits for it";
    EXPECT_THAT(why_, HasSubstr("nobody serves the slots 0-6"));
    at(1, "SLOTS", servers_.slots(7));
    EXPECT_EQ(refusal(), errc::cluster_changed) << "they do not agree";
    at(2, "NODES", bulk(ids[1] + " :1@2 myself,master - 0 0 1 connected\n"));
    EXPECT_EQ(refusal(), errc::cluster_changed) << "another node answers there";
    at(2, "INFO", bulk("cluster_state:fail\r\n"));
    EXPECT_EQ(refusal(), errc::cluster_unsettled);
    at(0, "SLOTS", "-NOPERM x\r\n");
    EXPECT_EQ(refusal(), errc::no_permission);
    servers_.answer_first([](std::size_t node, const words& command) -> std::optional<std::optional<std::string>> {
        if (node == 2 && command[0] == "HELLO") return std::optional<std::string>{};
        return std::nullopt;
    });
    EXPECT_EQ(refusal(), errc::connection_lost);
    EXPECT_THAT(why_, HasSubstr("the primary of slots 10923-16383 is not reached"));
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_EQ(servers_.times(i, "SET"), 0u);
    servers_.answer_first({});
    auto other = servers_.at();
    other.database = 1;
    EXPECT_EQ(open_writable(on_, other, may, soon()).error().code, errc::config_bad_value);
    EXPECT_EQ(read_only_cluster::connect(on_, other, soon()).error().code, errc::config_bad_value);
    EXPECT_EQ(writable_link::open(on_, servers_.at(), may, soon()).error().code, errc::unsafe_target) << "one alone";
}

TEST_F(cluster, every_primary_is_held_against_production) {
    for (std::size_t i = 0; i < 3; ++i) {
        write_permission beside = may;
        beside.production.push_back({.run_id = std::string(40, static_cast<char>('1' + i))});
        EXPECT_EQ(open_writable(on_, servers_.at(), beside, soon()).error().code, errc::unsafe_target) << i;
    }
    EXPECT_EQ(open_writable(on_, servers_.at(), {}, soon()).error().code, errc::not_writable);
}

TEST_F(cluster, a_slot_on_its_way_is_no_rest) {
    const auto link = open();
    servers_.answer_first([](std::size_t node, const words& command) -> std::optional<std::optional<std::string>> {
        if (node != 1 || command.size() < 2 || command[1] != "NODES") return std::nullopt;
        return bulk(ids[1] + " :1@2 myself,master - 0 0 1 connected 0 [5500->-" + ids[2] + "]\n");
    });
    EXPECT_EQ(is_at_rest(*link, soon()).error().code, errc::cluster_unsettled);
    EXPECT_THAT(changes_of_shape(*link, soon())->at(0), HasSubstr("slot 5500 is being moved"));
}

TEST_F(cluster, is_found_when_the_configured_node_is_gone) {
    auto to = servers_.at(1);
    to.port = test::dead_port();
    EXPECT_EQ(open_writable(on_, to, may, deadline::after(2s)).error().code, errc::unreachable);
    to.others = {{"127.0.0.1", test::dead_port()}, {"127.0.0.1", servers_.port(2)}};
    const auto link = open_writable(on_, to, may, soon());
    ASSERT_TRUE(link) << link.error().text();
    EXPECT_EQ((*link)->primaries().size(), 3u);
    const auto read = read_only_cluster::connect(on_, to, soon());
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_TRUE(read->is_cluster());
}

TEST_F(cluster, a_reader_follows_redirections) {
    auto reader = read_only_cluster::connect(on_, servers_.at(), soon());
    ASSERT_TRUE(reader) << reader.error().text();
    EXPECT_EQ(reader->identities().size(), 3u);
    const auto to = [this](const char* word, std::size_t node) {
        return std::string("-") + word + " 1 127.0.0.1:" + std::to_string(servers_.port(node)) + "\r\n";
    };
    servers_.answer_first([&](std::size_t node, const words& command) -> std::optional<std::optional<std::string>> {
        if (command[0] == "TYPE" && node == 0) return to("MOVED", 1);
        if (command[0] == "TYPE" && node == 1) return to("ASK", 2);
        return std::nullopt;
    });
    const std::vector<command> all{{"TYPE", key_on(2)}, {"TYPE", key_on(0)}};
    const auto replies = reader->pipeline(all, soon());
    ASSERT_TRUE(replies) << replies.error().text();
    EXPECT_EQ((*replies)[0].text, "2");
    EXPECT_EQ((*replies)[1].text, "2");
    EXPECT_EQ(servers_.times(2, "ASKING"), 1u);
    EXPECT_EQ(servers_.times(1, "ASKING"), 0u);
    // Round and round.
    servers_.answer_first([&](std::size_t node, const words& command) -> std::optional<std::optional<std::string>> {
        if (command[0] != "TYPE") return std::nullopt;
        return to("MOVED", node == 0 ? 1 : 0);
    });
    EXPECT_EQ(reader->pipeline(all, soon()).error().code, errc::cluster_changed);
    EXPECT_EQ(reader->pipeline(std::vector<command>{{"DEL", key_on(0)}}, soon()).error().code, errc::forbidden_command);
}

TEST(single_server, is_one_primary_of_itself) {
    fake_redis server(test::with_hello([](const words& command) {
        return command[0] == "INFO" ? bulk("redis_version:7.0.15\r\nrun_id:" + ids[0] + "\r\nrole:master\r\n")
                                    : std::string("+OK\r\n");
    }));
    runtime on;
    auto link = open_writable(on, {.port = server.port()}, may, soon());
    ASSERT_TRUE(link) << link.error().text();
    EXPECT_EQ((*link)->primaries().size(), 1u);
    EXPECT_EQ((*link)->primaries()[0], link->get());
    EXPECT_EQ((*link)->shape(), nullptr);
    EXPECT_EQ((*link)->owner_of("any"), 0u);
    EXPECT_TRUE(is_at_rest(**link, soon()));
    EXPECT_EQ(run_ids_of(**link), ids[0]);
    for (const words& one : server.seen())
        EXPECT_TRUE(one[0] == "HELLO" || one[0] == "INFO") << "a single server is asked nothing of a Cluster";
}

}  // namespace
}  // namespace understudy::net
