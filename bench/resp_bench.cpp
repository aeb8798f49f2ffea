// bench/resp_bench.cpp - resp::reader and resp::value_builder beside hiredis on the same bytes, on one core.
//
// Rounds take turns, so that a slow minute of the machine hits both; the figure is the median of the ratios of the
// rounds. Input is fed in pieces of 16 KB, as a socket gives it. hiredis builds a tree of objects for every reply, as
// value_builder does; `reader` yields tokens alone, which is what the tap needs.
//
//     resp_bench [rounds]
//     resp_bench count WHO CASE REPLIES
//
// The second form reads so many replies once and prints what was read. Run under callgrind with two numbers of replies,
// it tells the instructions of WHO (reader, builder, hiredis) for each, whatever else the machine does.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include "resp/reader.h"
#include "resp/value.h"

namespace {

using namespace understudy::resp;
using seconds = std::chrono::duration<double>;

constexpr std::size_t piece_bytes = 16 << 10;
constexpr std::size_t input_bytes = 8 << 20;

struct counted {
    std::uint64_t tokens = 0;
    std::uint64_t messages = 0;
};

[[noreturn]] void stop(const char* why) {
    fmt::print(stderr, "resp_bench: {}\n", why);
    std::exit(1);
}

counted run_reader(std::string_view bytes) {
    counted out;
    reader ours(direction::reply);
    std::string rest;
    token taken;
    while (!bytes.empty()) {
        const auto piece = bytes.substr(0, piece_bytes);
        bytes.remove_prefix(piece.size());
        rest.append(piece);
        std::string_view view = rest;
        status found = status::token;
        while ((found = ours.next(view, taken)) == status::token) {
            ++out.tokens;
            out.messages += taken.message_end ? 1 : 0;
        }
        if (found != status::need_more) stop("the reader refused the input");
        rest.erase(0, rest.size() - view.size());
    }
    return out;
}

counted run_builder(std::string_view bytes) {
    counted out;
    value_builder ours;
    while (!bytes.empty()) {
        auto piece = bytes.substr(0, piece_bytes);
        bytes.remove_prefix(piece.size());
        value made;
        status found = status::token;
        while ((found = ours.next(piece, made)) == status::token)
            ++out.messages;
        if (found != status::need_more) stop("the builder refused the input");
    }
    return out;
}

counted run_hiredis(std::string_view bytes) {
    counted out;
    redisReader* const theirs = redisReaderCreate();
    while (!bytes.empty()) {
        const auto piece = bytes.substr(0, piece_bytes);
        bytes.remove_prefix(piece.size());
        redisReaderFeed(theirs, piece.data(), piece.size());
        void* made = nullptr;
        while (redisReaderGetReply(theirs, &made) == REDIS_OK && made != nullptr) {
            ++out.messages;
            freeReplyObject(made);
        }
        if (theirs->err != 0) stop("hiredis refused the input");
    }
    redisReaderFree(theirs);
    return out;
}

template <class Run>
double time_of(Run run, std::string_view bytes, std::uint64_t messages) {
    const auto begin = std::chrono::steady_clock::now();
    const counted found = run(bytes);
    const seconds taken = std::chrono::steady_clock::now() - begin;
    if (found.messages != messages) stop("the runs disagree about the number of replies");
    return taken.count();
}

double median(std::vector<double> of) {
    std::ranges::sort(of);
    return of[of.size() / 2];
}

void compare(std::string_view name, std::string_view one_reply, int rounds) {
    std::string bytes;
    while (bytes.size() < input_bytes)
        bytes += one_reply;
    const counted expected = run_reader(bytes);
    std::vector<double> reader_times;
    std::vector<double> reader_ratios;
    std::vector<double> builder_ratios;
    std::vector<double> builder_times;
    for (int round = 0; round < rounds; ++round) {
        const double tokens = time_of(run_reader, bytes, expected.messages);
        const double theirs = time_of(run_hiredis, bytes, expected.messages);
        const double trees = time_of(run_builder, bytes, expected.messages);
        reader_times.push_back(tokens);
        builder_times.push_back(trees);
        reader_ratios.push_back(theirs / tokens);
        builder_ratios.push_back(theirs / trees);
    }
    const auto millions = [&](double time) { return static_cast<double>(expected.tokens) / time / 1e6; };
    const double gigabytes = static_cast<double>(bytes.size()) / median(reader_times) / 1e9;
    fmt::print("{:<28} reader {:7.1f} M tokens/s {:6.2f} GB/s {:6.2f}x hiredis | builder {:6.1f} M tokens/s {:5.2f}x\n",
               name, millions(median(reader_times)), gigabytes, median(reader_ratios), millions(median(builder_times)),
               median(builder_ratios));
}

std::string nested() {
    std::string out = "*10\r\n";
    for (int i = 0; i < 10; ++i)
        out += "*3\r\n:" + std::to_string(i) + "\r\n$6\r\nfield1\r\n*2\r\n+a\r\n$3\r\nabc\r\n";
    return out;
}

struct sample {
    std::string_view name;
    std::string reply;
};

std::vector<sample> samples() {
    return {{"+OK", "+OK\r\n"},
            {":1", ":1\r\n"},
            {"$3 bulk", "$3\r\nabc\r\n"},
            {"small mix", "+OK\r\n:1\r\n$3\r\nabc\r\n$-1\r\n:1234567\r\n"},
            {"1 KB bulk", "$1024\r\n" + std::string(1024, 'x') + "\r\n"},
            {"nested arrays", nested()}};
}

int count_once(std::string_view who, std::string_view name, int replies) {
    for (const auto& [known, reply] : samples()) {
        if (known != name) continue;
        std::string bytes;
        for (int i = 0; i < replies; ++i)
            bytes += reply;
        if (who == "reader") {
            const counted found = run_reader(bytes);
            fmt::print("{} tokens\n", found.tokens);
        } else {
            const counted found = who == "builder" ? run_builder(bytes) : run_hiredis(bytes);
            fmt::print("{} messages\n", found.messages);
        }
        return 0;
    }
    stop("no such case");
}

}  // namespace

int main(int count, char** arguments) {
    if (count == 5 && std::string_view(arguments[1]) == "count")
        return count_once(arguments[2], arguments[3], std::max(1, std::atoi(arguments[4])));
    const int rounds = count > 1 ? std::max(1, std::atoi(arguments[1])) : 15;
    for (const auto& [name, reply] : samples())
        compare(name, reply, rounds);
    return 0;
}
