#include "store/fault.h"

#ifdef UNDERSTUDY_FAULTS

#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>

#include <unistd.h>

namespace understudy::store {

namespace {

struct crash_plan {
    std::string name;
    std::uint64_t number = 0;  // 0: none
    crash_moment moment = crash_moment::after;
};

// A plan that cannot be read ends the program: a kill test that kills nothing would pass.
[[noreturn]] void refuse_plan() {
    constexpr std::string_view text =
        "UNDERSTUDY_CRASH_AT: expected name:N, name:N:before, name:N:torn or name:N:after\n";
    (void)!::write(STDERR_FILENO, text.data(), text.size());
    std::abort();
}

crash_plan read_plan() {
    const char* variable = std::getenv("UNDERSTUDY_CRASH_AT");
    if (variable == nullptr) return {};
    const std::string_view text = variable;
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) refuse_plan();
    crash_plan plan{std::string(text.substr(0, colon))};
    const std::string_view rest = text.substr(colon + 1);
    const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), plan.number);
    const std::string_view moment(end, static_cast<std::size_t>(rest.data() + rest.size() - end));
    if (problem != std::errc{} || plan.number == 0) refuse_plan();
    if (moment == ":before")
        plan.moment = crash_moment::before;
    else if (moment == ":torn")
        plan.moment = crash_moment::torn;
    else if (!moment.empty() && moment != ":after")
        refuse_plan();
    return plan;
}

}  // namespace

// The environment is read at each event, not once: a test sets it in a forked child, whose parent may have read it.
crash_moment next_crash(std::string_view name) {
    static std::mutex mutex;
    static std::map<std::string, std::uint64_t, std::less<>> counts;
    static pid_t counted_by = 0;
    const std::lock_guard guard(mutex);
    if (counted_by != ::getpid()) {
        counts.clear();
        counted_by = ::getpid();
    }
    const auto at = counts.try_emplace(std::string(name), 0).first;
    const std::uint64_t number = ++at->second;
    const crash_plan plan = read_plan();
    return plan.name == name && plan.number == number ? plan.moment : crash_moment::none;
}

void crash_now() {
    ::kill(::getpid(), SIGKILL);
    for (;;)
        ::pause();
}

void crash_point(std::string_view name) {
    if (next_crash(name) != crash_moment::none) crash_now();
}

}  // namespace understudy::store

#endif
