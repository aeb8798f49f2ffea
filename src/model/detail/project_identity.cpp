// One [environments.NAME.identities.WHO]: how to be somebody, and how to prove it.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "model/detail/project_parts.h"

namespace understudy::model::detail {

namespace {

std::optional<form_login> read_form(toml_table& parent, const std::string& folder) {
    auto table = parent.table("login");
    if (!table) return std::nullopt;
    form_login out;
    out.path = table->needed_text("form").value;
    if (!out.path.empty() && !good_path(out.path))
        table->refuse(errc::config_bad_value, "form", "expected a path that opens with \"/\"");
    out.username = table->needed_text("username").value;
    if (table->need("password")) out.password = read_secret(*table, "password", folder);
    if (const auto csrf = table->text("csrf")) out.csrf_field = csrf->value;
    if (table->has("username_field")) out.username_field = table->needed_text("username_field").value;
    if (table->has("password_field")) out.password_field = table->needed_text("password_field").value;
    table->finish();
    return out;
}

std::optional<header_login> read_header(toml_table& parent, const std::string& folder) {
    if (parent.has("cookie")) return header_login{"Cookie", read_secret(parent, "cookie", folder)};
    (void)parent.text("cookie");
    auto table = parent.table("header");
    if (!table) return std::nullopt;
    header_login out;
    out.name = table->needed_text("name").value;
    if (!out.name.empty() && !good_header(out.name))
        table->refuse(errc::config_bad_value, "name",
                      "expected the name of a request header that is not the connection's own");
    if (table->need("value")) out.value = read_secret(*table, "value", folder);
    table->finish();
    return out;
}

std::optional<identity_proof> read_proof(toml_table& parent) {
    if (!parent.need("logged_in_when")) return std::nullopt;
    auto table = parent.table("logged_in_when");
    if (!table) return std::nullopt;
    identity_proof out;
    out.path = table->needed_text("path").value;
    if (!out.path.empty() && !good_path(out.path))
        table->refuse(errc::config_bad_value, "path", "expected a path that opens with \"/\"");
    if (const auto status = table->integer("status", 100, 599)) out.status = static_cast<int>(status->value);
    if (const auto contains = table->text("contains")) out.contains = contains->value;
    table->finish();
    return out;
}

void check_one_way_in(toml_table& table) {
    static constexpr std::array<std::string_view, 3> ways{"login", "header", "cookie"};
    const auto given = std::ranges::count_if(ways, [&](auto way) { return table.has(way); });
    if (given == 0) {
        (void)table.need("login");
        return;
    }
    if (given > 1)
        table.report().add(errc::config_bad_value, table.place(),
                           fmt::format("[{}] has more than one of login, header and cookie", table.name()));
}

}  // namespace

identity read_identity(toml_table table, const located_text& name, const std::string& folder) {
    identity out;
    check_name(name, "an identity", table.report());
    if (name.value == "anonymous")
        table.report().add(errc::config_bad_value, name.at, "\"anonymous\" is always there and is not declared");
    out.name = name.value;
    check_one_way_in(table);
    out.form = read_form(table, folder);
    out.header = read_header(table, folder);
    out.logged_in_when = read_proof(table);
    if (table.has("marker")) out.marker = table.needed_text("marker").value;
    if (const auto marker = table.text("marker"); marker && marker->value.size() < 4 && !marker->value.empty())
        table.refuse(errc::config_bad_value, "marker", "expected at least 4 bytes: a shorter text is found anywhere");
    table.finish();
    return out;
}

}  // namespace understudy::model::detail
