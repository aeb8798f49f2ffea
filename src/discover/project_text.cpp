#include "discover/project_text.h"

#include <algorithm>

#include <fmt/format.h>

namespace understudy::discover {

namespace {

// On one line, ASCII only: without anything that a terminal or an editor would obey.
std::string comment(std::string_view text) {
    std::string out = "# ";
    for (const char c : text.substr(0, 240))
        out += static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f ? ' ' : c;
    while (out.ends_with(' '))
        out.pop_back();
    return out + "\n";
}

std::string commented(const std::string& lines) {
    std::string out;
    for (std::size_t at = 0; at < lines.size();) {
        const auto end = std::min(lines.find('\n', at), lines.size());
        out += end == at ? "#\n" : "# " + lines.substr(at, end - at) + "\n";
        at = end + 1;
    }
    return out;
}

std::string redis_text(const redis_part& at) {
    std::string out = at.unix_path.empty() ? fmt::format("host = {}, port = {}", toml_string(at.host), at.port)
                                           : fmt::format("unix = {}", toml_string(at.unix_path));
    if (at.database != 0) out += fmt::format(", database = {}", at.database);
    if (!at.username.empty()) out += fmt::format(", username = {}", toml_string(at.username));
    if (!at.password.empty()) out += fmt::format(", password = {}", toml_string(at.password));
    return out;
}

std::string upper(std::string_view name) {
    std::string out(name);
    std::ranges::transform(out, out.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
    return out;
}

std::string instrument_text(const project_parts& parts) {
    const std::string line = "instrument = { header = \"X-Understudy\", secret = \"${UNDERSTUDY_SECRET}\" }\n";
    std::string how =
        "# Makes the application report its database calls to us, and to nobody else (docs/instrument.md):\n";
    if (!parts.frameworks.empty() && parts.frameworks.front().how != sureness::perhaps)
        if (const auto word = instrument_of(parts.frameworks.front().which); !word.empty())
            how +=
                fmt::format("# `understudy init --instrument {}` prints what the application needs for that.\n", word);
    return how + commented(line);
}

std::string environment_text(const environment_part& one, const project_parts& parts) {
    std::string out = "\n";
    for (const auto& note : one.notes)
        out += comment(note);
    out += fmt::format("[environments.{}]\nrole = {}\n", one.name, toml_string(one.name));
    out += fmt::format("url = {}\nredis = {{ {} }}\n", toml_string(one.url), redis_text(one.redis));
    if (one.basic)
        out += "# It asks for HTTP basic. Until this is filled in, every page is an error 401:\n" +
               commented(fmt::format("basic = {{ username = \"team\", password = \"${{{}_BASIC_PASSWORD}}\" }}\n",
                                     upper(one.name)));
    return out + instrument_text(parts);
}

// Members and commands, of staging only: nothing of it can be known from outside.
std::string staging_text(const project_parts& parts) {
    const auto login = parts.login.value_or(login_part{"/login/", "username", "password", ""});
    std::string line = fmt::format("login = {{ form = {}, username = \"ada\", password = \"${{ADA_PASSWORD}}\"",
                                   toml_string(login.path));
    line += fmt::format(", username_field = {}, password_field = {}",
                        toml_string(login.username_field.empty() ? "username" : login.username_field),
                        toml_string(login.password_field.empty() ? "password" : login.password_field));
    if (!login.csrf_field.empty()) line += fmt::format(", csrf = {}", toml_string(login.csrf_field));
    std::string out = "\n# Members, to measure as them and to watch for pages that one sees and another should not.\n";
    out += parts.login ? "# A login form was found; the fields are as they stand in it:\n"
                       : "# No login form was found; if there is one:\n";
    out += commented("[environments.staging.identities.ada]\n" + line +
                     " }\nlogged_in_when = { path = \"/account/\", contains = \"Signed in as Ada\" }\n"
                     "marker = \"ada@example.org\"   # on her pages, and on nobody else's\n");
    out +=
        "\n# Your own commands. Changes that deploy need the first three; docs/configuration.md says what each has to "
        "do.\n";
    out += commented(
        "[environments.staging.commands.deploy]\nrun = [\"./deploy\", \"staging\", \"{revision}\"]\n"
        "arguments = { revision = \"[0-9a-f]{7,40}\" }\nenvironment = [\"PATH\", \"HOME\"]\n\n"
        "[environments.staging.commands.rollback]\nrun = [\"./deploy\", \"staging\", \"{release}\"]\n"
        "environment = [\"PATH\", \"HOME\"]\n\n"
        "[environments.staging.commands.release]\nrun = [\"./current-release\", \"staging\"]\n"
        "environment = [\"PATH\", \"HOME\"]\n");
    return out;
}

std::string route_text(const route_part& one) {
    std::string out = fmt::format("[routes.{}]\npath = {}\n", one.name, toml_string(one.path));
    std::string inputs;
    for (const auto& input : one.inputs) {
        if (input.empty()) continue;
        std::string values;
        for (const auto& [name, value] : input)
            values += fmt::format("{}{} = {}", values.empty() ? "" : ", ", name, toml_string(value));
        inputs += fmt::format("{}{{ {} }}", inputs.empty() ? "" : ", ", values);
    }
    return inputs.empty() ? out : out + fmt::format("inputs = [{}]\n", inputs);
}

std::string query_text(const found_query& one, std::vector<std::string>& taken) {
    const auto name = route_name(one.path, taken);
    taken.push_back(name);
    std::string path = one.path, values;
    for (const auto& parameter : one.names) {
        path += fmt::format("{}{}={{{}}}", path == one.path ? "?" : "&", parameter, parameter);
        values += fmt::format("{}{} = \"...\"", values.empty() ? "" : ", ", parameter);
    }
    return fmt::format("[routes.{}]\npath = {}\ninputs = [{{ {} }}]\n", name, toml_string(path), values);
}

std::string routes_text(const project_parts& parts) {
    constexpr std::size_t most_queries = 5;
    std::string out = "\n# Routes: what is measured. `as` names who asks; anonymous visitors where it is not there.\n";
    for (const auto& source : parts.sources)
        out += comment(source);
    std::vector<std::string> taken;
    for (const auto& one : parts.routes) {
        out += "\n";
        if (!one.note.empty()) out += comment(one.note);
        out += route_text(one);
        taken.push_back(one.name);
    }
    for (const auto& one : parts.aside) {
        out += "\n" + comment(one.note) + commented(route_text(one));
        taken.push_back(one.name);
    }
    const auto queries = std::min(parts.queries.size(), most_queries);
    for (std::size_t i = 0; i < queries; ++i)
        out += "\n" +
               comment(fmt::format("Asked for with a query ({}). Its values are not copied: fill in some that "
                                   "tell of nobody.",
                                   parts.queries[i].requests)) +
               commented(query_text(parts.queries[i], taken));
    return out;
}

}  // namespace

std::string toml_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += {'\\', c};
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            out += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
        else
            out += c;
    }
    return out + "\"";
}

