// One [environments.NAME] of understudy.toml.
//
// What an environment may do follows from its role unless it says otherwise: production is read-only and asked once a
// second, the others are read-write and unlimited. Where things are (url, redis) has no default, since a default could
// be somebody else's server.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/near_name.h"
#include "model/detail/host.h"
#include "model/detail/project_parts.h"
#include "model/detail/words.h"
#include "model/redis_url.h"

namespace understudy::model::detail {

namespace {

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
    if (colon != std::string_view::npos && !parse_port(authority.substr(colon + 1)))
        return "expected a port from 1 to 65535 in the URL";
    if (path.find_first_not_of('/') != std::string_view::npos)
        return "expected a URL without a path; the pages are named by the paths of the routes, from the root of the "
               "host";
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

// "1/10": a tenth of production.
double read_scale(toml_table& table) {
    const auto text = table.text("scale");
    if (!text) return 1;
    unsigned parts = 0;
    const char* begin = text->value.data() + 2;
    const char* end = text->value.data() + text->value.size();
    const bool opens = text->value.starts_with("1/");
    if (!opens || std::from_chars(begin, end, parts).ptr != end || parts == 0 || parts > 1'000'000) {
        table.refuse(errc::config_bad_value, "scale", "expected a part of production as 1/N, such as \"1/10\"");
        return 1;
    }
    return 1.0 / parts;
}

constexpr std::uint16_t sentinel_port = 26379;
constexpr std::size_t most_sentinels = 32;

// Redis's own rule for the name of a master (sentinel.c): letters, digits and ".-_".
bool good_master(std::string_view name) {
    return !name.empty() && name.size() <= 255 && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
               c == '_';
    });
}

void read_sentinels(toml_table& table, const std::string& folder, redis_address& out) {
    auto& watch = out.sentinels.emplace();
    const auto texts = table.texts("sentinels");
    for (const auto& one : texts) {
        const auto place = parse_host_and_port(one.value, sentinel_port);
        if (!place) {
            table.report().add(errc::config_bad_value, one.at, "expected \"HOST\" or \"HOST:PORT\" of a sentinel");
            continue;
        }
        watch.at.push_back({place->host, place->port});
    }
    if (texts.empty() || texts.size() > most_sentinels)
        table.refuse(errc::config_bad_value, "sentinels",
                     fmt::format("expected the sentinels' addresses, {} at most", most_sentinels));
    if (table.need("master"))
        if (const auto master = table.text("master")) {
            if (!good_master(master->value))
                table.refuse(errc::config_bad_value, "master", "expected the name that the sentinels know it by");
            watch.master = master->value;
        }
    if (const auto username = table.text("sentinel_username")) watch.username = username->value;
    watch.password = read_secret(table, "sentinel_password", folder);
    if (!watch.username.empty()) (void)table.need("sentinel_password");
    for (const auto* key : {"host", "port", "unix"})
        if (table.has(key)) table.refuse(errc::config_bad_value, key, "the sentinels say where the server is");
}

