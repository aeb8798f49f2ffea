#include "model/redis_url.h"

#include <algorithm>
#include <charconv>

#include "model/detail/host.h"
#include "model/detail/secret_text.h"

namespace understudy::model {

namespace {

constexpr std::size_t longest_url = 2048;
constexpr int most_database = 1'000'000;

std::unexpected<error> bad(std::string what) {
    return fail(errc::config_bad_value, std::move(what));
}

std::unexpected<error> literal() {
    return fail(errc::config_literal_secret,
                "a password in a URL is refused; name it: user:${NAME}@host, or redis = { url = ..., password = "
                "\"file:...\" }");
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// RFC 3986, 2.1. Empty for a broken escape, and for one of a control character.
std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        const auto byte = static_cast<unsigned char>(high * 16 + low);
        if (byte < 0x20 || byte == 0x7f) return std::nullopt;
        out += static_cast<char>(byte);
        i += 2;
    }
    return out;
}

std::optional<int> parse_database(std::string_view text) {
    int number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc{} || end != text.data() + text.size() || number < 0 || number > most_database ||
        text.starts_with('-'))
        return std::nullopt;
    return number;
}

// Takes "user:${NAME}@" off the front.
status take_user(std::string_view& rest, redis_address& into) {
    const auto at = rest.rfind('@', rest.find_first_of("/?#"));
    if (at == std::string_view::npos) {
        // A password that was not encoded may hold what ends an authority.
        if (rest.substr(0, rest.find('?')).find('@') != std::string_view::npos && rest.find(':') < rest.find('@'))
            return literal();
        return {};
    }
    const auto given = rest.substr(0, at);
    rest.remove_prefix(at + 1);
    const auto colon = given.find(':');
    const auto name = percent_decoded(given.substr(0, colon));
    if (colon != std::string_view::npos) {
        const auto secret = detail::parse_secret(given.substr(colon + 1));
        if (!secret || secret->from != secret_ref::source::environment) return literal();
        into.password = *secret;
    }
    if (!name || (name->empty() && colon == std::string_view::npos) || name->find('$') != std::string::npos)
        return bad("expected a user's name before the @ in the URL");
    into.username = *name;
    return {};
}

status take_query(std::string_view& rest, redis_address& into) {
    if (rest.find('#') != std::string_view::npos) return bad("expected a URL without fragment");
    const auto mark = rest.find('?');
    if (mark == std::string_view::npos) return {};
    const auto query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
    if (query.find("pass") != std::string_view::npos) return literal();
    if (!query.starts_with("db=")) return bad("expected ?db=NUMBER, or nothing, at the URL's end");
    const auto database = parse_database(query.substr(3));
    if (!database) return bad("expected the number of a database after ?db=");
    into.database = *database;
    return {};
}

result<redis_address> parse_unix(std::string_view rest) {
    redis_address out;
    UNDERSTUDY_TRY(take_user(rest, out));
    UNDERSTUDY_TRY(take_query(rest, out));
    const auto path = percent_decoded(rest);
    if (!path || path->empty()) return bad("expected the path of a socket after unix://");
    out.unix_path = *path;
    return out;
}

result<redis_address> parse_tcp(std::string_view rest) {
    redis_address out;
    UNDERSTUDY_TRY(take_user(rest, out));
    const bool has_query = rest.find('?') != std::string_view::npos;
    UNDERSTUDY_TRY(take_query(rest, out));
    const auto authority = rest.substr(0, rest.find('/'));
    const auto path = rest.substr(authority.size());
    const auto server = detail::parse_host_and_port(authority, out.port);
    if (!server) return bad("expected HOST or HOST:PORT in the URL");
    out.host = server->host;
    out.port = server->port;
    if (path.size() <= 1) return out;
    const auto database = parse_database(path.substr(1));
    if (!database) return bad("expected the number of a database after the host in the URL");
    if (has_query) return bad("expected the database once: /NUMBER or ?db=NUMBER");
    out.database = *database;
    return out;
}

}  // namespace

result<redis_address> parse_redis_url(std::string_view url) {
    const bool printable = std::ranges::all_of(url, [](char c) { return c > 0x20 && c < 0x7f; });
    if (url.size() > longest_url || !printable) return bad("expected a URL of printable ASCII, 2048 bytes at most");
    if (url.starts_with("unix://")) return parse_unix(url.substr(7));
    if (url.starts_with("redis://")) return parse_tcp(url.substr(8));
    if (!url.starts_with("rediss://")) return bad("expected a URL that opens with redis://, rediss:// or unix://");
    auto secure = parse_tcp(url.substr(9));
    if (secure) secure->tls.emplace();
    return secure;
}

}  // namespace understudy::model
