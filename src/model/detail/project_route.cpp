// One [routes.NAME], and the small checks that several parts of the file share.
#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "base/near_name.h"
#include "model/detail/placeholder.h"
#include "model/detail/project_parts.h"
#include "model/detail/secret_text.h"

namespace understudy::model::detail {

namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

// One input has a value for each placeholder and for nothing else.
std::map<std::string, std::string> read_input(toml_table input, const std::vector<std::string>& wanted) {
    std::map<std::string, std::string> out;
    for (const auto& name : wanted) {
        out[name] = input.needed_text(name).value;
        if (out[name] == "." || out[name] == "..")
            input.refuse(errc::config_bad_value, name, "a segment of dots would be resolved on the way");
    }
    input.finish();
    return out;
}

void read_inputs(toml_table& table, route& out) {
    auto wanted = placeholders(out.path);
    std::ranges::sort(wanted);
    wanted.erase(std::ranges::unique(wanted).begin(), wanted.end());
    if (!wanted.empty()) (void)table.need("inputs");
    for (auto& input : table.tables("inputs"))
        out.inputs.push_back(read_input(input, wanted));
    if (!out.inputs.empty()) return;
    if (!wanted.empty() && table.kind_of("inputs") == "an array")
        table.refuse(errc::config_bad_value, "inputs", "expected at least one input");
    out.inputs.emplace_back();
}

bool plain_path(std::string_view path) {
    const auto text = fill(path, [](std::string_view) { return std::string("x"); });
    return good_path(text) && text.find_first_of("{}") == std::string::npos;
}

}  // namespace

route read_route(toml_table table, const located_text& name) {
    route out;
    check_name(name, "a route", table.report());
    out.name = name.value;
    out.path = table.needed_text("path").value;
    if (!out.path.empty() && !plain_path(out.path))
        table.refuse(errc::config_bad_value, "path",
                     "expected a path that opens with one \"/\", with {placeholders} at most");
    read_inputs(table, out);
    for (const auto& who : table.texts("as")) {
        if (std::ranges::find(out.identities, who.value) != out.identities.end())
            table.report().add(errc::config_bad_value, who.at, "an identity stands here twice");
        out.identities.push_back(who.value);
    }
    if (out.identities.empty()) {
        if (table.kind_of("as") == "an array")
            table.refuse(errc::config_bad_value, "as", "expected at least one identity");
        out.identities.emplace_back("anonymous");
    }
    read_route_rules(table, out);
    table.finish();
    return out;
}

secret_ref read_secret(toml_table& table, std::string_view key, const std::string& folder) {
    const auto text = table.text(key);
    if (!text) return {};
    auto secret = parse_secret(text->value);
    if (!secret) {
        table.refuse(errc::config_literal_secret, key,
                     "a secret is named, not written down: expected \"${NAME}\" or \"file:PATH\"");
        return {};
    }
    if (secret->from == secret_ref::source::file) secret->name = absolute_path(folder, secret->name);
    return *secret;
}

bool good_path(std::string_view path) {
    if (!path.starts_with('/') || path.starts_with("//") || path.size() > 2048) return false;
    return std::ranges::all_of(path, [](char c) { return c > 0x20 && c < 0x7f && c != '#' && c != '\\'; });
}

bool good_header(std::string_view name) {
    static constexpr std::array<std::string_view, 10> refused{
        "host",    "connection", "content-length", "transfer-encoding", "te",
        "trailer", "upgrade",    "expect",         "keep-alive",        "proxy-connection"};
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    if (name.empty() || name.size() > 128 || std::ranges::find(refused, lower(name)) != refused.end()) return false;
    return std::ranges::all_of(name, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               marks.find(c) != std::string_view::npos;
    });
}

std::string absolute_path(const std::string& folder, const std::string& path) {
    auto joined = (std::filesystem::path(folder) / path).lexically_normal().string();
    while (joined.size() > 1 && joined.back() == '/')
        joined.pop_back();
    return joined;
}

}  // namespace understudy::model::detail
