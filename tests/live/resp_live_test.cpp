// Asks a real redis-server: its bytes are read right in both protocols, its reading of inline commands is ours, and no
// row of the list of allowed commands is one that it flags as a write.
//
// The server is started in a folder of its own, on a Unix socket alone, and ended by its pid.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "resp/commands.h"
#include "resp/reader.h"
#include "resp/value.h"
#include "resp/writer.h"

namespace understudy::resp {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

int connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
    close(fd);
    return -1;
}

class live_server {
public:
    live_server() {
        std::string name = (std::filesystem::temp_directory_path() / "resp-live-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) return;
        folder_ = name;
        pid_ = fork();
        if (pid_ == 0) run();
        for (int tries = 0; tries < 500 && !up(); ++tries)
            std::this_thread::sleep_for(20ms);
    }
    live_server(const live_server&) = delete;
    live_server& operator=(const live_server&) = delete;
    ~live_server() {
        if (pid_ > 0) {
            kill(pid_, SIGKILL);
            waitpid(pid_, nullptr, 0);
        }
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    [[nodiscard]] std::string socket_path() const { return folder_ + "/redis.sock"; }
    [[nodiscard]] bool up() const {
        const int fd = connect_to(socket_path());
        if (fd >= 0) close(fd);
        return fd >= 0;
    }

private:
    [[noreturn]] void run() const {
        const std::string path = socket_path();
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int null = open("/dev/null", O_WRONLY);
        dup2(null, 1);
        execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", path.c_str(), "--save", "",
               "--appendonly", "no", "--dir", folder_.c_str(), "--enable-debug-command", "yes",
               static_cast<char*>(nullptr));
        _exit(127);
    }

    std::string folder_;
    pid_t pid_ = -1;
};

// One connection. It keeps the raw bytes of what it read, to hold against what is written from the values.
class wire {
public:
    explicit wire(const std::string& path) : fd_(connect_to(path)) {}
    wire(const wire&) = delete;
    wire& operator=(const wire&) = delete;
    ~wire() {
        if (fd_ >= 0) close(fd_);
    }

    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = write(fd_, bytes.data(), bytes.size());
            ASSERT_GT(sent, 0);
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    // The next value, pushes too.
    value next() {
        value out;
        for (;;) {
            const std::size_t before = input_.size();
            std::string_view view = input_;
            const status found = builder_.next(view, out);
            raw_.append(input_, 0, before - view.size());
            input_ = std::string(view);
            if (found == status::token) return out;
            EXPECT_EQ(found, status::need_more);
            if (found != status::need_more || !fill()) return value::of_error("no reply came");
        }
    }

    value ask(const std::vector<std::string>& words) {
        std::string bytes;
        append_command(bytes, words);
        send(bytes);
        value out = next();
        while (out.is_push())
            out = next();
        return out;
    }

    std::string take_raw() { return std::exchange(raw_, {}); }
    void read_at_most(std::size_t bytes) { most_ = bytes; }

private:
    bool fill() {
        pollfd waiting{fd_, POLLIN, 0};
        if (poll(&waiting, 1, 10000) != 1) return false;
        std::array<char, 16384> buffer{};
        const ssize_t got = read(fd_, buffer.data(), std::min(most_, buffer.size()));
        if (got <= 0) return false;
        input_.append(buffer.data(), static_cast<std::size_t>(got));
        return true;
    }

    int fd_;
    std::size_t most_ = 16384;
    value_builder builder_;
    std::string input_;
    std::string raw_;
};

class resp_live : public testing::Test {
protected:
    static void SetUpTestSuite() { server_ = new live_server; }
    static void TearDownTestSuite() { delete std::exchange(server_, nullptr); }

    void SetUp() override {
        ASSERT_TRUE(server_->up()) << "redis-server did not start";
        wire link(path());
        for (const std::vector<std::string>& words : std::initializer_list<std::vector<std::string>>{
                 {"FLUSHALL"},
                 {"SET", "text", "hello\r\nworld"},
                 {"SET", "number", "12345"},
                 {"SET", "long", std::string(100000, 'x')},
                 {"HSET", "hash", "a", "1", "b", "2"},
                 {"ZADD", "zset", "1.5", "one", "-inf", "two", "3", "three"},
                 {"SADD", "set", "x"},
                 {"RPUSH", "list", "a", "b", "c"},
                 {"XADD", "stream", "1-1", "f", "v"}})
            ASSERT_FALSE(link.ask(words).is_error());
    }

