// [step] and [rollback] of a change file: exactly one thing to do, and how it is undone.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/near_name.h"
#include "base/units.h"
#include "keyspace/pattern.h"
#include "model/detail/change_parts.h"

namespace understudy::model::detail {

namespace {

constexpr std::array<std::string_view, 4> kinds{"deploy", "redis_config", "expire", "command"};
constexpr std::chrono::hours longest_ttl{24 * 3650};
// What these do has a place of its own: a deploy is the step `deploy`, the others are asked and change nothing.
constexpr std::array<std::string_view, 6> not_steps{"deploy", "rollback", "release",
                                                    "health", "settings", "clear_front"};

void refuse_two(toml_report& report, toml_place first, toml_place second) {
    if (second < first) std::swap(first, second);
    report.add(errc::two_changes, first,
               fmt::format("one thing at a time is rehearsed, so that what is measured has one cause; here are two "
                           "changes, at {}:{} and at {}:{}: write a change file for each",
                           first.line, first.column, second.line, second.column));
}

// Whether the file holds more than one step, in whichever way that is written.
bool refused_as_two(toml_table& root) {
    if (root.kind_of("step") == "an array") {
        const auto steps = root.tables("step");
        if (steps.size() >= 2) {
            refuse_two(root.report(), steps[0].place(), steps[1].place());
            return true;
        }
    }
    auto step = root.kind_of("step") == "a table" ? root.table("step") : std::nullopt;
    if (!step) return false;
    std::vector<toml_place> places;
    for (const auto kind : kinds)
        if (step->has(kind)) places.push_back(step->place_of(kind));
    if (places.size() >= 2) {
        std::ranges::sort(places);
        refuse_two(root.report(), places[0], places[1]);
        return true;
    }
    for (const auto kind : kinds) {
        if (step->kind_of(kind) != "an array") continue;
        const auto several = step->tables(kind);
        if (several.size() < 2) continue;
        refuse_two(root.report(), several[0].place(), several[1].place());
        return true;
    }
    return false;
}

redis_config_step read_redis_config(toml_table table) {
    redis_config_step out;
    const auto setting = table.needed_text("setting");
    out.setting = setting.value;
    const bool plain = std::ranges::all_of(
        out.setting, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
    if (!plain || out.setting.size() > 64)
        table.refuse(errc::config_bad_value, "setting", "expected the name of one setting, in small letters");
    else if (const auto why = why_not_set(out.setting); !why.empty())
        table.refuse(errc::config_bad_value, "setting",
                     fmt::format("\"{}\" cannot be rehearsed: {}", out.setting, why));
    if (table.need("value"))
        if (const auto value = table.text("value")) out.value = value->value;
    table.finish();
    return out;
}

std::map<std::string, std::string> read_arguments(toml_table& table) {
    std::map<std::string, std::string> out;
    for (const auto& name : table.keys()) {
        if (name.value == "command" || name.value == "none") continue;
        if (const auto value = table.text(name.value)) out.emplace(name.value, value->value);
    }
    return out;
}

deploy_step read_deploy(toml_table table) {
    deploy_step out;
    if (table.has("command")) out.command = table.needed_text("command").value;
    if (table.has("none")) table.refuse(errc::config_unknown_key, "none", "a deploy has no such key");
    out.arguments = read_arguments(table);
    table.finish();
    return out;
}

std::chrono::milliseconds read_ttl(toml_table& table, std::string_view key) {
    using namespace std::chrono_literals;
    const auto text = table.text(key);
    if (!text) return {};
    const auto time = parse_duration(text->value);
    if (time && *time > 0ms && *time <= longest_ttl) return *time;
    table.refuse(errc::config_bad_value, key, "expected a time like \"10m\" or \"2h\", at most ten years");
    return {};
}

expire_step read_expire(toml_table table) {
    expire_step out;
    const auto pattern = table.needed_text("pattern");
    out.pattern = pattern.value;
    if (!out.pattern.empty())
        if (const auto parsed = keyspace::key_pattern::parse(out.pattern); !parsed)
            table.refuse(errc::config_bad_value, "pattern", "not a key pattern: " + parsed.error().what);
    constexpr std::array<std::string_view, 3> ways{"set", "at_most", "persist"};
    const auto given = std::ranges::count_if(ways, [&](auto way) { return table.has(way); });
    const auto set = read_ttl(table, "set"), at_most = read_ttl(table, "at_most");
    const auto persist = table.boolean("persist");
    out.ttl = table.has("set") ? set : at_most;
    out.how = table.has("set")       ? expire_step::kind::set
              : table.has("at_most") ? expire_step::kind::at_most
                                     : expire_step::kind::persist;
    if (persist && !persist->value)
        table.refuse(errc::config_bad_value, "persist", "expected true: leave it out otherwise");
    if (given == 0) (void)table.need("set");
    if (given > 1)
        table.refuse(errc::config_bad_value, table.has("set") ? "set" : "at_most",
                     "expected one of set, at_most and persist");
    table.finish();
    return out;
}

command_step read_command(toml_table table) {
    command_step out;
    const auto name = table.needed_text("command");
    out.name = name.value;
    if (std::ranges::find(not_steps, out.name) != not_steps.end())
        table.refuse(errc::config_bad_value, "command",
                     fmt::format("\"{}\" is no step of this kind{}", out.name,
                                 out.name == "deploy" ? ": write deploy = { ... }" : ""));
    if (table.has("none")) table.refuse(errc::config_unknown_key, "none", "a command has no such key");
    out.arguments = read_arguments(table);
    table.finish();
    return out;
}

// Where a change is rehearsed: staging, else scratch, else whatever there is.
std::vector<const environment*> rehearsed_on(const project& all) {
    for (const auto wanted : {role::staging, role::scratch}) {
        std::vector<const environment*> out;
        for (const auto& one : all.environments)
            if (one.role == wanted) out.push_back(&one);
        if (!out.empty()) return out;
    }
    std::vector<const environment*> out;
    for (const auto& one : all.environments)
        out.push_back(&one);
    return out;
}

struct wanted_command {
    std::string name;
    const std::map<std::string, std::string>* arguments;
    toml_place at;
};

void check_command(toml_report& report, const environment& where, const wanted_command& wanted) {
    const auto* command = where.command(wanted.name);
    if (!command) {
        std::vector<std::string> known;
        for (const auto& one : where.commands)
            known.push_back(one.name);
        report.add(errc::unknown_name, wanted.at,
                   fmt::format("the environment \"{}\" has no command \"{}\"{}", where.name,
                               good_name(wanted.name) ? wanted.name : "...", did_you_mean(wanted.name, known)));
        return;
    }
    if (const auto good = command->accepts(*wanted.arguments); !good)
        report.add(good.error().code, wanted.at, fmt::format("{} (environment \"{}\")", good.error().what, where.name));
}

}  // namespace

std::string_view why_not_set(std::string_view setting) {
    struct refusal {
        std::string_view name, why;
    };
    static constexpr std::string_view secret = "it holds a secret, and a change file is kept in git";
    static constexpr std::string_view file = "it names a file or folder that the server would write or read";
    static constexpr std::string_view reach = "it decides who reaches the server, we among them";
    static constexpr std::string_view runs = "it lets clients run code or rename what they run";
    static constexpr std::string_view tie = "it ties the server to another one";
    static constexpr std::array<refusal, 27> refused{{
        {"requirepass", secret},
        {"masterauth", secret},
        {"masteruser", secret},
        {"primaryauth", secret},
        {"primaryuser", secret},
        {"user", secret},
        {"dir", file},
        {"dbfilename", file},
        {"logfile", file},
        {"pidfile", file},
        {"aclfile", file},
        {"appendfilename", file},
        {"appenddirname", file},
        {"unixsocket", file},
        {"include", file},
        {"cluster-config-file", file},
        {"port", reach},
        {"bind", reach},
        {"bind-source-addr", reach},
        {"protected-mode", reach},
        {"unixsocketperm", reach},
        {"acl-pubsub-default", reach},
        {"loadmodule", runs},
        {"rename-command", runs},
        {"slaveof", tie},
        {"replicaof", tie},
        {"cluster-enabled", tie},
    }};
    const auto row = std::ranges::find(refused, setting, &refusal::name);
    if (row != refused.end()) return row->why;
    if (setting.ends_with("-pass") || setting.ends_with("password")) return secret;
    if (setting.starts_with("tls-")) return reach;
    if (setting.starts_with("enable-")) return runs;
    if (setting.ends_with("-announce-ip") || setting.ends_with("-announce-port")) return tie;
    return {};
}

std::optional<change_step> read_step(toml_table& root) {
    if (!root.need("step") || refused_as_two(root)) return std::nullopt;
    auto table = root.table("step");
    if (!table) return std::nullopt;
    std::optional<change_step> out;
    if (auto deploy = table->table("deploy")) out = read_deploy(*deploy);
    if (auto setting = table->table("redis_config")) out = read_redis_config(*setting);
    if (auto expire = table->table("expire")) out = read_expire(*expire);
    if (auto command = table->table("command")) out = read_command(*command);
    if (std::ranges::none_of(kinds, [&](auto kind) { return table->has(kind); })) (void)table->need("deploy");
    table->finish();
    return out;
}

undo read_rollback(toml_table& root, const change_step& step) {
    undo out;
    const bool deploy = std::holds_alternative<deploy_step>(step);
    const bool command = std::holds_alternative<command_step>(step);
    if (deploy) out.command = "rollback";
    if (command && !root.need("rollback")) return out;
    auto table = root.table("rollback");
    if (!table) return out;
    if (!deploy && !command) {
        root.refuse(errc::config_bad_value, "rollback",
                    std::holds_alternative<expire_step>(step)
                        ? "expiries are undone by those that the keys had: leave this out"
                        : "a setting is undone by the value that it had: leave this out");
        return out;
    }
    if (table->has("none")) {
        out.none = table->needed_text("none").value;
        out.command.clear();
        if (table->keys().size() > 1)
            table->refuse(errc::config_bad_value, "none", "where there is no rollback there is no command for it");
        return out;
    }
    if (table->has("command") || command) out.command = table->needed_text("command").value;
    out.arguments = read_arguments(*table);
    table->finish();
    return out;
}

void check_commands(toml_table& root, const change& change, const project& project) {
    const auto* deploy = std::get_if<deploy_step>(&change.step);
    const auto* command = std::get_if<command_step>(&change.step);
    if (!deploy && !command) return;
    const std::string_view kind = deploy ? "deploy" : "command";
    const wanted_command wanted{
        deploy ? deploy->command : command->name, deploy ? &deploy->arguments : &command->arguments, {}};
    auto step = root.table("step");
    auto arguments = step->table(kind);
    for (const auto* where : rehearsed_on(project)) {
        const toml_place at = arguments->has("command") ? arguments->place_of("command") : step->place_of(kind);
        check_command(root.report(), *where, {wanted.name, wanted.arguments, at});
        if (change.rollback.command.empty()) continue;
        const toml_place undo_at = root.has("rollback") ? root.place_of("rollback") : at;
        check_command(root.report(), *where, {change.rollback.command, &change.rollback.arguments, undo_at});
    }
}

}  // namespace understudy::model::detail
