// The links against a real redis-server: TCP and Unix socket, users of the ACL, wrong passwords, loading, replication,
// and that the documented minimal user leaves nothing in ACL LOG.
//
// Each server is started in a folder of its own, on a Unix socket and a free port of the loopback, and ended by its
// pid.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "keyspace/slot.h"
#include "net/cluster_link.h"
#include "net/http_client.h"
#include "net/read_only_cluster.h"
#include "net/read_only_link.h"
#include "net/runtime.h"
#include "net/server_info.h"
#include "net/writable_link.h"

namespace understudy::net {
namespace {

using namespace std::chrono_literals;

std::uint16_t free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    (void)::bind(fd, reinterpret_cast<sockaddr*>(&address), size);
    (void)::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(fd);
    return ntohs(address.sin_port);
}

deadline soon() {
    return deadline::after(30s);
}

class process {
public:
    explicit process(const std::vector<std::string>& argv) {
        std::vector<char*> words;
        for (const std::string& one : argv)
            words.push_back(const_cast<char*>(one.c_str()));
        words.push_back(nullptr);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            const int nothing = ::open("/dev/null", O_RDWR);
            for (const int fd : {0, 1, 2})
                ::dup2(nothing, fd);
            ::execvp(words[0], words.data());
            ::_exit(127);
        }
    }
    ~process() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    process(const process&) = delete;
    process& operator=(const process&) = delete;

private:
    pid_t pid_ = -1;
};

class folder {
public:
    folder() {
        std::string name = (std::filesystem::temp_directory_path() / "net-live-XXXXXX").string();
        if (::mkdtemp(name.data()) != nullptr) path_ = name;
    }
    ~folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

class live_redis {
public:
    explicit live_redis(const std::vector<std::string>& more = {}) : port_(free_port()), process_(arguments(more)) {}

    [[nodiscard]] std::string socket() const { return folder_.path() + "/redis.sock"; }
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] redis_endpoint over_unix() const { return {.unix_path = socket()}; }
    [[nodiscard]] redis_endpoint over_tcp() const { return {.port = port_}; }

    // Until it answers, be it with an error of the login.
    [[nodiscard]] bool up(runtime& on) const {
        for (int tries = 0; tries < 500; ++tries) {
            const auto link = read_only_link::connect(on, over_unix(), soon());
            if (link || (link.error().code != errc::unreachable && link.error().code != errc::server_loading))
                return true;
            (void)on.sleep(20ms);
        }
        return false;
    }

private:
    [[nodiscard]] std::vector<std::string> arguments(const std::vector<std::string>& more) const {
        std::vector<std::string> words{"redis-server",
                                       "--port",
                                       std::to_string(port_),
                                       "--bind",
                                       "127.0.0.1",
                                       "--unixsocket",
                                       socket(),
                                       "--save",
                                       "",
                                       "--appendonly",
                                       "no",
                                       "--dir",
                                       folder_.path(),
                                       "--enable-debug-command",
                                       "local",
                                       "--repl-diskless-sync-delay",
                                       "0"};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }

    folder folder_;
    std::uint16_t port_;
    process process_;
};

write_permission anything() {
    return {.environment_is_read_write = true};
}

class net_live : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(server_.up(on_)) << "redis-server does not start"; }
    // An open link, or the test ends.
    [[nodiscard]] writable_link writer() {
        auto link = writable_link::open(on_, server_.over_unix(), anything(), soon());
        if (!link) std::abort();
        return std::move(*link);
    }

    runtime on_;
    live_redis server_;
};

TEST_F(net_live, speaks_over_tcp_and_unix_sockets_in_the_database_asked_for) {
    auto write = writer();
    ASSERT_TRUE(write.call({"SELECT", "3"}, soon()));
    ASSERT_TRUE(write.call({"SET", "k", std::string("a\r\n\0b", 5)}, soon()));
    for (redis_endpoint to : {server_.over_unix(), server_.over_tcp()}) {
        to.database = 3;
        auto link = read_only_link::connect(on_, to, soon());
        ASSERT_TRUE(link) << link.error().text();
        EXPECT_TRUE(link->flags_known());
        const auto reply = link->call({"GET", "k"}, soon());
        ASSERT_TRUE(reply);
        EXPECT_EQ(reply->text, std::string("a\r\n\0b", 5));
        const auto name = link->call({"CLIENT", "GETNAME"}, soon());
        ASSERT_TRUE(name);
        EXPECT_EQ(name->text, "understudy");
        EXPECT_EQ(link->call({"CONFIG", "GET", "maxmemory"}, soon())->kind, resp::kind::map) << "RESP3";
        EXPECT_EQ(link->call({"SET", "k", "x"}, soon()).error().code, errc::forbidden_command);
    }
    redis_endpoint absent = server_.over_tcp();
    absent.database = 16;
    EXPECT_EQ(read_only_link::connect(on_, absent, soon()).error().code, errc::server_error);
}