    static std::string path() { return server_->socket_path(); }

    static live_server* server_;
};

live_server* resp_live::server_ = nullptr;

std::vector<value> texts(std::initializer_list<std::string_view> of) {
    std::vector<value> out;
    for (const auto text : of)
        out.push_back(value::of_text(text));
    return out;
}

value made(kind what, std::string text, std::vector<value> elements = {}) {
    value out;
    out.kind = what;
    out.text = std::move(text);
    out.elements = std::move(elements);
    return out;
}

value truth(bool is) {
    value out;
    out.kind = kind::boolean;
    out.boolean = is;
    return out;
}

TEST_F(resp_live, debug_protocol_shows_every_type_of_the_third_protocol) {
    wire link(path());
    const value hello = link.ask({"HELLO", "3"});
    ASSERT_EQ(hello.kind, kind::map);
    ASSERT_NE(hello.find("proto"), nullptr);
    EXPECT_EQ(hello.find("proto")->as_integer(), 3);
    ASSERT_NE(hello.find("server"), nullptr);

    const auto debug = [&](const char* type) { return link.ask({"DEBUG", "PROTOCOL", type}); };
    const std::vector<value> three{value::of_integer(0), value::of_integer(1), value::of_integer(2)};
    EXPECT_EQ(debug("string"), value::of_text("Hello World"));
    EXPECT_EQ(debug("integer"), value::of_integer(12345));
    EXPECT_EQ(debug("double").kind, kind::real);
    EXPECT_EQ(debug("double").as_real(), 3.141);
    EXPECT_EQ(debug("null"), value());
    EXPECT_EQ(debug("array"), value::of_array(three));
    EXPECT_EQ(debug("set"), made(kind::set, "", three));
    EXPECT_EQ(debug("map"),
              made(kind::map, "", {three[0], truth(false), three[1], truth(true), three[2], truth(false)}));
    EXPECT_EQ(debug("true"), truth(true));
    EXPECT_EQ(debug("false"), truth(false));
    EXPECT_EQ(debug("bignum"), made(kind::big_number, "1234567999999999999999999999999999999"));
    value verbatim = made(kind::verbatim, "This is a verbatim\nstring");
    verbatim.format = "txt";
    EXPECT_EQ(debug("verbatim"), verbatim);

    const value dressed = debug("attrib");
    EXPECT_EQ(dressed.as_text(), "Some real reply following the attribute");
    ASSERT_EQ(dressed.attributes.size(), 2u);
    EXPECT_EQ(dressed.attributes[0], value::of_text("key-popularity"));
    EXPECT_EQ(dressed.attributes[1], value::of_array({value::of_text("key:123"), value::of_integer(90)}));

    link.take_raw();
    link.send("DEBUG PROTOCOL push\r\n");
    EXPECT_EQ(link.next(), made(kind::push, "", {value::of_text("server-cpu-usage"), value::of_integer(42)}));
    EXPECT_EQ(link.next().as_text(), "Some real reply following the push reply");
}

TEST_F(resp_live, the_same_question_in_both_protocols) {
    wire second(path());
    wire third(path());
    ASSERT_FALSE(third.ask({"HELLO", "3"}).is_error());
    EXPECT_EQ(second.ask({"HGETALL", "hash"}), value::of_array(texts({"a", "1", "b", "2"})));
    EXPECT_EQ(third.ask({"HGETALL", "hash"}), made(kind::map, "", texts({"a", "1", "b", "2"})));
    EXPECT_EQ(second.ask({"HGETALL", "hash"}).find("b")->as_integer(), 2);
    EXPECT_EQ(third.ask({"HGETALL", "hash"}).find("b")->as_integer(), 2);

    const std::vector<std::string> scores{"ZRANGE", "zset", "0", "-1", "WITHSCORES"};
    EXPECT_EQ(second.ask(scores), value::of_array(texts({"two", "-inf", "one", "1.5", "three", "3"})));
    const value pairs = third.ask(scores);
    ASSERT_EQ(pairs.elements.size(), 3u);
    EXPECT_EQ(pairs.elements[0], value::of_array({value::of_text("two"), made(kind::real, "-inf")}));
    EXPECT_EQ(pairs.elements[1].elements[1].as_real(), 1.5);
    EXPECT_EQ(pairs.elements[2].elements[1].as_real(), 3.0);

    EXPECT_EQ(third.ask({"SMEMBERS", "set"}), made(kind::set, "", texts({"x"})));
    EXPECT_FALSE(second.ask({"GET", "none"}).null_array);
    EXPECT_TRUE(second.ask({"GET", "none"}).is_null());
    EXPECT_TRUE(second.ask({"BLPOP", "none", "0.01"}).null_array);
    EXPECT_TRUE(third.ask({"BLPOP", "none", "0.01"}).is_null());
    EXPECT_EQ(second.ask({"LPUSH", "text", "1"}).error_word(), "WRONGTYPE");
    EXPECT_EQ(second.ask({"GET", "text"}).as_text(), "hello\r\nworld");
    EXPECT_EQ(second.ask({"CONFIG", "GET", "maxmemory"}).find("maxmemory")->as_integer(), 0);
    EXPECT_EQ(third.ask({"CONFIG", "GET", "maxmemory"}).find("maxmemory")->as_integer(), 0);
}

TEST_F(resp_live, what_is_written_from_values_is_what_the_server_sent_however_it_was_read) {
    const std::vector<std::vector<std::string>> questions{{"PING"},
                                                          {"GET", "text"},
                                                          {"GET", "long"},
                                                          {"GET", "none"},
                                                          {"HGETALL", "hash"},
                                                          {"SMEMBERS", "set"},
                                                          {"ZRANGE", "zset", "0", "-1", "WITHSCORES"},
                                                          {"LRANGE", "list", "0", "-1"},
                                                          {"XRANGE", "stream", "-", "+"},
                                                          {"XINFO", "STREAM", "stream"},
                                                          {"DUMP", "hash"},
                                                          {"INFO"},
                                                          {"CONFIG", "GET", "*"},
                                                          {"SCAN", "0"},
                                                          {"NOSUCH"},
                                                          {"COMMAND"},
                                                          {"COMMAND", "DOCS", "get"},
                                                          {"COMMAND", "INFO", "get", "nosuch", "config|get"},
                                                          {"CLIENT", "LIST"},
                                                          {"MEMORY", "STATS"},
                                                          {"MEMORY", "DOCTOR"},
                                                          {"LATENCY", "HISTOGRAM"},
                                                          {"SLOWLOG", "GET"},
                                                          {"ACL", "GETUSER", "default"},
                                                          {"ROLE"},
                                                          {"TIME"},
                                                          {"MULTI"},
                                                          {"GET", "text"},
                                                          {"HGETALL", "hash"},
                                                          {"EXEC"},
                                                          {"OBJECT", "ENCODING", "hash"},
                                                          {"BLPOP", "none", "0.01"},
                                                          {"MEMORY", "USAGE", "long"},
                                                          {"FUNCTION", "LIST"},
                                                          {"LOLWUT"}};
    for (const int protocol : {2, 3}) {
        for (const std::size_t most : {std::size_t{16384}, std::size_t{13}}) {
            wire link(path());
            link.read_at_most(most);
            ASSERT_FALSE(link.ask({"HELLO", std::to_string(protocol)}).is_error());
            link.take_raw();
            for (const auto& words : questions) {
                std::string written;
                append_value(written, link.ask(words), protocol);
                EXPECT_EQ(written, link.take_raw()) << words.front() << " in RESP" << protocol;
            }
        }
    }
}

TEST_F(resp_live, pushes_stand_between_replies) {
    wire link(path());
    ASSERT_FALSE(link.ask({"HELLO", "3"}).is_error());
    ASSERT_EQ(link.ask({"CLIENT", "TRACKING", "on"}).as_text(), "OK");
    ASSERT_EQ(link.ask({"GET", "number"}).as_text(), "12345");
    link.send("SET number 1\r\nGET number\r\n");
    std::vector<value> came;
    for (int i = 0; i < 3; ++i)
        came.push_back(link.next());
    const auto pushes = std::ranges::count_if(came, &value::is_push);
    EXPECT_EQ(pushes, 1);
    for (const value& one : came) {
        if (one.is_push()) {
            EXPECT_EQ(one.elements,
                      (std::vector<value>{value::of_text("invalidate"), value::of_array(texts({"number"}))}));
        }
    }
}

TEST_F(resp_live, inline_commands_are_split_as_the_server_splits_them) {
    const std::vector<std::string> lines{
        "plain",        "\"a b\"",  "'a b'",    "\"\\x41\\x00\\xff\\n\\r\\t\\b\\a\\\\\\\"\"",
        "'a\\'b\\n'",   "ab\"cd\"", "\"\"",     "''",
        "\"\\q\\xg1\"", "a\vb",     "\"a\tb\"", "  spaced  ",
        "a'b c'",       "\\x41",    "\"\\x4\"", "\"\\\"",
        "\"a\"b",       "'a",       "'a'\"b\"", "\"a\" ",
        "'\\\\'",       "\"\\\\\""};
    for (const std::string& line : lines) {
        wire link(path());
        const std::string command = "ECHO " + line;
        link.send(command + "\r\n");
        const value answer = link.next();
        const auto words = split_inline(command);
        if (words) {
            ASSERT_EQ(words->size(), 2u) << line;
            EXPECT_EQ(answer.as_text(), words->at(1)) << line;
        } else {
            EXPECT_TRUE(answer.is_error() && answer.error_text().contains("unbalanced quotes")) << line;
        }
    }
}

TEST_F(resp_live, requests_of_no_words_get_no_reply) {
    wire link(path());
    link.send("*0\r\n*-1\r\n\r\n\n   \r\n*-5\r\nPING\nECHO end\r\n");
    EXPECT_EQ(link.next(), value::of_simple("PONG"));
    EXPECT_EQ(link.next(), value::of_text("end"));
}

// A reply of COMMAND INFO: name, arity, flags, ...
std::set<std::string_view> flags_of(const value& info) {
    std::set<std::string_view> out;
    if (info.elements.size() < 3) return out;
    for (const value& flag : info.elements[2].elements)
        out.insert(flag.as_text().value_or(""));
    return out;
}

TEST_F(resp_live, no_allowed_command_is_one_the_server_calls_a_write) {
    wire link(path());
    std::size_t known = 0;
    for (const allowed_command& row : allowed_commands()) {
        std::string name(row.command);
        if (!row.subcommand.empty()) name += "|" + std::string(row.subcommand);
        const value reply = link.ask({"COMMAND", "INFO", name});
        ASSERT_EQ(reply.elements.size(), 1u) << name;
        const value& info = reply.elements.front();
        if (row.since > 700 && info.is_null()) continue;
        ASSERT_FALSE(info.is_null()) << name << " is unknown to the server";
        ++known;
        const auto flags = flags_of(info);
        for (const char* forbidden : {"write", "may_replicate", "blocking", "pubsub"}) {
            if (row.command == "PUBSUB" || row.command == "RESET") continue;
            EXPECT_FALSE(flags.contains(forbidden)) << name << " is flagged " << forbidden;
        }
        EXPECT_FALSE(flags.contains("write") || flags.contains("may_replicate")) << name;
        if (row.use == use::read) {
            EXPECT_TRUE(flags.contains("readonly")) << name;
        }
    }
    EXPECT_GT(known, 100u);
}

// The list must not be narrower than it says, nor a container be allowed whole.
TEST_F(resp_live, a_command_with_subcommands_is_listed_by_subcommand) {
    wire link(path());
    for (const allowed_command& row : allowed_commands()) {
        if (!row.subcommand.empty() || row.command == "COMMAND") continue;
        const value reply = link.ask({"COMMAND", "INFO", std::string(row.command)});
        ASSERT_EQ(reply.elements.size(), 1u);
        const value& info = reply.elements.front();
        if (row.since > 700 && info.is_null()) continue;
        ASSERT_GE(info.elements.size(), 10u) << row.command;
        EXPECT_TRUE(info.elements[9].elements.empty()) << row.command << " has subcommands";
    }
}

TEST_F(resp_live, the_allowed_reads_leave_the_data_set_as_it_was) {
    wire link(path());
    const auto changes = [&] {
        const value info = link.ask({"INFO", "persistence"});
        const std::string text(info.as_text().value_or(""));
        const std::size_t at = text.find("rdb_changes_since_last_save:");
        return at == text.npos ? ""s : text.substr(at, text.find('\r', at) - at);
    };
    const std::string before = changes();
    ASSERT_FALSE(before.empty());
    for (const allowed_command& row : allowed_commands()) {
        if (row.use != use::read) continue;
        for (const char* key : {"text", "number", "hash", "zset", "set", "list", "stream"}) {
            std::vector<std::string> words{std::string(row.command)};
            if (!row.subcommand.empty()) words.emplace_back(row.subcommand);
            words.emplace_back(key);
            for (int more = 0; more < 4; ++more) {
                link.ask(words);
                words.emplace_back("0");
            }
        }
    }
    EXPECT_EQ(changes(), before);
}

}  // namespace
}  // namespace understudy::resp
