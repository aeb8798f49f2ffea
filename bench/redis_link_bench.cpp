// One connection that pipelines 64 GETs of a 100-byte value, against `redis-benchmark -c 1 -P 64` of the same server in
// the same run: rounds in turn, the median of the ratios. Started with one argument N, it plays N rounds (default 25).
//
// The server is its own, on a Unix socket in a folder of its own, and is ended by its pid.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/read_only_link.h"
#include "net/runtime.h"
#include "net/writable_link.h"

namespace {

using namespace understudy;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

constexpr int depth = 64;
constexpr int requests = 256'000;

pid_t start_server(const std::string& folder) {
    const pid_t pid = fork();
    if (pid != 0) return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(open("/dev/null", O_WRONLY), 1);
    const std::string socket = folder + "/redis.sock";
    execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket.c_str(), "--save", "", "--appendonly",
           "no", "--dir", folder.c_str(), nullptr);
    _exit(127);
}

double cpu_seconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

double ours(net::read_only_link& link) {
    const std::vector<net::command> batch(depth, net::command{"GET", "key:bench"});
    const net::reply_sink take = [](std::size_t, resp::value&& reply) -> status {
        if (reply.text.size() != 100) return fail(errc::internal, "a wrong reply");
        return {};
    };
    const auto begin = clock_type::now();
    for (int sent = 0; sent < requests; sent += depth)
        if (!link.pipeline(batch, net::deadline::after(10s), take)) std::abort();
    return requests / std::chrono::duration<double>(clock_type::now() - begin).count();
}

double theirs(const std::string& socket) {
    const std::string line = "timeout 60 redis-benchmark -s " + socket + " -c 1 -P " + std::to_string(depth) + " -n " +
                             std::to_string(requests) + " --csv GET key:bench 2>/dev/null";
    FILE* pipe = popen(line.c_str(), "r");
    if (pipe == nullptr) return 0;
    char text[512];
    double rate = 0;
    while (std::fgets(text, sizeof text, pipe) != nullptr) {
        const std::string row = text;  // "GET key:bench","812345.67",...
        const auto comma = row.find("\",\"");
        if (comma != std::string::npos) rate = std::max(rate, std::atof(row.c_str() + comma + 3));
    }
    pclose(pipe);
    return rate;
}

int run(const std::string& folder, int rounds) {
    net::runtime on;
    const std::string socket = folder + "/redis.sock";
    const net::redis_endpoint to{.unix_path = socket};
    for (int tries = 0; tries < 500 && !net::read_only_link::connect(on, to, net::deadline::after(5s)); ++tries)
        (void)on.sleep(20ms);
    auto writer = net::writable_link::open(on, to, {.environment_is_read_write = true}, net::deadline::after(5s));
    if (!writer || !writer->call({"SET", "key:bench", std::string(100, 'v')}, net::deadline::after(5s))) return 1;
    auto link = net::read_only_link::connect(on, to, net::deadline::after(5s));
    if (!link) return 1;

    std::vector<double> ratios;
    for (int round = 0; round < rounds; ++round) {
        const double cpu = cpu_seconds();
        const double mine = ours(*link);
        const double cpu_each = (cpu_seconds() - cpu) / requests * 1e6;
        const double other = theirs(socket);
        ratios.push_back(mine / other);
        std::printf("round %d: link %.0f/s (%.2f us CPU each), redis-benchmark %.0f/s, ratio %.2f\n", round, mine,
                    cpu_each, other, mine / other);
    }
    std::ranges::sort(ratios);
    const double median = ratios[ratios.size() / 2];
    std::printf("median ratio %.2f, lowest %.2f, highest %.2f (target: 1.00 or more)\n", median, ratios.front(),
                ratios.back());
    return median >= 1.0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    std::string folder = (std::filesystem::temp_directory_path() / "link-bench-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) return 1;
    const pid_t server = start_server(folder);
    const int code = run(folder, argc > 1 ? std::max(1, std::atoi(argv[1])) : 25);
    kill(server, SIGKILL);
    waitpid(server, nullptr, 0);
    std::filesystem::remove_all(folder);
    return code;
}
