#include "cli/init_answers.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "cli/terminal.h"

namespace understudy::cli {

namespace {

template <class Number>
bool whole_number(std::string_view text, Number& into, Number most) {
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), into);
    return wrong == std::errc{} && end == text.data() + text.size() && into <= most;
}

auto bad(std::string what) {
    return fail(errc::config_bad_value, std::move(what));
}

// "user:${NAME}", "user" or ":${NAME}".
status read_user(std::string_view text, discover::redis_part& into) {
    const auto colon = text.find(':');
    into.username = text.substr(0, colon);
    if (colon == std::string_view::npos) return {};
    const auto password = text.substr(colon + 1);
    if (!password.starts_with("${") || !password.ends_with('}'))
        return fail(errc::config_literal_secret,
                    "a password in the address of Redis is refused; name the variable that holds it with "
                    "--production-password-env or --staging-password-env");
    into.password = password;
    return {};
}

status read_database(std::string_view text, discover::redis_part& into) {
    if (text.empty() || whole_number(text, into.database, 1'000'000)) return {};
    return bad("the database of Redis is a number, as in redis://host:6379/0");
}

status read_socket(std::string_view text, discover::redis_part& into) {
    const auto query = text.find("?db=");
    into.unix_path = text.substr(0, query);
    if (into.unix_path.starts_with("//")) into.unix_path.erase(0, 2);
    if (into.unix_path.empty()) return bad("expected the path of a socket, as in unix:/run/redis/redis.sock");
    return query == std::string_view::npos ? status{} : read_database(text.substr(query + 4), into);
}

// "host", "host:port", "[::1]:port".
status read_place(std::string_view text, discover::redis_part& into) {
    const auto bracket = text.rfind(']');
    const auto colon = text.rfind(':');
    const bool with_port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    into.host = text.substr(0, with_port ? colon : text.size());
    if (into.host.starts_with('[') && into.host.ends_with(']')) into.host = into.host.substr(1, into.host.size() - 2);
    if (into.host.empty()) return bad("the address of Redis names no host; expected redis://host:port/database");
    if (with_port && (!whole_number<std::uint16_t>(text.substr(colon + 1), into.port, 65535) || into.port == 0))
        return bad("the port of Redis is a number from 1 to 65535");
    return {};
}

// --- questions -----------------------------------------------------------------------------------------------------

struct question {
    std::string what, proposed = {};
    bool needed = false;
    // Why an answer cannot be; it is then asked for again.
    std::function<status(const std::string&)> check = {};
};

void tell(const std::string& text) {
    (void)std::fputs(text.c_str(), stderr);
    std::fflush(stderr);
}

// "URL of production [https://...]: "; an empty answer takes what is proposed.
result<std::string> ask(const question& of) {
    for (;;) {
        tell(fmt::format("{}{}: ", of.what, of.proposed.empty() ? "" : " [" + of.proposed + "]"));
        UNDERSTUDY_LET(answer, read_answer());
        if (answer.empty()) answer = of.proposed;
        if (answer.empty() && of.needed) {
            tell("  This one is needed; Ctrl-C ends it, and nothing is written.\n");
            continue;
        }
        const auto good = answer.empty() || !of.check ? status{} : of.check(answer);
        if (good) return answer;
        tell(fmt::format("  {}\n", good.error().what));
    }
}

status good_address(const std::string& text) {
    const auto parsed = parse_redis_address(text);
    return parsed ? status{} : std::unexpected(parsed.error());
}

// Only what is surely wrong: the reader of understudy.toml looks closer.
status good_url(const std::string& text) {
    const auto scheme = text.find("://");
    const bool http = scheme == std::string::npos || text.starts_with("http://") || text.starts_with("https://");
    const auto host = text.find_first_not_of('/', scheme == std::string::npos ? 0 : scheme + 3);
    if (http && host != std::string::npos && text.find_first_of(" \t@?#") == std::string::npos) return {};
    return bad("expected a scheme, a host and a port, as in https://shop.example:8443, and no user in it");
}

status good_variable_name(const std::string& text) {
    const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
    if (std::ranges::all_of(text, fits) && std::isdigit(static_cast<unsigned char>(text[0])) == 0) return {};
    return bad(
        "a variable's name is letters, digits and _, as in STAGING_REDIS_PASSWORD; a password itself is never "
        "asked for");
}

status good_variable(const std::string& text) {
    UNDERSTUDY_TRY(good_variable_name(text));
    if (std::getenv(text.c_str()) != nullptr) return {};
    return bad("there is no such variable in the environment; end this with Ctrl-C, export it, and begin again");
}

bool somebody_is_there() {
    return isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0;
}

std::string password_of(const init_side& side, const std::filesystem::path& config) {
    if (!side.password_env.empty()) return "${" + side.password_env + "}";
    if (side.password_file.empty()) return {};
    // The file is named as seen from the configuration's folder.
    std::error_code wrong;
    const bool here = !config.has_parent_path();
    return "file:" + (here ? side.password_file : std::filesystem::absolute(side.password_file, wrong).string());
}

status check_side(const init_side& side, std::string_view name) {
    if (!side.password_env.empty() && !side.password_file.empty())
        return fail(errc::usage, fmt::format("--{0}-password-env and --{0}-password-file say the same twice", name));
    return {};
}

