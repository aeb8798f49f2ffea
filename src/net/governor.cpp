// Latency is held by halving the rate at each sign of trouble and adding a twentieth at each good look (additive
// increase, multiplicative decrease, as TCP does against congestion: Chiu and Jain 1989).
#include "net/governor.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/units.h"

namespace understudy::net {

namespace {

using std::chrono::nanoseconds;

constexpr double least_rate = 1.0 / 64;
constexpr double after_ping = 0.05, after_load = 0.25;
constexpr double burst_part = 0.4;  // of what may be added: others wait for a burst's system calls too
constexpr int times_as_long = 4;    // as was meant: then a burst is paid for whole
constexpr nanoseconds shortest_span = std::chrono::milliseconds{100};  // that says how busy a server is
constexpr nanoseconds between_pings = std::chrono::milliseconds{100};
constexpr nanoseconds between_loads = std::chrono::seconds{1};
constexpr nanoseconds most_late = std::chrono::milliseconds{2};
constexpr nanoseconds longest_rest = std::chrono::seconds{1};

template <class Times>
nanoseconds middle(const Times& times) {
    std::vector<nanoseconds> sorted(times.begin(), times.end());
    if (sorted.empty()) return nanoseconds{0};
    const auto half = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), half, sorted.end());
    return *half;
}

nanoseconds times(nanoseconds span, double factor) {
    return nanoseconds{static_cast<std::int64_t>(static_cast<double>(span.count()) * factor)};
}

// slave0:ip=127.0.0.1,port=6380,state=online,offset=1288,lag=0
std::optional<std::uint64_t> offset_in(std::string_view replica) {
    constexpr std::string_view name = ",offset=";
    const auto at = replica.find(name);
    if (at == std::string_view::npos) return std::nullopt;
    std::uint64_t out = 0;
    const auto* begin = replica.data() + at + name.size();
    const auto [end, wrong] = std::from_chars(begin, replica.data() + replica.size(), out);
    return wrong == std::errc{} && end != begin ? std::optional(out) : std::nullopt;
}

std::optional<double> seconds_in(const info& said, std::string_view name) {
    const auto text = said.find(name);
    if (!text) return std::nullopt;
    double out = 0;
    const auto [end, wrong] = std::from_chars(text->data(), text->data() + text->size(), out);
    return wrong == std::errc{} && std::isfinite(out) && out >= 0 ? std::optional(out) : std::nullopt;
}

}  // namespace

server_load load_of(const info& said, nanoseconds at) {
    server_load out{.at = at};
    auto system = seconds_in(said, "used_cpu_sys_main_thread"), user = seconds_in(said, "used_cpu_user_main_thread");
    if (!system || !user) {  // before 6.2 only those of all threads
        system = seconds_in(said, "used_cpu_sys");
        user = seconds_in(said, "used_cpu_user");
    }
    if (system && user) out.main_thread_seconds = *system + *user;
    out.operations_per_second =
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, said.number("instantaneous_ops_per_sec").value_or(0)));
    const auto written = said.number("master_repl_offset").value_or(0);
    for (int i = 0; const auto replica = said.find(fmt::format("slave{}", i)); ++i)
        if (const auto offset = offset_in(*replica);
            offset && written > 0 && *offset < static_cast<std::uint64_t>(written))
            out.replica_lag_bytes = std::max(out.replica_lag_bytes, static_cast<std::uint64_t>(written) - *offset);
    return out;
}

void governor::quiet_ping(nanoseconds took) {
    quiet_.push_back(took);
}

nanoseconds governor::allowance() const {
    return std::max(limits_.added, times(middle(quiet_), limits_.added_share));
}

void governor::slow_down(net::pace why) {
    rate_ = std::max(least_rate, rate_ / 2);
    pace_ = why;
}

void governor::speed_up(double by) {
    rate_ = std::min(1.0, rate_ + by);
    if (rate_ < 1) return;
    pace_ = net::pace::own_share;
    why_.clear();
}

void governor::ping(nanoseconds took) {
    recent_.push_back(took);
    if (recent_.size() > window) recent_.pop_front();
    if (recent_.size() < window / 3) return;
    const auto now = middle(recent_), was = middle(quiet_);
    if (now <= was + allowance()) {
        // What load() found is over when load() says so.
        if (pace_ == net::pace::own_share || pace_ == net::pace::latency) speed_up(after_ping);
        return;
    }
    why_ = fmt::format("the server's own latency rose from {} to {}", show(was), show(now));
    slow_down(net::pace::latency);
    recent_.clear();  // what came before the slower pace says nothing of it
}

