// Everything is read from /proc/PID/stat (proc(5)). The name in it is in parentheses and may hold anything, spaces and
// parentheses too, so fields are counted from the last ")": state is the first after it, pgrp the third, starttime the
// twentieth.
#include "exec/process_group.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/interrupt.h"

namespace understudy::exec {

using namespace std::chrono_literals;

namespace {

constexpr auto look_every = 20ms;
constexpr auto kill_patience = 2s;
constexpr int tick_bits = 36;  // 21 years of uptime at 100 ticks a second
constexpr std::uint64_t tick_mask = (std::uint64_t{1} << tick_bits) - 1;
constexpr std::uint64_t boot_mask = (std::uint64_t{1} << 17) - 1;

struct process_facts {
    char state = '?';
    pid_t group = 0;
    std::uint64_t started = 0;  // ticks

    [[nodiscard]] bool dead() const { return state == 'Z' || state == 'X'; }
};

std::optional<std::string> read_small(const char* path) {
    const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return std::nullopt;
    std::array<char, 1024> bytes{};
    const ssize_t got = ::read(fd, bytes.data(), bytes.size());
    ::close(fd);
    if (got <= 0) return std::nullopt;
    return std::string(bytes.data(), static_cast<std::size_t>(got));
}

template <class T>
bool read_number(std::string_view text, T& value) {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    return problem == std::errc{} && end == text.data() + text.size();
}

std::optional<process_facts> facts_of(pid_t pid) {
    const auto text = read_small(fmt::format("/proc/{}/stat", pid).c_str());
    if (!text) return std::nullopt;
    const std::size_t name_end = text->rfind(')');
    if (name_end == std::string::npos) return std::nullopt;
    process_facts facts;
    std::string_view rest = std::string_view(*text).substr(name_end + 1);
    for (int field = 1; field <= 20; ++field) {
        rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(' ')));
        const std::string_view word = rest.substr(0, rest.find_first_of(" \n"));
        rest.remove_prefix(word.size());
        if (word.empty()) return std::nullopt;
        if (field == 1) facts.state = word.front();
        if (field == 3 && !read_number(word, facts.group)) return std::nullopt;
        if (field == 20 && !read_number(word, facts.started)) return std::nullopt;
    }
    return facts;
}

// 17 bits, so that the whole number stays exact where a reader of the journal takes numbers for doubles.
std::optional<std::uint64_t> boot_mark() {
    const auto boot = read_small("/proc/sys/kernel/random/boot_id");
    if (!boot) return std::nullopt;
    const digest256 digest = sha256_of(*boot);
    return (std::uint64_t{digest[0]} | std::uint64_t{digest[1]} << 8 | std::uint64_t{digest[2]} << 16) & boot_mask;
}

bool has_member(const group_id& group) {
    DIR* folder = ::opendir("/proc");
    if (folder == nullptr) return true;  // not known: rather wait for a stranger than run beside our own
    bool found = false;
    while (const dirent* entry = found ? nullptr : ::readdir(folder)) {
        pid_t pid = 0;
        if (!read_number(std::string_view(entry->d_name), pid)) continue;
        const auto facts = facts_of(pid);
        found = facts && facts->group == group.pgid && !facts->dead() && facts->started >= (group.started & tick_mask);
    }
    ::closedir(folder);
    return found;
}

bool gone_within(const group_id& group, std::chrono::milliseconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (is_alive(group)) {
        if (std::chrono::steady_clock::now() >= until) return false;
        std::this_thread::sleep_for(look_every);
    }
    return true;
}

status signal_group(const group_id& group, int number) {
    if (::kill(-group.pgid, number) == 0 || errno == ESRCH) return {};
    return fail(errc::no_permission,
                fmt::format("process group {} could not be ended: {}", group.pgid, std::strerror(errno)));
}

}  // namespace

result<group_id> group_of(pid_t leader) {
    const auto facts = facts_of(leader);
    const auto boot = boot_mark();
    if (!facts || !boot)
        return fail(errc::io, fmt::format("/proc does not tell when process {} began: is it mounted?", leader));
    return group_id{leader, (facts->started & tick_mask) | *boot << tick_bits};
}

bool is_alive(const group_id& group) {
    // 0 and 1 would make kill() mean our own group, or everything.
    if (group.pgid <= 1) return false;
    if (const auto boot = boot_mark(); boot && *boot != group.started >> tick_bits) return false;
    if (const auto leader = facts_of(group.pgid)) {
        if (leader->started != (group.started & tick_mask)) return false;
        if (!leader->dead() && leader->group == group.pgid) return true;
    }
    if (::kill(-group.pgid, 0) != 0 && errno == ESRCH) return false;
    return has_member(group);
}

result<bool> wait_until_gone(const group_id& group, std::chrono::milliseconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (is_alive(group)) {
        if (std::chrono::steady_clock::now() >= until) return false;
        UNDERSTUDY_TRY(pause_for(look_every));
    }
    return true;
}

status end_group(const group_id& group, std::chrono::milliseconds grace) {
    if (!is_alive(group)) return {};
    UNDERSTUDY_TRY(signal_group(group, SIGTERM));
    UNDERSTUDY_TRY(signal_group(group, SIGCONT));  // a stopped process sees SIGTERM only when it goes on
    if (gone_within(group, grace)) return {};
    UNDERSTUDY_TRY(signal_group(group, SIGKILL));
    if (gone_within(group, kill_patience)) return {};
    return fail(errc::command_timed_out, fmt::format("process group {} did not end after SIGKILL", group.pgid), {},
                true);
}

}  // namespace understudy::exec
