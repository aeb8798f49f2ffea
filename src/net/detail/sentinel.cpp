#include "net/detail/sentinel.h"

#include <algorithm>
#include <charconv>

#include "net/detail/engine.h"
#include "net/detail/redis_connection.h"

namespace understudy::net::detail {

namespace {

constexpr std::chrono::seconds sentinel_patience{2};  // with one of several
constexpr std::chrono::milliseconds pause{200};

using place = model::server_place;

std::string shown(const place& at) {
    return redis_endpoint{.host = at.host, .port = at.port}.text();
}

// Two bulks, host and port; null for a name that it does not watch.
result<std::optional<place>> place_of(const resp::value& reply, const std::string& where) {
    if (reply.is_null()) return std::nullopt;
    const auto wrong = [&] { return fail(errc::protocol, "the sentinel named no host and port", where); };
    if (reply.elements.size() != 2) return wrong();
    const auto host = reply.elements[0].as_text();
    const auto port = reply.elements[1].as_text();
    place out;
    if (!host || !port || !is_plain_host(*host)) return wrong();
    const auto [end, code] = std::from_chars(port->data(), port->data() + port->size(), out.port);
    if (code != std::errc{} || end != port->data() + port->size() || out.port == 0) return wrong();
    out.host = *host;
    return out;
}

result<std::optional<place>> ask(engine& on, const redis_endpoint& to, const place& sentinel, deadline until) {
    const auto soon = deadline::earlier(until, deadline::after(sentinel_patience));
    const redis_endpoint at{.host = sentinel.host,
                            .port = sentinel.port,
                            .username = to.sentinels->username,
                            .password = to.sentinels->password,
                            .tls = to.tls};
    UNDERSTUDY_LET(connection, redis_connection::open(on, at, soon, {}));
    UNDERSTUDY_LET(reply, connection->call({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", to.sentinels->master}, soon));
    return place_of(reply, connection->where());
}

struct answers {
    std::vector<place> named;  // without repetition
    bool unknown = false;      // one of them watches no such master
    std::optional<error> failed;
};

result<answers> ask_all(engine& on, const redis_endpoint& to, deadline until) {
    answers out;
    for (const place& one : to.sentinels->at) {
        auto said = ask(on, to, one, until);
        if (!said && said.error().code == errc::interrupted) return std::unexpected(std::move(said).error());
        if (!said) {
            // What one says outweighs that another is gone.
            if (!out.failed || out.failed->code == errc::unreachable) out.failed = std::move(said).error();
        } else if (!*said) {
            out.unknown = true;
        } else if (std::ranges::find(out.named, **said) == out.named.end()) {
            out.named.push_back(**said);
        }
    }
    return out;
}

}  // namespace

result<model::server_place> find_primary(engine& on, const redis_endpoint& to, deadline until) {
    const std::string where = to.text();
    std::optional<error> disagreed;  // says more than the turn that time cut short
    for (;;) {
        UNDERSTUDY_LET(said, ask_all(on, to, until));
        if (said.named.size() == 1) return said.named.front();
        if (said.named.empty() && disagreed) return std::unexpected(std::move(*disagreed));
        if (said.named.empty() && said.unknown)
            return fail(errc::unknown_name, "the sentinels watch no master of this name", where);
        if (said.named.empty()) {
            error failed = said.failed ? *std::move(said.failed) : error{errc::unreachable, "no sentinel", where, true};
            failed.what = "no sentinel answers: " + failed.what;
            return std::unexpected(std::move(failed));
        }
        disagreed = error{errc::server_error,
                          "the sentinels do not agree on the primary (" + shown(said.named[0]) + " and " +
                              shown(said.named[1]) + "): a failover is under way, or one of them is cut off",
                          where, true};
        if (until.remaining() <= pause + sentinel_patience / 4) return std::unexpected(std::move(*disagreed));
        UNDERSTUDY_TRY(on.sleep_until(deadline::after(pause).when()));
    }
}

}  // namespace understudy::net::detail