// `tls = {}` is all of it: the system's authorities, and the host's name.
std::optional<tls_settings> read_tls(toml_table& parent, const std::string& folder) {
    auto table = parent.table("tls");
    if (!table) return std::nullopt;
    tls_settings out;
    const auto file = [&](std::string_view key, std::string& into) {
        if (table->has(key)) into = absolute_path(folder, table->needed_text(key).value);
    };
    file("ca", out.ca);
    file("cert", out.certificate);
    file("key", out.key);
    if (table->has("cert")) (void)table->need("key");
    if (table->has("key")) (void)table->need("cert");
    if (const auto name = table->text("server_name")) {
        if (!good_host(name->value) && !good_host(fmt::format("[{}]", name->value)))
            table->refuse(errc::config_bad_value, "server_name", "expected a host name or address");
        out.server_name = without_brackets(name->value);
    }
    if (table->boolean("verify"))
        table->refuse(errc::config_bad_value, "verify",
                      "a server is always verified; name the authority of its certificate with ca, and the name in it "
                      "with server_name");
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

// A URL in the place of `key`, and what else of the address may stand beside it.
redis_address read_redis_url(toml_table& table, std::string_view key, const std::string& url,
                             const std::string& folder) {
    auto read = parse_redis_url(url);
    if (!read) {
        table.refuse(read.error().code, key, read.error().what);
        return {};
    }
    if (!read->unix_path.empty()) read->unix_path = absolute_path(folder, read->unix_path);
    return std::move(*read);
}

void read_redis_host(toml_table& table, const std::string& folder, redis_address& out) {
    if (const auto socket = table.text("unix")) {
        if (table.has("host") || table.has("port"))
            table.refuse(errc::config_bad_value, "unix", "a Unix socket has no host and no port");
        if (socket->value.empty()) table.refuse(errc::config_bad_value, "unix", "expected the path of a socket");
        out.unix_path = absolute_path(folder, socket->value);
    }
    if (table.has("sentinels"))
        read_sentinels(table, folder, out);
    else if (!table.has("unix"))
        (void)table.need("host");
    if (const auto host = table.text("host")) {
        const bool good = good_host(host->value) || good_host(fmt::format("[{}]", host->value));
        if (!good) table.refuse(errc::config_bad_value, "host", "expected a host name or address");
        out.host = without_brackets(host->value);
    }
    if (const auto port = table.integer("port", 1, 65535)) out.port = static_cast<std::uint16_t>(port->value);
    if (const auto database = table.integer("database", 0, 1'000'000)) out.database = static_cast<int>(database->value);
    if (const auto username = table.text("username")) out.username = username->value;
    if (!out.username.empty()) (void)table.need("password");
}

redis_address read_redis_table(toml_table table, const std::string& folder) {
    redis_address out;
    const auto url = table.text("url");
    if (url) {
        out = read_redis_url(table, "url", url->value, folder);
        for (const auto* key : {"host", "port", "unix", "database", "username", "sentinels"})
            if (table.has(key) && table.need(key))
                table.refuse(errc::config_bad_value, key, "the URL beside it says this already");
        if (table.has("password") && out.password.given())
            table.refuse(errc::config_bad_value, "password", "the URL beside it names a password already");
    } else {
        read_redis_host(table, folder, out);
    }
    if (table.has("password")) out.password = read_secret(table, "password", folder);
    if (auto tls = read_tls(table, folder)) {
        if (!out.unix_path.empty())
            table.refuse(errc::config_bad_value, "tls", "a Unix socket has no TLS");
        else if (url && !out.tls)
            table.refuse(errc::config_bad_value, "tls", "redis:// is plain text; for TLS write rediss://");
        out.tls = std::move(tls);
    }
    table.finish();
    return out;
}

redis_address read_redis(toml_table& parent, const std::string& folder) {
    if (!parent.need("redis")) return {};
    if (parent.kind_of("redis") == "a string") {
        const auto url = parent.text("redis");
        return url ? read_redis_url(parent, "redis", url->value, folder) : redis_address{};
    }
    auto table = parent.table("redis");
    return table ? read_redis_table(*table, folder) : redis_address{};
}

std::optional<tls_settings> read_url_tls(toml_table& table, const std::string& url, const std::string& folder) {
    auto tls = read_tls(table, folder);
    if (tls && url.starts_with("http://"))
        table.refuse(errc::config_bad_value, "tls", "http:// is plain text; for TLS write https://");
    return tls;
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
    out.tls = read_url_tls(table, out.url, folder);
    out.redis = read_redis(table, folder);
    out.database = read_database(table, folder);
    out.basic = read_basic(table, folder);
    out.instrument = read_instrument(table, folder);
    out.limits = read_limits(table, out.role);
    out.scale = read_scale(table);
    read_identities(table, folder, out);
    read_commands(table, folder, out);
    table.finish();
    return out;
}

}  // namespace understudy::model::detail
