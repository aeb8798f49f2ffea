#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "base/hash.h"
#include "base/near_name.h"
#include "keyspace/pattern.h"
#include "model/detail/change_parts.h"
#include "model/detail/placeholder.h"
#include "model/detail/toml_format.h"
#include "model/project_file.h"

namespace understudy::model {

namespace detail {

std::vector<std::string> route_names(const project& project) {
    std::vector<std::string> names;
    for (const auto& route : project.routes)
        names.push_back(route.name);
    return names;
}

void check_known(const located_text& name, const std::vector<std::string>& known, std::string_view what,
                 toml_report& report) {
    if (std::ranges::find(known, name.value) != known.end()) return;
    report.add(errc::unknown_name, name.at,
               fmt::format("no {} has this name; known: {}{}", what, listed(known), did_you_mean(name.value, known)));
}

}  // namespace detail

namespace {

using namespace detail;

void read_route_and_input(toml_table& root, const project& project, change& out) {
    const auto name = root.needed_text("route");
    out.route = name.value;
    if (!out.route.empty()) check_known(name, route_names(project), "route", root.report());
    const auto* route = project.find_route(out.route);
    if (!root.has("input")) {
        (void)root.text_map("input");
        return;
    }
    auto table = root.table("input");
    if (!table || !route) return;
    for (const auto& placeholder : placeholders(route->path)) {
        out.input[placeholder] = table->needed_text(placeholder).value;
        if (out.input[placeholder] == "." || out.input[placeholder] == "..")
            table->refuse(errc::config_bad_value, placeholder, "a segment of dots would be resolved on the way");
    }
    table->finish();
}

void read_purge(toml_table& root, change& out) {
    for (const auto& pattern : root.texts("purge")) {
        if (const auto parsed = keyspace::key_pattern::parse(pattern.value); !parsed)
            root.report().add(errc::config_bad_value, pattern.at, "not a key pattern: " + parsed.error().what);
        out.purge.push_back(pattern.value);
    }
}

// Of an expire step: what would make it idle, or leave it without a way back.
void check_expire(toml_table& root, const change& change) {
    const auto* expire = std::get_if<expire_step>(&change.step);
    if (!expire) return;
    if (std::ranges::find(change.purge, expire->pattern) != change.purge.end())
        root.refuse(errc::config_bad_value, "purge",
                    "the keys whose expiry is changed would be removed right after: take their pattern out");
    if (!change.no_key_backup.empty())
        root.refuse(errc::config_bad_value, "no_key_backup",
                    "each key's own expiry is in the backup only: without it there is no way back");
}

void read_controls(toml_table& root, const project& project, change& out) {
    for (const auto& control : root.texts("controls")) {
        check_known(control, route_names(project), "route", root.report());
        if (control.value == out.route)
            root.report().add(errc::config_bad_value, control.at,
                              "the route of the change is no control: a control must not move");
        if (std::ranges::find(out.controls, control.value) != out.controls.end())
            root.report().add(errc::config_bad_value, control.at, "a control stands here twice");
        out.controls.push_back(control.value);
    }
}

effort read_effort(toml_table& root) {
    effort out;
    auto table = root.table("effort");
    if (!table) return out;
    if (const auto blocks = table->integer("blocks", 2, 64)) {
        if (blocks->value % 2 != 0) table->refuse(errc::config_bad_value, "blocks", "expected an even number");
        out.blocks = static_cast<int>(blocks->value);
    }
    if (const auto warm = table->integer("warm", 1, 1000)) out.warm = static_cast<int>(warm->value);
    if (const auto cold = table->integer("cold", 0, 100)) out.cold = static_cast<int>(cold->value);
    table->finish();
    return out;
}

constexpr std::size_t longest_name = 100;  // it becomes part of the names of journals, backups and run folders

}  // namespace

std::map<std::string, std::string> settings_of(const change_step& step) {
    if (const auto* config = std::get_if<redis_config_step>(&step)) return {{config->setting, config->value}};
    if (const auto* all = std::get_if<settings_step>(&step)) return all->settings;
    return {};
}

std::vector<std::string> families_of(const change& of) {
    auto out = of.purge;
    if (const auto* expire = std::get_if<expire_step>(&of.step)) out.push_back(expire->pattern);
    return out;
}

result<change> read_change(std::string_view text, const std::string& path, const project& project) {
    UNDERSTUDY_LET(tree, parse_toml(text, path));
    toml_report report(path);
    toml_table root(tree, "", {}, report);
    UNDERSTUDY_TRY(check_format(root));
    change out;
    out.name = std::filesystem::path(path).stem().string();
    if (out.name.size() > longest_name)
        return fail(errc::config_bad_value,
                    fmt::format("the file's name is the change's: expected at most {} bytes", longest_name), path);
    out.file = path;
    out.digest = hex(sha256_of(text));
    out.source = std::string(text);
    out.owner = root.needed_text("owner").value;
    out.reason = root.needed_text("reason", text_form::lines).value;
    read_route_and_input(root, project, out);
    out.symptom = root.needed_text("symptom", text_form::lines).value;
    out.noticed = root.needed_text("noticed", text_form::lines).value;
    read_purge(root, out);
    read_controls(root, project, out);
    if (root.has("no_key_backup")) out.no_key_backup = root.needed_text("no_key_backup").value;
    (void)root.text("no_key_backup");
    auto step = read_step(root);
    if (step) {
        out.step = std::move(*step);
        out.rollback = read_rollback(root, out.step);
    }
    (void)root.table("rollback");
    check_expire(root, out);
    out.effort = read_effort(root);
    out.expect = read_expectations(root, out, project);
    root.finish();
    UNDERSTUDY_TRY(report.outcome());
    check_commands(root, out, project);
    UNDERSTUDY_TRY(report.outcome());
    return out;
}

}  // namespace understudy::model
