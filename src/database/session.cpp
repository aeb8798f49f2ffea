#include "database/session.h"

#include <charconv>

#include "database/detail/engine.h"

namespace understudy::database {

std::string address::text() const {
    std::string out;
    if (!unix_path.empty())
        out = "unix:" + unix_path;
    else
        out = (host.find(':') != std::string::npos ? "[" + host + "]" : host) + ":" + std::to_string(port);
    return out + "/" + name;
}

session::session(std::unique_ptr<detail::engine> on) : engine_(std::move(on)) {}
session::session(session&&) noexcept = default;
session& session::operator=(session&&) noexcept = default;
session::~session() = default;

result<session> session::open(const address& to, moment until) {
    auto made = to.kind == kind::postgresql ? detail::open_postgresql(to, until) : detail::open_mysql(to, until);
    if (!made) return std::unexpected(std::move(made).error());
    return session(std::move(*made));
}

result<call_count> session::calls(moment until) {
    return engine_->calls(until);
}
result<statement_list> session::statements(moment until) {
    return engine_->statements(until);
}
const std::string& session::product() const {
    return engine_->product;
}
const std::string& session::version() const {
    return engine_->version;
}
const std::string& session::where() const {
    return engine_->where;
}
bool session::alive() const noexcept {
    return engine_->alive();
}

std::string mend_of(const error& wrong, kind of) {
    const bool postgresql = of == kind::postgresql;
    switch (wrong.code) {
        case errc::auth_failed:
            return "check `database` in understudy.toml: username, password, and whether that user may connect from "
                   "here";
        case errc::no_permission:
            return postgresql ? "GRANT pg_read_all_stats TO the user of `database`"
                              : "GRANT SELECT ON performance_schema.* TO the user of `database`";
        case errc::no_counters:
            return postgresql
                       ? "shared_preload_libraries = 'pg_stat_statements', a restart, and in the database CREATE "
                         "EXTENSION pg_stat_statements"
                       : "performance_schema = ON, and a restart";
        case errc::unreachable:
        case errc::timed_out:
        case errc::connection_lost:
            return "check `database` in understudy.toml, and that the database can be reached from here";
        case errc::server_loading:
            return "wait until the database has started";
        case errc::protocol:
            return "check that this is the right port";
        case errc::tls_failed:
            return "check `ca` of `database` in understudy.toml, that `host` is a name in the server's certificate, "
                   "and that "
                   "the server has TLS";
        case errc::secret_missing:
            return "set the secret that `database` in understudy.toml names";
        default:
            return {};
    }
}

namespace detail {

result<std::uint64_t> whole_number(const std::string& text, const std::string& where) {
    std::uint64_t out = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (code != std::errc{} || end != text.data() + text.size() || text.empty())
        return fail(errc::protocol, "the database's counter is no whole number", where);
    return out;
}

}  // namespace detail

}  // namespace understudy::database
