// How fast keys become families, and in how much memory.
//
//   families_bench             keys a second of a mixed key space, on one core (CPU time of this thread), median of
//   rounds families_bench stream N    N keys of ever new names and shapes, made as they go: peak memory of the process
//   families_bench rdb FILE    an RDB file -> profile: MB and keys a second (CPU time), and peak memory
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <sys/resource.h>
#include <time.h>

#include "base/random.h"
#include "keyspace/family_table.h"
#include "snapshot/rdb_profile.h"
#include "store/rdb_source.h"

namespace {

using understudy::seeded_random;

constexpr std::size_t keys_count = 1 << 20;
constexpr int rounds = 9;

struct count {
    std::uint64_t keys = 0;
    void merge(const count& other) { keys += other.keys; }
};

double thread_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

std::uint64_t peak_bytes() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
}

std::string hex_of(std::uint64_t number, int digits) {
    std::string out;
    for (int i = 0; i < digits; ++i) {
        out += "0123456789abcdef"[(number >> (4 * (i % 16))) & 15];
        if (i % 16 == 15) number = number * 6364136223846793005ull + 1442695040888963407ull;
    }
    return out;
}

// What a shop, a blog, sessions, carts and a queue look like together.
void key_into(std::string& out, std::uint64_t number, std::uint64_t random) {
    out.clear();
    const auto to = std::back_inserter(out);
    switch (number % 8) {
        case 0:
        case 1:
            fmt::format_to(to, "shop:{}:product:{}", random % 3, random % 1'000'000);
            break;
        case 2:
            fmt::format_to(to, "shop:{}:product:{}:price:{}", random % 3, random % 1'000'000, "eur");
            break;
        case 3:
            fmt::format_to(to, "session:{}", hex_of(random, 32));
            break;
        case 4:
            fmt::format_to(to, "site{}:wp:posts:wp_query-{}-0.{:08} {}", random % 4, hex_of(random, 32),
                           random % 100'000'000, 1'795'000'000 + random % 1'000'000);
            break;
        case 5:
            fmt::format_to(to, "cart:{}-{}-4{}-a{}-{}", hex_of(random, 8), hex_of(random >> 3, 4),
                           hex_of(random >> 5, 3), hex_of(random >> 7, 3), hex_of(random >> 9, 12));
            break;
        case 6:
            fmt::format_to(to, "page:/category/item-{}?page={}", random % 5000, random % 40);
            break;
        default:
            fmt::format_to(to, "queue:mail:{}", 1'795'000'000'000 + random % 100'000'000);
    }
}

int mixed() {
    seeded_random random(1);
    std::vector<std::string> keys(keys_count);
    for (std::size_t i = 0; i < keys.size(); ++i)
        key_into(keys[i], i, random());
    std::vector<double> rates;
    std::size_t families = 0;
    for (int round = 0; round < rounds; ++round) {
        understudy::keyspace::family_table<count> table;
        const double start = thread_seconds();
        for (const auto& key : keys)
            if (auto* record = table.at(key)) ++record->keys;
        families = table.families([](const count& of) { return of.keys; }).size();
        rates.push_back(static_cast<double>(keys.size()) / (thread_seconds() - start));
    }
    std::ranges::sort(rates);
    fmt::print(
        "mining {:.2f} M keys/s (lowest {:.2f}, highest {:.2f}), median of {} rounds of {} keys into {} families\n",
        rates[rates.size() / 2] / 1e6, rates.front() / 1e6, rates.back() / 1e6, rounds, keys.size(), families);
    return 0;
}

// Half of the keys are of shapes that nobody has seen before: the worst for a table of templates.
int stream(std::uint64_t keys) {
    understudy::keyspace::family_table<count> table;
    seeded_random random(2);
    std::string key;
    const double start = thread_seconds();
    for (std::uint64_t i = 0; i < keys; ++i) {
        const auto number = random();
        if (i % 2 == 0) {
            key_into(key, i / 2, number);
        } else {
            key.clear();
            for (std::uint64_t left = number, words = 2 + number % 4; words > 0; --words, left >>= 13) {
                key += static_cast<char>('a' + left % 26);
                key += static_cast<char>('a' + (left >> 5) % 26);
                key += static_cast<char>('a' + (left >> 8) % 26);
                key += words > 1 ? ":" : "";
            }
        }
        if (auto* record = table.at(key)) ++record->keys;
    }
    const auto families = table.families([](const count& of) { return of.keys; }).size();
    fmt::print("stream {} keys in {:.1f} s, {} families kept at a rate of {:.4f}, peak {:.1f} MB\n", keys,
               thread_seconds() - start, families, table.rate(), static_cast<double>(peak_bytes()) / 1e6);
    return 0;
}

int rdb(const char* path) {
    std::vector<double> seconds;
    std::uint64_t keys = 0;
    for (int round = 0; round < 5; ++round) {
        auto source = understudy::store::rdb_source::open(path);
        if (!source) return 2;
        const double start = thread_seconds();
        const auto seen = understudy::snapshot::profile_of_rdb(*source);
        seconds.push_back(thread_seconds() - start);
        if (!seen || seen->ended) {
            fmt::print(stderr, "families_bench: {} cannot be read\n", path);
            return 2;
        }
        keys = seen->profile.keys;
    }
    std::ranges::sort(seconds);
    const double middle = seconds[seconds.size() / 2];
    const auto bytes = static_cast<double>(std::filesystem::file_size(path));
    fmt::print("rdb {:.0f} MB/s, {:.2f} M keys/s: {} keys, {:.1f} MB in {:.3f} s, peak {:.1f} MB\n",
               bytes / 1e6 / middle, static_cast<double>(keys) / 1e6 / middle, keys, bytes / 1e6, middle,
               static_cast<double>(peak_bytes()) / 1e6);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string_view> words(argv + 1, argv + argc);
    if (words.empty()) return mixed();
    if (words.size() == 2 && words[0] == "stream") return stream(std::strtoull(argv[2], nullptr, 10));
    if (words.size() == 2 && words[0] == "rdb") return rdb(argv[2]);
    fmt::print(stderr, "usage: families_bench [stream N | rdb FILE]\n");
    return 2;
}
