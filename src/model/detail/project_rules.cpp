// What a route's owner says of caches, keys and times: [routes.NAME.cache], [routes.NAME.limits] and `keys`.
#include <algorithm>

#include <fmt/format.h>

#include "base/units.h"
#include "keyspace/pattern.h"
#include "model/detail/project_parts.h"

namespace understudy::model::detail {

namespace {

using kind = bypass_condition::kind;

std::optional<std::chrono::milliseconds> read_time(toml_table& table, std::string_view key) {
    using namespace std::chrono_literals;
    const auto text = table.text(key);
    if (!text) return std::nullopt;
    const auto time = parse_duration(text->value);
    if (time && *time > 0ms && *time <= 24h * 366) return time;
    table.refuse(errc::config_bad_value, key, "expected a time like \"200ms\", \"10m\" or \"1h\"");
    return std::nullopt;
}

// "name", "name=value" and "name: value" are as they stand in the request; printable ASCII, no line breaks.
bool plain(std::string_view text) {
    return !text.empty() && text.size() <= 1024 &&
           std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

bypass_condition split(kind by, std::string_view text) {
    const auto at = text.find(by == kind::header ? ':' : '=');
    bypass_condition out{by, std::string(text.substr(0, at)), "1"};
    if (at == std::string_view::npos) return out;
    auto value = text.substr(at + 1);
    while (value.starts_with(' '))
        value.remove_prefix(1);
    out.value = value;
    return out;
}

bool good_name_of(const bypass_condition& one) {
    switch (one.by) {
        case kind::header:
            return good_header(one.name);
        case kind::cookie:
            return good_header(one.name) && one.value.find_first_of(";, \"\\") == std::string::npos;
        case kind::query:
            return good_path("/?" + one.name + "=" + one.value) && one.name.find_first_of("&=?") == std::string::npos;
    }
    return false;
}

bool read_condition(toml_table& table, std::string_view key, kind by, cache_rule& out) {
    const auto text = table.text(key);
    if (!text) return false;
    auto one = split(by, text->value);
    if (!plain(text->value) || !good_name_of(one))
        table.refuse(errc::config_bad_value, key, "expected a name, or name and value, that can be sent");
    out.bypass.push_back(std::move(one));
    return true;
}

void read_bypass(toml_table table, cache_rule& out) {
    const int given = read_condition(table, "cookie", kind::cookie, out) +
                      read_condition(table, "header", kind::header, out) +
                      read_condition(table, "query", kind::query, out);
    if (given != 1)
        table.report().add(errc::config_bad_value, table.place(), "expected one of cookie, header and query");
    table.finish();
}

std::vector<std::string> read_targets(toml_table& table, std::string_view key) {
    std::vector<std::string> out;
    for (const auto& target : table.texts(key)) {
        if (!good_path(target.value) || target.value.find_first_of("{}") != std::string::npos)
            table.report().add(errc::config_bad_value, target.at, "expected a path that opens with one \"/\"");
        out.push_back(target.value);
    }
    return out;
}

cache_rule read_cache(toml_table table) {
    cache_rule out;
    for (const auto& who : table.texts("stored_for"))
        out.stored_for.push_back(who.value);
    out.max_age = read_time(table, "max_age");
    for (auto& one : table.tables("bypass"))
        read_bypass(one, out);
    out.cached = read_targets(table, "cached");
    out.not_cached = read_targets(table, "not_cached");
    if (out.stored_for.empty() && !out.cached.empty())
        table.refuse(errc::config_bad_value, "cached", "pages that must be cached need somebody in `stored_for`");
    table.finish();
    return out;
}

}  // namespace

void read_route_rules(toml_table& table, route& out) {
    for (const auto& pattern : table.texts("keys")) {
        if (const auto parsed = keyspace::key_pattern::parse(pattern.value); !parsed)
            table.report().add(errc::config_bad_value, pattern.at, parsed.error().what);
        out.keys.push_back(pattern.value);
    }
    if (auto cache = table.table("cache")) out.cache = read_cache(*cache);
    if (auto limits = table.table("limits")) {
        out.limits.cold = read_time(*limits, "cold");
        out.limits.warm = read_time(*limits, "warm");
        limits->finish();
    }
}

}  // namespace understudy::model::detail
