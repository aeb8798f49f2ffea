// A write whose answer is lost is sent again by nobody. The server cuts the connection at every step of a pipeline, in
// every way, and counts by itself what reached it.
#include <algorithm>
#include <map>
#include <mutex>
#include <string>

#include <gtest/gtest.h>

#include "net/fake_server_test.h"
#include "net/runtime.h"
#include "net/writable_link.h"

namespace understudy::net {
namespace {

using namespace std::chrono_literals;
using test::bulk;
using test::words;

deadline soon() {
    return deadline::after(20s);
}

enum class cut : std::uint8_t { before_answering, within_the_answer, after_answering, by_reset, by_silence };
constexpr cut all_cuts[] = {cut::before_answering, cut::within_the_answer, cut::after_answering, cut::by_reset,
                            cut::by_silence};

// A Redis that answers every INCR until number `last`, where it cuts as it was told to; from its second connection on
// it answers all.
class cutting_redis {
public:
    cutting_redis(cut how, int last)
        : how_(how), last_(last), server_({[this](int fd) { play(fd, true); }, [this](int fd) { play(fd, false); }}) {}

    [[nodiscard]] redis_endpoint endpoint() const { return {.port = server_.port()}; }
    [[nodiscard]] std::size_t connections() { return server_.connections(); }
    // How often each key was incremented.
    [[nodiscard]] std::map<std::string, int> counts() {
        const std::lock_guard lock(guard_);
        return counts_;
    }

private:
    void play(int fd, bool cuts) {
        resp::value_builder builder(resp::direction::request);
        for (std::string bytes = test::receive(fd); !bytes.empty(); bytes = test::receive(fd)) {
            std::string_view rest = bytes;
            resp::value request;
            while (builder.next(rest, request) == resp::status::token)
                if (!answer(fd, request, cuts)) return;
        }
    }

    bool answer(int fd, const resp::value& request, bool cuts) {
        const std::string& name = request.elements[0].text;
        if (name == "HELLO") return test::send_all(fd, test::hello_reply());
        if (name == "INFO")
            return test::send_all(fd, bulk("run_id:a\r\nrole:master\r\nmaster_replid:b\r\nredis_version:7.0.15\r\n"));
        int number = 0;
        {
            const std::lock_guard lock(guard_);
            ++counts_[request.elements[1].text];
            number = incremented_++;
        }
        if (!cuts || number < last_) return test::send_all(fd, ":1\r\n");
        if (how_ == cut::within_the_answer) test::send_all(fd, ":");
        if (how_ == cut::after_answering) test::send_all(fd, ":1\r\n");
        if (how_ == cut::by_reset) test::reset(fd);
        if (how_ == cut::by_silence) test::hang(fd);
        return false;
    }

    cut how_;
    int last_;
    std::mutex guard_;
    std::map<std::string, int> counts_;
    int incremented_ = 0;
    test::fake_server server_;
};

std::vector<command> increments(int count) {
    std::vector<command> out;
    for (int i = 0; i < count; ++i)
        out.push_back({"INCR", "key:" + std::to_string(i)});
    return out;
}

// One pipeline that is cut after `last` answers, and all that a caller might try afterwards.
void expect_written_once(cut how, int last, int count) {
    cutting_redis server(how, last);
    runtime on;
    const write_permission permission{.environment_is_read_write = true};
    auto link = writable_link::open(on, server.endpoint(), permission, soon());
    ASSERT_TRUE(link) << link.error().text();

    const auto until = how == cut::by_silence ? deadline::after(30ms) : soon();
    int answered = 0;
    const auto done = link->pipeline(increments(count), until, [&](std::size_t, resp::value&&) -> status {
        ++answered;
        return {};
    });
    const bool all = how == cut::after_answering && last == count - 1;
    EXPECT_EQ(done.has_value(), all);
    if (!done) {
        EXPECT_EQ(done.error().code, how == cut::by_silence ? errc::timed_out : errc::connection_lost);
        EXPECT_FALSE(done.error().retry_safe) << "whether the write took place is not known";
        EXPECT_FALSE(link->alive());
    }
    EXPECT_GE(answered, all ? count : 0);
    EXPECT_LE(answered, last + 1);

    // The link is dead and stays so: it neither connects anew nor sends what is left.
    EXPECT_FALSE(link->pipeline(increments(count), soon()));
    EXPECT_FALSE(link->call({"INCR", "key:0"}, soon()));
    EXPECT_EQ(server.connections(), 1U);
    for (const auto& [key, times] : server.counts())
        EXPECT_EQ(times, 1) << key;

    // A new link is opened by its user alone, and sends nothing by itself.
    auto again = writable_link::open(on, server.endpoint(), permission, soon());
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_TRUE(again->call({"INCR", "new"}, soon()));
    for (const auto& [key, times] : server.counts())
        EXPECT_EQ(times, 1) << key;
}

TEST(write_once, cut_at_every_step_of_a_pipeline) {
    constexpr int count = 12;
    for (const cut how : all_cuts)
        for (int last = 0; last < count; ++last) {
            if (how == cut::by_silence && last % 4 != 0) continue;
            SCOPED_TRACE(std::to_string(static_cast<int>(how)) + " at " + std::to_string(last));
            expect_written_once(how, last, count);
        }
}

TEST(write_once, cut_in_a_pipeline_of_many_windows) {
    for (const cut how : {cut::before_answering, cut::within_the_answer, cut::by_reset})
        for (const int last : {63, 64, 1000, 2999}) {
            SCOPED_TRACE(std::to_string(static_cast<int>(how)) + " at " + std::to_string(last));
            expect_written_once(how, last, 3000);
        }
}

}  // namespace
}  // namespace understudy::net