TEST_F(net_live, drops_nothing_that_this_server_does_not_call_a_write) {
    auto link = read_only_link::connect(on_, server_.over_unix(), soon());
    ASSERT_TRUE(link);
    EXPECT_TRUE(link->flags_known());
    EXPECT_EQ(link->dropped(), std::vector<std::string>{});
}

TEST_F(net_live, logs_in_as_users_and_says_why_not) {
    auto write = writer();
    ASSERT_TRUE(write.call({"ACL", "SETUSER", "ann", "on", ">secret", "~*", "+@all"}, soon()));
    redis_endpoint to = server_.over_tcp();
    to.username = "ann";
    to.password = "secret";
    EXPECT_TRUE(read_only_link::connect(on_, to, soon()));
    to.password = "wrong";
    const auto wrong = read_only_link::connect(on_, to, soon());
    EXPECT_EQ(wrong.error().code, errc::auth_failed);
    EXPECT_EQ(wrong.error().text().find("wrong"), std::string::npos);
    to.username = "nobody";
    EXPECT_EQ(read_only_link::connect(on_, to, soon()).error().code, errc::auth_failed);
    ASSERT_TRUE(write.call({"CONFIG", "SET", "requirepass", "default-secret"}, soon()));
    EXPECT_EQ(read_only_link::connect(on_, server_.over_tcp(), soon()).error().code, errc::auth_failed);
    redis_endpoint password = server_.over_tcp();
    password.password = "default-secret";
    EXPECT_TRUE(read_only_link::connect(on_, password, soon()));
}

TEST_F(net_live, the_minimal_user_of_the_header_works_and_leaves_nothing_in_acl_log) {
    auto write = writer();
    command user{"ACL", "SETUSER", "understudy", "on", ">p", "resetchannels", "~*", "-@all"};
    for (const char* one : {"+hello",
                            "+auth",
                            "+select",
                            "+ping",
                            "+info",
                            "+config|get",
                            "+scan",
                            "+type",
                            "+ttl",
                            "+pttl",
                            "+pexpiretime",
                            "+dump",
                            "+exists",
                            "+dbsize",
                            "+strlen",
                            "+hlen",
                            "+llen",
                            "+scard",
                            "+zcard",
                            "+xlen",
                            "+memory|usage",
                            "+object|encoding",
                            "+object|idletime",
                            "+object|freq",
                            "+slowlog|get",
                            "+latency|histogram",
                            "+time",
                            "+command|info"})
        user.emplace_back(one);
    ASSERT_TRUE(write.call(user, soon()));
    ASSERT_TRUE(write.call({"SET", "k", "v"}, soon()));
    redis_endpoint to = server_.over_unix();
    to.username = "understudy";
    to.password = "p";
    to.database = 0;
    {
        auto link = read_only_link::connect(on_, to, soon());
        ASSERT_TRUE(link) << link.error().text();
        EXPECT_TRUE(link->flags_known());
        for (const command& one : std::vector<command>{{"PING"},
                                                       {"INFO"},
                                                       {"CONFIG", "GET", "maxmemory"},
                                                       {"SCAN", "0"},
                                                       {"TYPE", "k"},
                                                       {"PTTL", "k"},
                                                       {"PEXPIRETIME", "k"},
                                                       {"DUMP", "k"},
                                                       {"DBSIZE"},
                                                       {"MEMORY", "USAGE", "k"},
                                                       {"OBJECT", "ENCODING", "k"}})
            EXPECT_TRUE(link->call(one, soon())) << name_of(one);
        EXPECT_TRUE(read_server_facts(*link, soon()));
        EXPECT_EQ(write.call({"ACL", "LOG"}, soon())->elements.size(), 0U);
        EXPECT_EQ(link->call({"GET", "k"}, soon()).error().code, errc::no_permission) << "not one of its commands";
    }
    ASSERT_TRUE(write.call({"ACL", "LOG", "RESET"}, soon()));

    // Without COMMAND INFO: told so, it tries nothing; not told, it goes on without the flags.
    ASSERT_TRUE(write.call({"ACL", "SETUSER", "understudy", "-command|info"}, soon()));
    EXPECT_TRUE(read_only_link::connect(on_, to, soon(), {.ask_flags = false}));
    EXPECT_EQ(write.call({"ACL", "LOG"}, soon())->elements.size(), 0U);
    const auto unknown = read_only_link::connect(on_, to, soon());
    ASSERT_TRUE(unknown);
    EXPECT_FALSE(unknown->flags_known());
}