result<discover::environment_part> part_of(const init_side& side, std::string name, const options& given) {
    UNDERSTUDY_TRY(check_side(side, name));
    discover::environment_part out;
    out.name = std::move(name);
    out.url = side.url.find("://") == std::string::npos ? "https://" + side.url : side.url;
    while (out.url.ends_with('/'))
        out.url.pop_back();
    UNDERSTUDY_LET(redis, parse_redis_address(side.redis));
    out.redis = redis;
    if (!side.redis_user.empty()) out.redis.username = side.redis_user;
    if (const auto password = password_of(side, given.config); !password.empty()) out.redis.password = password;
    if (!out.redis.username.empty() && out.redis.password.empty())
        return fail(errc::usage, fmt::format("the user of {0}'s Redis needs a password: --{0}-password-env NAME or "
                                             "--{0}-password-file PATH",
                                             out.name));
    return out;
}

// `other`: the side that was asked for before, nullptr for the first. `offline`: nobody reads a password now.
status ask_side(init_side& side, const std::string& name, const std::string& variable, const init_side* other,
                bool offline) {
    if (side.url.empty()) {
        UNDERSTUDY_LET(url, ask({"URL of " + name, "", true, good_url}));
        side.url = url;
    }
    const bool unnamed = side.redis.empty();
    if (unnamed) {
        UNDERSTUDY_LET(redis, ask({"Redis of " + name, other ? "" : "redis://127.0.0.1:6379/0", true, good_address}));
        side.redis = redis;
        // An address may name its user, and that one stays.
        const auto parsed = parse_redis_address(redis);
        if (parsed && !parsed->username.empty()) {
            side.redis_user = parsed->username;
        } else {
            UNDERSTUDY_LET(user, ask({"  its user (empty: the default one)"}));
            side.redis_user = user;
        }
        if (parsed && !parsed->password.empty()) return {};
    }
    if (!unnamed || !side.password_env.empty() || !side.password_file.empty()) return {};
    const bool there = std::getenv(variable.c_str()) != nullptr;
    UNDERSTUDY_LET(named, ask({"  the environment variable that holds its password (empty: there is none)",
                               there || !side.redis_user.empty() ? variable : "", false,
                               offline ? good_variable_name : good_variable}));
    side.password_env = named;
    return {};
}

}  // namespace

result<std::string> read_answer() {
    constexpr std::size_t longest = 4096;
    std::string out;
    for (;;) {
        pollfd waits[2] = {{STDIN_FILENO, POLLIN, 0}, {interrupt_fd(), POLLIN, 0}};
        if (poll(waits, 2, -1) < 0 && errno != EINTR) return fail(errc::io, "cannot wait for an answer");
        if (interrupt_signal() != 0) return std::unexpected(interrupted_error());
        if ((waits[0].revents & (POLLIN | POLLHUP)) == 0) continue;
        char c = 0;
        const auto got = read(STDIN_FILENO, &c, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return fail(errc::usage, "standard input ended before all questions were answered");
        if (c == '\n') break;
        if (out.size() >= longest) return fail(errc::usage, "the answer is too long");
        if (c != '\r') out += c;
    }
    const auto begin = out.find_first_not_of(" \t");
    const auto end = out.find_last_not_of(" \t");
    return begin == std::string::npos ? std::string() : out.substr(begin, end - begin + 1);
}

result<discover::redis_part> parse_redis_address(std::string_view text) {
    discover::redis_part out;
    if (text.starts_with("rediss:"))
        return bad("Redis over TLS (rediss://) is not written by init; write redis:// and see docs/configuration.md");
    if (text.starts_with("unix:") || text.starts_with('/')) {
        if (text.starts_with("unix:")) text.remove_prefix(5);
        UNDERSTUDY_TRY(read_socket(text, out));
        return out;
    }
    if (text.starts_with("redis://")) text.remove_prefix(8);
    if (text.find("://") != std::string_view::npos) return bad("expected redis://host:port/database or unix:/path");
    const auto at = text.rfind('@');
    if (at != std::string_view::npos) {
        UNDERSTUDY_TRY(read_user(text.substr(0, at), out));
        text.remove_prefix(at + 1);
    }
    const auto slash = text.find('/');
    if (slash != std::string_view::npos) UNDERSTUDY_TRY(read_database(text.substr(slash + 1), out));
    UNDERSTUDY_TRY(read_place(text.substr(0, slash), out));
    return out;
}

result<init_answers> init_answers_of(const options& given) {
    auto production = given.init.production;
    auto staging = given.init.staging;
    std::string missing;
    for (const auto& [value, name] : {std::pair{&production.url, "--production-url"},
                                      {&production.redis, "--production-redis"},
                                      {&staging.url, "--staging-url"},
                                      {&staging.redis, "--staging-redis"}})
        if (value->empty()) missing += (missing.empty() ? "" : ", ") + std::string(name);
    if (!missing.empty() && !somebody_is_there())
        return fail(errc::usage, fmt::format("{} missing, and there is no terminal to ask at", missing));
    if (!missing.empty()) {
        tell(
            "Where are production and staging? Production is only read, and nothing is written before all is known.\n"
            "Enter takes what stands in [brackets]; Ctrl-C ends it.\n\n");
        UNDERSTUDY_TRY(ask_side(production, "production", "PRODUCTION_REDIS_PASSWORD", nullptr, given.init.offline));
        UNDERSTUDY_TRY(ask_side(staging, "staging", "STAGING_REDIS_PASSWORD", &production, given.init.offline));
    }
    UNDERSTUDY_LET(first, part_of(production, "production", given));
    UNDERSTUDY_LET(second, part_of(staging, "staging", given));
    return init_answers{first, second};
}

}  // namespace understudy::cli
