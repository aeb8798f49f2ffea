// One [environments.NAME] of understudy.toml.
//
// What an environment may do follows from its role unless it says otherwise: production is read-only and asked once a
// second, the others are read-write and unlimited. Where things are (url, redis) has no default, since a default could
// be somebody else's server.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/near_name.h"
#include "model/detail/project_parts.h"
#include "model/detail/words.h"

namespace understudy::model::detail {

namespace {

bool good_host(std::string_view host) {
    if (host.starts_with('[') && host.ends_with(']') && host.size() > 2)
        return host.find_first_not_of("0123456789abcdefABCDEF:.", 1) == host.size() - 1;
    return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
               c == '_';
    });
}

bool good_port(std::string_view text) {
    unsigned port = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
    return code == std::errc{} && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

// What is wrong with a base URL; empty where nothing is.
std::string_view wrong_with_url(std::string_view url) {
    if (url.starts_with("http://"))
        url.remove_prefix(7);
    else if (url.starts_with("https://"))
        url.remove_prefix(8);
    else
        return "expected a URL that opens with http:// or https://";
    const auto authority = url.substr(0, url.find_first_of("/?#"));
    const auto path = url.substr(authority.size());
    if (authority.find('@') != std::string_view::npos)
        return "a user or password in the URL is refused; use basic = { username = ..., password = \"${NAME}\" }";
    if (path.find_first_of("?#") != std::string_view::npos) return "expected a URL without query and fragment";
    const auto bracket = authority.rfind(']');
    const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (!good_host(authority.substr(0, colon))) return "expected a host name or address in the URL";
    if (colon != std::string_view::npos && !good_port(authority.substr(colon + 1)))
        return "expected a port from 1 to 65535 in the URL";
    if (!path.empty() && !good_path(path)) return "expected a plain path in the URL";
    return {};
}

std::string read_url(toml_table& table) {
    const auto url = table.needed_text("url");
    if (url.value.empty()) return {};
    if (const auto wrong = wrong_with_url(url.value); !wrong.empty()) {
        table.refuse(errc::config_bad_value, "url", std::string(wrong));
        return {};
    }
    return url.value.substr(0, url.value.find_last_not_of('/') + 1);
}

redis_address read_redis(toml_table& parent, const std::string& folder) {
    redis_address out;
    if (!parent.need("redis")) return out;
    auto table = parent.table("redis");
    if (!table) return out;
    if (const auto socket = table->text("unix")) {
        if (table->has("host") || table->has("port"))
            table->refuse(errc::config_bad_value, "unix", "a Unix socket has no host and no port");
        if (socket->value.empty()) table->refuse(errc::config_bad_value, "unix", "expected the path of a socket");
        out.unix_path = absolute_path(folder, socket->value);
    }
    if (!table->has("unix")) (void)table->need("host");
    if (const auto host = table->text("host")) {
        const bool good = good_host(host->value) || good_host(fmt::format("[{}]", host->value));
        if (!good) table->refuse(errc::config_bad_value, "host", "expected a host name or address");
        out.host = host->value;
    }
    if (const auto port = table->integer("port", 1, 65535)) out.port = static_cast<std::uint16_t>(port->value);
    if (const auto database = table->integer("database", 0, 1'000'000))
        out.database = static_cast<int>(database->value);
    if (const auto username = table->text("username")) out.username = username->value;
    out.password = read_secret(*table, "password", folder);
    if (!out.username.empty() && !out.password.given()) (void)table->need("password");
    table->finish();
    return out;
}

void read_place(toml_table& table, const std::string& folder, database_address& out) {
    if (const auto socket = table.text("unix")) {
        if (table.has("host")) table.refuse(errc::config_bad_value, "unix", "a Unix socket has no host");
        if (socket->value.empty()) table.refuse(errc::config_bad_value, "unix", "expected the path of a socket");
        out.unix_path = absolute_path(folder, socket->value);
    }
    if (!table.has("unix")) (void)table.need("host");
    if (const auto host = table.text("host")) {
        const bool good = good_host(host->value) || good_host(fmt::format("[{}]", host->value));
        if (!good) table.refuse(errc::config_bad_value, "host", "expected a host name or address");
        out.host = host->value;
    }
    if (const auto port = table.integer("port", 1, 65535)) out.port = static_cast<std::uint16_t>(port->value);
}

std::optional<database_address> read_database(toml_table& parent, const std::string& folder) {
    auto table = parent.table("database");
    if (!table) return std::nullopt;
    database_address out;
    if (table->need("kind"))
        if (const auto kind = table->one_of("kind", words_of<database_kind>()))
            out.kind = static_cast<database_kind>(*kind);
    if (out.kind != database_kind::postgresql) out.port = 3306;
    read_place(*table, folder, out);
    out.name = table->needed_text("name").value;
    out.username = table->needed_text("username").value;
    out.password = read_secret(*table, "password", folder);
    if (const auto ca = table->text("ca")) {
        if (ca->value.empty()) table->refuse(errc::config_bad_value, "ca", "expected a file of certificates");
        if (table->has("unix")) table->refuse(errc::config_bad_value, "ca", "a Unix socket has no TLS");
        out.ca = absolute_path(folder, ca->value);
    }
    table->finish();
    return out;
}

std::optional<basic_auth> read_basic(toml_table& parent, const std::string& folder) {
    auto table = parent.table("basic");
    if (!table) return std::nullopt;
    basic_auth out;
    out.username = table->needed_text("username").value;
    if (out.username.find(':') != std::string::npos)  // RFC 7617, 2
        table->refuse(errc::config_bad_value, "username", "a user name of HTTP basic holds no \":\"");
    if (table->need("password")) out.password = read_secret(*table, "password", folder);
    table->finish();
    return out;
}

std::optional<instrumentation> read_instrument(toml_table& parent, const std::string& folder) {
    auto table = parent.table("instrument");
    if (!table) return std::nullopt;
    instrumentation out;
    if (const auto header = table->text("header")) {
        if (!good_header(header->value))
            table->refuse(errc::config_bad_value, "header", "expected the name of a request header of your own");
        out.header = header->value;
    }
    if (table->need("secret")) out.secret = read_secret(*table, "secret", folder);
    table->finish();
    return out;
}

limits read_limits(toml_table& parent, role of) {
    limits out;
    if (of == role::production) out.requests_per_second = 1.0;
    auto table = parent.table("limits");
    if (!table) return out;
    if (const auto rate = table->number("requests_per_second", 0, 1e6)) {
        if (of == role::production && rate->value == 0)
            table->refuse(errc::config_bad_value, "requests_per_second", "production is not asked without a limit");
        out.requests_per_second = rate->value;
    }
    if (const auto keys = table->integer("census_keys", 0, 1'000'000'000))
        out.census_keys = static_cast<std::uint64_t>(keys->value);
    table->finish();
    return out;
}

void read_identities(toml_table& parent, const std::string& folder, environment& out) {
    out.identities.push_back({.name = "anonymous", .form = {}, .header = {}, .logged_in_when = {}, .marker = {}});
    auto table = parent.table("identities");
    if (!table) return;
    for (const auto& name : table->keys())
        if (auto one = table->table(name.value)) out.identities.push_back(read_identity(*one, name, folder));
}

void read_commands(toml_table& parent, const std::string& folder, environment& out) {
    auto table = parent.table("commands");
    if (!table) return;
    for (const auto& name : table->keys())
        if (auto one = table->table(name.value)) out.commands.push_back(read_command(*one, name, folder));
    if (out.command("release")) return;
    for (const auto& command : out.commands)
        if (command.wants_release())
            table->refuse(errc::unknown_name, command.name,
                          "{release} is what the command \"release\" prints, and this environment declares none");
}

}  // namespace

environment read_environment(toml_table table, const located_text& name, const std::string& folder) {
    environment out;
    check_name(name, "an environment", table.report());
    out.name = name.value;
    if (table.need("role"))
        if (const auto role = table.one_of("role", words_of<model::role>())) out.role = static_cast<model::role>(*role);
    out.access = out.role == role::production ? access::read_only : access::read_write;
    if (const auto access = table.one_of("access", words_of<model::access>()))
        out.access = static_cast<model::access>(*access);
    out.url = read_url(table);
    out.redis = read_redis(table, folder);
    out.database = read_database(table, folder);
    out.basic = read_basic(table, folder);
    out.instrument = read_instrument(table, folder);
    out.limits = read_limits(table, out.role);
    read_identities(table, folder, out);
    read_commands(table, folder, out);
    table.finish();
    return out;
}

}  // namespace understudy::model::detail