TEST_F(net_live, maps_what_the_server_says) {
    auto write = writer();
    ASSERT_TRUE(write.call({"RPUSH", "list", "x"}, soon()));
    EXPECT_EQ(write.call({"GET", "list"}, soon()).error().code, errc::server_error);
    EXPECT_EQ(write.call({"NOSUCH", "secret"}, soon()).error().code, errc::server_error);
    EXPECT_EQ(write.call({"NOSUCH", "secret"}, soon()).error().text().find("secret"), std::string::npos);
    ASSERT_TRUE(write.call({"CONFIG", "SET", "maxmemory", "1"}, soon()));
    EXPECT_EQ(write.call({"SET", "k", "v"}, soon()).error().code, errc::oom);
    ASSERT_TRUE(write.call({"CONFIG", "SET", "maxmemory", "0"}, soon()));
    EXPECT_EQ(write.call({"FLUSHALL"}, soon()).error().code, errc::forbidden_command);
    EXPECT_EQ(write.call({"LLEN", "list"}, soon())->integer, 1);
}

TEST_F(net_live, survives_a_large_pipeline_and_a_large_value) {
    auto write = writer();
    ASSERT_TRUE(write.call({"SET", "big", std::string(20 << 20, 'x')}, soon()));
    std::vector<command> sets;
    for (int i = 0; i < 100'000; ++i)
        sets.push_back({"SET", "key:" + std::to_string(i), std::to_string(i)});
    std::size_t good = 0;
    ASSERT_TRUE(write.pipeline(sets, soon(), [&good](std::size_t, resp::value&& reply) -> status {
        good += reply.text == "OK";
        return {};
    }));
    EXPECT_EQ(good, sets.size());
    auto link = read_only_link::connect(on_, server_.over_tcp(), soon());
    ASSERT_TRUE(link);
    std::vector<command> gets;
    for (int i = 0; i < 100'000; ++i)
        gets.push_back({"GET", "key:" + std::to_string(i)});
    const auto replies = link->pipeline(gets, soon());
    ASSERT_TRUE(replies);
    for (std::size_t i = 0; i < gets.size(); ++i)
        ASSERT_EQ((*replies)[i].text, std::to_string(i));
    const std::vector<command> large(20, command{"GET", "big"});
    const auto many = link->pipeline(large, soon());
    ASSERT_TRUE(many) << many.error().text();
    EXPECT_EQ(many->back().text.size(), 20U << 20);
    EXPECT_EQ(write.call({"INFO", "commandstats"}, soon())->is_error(), false);
    const auto stats = read_info(*link, soon(), "commandstats");
    ASSERT_TRUE(stats);
    const auto commands = stats->commands();
    const auto get = std::ranges::find(commands, "get", &command_stat::name);
    ASSERT_NE(get, commands.end());
    EXPECT_EQ(get->calls, 100'020U);
    const auto keyspace = read_info(*link, soon(), "keyspace");
    ASSERT_EQ(keyspace->databases().size(), 1U);
    EXPECT_EQ(keyspace->databases()[0].keys, 100'001U);
}

TEST_F(net_live, a_killed_connection_is_lost_and_nothing_is_sent_again) {
    auto write = writer();
    auto other = writer();
    const auto id = write.call({"CLIENT", "ID"}, soon());
    ASSERT_TRUE(id);
    ASSERT_TRUE(other.call({"CLIENT", "KILL", "ID", std::to_string(id->integer)}, soon()));
    EXPECT_EQ(write.call({"INCR", "n"}, soon()).error().code, errc::connection_lost);
    EXPECT_EQ(write.call({"INCR", "n"}, soon()).error().code, errc::connection_lost);
    EXPECT_TRUE(other.call({"GET", "n"}, soon())->is_null());
}

TEST_F(net_live, a_paused_server_times_out) {
    auto write = writer();
    auto link = read_only_link::connect(on_, server_.over_unix(), soon());
    ASSERT_TRUE(link);
    // CLIENT PAUSE is never sent by a link; a blocking command holds up its own connection just as well.
    EXPECT_EQ(write.call({"BLPOP", "nothing", "0"}, deadline::after(50ms)).error().code, errc::timed_out);
    EXPECT_FALSE(write.alive());
    EXPECT_TRUE(link->call({"PING"}, soon()));
}

TEST_F(net_live, a_server_at_its_limit_of_clients_says_so) {
    auto write = writer();
    ASSERT_TRUE(write.call({"CONFIG", "SET", "maxclients", "1"}, soon()));
    const auto refused = read_only_link::connect(on_, server_.over_unix(), soon());
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().code == errc::auth_failed || refused.error().code == errc::server_error ||
                refused.error().code == errc::connection_lost)
        << refused.error().text();
}

TEST_F(net_live, is_not_deceived_by_production_in_any_guise) {
    live_redis replica;
    ASSERT_TRUE(replica.up(on_));
    auto link = read_only_link::connect(on_, server_.over_tcp(), soon());
    ASSERT_TRUE(link);
    const auto facts = read_server_facts(*link, soon());
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->version.substr(0, 1), "7");
    EXPECT_EQ(facts->run_id.size(), 40U);
    EXPECT_EQ(facts->role, "master");
    EXPECT_EQ(facts->maxmemory_policy, "noeviction");
    const write_permission permission{.environment_is_read_write = true,
                                      .production = {identity_of(*facts, link->address())}};
    EXPECT_EQ(writable_link::open(on_, server_.over_unix(), permission, soon()).error().code, errc::unsafe_target);

    EXPECT_TRUE(writable_link::open(on_, replica.over_tcp(), permission, soon())) << "not a replica yet";
    // REPLICAOF is never sent by a link of ours.
    const std::string follow =
        "redis-cli -s " + replica.socket() + " replicaof 127.0.0.1 " + std::to_string(server_.port()) + " > /dev/null";
    ASSERT_EQ(std::system(follow.c_str()), 0);
    EXPECT_EQ(writable_link::open(on_, replica.over_tcp(), permission, soon()).error().code, errc::unsafe_target);
    bool joined = false;
    for (int tries = 0; tries < 1000 && !joined; ++tries) {
        const auto now = read_server_facts(*link, soon());
        ASSERT_TRUE(now);
        joined = !now->replicas.empty() && now->replicas[0].second == replica.port();
        if (!joined) ASSERT_TRUE(on_.sleep(20ms));
    }
    ASSERT_TRUE(joined);
    // A master takes a new replid for its first replica, so production has to be asked again.
    const auto mastering = read_server_facts(*link, soon());
    ASSERT_TRUE(mastering);
    const write_permission fresh{.environment_is_read_write = true, .production = {identity_of(*mastering, {})}};
    // Promoted, it still carries production's history.
    const std::string promote = "redis-cli -s " + replica.socket() + " replicaof no one > /dev/null";
    bool shares = false;
    for (int tries = 0; tries < 1000 && !shares; ++tries) {
        auto follower = read_only_link::connect(on_, replica.over_unix(), soon());
        ASSERT_TRUE(follower);
        const auto now = read_server_facts(*follower, soon());
        shares = now && now->replid == mastering->replid;
        if (!shares) ASSERT_TRUE(on_.sleep(20ms));
    }
    ASSERT_TRUE(shares) << "the replica has the master's replid";
    ASSERT_EQ(std::system(promote.c_str()), 0);
    EXPECT_EQ(writable_link::open(on_, replica.over_tcp(), fresh, soon()).error().code, errc::unsafe_target);
}

// Three primaries, formed by redis-cli; its slots in thirds, as near as redis-cli makes them.
class live_cluster {
public:
    explicit live_cluster(runtime& on) {
        std::string create = "redis-cli --cluster create";
        for (int i = 0; i < 3; ++i) {
            const std::string bus = std::to_string(free_port());
            nodes_.push_back(std::make_unique<live_redis>(
                std::vector<std::string>{"--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-node-timeout",
                                         "2000", "--cluster-require-full-coverage", "no"}));
            create += " 127.0.0.1:" + std::to_string(nodes_.back()->port());
        }
        for (const auto& one : nodes_)
            up_ = up_ && one->up(on);
        up_ = up_ && std::system((create + " --cluster-yes > /dev/null 2>&1").c_str()) == 0;
        for (int tries = 0; up_ && tries < 500 && !read_only_cluster::connect(on, at(), deadline::after(1s)); ++tries)
            (void)on.sleep(20ms);
    }

    [[nodiscard]] bool up() const { return up_; }
    [[nodiscard]] redis_endpoint at(std::size_t node = 0) const { return nodes_[node]->over_tcp(); }
    // A command by redis-cli, to the node with that port.
    void tell(std::uint16_t port, const std::string& words) const {
        const auto line = "redis-cli -p " + std::to_string(port) + " " + words + " > /dev/null";
        EXPECT_EQ(std::system(line.c_str()), 0) << words;
    }

private:
    bool up_ = true;
    std::vector<std::unique_ptr<live_redis>> nodes_;
};

class net_live_cluster : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(servers_.up()); }

    std::unique_ptr<write_link> writer() {
        auto link = open_writable(on_, servers_.at(1), anything(), soon());
        EXPECT_TRUE(link) << link.error().text();
        return link ? std::move(*link) : nullptr;
    }

    runtime on_;
    live_cluster servers_{on_};
};