std::string reasons_of(const framework_guess& guess) {
    constexpr std::size_t most = 3;
    std::string out;
    for (std::size_t i = 0; i < std::min(most, guess.reasons.size()); ++i)
        out += (i > 0 ? ", " : "") + guess.reasons[i];
    return guess.reasons.size() > most ? fmt::format("{} and {} more", out, guess.reasons.size() - most) : out;
}

std::string project_text(const project_parts& parts) {
    std::string out =
        "# Written by `understudy init`, and yours from here on: docs/configuration.md has every key. It holds no "
        "secret,\n"
        "# only where each is found, and belongs into git. What is behind a # is a proposal that wants an answer.\n";
    for (const auto& guess : parts.frameworks)
        out += comment(
            fmt::format("The application is {} {}: {}.", name_of(guess.how), name_of(guess.which), reasons_of(guess)));
    if (parts.frameworks.empty()) out += "# Which framework the application is made with could not be told.\n";
    out += "format = 1\n";
    for (const auto& one : parts.environments)
        out += environment_text(one, parts);
    out += staging_text(parts);
    out += routes_text(parts);
    out +=
        "\n# Where staging may differ from production, and why; `understudy doctor` shows where it does.\n"
        "# [drift]\n# accept = { maxmemory = \"staging has a quarter of production's memory\" }\n"
        "\n# Backups of a rehearsal hold values of your users; this encrypts them.\n"
        "# [backups]\n# key = \"${UNDERSTUDY_BACKUP_KEY}\"\n";
    return out;
}

}  // namespace understudy::discover
