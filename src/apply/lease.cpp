#include "apply/lease.h"

#include <charconv>
#include <csignal>

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include "apply/keys.h"
#include "base/hash.h"
#include "base/units.h"

namespace understudy::apply {

namespace {

constexpr std::chrono::minutes first_span{5};
constexpr std::chrono::seconds patience{10};

std::string host_name() {
    char name[256] = {};
    gethostname(name, sizeof name - 1);
    return name;
}

std::string user_name() {
    const passwd* entry = getpwuid(getuid());
    return entry ? entry->pw_name : std::to_string(getuid());
}

// "ID|pid|user|host|since": what the key holds.
struct holder {
    std::string id, pid, user, host, since;

    [[nodiscard]] std::string text() const { return fmt::format("{}|{}|{}|{}|{}", id, pid, user, host, since); }
    [[nodiscard]] std::string shown() const {
        return fmt::format("rehearsal {} (pid {} of user {} on host {}, since {})", id, pid, user, host, since);
    }
    static std::optional<holder> parse(std::string_view text) {
        holder out;
        for (auto* field : {&out.id, &out.pid, &out.user, &out.host, &out.since}) {
            const auto end = text.find('|');
            *field = text.substr(0, end);
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        }
        return out.since.empty() ? std::nullopt : std::optional(out);
    }
    // Gone for certain: it ran on this machine, and no process has its number.
    [[nodiscard]] bool dead() const {
        int number = 0;
        std::from_chars(pid.data(), pid.data() + pid.size(), number);
        return host == host_name() && number > 0 && kill(number, 0) != 0 && errno == ESRCH;
    }
};

net::deadline soon() {
    return net::deadline::after(patience);
}

net::command set_command(const std::string& value, std::chrono::milliseconds span, bool only_if_absent) {
    net::command words{"SET", std::string(lease_key), value, "PX", std::to_string(span.count())};
    if (only_if_absent) words.emplace_back("NX");
    return words;
}

}  // namespace

result<lease> lease::take(net::writable_link& link, const store::state_folder& state, const std::string& id) {
    const holder me{id, std::to_string(getpid()), user_name(), host_name(), show(now())};
    // The server's own id names the lock, so that two ways of writing its address are one lock.
    const auto file = state.locks() / (link.facts().run_id + ".lock");
    UNDERSTUDY_LET(lock, store::file_lock::acquire(file, me.shown()));
    UNDERSTUDY_LET(first, link.call(set_command(me.text(), first_span, true), soon()));
    if (first.is_null()) {
        UNDERSTUDY_LET(there, link.call({"GET", std::string(lease_key)}, soon()));
        const auto other = holder::parse(there.as_text().value_or(""));
        if (other && !other->dead())
            return fail(errc::locked, "staging is in use by " + other->shown(), link.where(), true);
        UNDERSTUDY_TRY(link.call(set_command(me.text(), first_span, false), soon()));
    }
    return lease(std::move(lock), me.text());
}

status lease::renew(net::writable_link& link, std::chrono::milliseconds span) const {
    UNDERSTUDY_LET(there, link.call({"GET", std::string(lease_key)}, soon()));
    if (there.as_text().value_or("") != holder_)
        return fail(errc::disturbed, "the rehearsal's lease key is gone: somebody flushed or took this staging",
                    link.where());
    UNDERSTUDY_TRY(link.call({"PEXPIRE", std::string(lease_key), std::to_string(span.count())}, soon()));
    return {};
}

status lease::release(net::writable_link& link) const {
    UNDERSTUDY_LET(there, link.call({"GET", std::string(lease_key)}, soon()));
    if (there.as_text().value_or("") == holder_) UNDERSTUDY_TRY(link.call({"UNLINK", std::string(lease_key)}, soon()));
    return {};
}

status lease::claim_again(net::writable_link& link, std::chrono::milliseconds span) const {
    UNDERSTUDY_TRY(link.call(set_command(holder_, span, true), soon()));
    return {};
}

}  // namespace understudy::apply