TEST_F(net_live_cluster, slots_are_those_of_the_server) {
    auto link = read_only_link::connect(on_, servers_.at(), soon());
    ASSERT_TRUE(link);
    for (const std::string& key : {std::string("foo"), std::string("{user1000}.following"), std::string("foo{}{bar}"),
                                   std::string("foo{{bar}}zap"), std::string("foo{bar}{zap}"), std::string("{}"),
                                   std::string("}{"), std::string("a{b"), std::string("\x00\xff{\x01}", 5),
                                   std::string(1000, 'k'), std::string("understudy:lease")}) {
        const auto told = link->call({"CLUSTER", "KEYSLOT", key}, soon());
        ASSERT_TRUE(told) << told.error().text();
        EXPECT_EQ(told->as_integer(), keyspace::slot_of(key)) << key;
    }
}

TEST_F(net_live_cluster, commands_go_to_the_owners_of_their_keys) {
    const auto link = writer();
    ASSERT_EQ(link->primaries().size(), 3u);
    std::vector<command> sets, reads;
    for (int i = 0; i < 600; ++i) {
        const std::string key = "key:" + std::to_string(i);
        sets.push_back({"SET", key, std::to_string(i)});
        reads.insert(reads.end(), {{"MULTI"}, {"PTTL", key}, {"GET", key}, {"EXEC"}});
    }
    const auto done = link->pipeline(sets, soon());
    ASSERT_TRUE(done) << done.error().text();
    const auto read = link->pipeline(reads, soon());
    ASSERT_TRUE(read) << read.error().text();
    for (std::size_t i = 0; i < 600; ++i)
        EXPECT_EQ((*read)[4 * i + 3].elements.at(1).text, std::to_string(i));
    std::int64_t keys = 0;
    for (auto* one : link->primaries()) {
        const auto size = one->call({"DBSIZE"}, soon())->as_integer().value_or(0);
        EXPECT_GT(size, 100);
        keys += size;
    }
    EXPECT_EQ(keys, 600);
    EXPECT_EQ(link->call({"DBSIZE"}, soon()).error().code, errc::forbidden_command);
    // A key that another primary holds is refused by the server, and that is told as what it is.
    const auto other = (link->owner_of("key:1") + 1) % 3;
    EXPECT_EQ(link->primaries()[other]->call({"GET", "key:1"}, soon()).error().code, errc::cluster_changed);
    auto database = servers_.at();
    database.database = 1;
    EXPECT_EQ(open_writable(on_, database, anything(), soon()).error().code, errc::config_bad_value);
}

