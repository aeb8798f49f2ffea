#include "apply/lease.h"

#include <array>
#include <charconv>
#include <csignal>

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include "apply/keys.h"
#include "base/hash.h"
#include "base/units.h"
#include "net/topology.h"

namespace understudy::apply {

namespace {

constexpr std::chrono::minutes first_span{15};
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

// The server that holds the key: of a Cluster one primary, over whose link the transactions go whole.
net::write_link& holder_of_key(net::write_link& link) {
    return *link.primaries()[link.owner_of(lease_key)];
}

// The server's own id names the lock, so that two ways of writing its address are one lock; of a Cluster the id of its
// first node.
std::string lock_name(net::write_link& link) {
    return link.shape() ? link.shape()->primaries().front().id : link.facts().run_id;
}

net::command set_command(const std::string& value, std::chrono::milliseconds span, bool only_if_absent) {
    net::command words{"SET", std::string(lease_key), value, "PX", std::to_string(span.count())};
    if (only_if_absent) words.emplace_back("NX");
    return words;
}

// WATCH and GET are done; false where the key changed since.
result<bool> exec_unless_changed(net::write_link& link, const net::command& words) {
    const std::array<net::command, 3> commands{net::command{"MULTI"}, words, net::command{"EXEC"}};
    UNDERSTUDY_LET(replies, link.pipeline(commands, soon()));
    for (const auto& reply : replies)
        if (auto wrong = net::reply_error(reply, net::name_of(words))) return std::unexpected(std::move(*wrong));
    return !replies.back().is_null();
}

result<std::string> watched_key(net::write_link& link) {
    UNDERSTUDY_TRY(link.call({"WATCH", std::string(lease_key)}, soon()));
    UNDERSTUDY_LET(there, link.call({"GET", std::string(lease_key)}, soon()));
    return std::string(there.as_text().value_or(""));
}

// Empty: the key is ours now. Else who holds it.
result<std::optional<std::string>> claim(net::write_link& link, const holder& me) {
    // Each turn but the last ends because another was quicker, or because the key expired just now.
    for (int turn = 0; turn < 4; ++turn) {
        UNDERSTUDY_LET(first, link.call(set_command(me.text(), first_span, true), soon()));
        if (!first.is_null()) return std::nullopt;
        UNDERSTUDY_LET(there, watched_key(link));
        const auto other = holder::parse(there);
        if (!there.empty() && !(other && other->dead())) {
            UNDERSTUDY_TRY(link.call({"UNWATCH"}, soon()));
            if (other) return other->shown();
            return fmt::format("something else, which wrote the key {}", lease_key);
        }
        UNDERSTUDY_LET(ours, exec_unless_changed(link, set_command(me.text(), first_span, false)));
        if (ours) return std::nullopt;
    }
    return "another rehearsal that begins just now";
}

}  // namespace

result<lease> lease::take(net::write_link& link, const store::state_folder& state, const std::string& id, held where) {
    const holder me{id, std::to_string(getpid()), user_name(), host_name(), show(now())};
    const auto file = state.locks() / (lock_name(link) + ".lock");
    UNDERSTUDY_LET(lock, store::file_lock::acquire(file, me.shown()));
    if (where == held::here) return lease(std::move(lock), {});
    UNDERSTUDY_LET(other, claim(holder_of_key(link), me));
    if (other) return fail(errc::locked, "staging is in use by " + *other, link.where(), true);
    return lease(std::move(lock), me.text());
}

result<bool> lease::while_ours(net::write_link& whole, const net::command& words) const {
    auto& link = holder_of_key(whole);
    UNDERSTUDY_LET(there, watched_key(link));
    if (there != holder_) {
        UNDERSTUDY_TRY(link.call({"UNWATCH"}, soon()));
        return false;
    }
    auto done = exec_unless_changed(link, words);
    if (done || done.error().code != errc::oom) return done;
    // A full server queues no command, whichever it is. Alone it takes these, which need no memory; that the key goes
    // to another within this millisecond is the smaller evil than a lease that nobody can renew.
    UNDERSTUDY_TRY(link.call(words, soon()));
    return true;
}

status lease::renew(net::write_link& link, std::chrono::milliseconds span) const {
    UNDERSTUDY_LET(ours, while_ours(link, {"PEXPIRE", std::string(lease_key), std::to_string(span.count())}));
    if (!ours)
        return fail(errc::disturbed, "the rehearsal's lease key is gone: somebody flushed or took this staging",
                    link.where());
    return {};
}

status lease::release(net::write_link& link) const {
    if (holder_.empty()) return {};
    UNDERSTUDY_TRY(while_ours(link, {"UNLINK", std::string(lease_key)}));
    return {};
}

status lease::claim_again(net::write_link& whole, std::chrono::milliseconds span) const {
    auto& link = holder_of_key(whole);
    // A look that was interrupted may have left the key watched, and the next transaction would fail for it.
    UNDERSTUDY_TRY(link.call({"UNWATCH"}, soon()));
    UNDERSTUDY_TRY(link.call(set_command(holder_, span, true), soon()));
    return {};
}

}  // namespace understudy::apply
