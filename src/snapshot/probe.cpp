#include "snapshot/probe.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "base/random.h"

namespace understudy::snapshot {

namespace {

// Empty: it is given. That this key may not be looked at ("no permissions to access a key"), or would be on another
// node of a Cluster, says nothing of the command.
std::string why_not(const resp::value& reply) {
    if (reply.error_word() == "MOVED" || reply.error_word() == "ASK") return {};
    if (!reply.is_error() || reply.error_text().find("access") != std::string_view::npos) return {};
    if (reply.error_word() == "NOPERM") return "the user may not";
    return reply.error_text().find("unknown") != std::string_view::npos ? "the server does not know it"
                                                                        : "the server refuses it";
}

// Whether uses of a key decide what is evicted.
bool goes_by_uses(std::string_view policy) {
    return policy.find("lru") != std::string_view::npos || policy.find("lfu") != std::string_view::npos;
}

class prober {
public:
    prober(net::read_only_link& link, const server_view& about, net::deadline until)
        : link_(link), about_(about), until_(until), key_("understudy:none:" + hex(random_bytes(8))) {}

    result<powers> ask() {
        UNDERSTUDY_TRY(must({"SCAN", "0", "COUNT", "1"}));
        UNDERSTUDY_TRY(must({"TYPE", key_}));
        UNDERSTUDY_LET(absolute, gives({"PEXPIRETIME", key_}));
        out_.absolute_expiry = absolute.empty();
        if (!out_.absolute_expiry) UNDERSTUDY_TRY(must({"PTTL", key_}));
        UNDERSTUDY_TRY(may({"OBJECT", "ENCODING", key_}, out_.encoding, "encoding", ""));
        UNDERSTUDY_TRY(may({"MEMORY", "USAGE", key_}, out_.memory, "memory", "lengths are all that tells sizes"));
        out_.no_modules = about_.no_modules;
        UNDERSTUDY_TRY(uses());
        UNDERSTUDY_TRY(lengths());
        return std::move(out_);
    }

private:
    // Why it is not given; empty: it is.
    result<std::string> gives(const net::command& words) {
        UNDERSTUDY_LET(replies, link_.pipeline(std::span(&words, 1), until_));
        return why_not(replies.front());
    }

    status must(const net::command& words) {
        UNDERSTUDY_LET(why, gives(words));
        if (why.empty()) return {};
        return fail(errc::no_permission,
                    fmt::format("without {} there is nothing to walk: {}", net::name_of(words), why), link_.where());
    }

    status may(const net::command& words, bool& into, std::string_view fact, std::string_view instead) {
        UNDERSTUDY_LET(why, gives(words));
        into = why.empty();
        if (!into)
            miss(fact, fmt::format("{}: {}{}{}", net::name_of(words), why, instead.empty() ? "" : "; ", instead));
        return {};
    }

    void miss(std::string_view fact, std::string why) { out_.degraded.push_back({std::string(fact), std::move(why)}); }

    // LFU's counter and the idle time share their bits, so a server keeps one of the two.
    status uses() {
        if (about_.policy.find("lfu") != std::string::npos)
            return may({"OBJECT", "FREQ", key_}, out_.frequency, "frequency", "");
        return may({"OBJECT", "IDLETIME", key_}, out_.idle, "idle", "");
    }

    status lengths() {
        if (!link_.no_touch() && !about_.replica && (about_.policy.empty() || goes_by_uses(about_.policy))) {
            miss("elements",
                 fmt::format("not asked: before 7.2 STRLEN, HLEN and their kin count as a use of the key, and "
                             "maxmemory-policy {}; a replica or an RDB file tells them",
                             about_.policy.empty() ? "is not known" : about_.policy + " goes by uses"));
            return {};
        }
        for (const auto* name : {"STRLEN", "HLEN", "LLEN", "SCARD", "ZCARD", "XLEN"}) {
            UNDERSTUDY_LET(why, gives({name, key_}));
            if (why.empty()) continue;
            miss("elements", fmt::format("{}: {}", name, why));
            return {};
        }
        out_.lengths = true;
        return {};
    }

    net::read_only_link& link_;
    const server_view& about_;
    net::deadline until_;
    std::string key_;
    powers out_;
};

}  // namespace

std::size_t powers::commands_a_key() const {
    return 2u + static_cast<std::size_t>(encoding) + static_cast<std::size_t>(memory) +
           static_cast<std::size_t>(idle || frequency) + static_cast<std::size_t>(lengths);
}

result<powers> probe(net::read_only_link& link, const server_view& about, net::deadline until) {
    return prober(link, about, until).ask();
}

}  // namespace understudy::snapshot