// ASK and MOVED, made by an empty slot that goes from one primary to another.
TEST_F(net_live_cluster, a_slot_that_moves) {
    const auto link = writer();
    auto reader = read_only_cluster::connect(on_, servers_.at(), soon());
    ASSERT_TRUE(reader);
    const auto& shape = *link->shape();
    const auto slot = keyspace::slot_of("moving");
    const auto from = *shape.owner(slot), to = (from + 1) % 3;
    const auto number = std::to_string(slot);
    const auto& source = shape.primaries()[from];
    const auto& target = shape.primaries()[to];
    ASSERT_TRUE(is_at_rest(*link, soon()));
    servers_.tell(target.at.port, "cluster setslot " + number + " importing " + source.id);
    servers_.tell(source.at.port, "cluster setslot " + number + " migrating " + target.id);
    EXPECT_EQ(is_at_rest(*link, soon()).error().code, errc::cluster_unsettled);
    EXPECT_EQ(link->call({"SET", "moving", "x"}, soon()).error().code, errc::cluster_changed);
    const std::vector<command> ask{{"TYPE", "moving"}, {"TYPE", "absent"}};
    auto replies = reader->pipeline(ask, soon());
    ASSERT_TRUE(replies) << replies.error().text();
    EXPECT_EQ((*replies)[0].text, "none");

    servers_.tell(target.at.port, "cluster setslot " + number + " node " + target.id);
    servers_.tell(source.at.port, "cluster setslot " + number + " node " + target.id);
    EXPECT_EQ(link->call({"SET", "moving", "x"}, soon()).error().code, errc::cluster_changed) << "not followed";
    const auto changes = changes_of_shape(*link, soon());
    ASSERT_TRUE(changes && changes->size() == 1);
    EXPECT_EQ((*changes)[0], "slots " + number + " moved from " + source.at.text() + " to " + target.at.text());
    ASSERT_TRUE(link->look_again(soon()));
    EXPECT_EQ(link->owner_of("moving"), to);
    EXPECT_TRUE(link->call({"SET", "moving", "x"}, soon()));
    replies = reader->pipeline(ask, soon());
    ASSERT_TRUE(replies) << replies.error().text();
    EXPECT_EQ((*replies)[0].text, "string") << "the reader still has the old shape, and follows MOVED";
}