void governor::load(const server_load& now) {
    if (load_ && now.at >= load_->at && now.at - load_->at < shortest_span) return;
    const auto before = std::exchange(load_, now);
    const auto ours = std::chrono::duration<double>(std::exchange(held_since_, nanoseconds{0})).count();
    if (now.replica_lag_bytes > limits_.lag_bytes) {
        why_ = fmt::format("a replica is {} behind", show_bytes(now.replica_lag_bytes));
        return slow_down(net::pace::replicas);
    }
    if (!before || now.at <= before->at) return;
    if (before->main_thread_seconds < 0 || now.main_thread_seconds < 0) {
        share_ = limits_.share;
        if (pace_ == net::pace::replicas) speed_up(after_load);
        return;
    }
    const auto span = std::chrono::duration<double>(now.at - before->at).count();
    const double busy = (now.main_thread_seconds - before->main_thread_seconds) / span;
    share_ = limits_.free_share * (1 - std::clamp(busy - ours / span, 0.0, limits_.busy));
    if (busy <= limits_.busy) {
        if (pace_ == net::pace::busy || pace_ == net::pace::replicas) speed_up(after_load);
        return;
    }
    why_ = fmt::format("the server's main thread is {:.0f} % busy, with {} commands a second", busy * 100,
                       now.operations_per_second);
    slow_down(net::pace::busy);
}

void governor::burst(std::size_t commands, std::uint64_t reply_bytes, nanoseconds took) {
    operations_ += commands;
    bytes_ += reply_bytes;
    if (commands == 0) return;
    const auto alone = recent_.empty() ? middle(quiet_) : middle(recent_);
    const auto took_more = std::max(took - alone, nanoseconds{1000});
    const auto count = static_cast<std::int64_t>(commands);
    costs_.push_back(took_more / count);
    if (costs_.size() > window) costs_.pop_front();
    const auto a_command = std::max(middle(costs_), nanoseconds{1});

    const auto target = times(allowance(), burst_part), meant = a_command * count;
    held_ = took_more > times_as_long * std::max(meant, target) ? took_more : meant;
    held_since_ += held_;
    // At most twice or half as many as before.
    const double wanted = static_cast<double>(target.count()) / static_cast<double>(a_command.count());
    const double last = static_cast<double>(commands_);
    commands_ = static_cast<std::size_t>(std::clamp(wanted, std::max(1.0, last / 2), last * 2));
}

std::size_t governor::commands() const {
    const std::size_t wanted = limits_.governed ? commands_ : limits_.most_commands;
    const std::size_t left = limits_.operations > operations_ ? limits_.operations - operations_ : 1;
    const std::size_t most = limits_.operations == 0 ? limits_.most_commands : std::min(limits_.most_commands, left);
    return std::clamp<std::size_t>(wanted, 1, most);
}

nanoseconds governor::rest() const {
    if (!limits_.governed) return nanoseconds{0};
    return std::min(longest_rest, times(held_, 1 / (share_ * rate_) - 1));
}

nanoseconds governor::next(nanoseconds begun) {
    if (!limits_.governed) return begun;
    return due_ = std::max(due_, begun - most_late) + held_ + rest();
}

bool governor::ping_due(nanoseconds at) {
    if (at - pinged_ < between_pings) return false;
    pinged_ = at;
    return true;
}

bool governor::load_due(nanoseconds at) {
    if (at - loaded_ < between_loads) return false;
    loaded_ = at;
    return true;
}

std::string governor::why() const {
    return why_;
}

budget governor::spent(nanoseconds since_start) const {
    if (limits_.operations != 0 && operations_ >= limits_.operations) return budget::operations;
    if (limits_.bytes != 0 && bytes_ >= limits_.bytes) return budget::bytes;
    if (limits_.time.count() != 0 && since_start >= limits_.time) return budget::time;
    return budget::none;
}

std::string_view word(pace of) noexcept {
    switch (of) {
        case pace::own_share:
            return "own_share";
        case pace::latency:
            return "latency";
        case pace::busy:
            return "busy";
        case pace::replicas:
            return "replicas";
    }
    return "";
}

std::string_view word(budget of) noexcept {
    switch (of) {
        case budget::none:
            return "none";
        case budget::operations:
            return "operations";
        case budget::bytes:
            return "bytes";
        case budget::time:
            return "time";
    }
    return "";
}

}  // namespace understudy::net
