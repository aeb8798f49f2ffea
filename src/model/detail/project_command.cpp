// One [environments.NAME.commands.WHAT]: an argument vector, and which values a change file may put into it.
#include <algorithm>
#include <regex>
#include <set>

#include <fmt/format.h>

#include "base/near_name.h"
#include "base/units.h"
#include "model/detail/placeholder.h"
#include "model/detail/project_parts.h"

namespace understudy::model::detail {

namespace {

constexpr std::size_t longest_pattern = 200;

bool compiles(const std::string& pattern) {
    try {
        const std::regex compiled(pattern, std::regex::ECMAScript);
        return true;
    } catch (const std::regex_error&) {
        return false;
    }
}

std::map<std::string, std::string> read_arguments(toml_table& table) {
    std::map<std::string, std::string> out;
    for (const auto& [name, pattern] : table.text_map("arguments")) {
        auto& report = table.report();
        if (!placeholder_name(name))
            report.add(errc::config_bad_value, pattern.at,
                       "the name of an argument is made of small letters, digits and \"_\"");
        else if (name == "release" || name == "command" || name == "none")
            report.add(errc::config_bad_value, pattern.at,
                       fmt::format("\"{}\" has a meaning of its own and cannot name an argument", name));
        if (pattern.value.size() > longest_pattern || !compiles(pattern.value))
            report.add(errc::config_bad_value, pattern.at,
                       fmt::format("expected a regular expression (ECMAScript) of at most {} bytes", longest_pattern));
        out.emplace(name, pattern.value);
    }
    return out;
}

void check_placeholders(toml_table& table, const std::vector<located_text>& run, const named_command& command) {
    std::vector<std::string> declared;
    for (const auto& argument : command.arguments)
        declared.push_back(argument.first);
    std::set<std::string> used;
    for (std::size_t i = 0; i < run.size(); ++i) {
        for (const auto& name : placeholders(run[i].value)) {
            used.insert(name);
            if (i == 0)
                table.report().add(errc::config_bad_value, run[i].at, "the program itself cannot be a placeholder");
            else if (name == "release" && command.name == "release")
                table.report().add(errc::config_bad_value, run[i].at,
                                   "{release} is what this command prints: it cannot take it");
            else if (name != "release" && !command.arguments.contains(name))
                table.report().add(errc::config_bad_value, run[i].at,
                                   fmt::format("{{{}}} is not among the arguments of the command \"{}\"{}", name,
                                               command.name, did_you_mean(name, declared)));
        }
    }
    for (const auto& name : declared)
        if (!used.contains(name) && table.report().clean())
            table.refuse(errc::config_bad_value, "arguments",
                         fmt::format("the argument \"{}\" is used nowhere in run", name));
}

std::vector<std::string> read_variables(toml_table& table) {
    std::vector<std::string> out;
    for (const auto& entry : table.texts("environment")) {
        const auto name = entry.value.substr(0, entry.value.find('='));
        if (name.empty() || name.find(' ') != std::string::npos)
            table.report().add(errc::config_bad_value, entry.at, "expected NAME or NAME=value");
        if (name.size() < entry.value.size() && sounds_secret(name))
            table.report().add(errc::config_literal_secret, entry.at,
                               fmt::format("the value of {0} stands here in the clear; name it alone (\"{0}\") and set "
                                           "it where understudy runs",
                                           name));
        out.push_back(entry.value);
    }
    return out;
}

}  // namespace

named_command read_command(toml_table table, const located_text& name, const std::string& folder) {
    using namespace std::chrono_literals;
    named_command out;
    check_name(name, "a command", table.report());
    out.name = name.value;
    (void)table.need("run");
    const auto run = table.texts("run");
    for (const auto& part : run)
        out.argv.push_back(part.value);
    if (table.kind_of("run") == "an array" && (run.empty() || run.front().value.empty()))
        table.refuse(errc::config_bad_value, "run", "expected a program and its arguments");
    out.arguments = read_arguments(table);
    check_placeholders(table, run, out);
    if (const auto timeout = table.text("timeout")) {
        const auto time = parse_duration(timeout->value);
        if (!time || *time <= 0ms || *time > 24h)
            table.refuse(errc::config_bad_value, "timeout", "expected a time like \"60s\" or \"5m\", a day at most");
        else
            out.timeout = *time;
    }
    const auto where = table.text("folder");
    out.folder = absolute_path(folder, where ? where->value : ".");
    out.environment = read_variables(table);
    table.finish();
    return out;
}

}  // namespace understudy::model::detail