// A certificate of our own for `localhost`: accepted with its authority and under its name, and in no other case.
TEST(net_live_tls, verifies_certificate_and_name) {
    const folder in;
    const std::string key = in.path() + "/key.pem";
    const std::string certificate = in.path() + "/cert.pem";
    const std::string make = "openssl req -x509 -newkey rsa:2048 -nodes -keyout " + key + " -out " + certificate +
                             " -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost > /dev/null 2>&1";
    ASSERT_EQ(std::system(make.c_str()), 0);
    const std::string port = std::to_string(free_port());
    const process server(
        {"openssl", "s_server", "-accept", "127.0.0.1:" + port, "-key", key, "-cert", certificate, "-www", "-quiet"});
    runtime on;
    const auto get = [&](const std::string& host, const std::string& authorities) -> result<http_response> {
        UNDERSTUDY_LET(client, http_client::make(on, "https://" + host + ":" + port,
                                                 {.tls = model::tls_settings{authorities, {}, {}, {}}}));
        return client.send({}, soon());
    };
    result<http_response> response = get("localhost", certificate);
    for (int tries = 0; tries < 500 && !response && response.error().code == errc::unreachable; ++tries) {
        ASSERT_TRUE(on.sleep(20ms));
        response = get("localhost", certificate);
    }
    ASSERT_TRUE(response) << response.error().text();
    EXPECT_EQ(response->status, 200);
    EXPECT_GT(response->timings.tls.count(), 0);
    EXPECT_NE(response->body.find("TLSv1.3"), std::string::npos);
    EXPECT_EQ(get("127.0.0.1", certificate).error().code, errc::tls_failed) << "another name";
    EXPECT_EQ(get("localhost", {}).error().code, errc::tls_failed) << "an authority that the system does not know";
}

}  // namespace
}  // namespace understudy::net
