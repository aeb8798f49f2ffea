// CPU of our own per request on a kept-alive connection, against that of `wrk -t1 -c1` to the same server in the same
// run: rounds in turn, medians. The server is a child process that answers a head with 200 bytes and does nothing else.
// Started with one argument N, it plays N rounds (default 7).
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/http_client.h"
#include "net/runtime.h"

namespace {

using namespace understudy;
using namespace std::chrono_literals;

constexpr int requests = 30'000;

// One connection after another, one request at a time.
[[noreturn]] void serve(int listener) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const std::string answer =
        "HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: text/html\r\nContent-Length: 200\r\n\r\n" +
        std::string(200, 'x');
    for (;;) {
        const int fd = accept(listener, nullptr, nullptr);
        const int one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        char head[4096];
        ssize_t got = 0;
        while ((got = read(fd, head, sizeof head)) > 0)
            if (std::string_view(head, static_cast<std::size_t>(got)).ends_with("\r\n\r\n") &&
                write(fd, answer.data(), answer.size()) < 0)
                break;
        close(fd);
    }
}

double seconds(const rusage& used) {
    return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

// Microseconds of CPU a request.
double ours(net::http_client& client) {
    rusage before{};
    rusage after{};
    getrusage(RUSAGE_SELF, &before);
    for (int i = 0; i < requests; ++i) {
        const auto response = client.send({}, net::deadline::after(10s));
        if (!response || response->body.size() != 200) std::abort();
    }
    getrusage(RUSAGE_SELF, &after);
    client.disconnect();
    return (seconds(after) - seconds(before)) / requests * 1e6;
}

double theirs(const std::string& url) {
    int out[2];
    if (pipe(out) != 0) return 0;
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], 1);
        close(out[0]);
        execlp("wrk", "wrk", "-t1", "-c1", "-d1s", url.c_str(), nullptr);
        _exit(127);
    }
    close(out[1]);
    std::string text;
    char piece[4096];
    for (ssize_t got = 0; (got = read(out[0], piece, sizeof piece)) > 0;)
        text.append(piece, static_cast<std::size_t>(got));
    close(out[0]);
    rusage used{};
    wait4(pid, nullptr, 0, &used);
    const auto at = text.find(" requests in");
    if (at == std::string::npos) return 0;
    const auto begin = text.rfind('\n', at) + 1;
    const double done = std::atof(text.c_str() + begin);
    return done > 0 ? seconds(used) / done * 1e6 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 7;
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener, 8) != 0) return 1;
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    const std::string url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    const pid_t server = fork();
    if (server == 0) serve(listener);

    net::runtime on;
    auto client = net::http_client::make(on, url);
    std::vector<double> mine;
    std::vector<double> other;
    for (int round = 0; round < rounds && client; ++round) {
        mine.push_back(ours(*client));
        other.push_back(theirs(url + "/"));
        std::printf("round %d: http_client %.1f us CPU a request, wrk %.1f us\n", round, mine.back(), other.back());
    }
    kill(server, SIGKILL);
    waitpid(server, nullptr, 0);
    std::ranges::sort(mine);
    std::ranges::sort(other);
    const double median = mine[mine.size() / 2];
    std::printf("median: http_client %.1f us, wrk %.1f us (target: below 40 us)\n", median, other[other.size() / 2]);
    return median < 40 ? 0 : 1;
}
