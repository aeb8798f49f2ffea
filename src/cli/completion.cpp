// `completion`: a script for each shell, made from command_table(). Words of an understudy.toml in the current folder
// (environments, routes) are looked up when they are asked for, by sed alone: completing must not start a program that
// reads secrets or asks servers.
#include <algorithm>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/terminal.h"

namespace understudy::cli {

namespace {

std::string joined(const std::vector<std::string>& words, std::string_view between) {
    std::string out;
    for (const auto& word : words)
        out += (out.empty() ? "" : std::string(between)) + word;
    return out;
}

// Within single quotes of a shell.
std::string single_quoted(std::string_view text) {
    std::string out;
    for (const char c : text)
        out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out;
}

constexpr std::string_view names_in_toml =
    "    sed -n \"s/^\\[$1\\.\\([A-Za-z0-9_-]*\\)\\] *\\(#.*\\)\\{0,1\\}\\$/\\1/p\" understudy.toml 2>/dev/null\n";

// ---- bash

std::string bash_values(const option_row& of) {
    switch (of.kind) {
        case value_kind::word:
            return fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$word\"))", joined(of.words, " "));
        case value_kind::file:
            return "_understudy_files -f";
        case value_kind::folder:
            return "_understudy_files -d";
        case value_kind::environment:
            return "COMPREPLY=($(compgen -W \"$(_understudy_names environments) $(_understudy_names routes)\" -- "
                   "\"$word\"))";
        case value_kind::route:
            return "COMPREPLY=($(compgen -W \"$(_understudy_names routes)\" -- \"$word\"))";
        case value_kind::none:
        case value_kind::text:
        case value_kind::number:
            break;
    }
    return "COMPREPLY=()";
}

std::string bash_script(const std::vector<command_row>& all) {
    std::string out =
        "# bash completion of understudy; made by: understudy completion bash\n"
        "_understudy_names() {\n";
    out += names_in_toml;
    out +=
        "}\n"
        "_understudy_files() {\n"
        "    compopt -o filenames 2>/dev/null\n"
        "    local IFS=$'\\n'\n"
        "    COMPREPLY=($(compgen \"$1\" -- \"$word\"))\n"
        "}\n"
        "_understudy() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= i\n"
        "    COMPREPLY=()\n"
        "    # --format=junit comes as three words.\n"
        "    if [[ $word == = ]]; then word=; elif [[ $before == = ]]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
        "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "        if [[ ${COMP_WORDS[i]} != -* ]]; then command=${COMP_WORDS[i]}; break; fi\n"
        "    done\n"
        "    case $command in\n";
    for (const auto& row : all) {
        const bool program = &row == &all.front();
        out += fmt::format("    {})\n        case $before in\n", program ? "''" : row.name);
        std::vector<std::string> words;
        for (const auto& option : row.options) {
            words.insert(words.end(), option.names.begin(), option.names.end());
            if (option.kind != value_kind::none)
                out += fmt::format("        {}) {}; return ;;\n", joined(option.names, " | "), bash_values(option));
        }
        if (program)
            for (const auto& one : all)
                if (!(&one == &all.front())) words.push_back(one.name);
        out += "        esac\n";
        const std::string words_line = fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$word\"))", joined(words, " "));
        if (program || row.arguments.empty())
            out += "        " + words_line + "\n";
        else
            out += fmt::format("        if [[ $word == -* ]]; then {}\n        else {}; fi\n", words_line,
                               bash_values(row.arguments.front()));
        out += "        ;;\n";
    }
    return out + "    esac\n}\ncomplete -F _understudy understudy\n";
}

// ---- zsh

// In a specification of _arguments, where a colon and brackets have a meaning.
std::string zsh_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == ':' || c == '[' || c == ']' || c == '\\') out += '\\';
        out += c;
    }
    return single_quoted(out);
}

std::string zsh_action(const option_row& of) {
    switch (of.kind) {
        case value_kind::word:
            return "(" + joined(of.words, " ") + ")";
        case value_kind::file:
            return "_files";
        case value_kind::folder:
            return "_files -/";
        case value_kind::environment:
            return "_understudy_names";
        case value_kind::route:
            return "_understudy_names";
        case value_kind::none:
        case value_kind::text:
        case value_kind::number:
            break;
    }
    return " ";
}

std::string zsh_option(const option_row& of) {
    std::string out;
    const std::string others = of.names.size() > 1 ? "(" + joined(of.names, " ") + ")" : "";
    for (const auto& name : of.names) {
        out += fmt::format(" \\\n            '{}{}[{}]", others, name, zsh_text(of.text));
        if (of.kind != value_kind::none) out += fmt::format(":{}:{}", of.value, zsh_action(of));
        out += "'";
    }
    return out;
}

std::string zsh_script(const std::vector<command_row>& all) {
    std::string out =
        "#compdef understudy\n"
        "# zsh completion of understudy; made by: understudy completion zsh\n"
        "_understudy_toml() {\n";
    out += names_in_toml;
    out +=
        "}\n"
        "_understudy_names() {\n"
        "    local -a names\n"
        "    names=(${(f)\"$(_understudy_toml environments)\"} ${(f)\"$(_understudy_toml routes)\"})\n"
        "    (( $#names )) && compadd -a names\n"
        "}\n"
        "_understudy() {\n"
        "    local -a commands\n"
        "    commands=(\n";
    for (std::size_t i = 1; i < all.size(); ++i)
        out += fmt::format("        '{}:{}'\n", all[i].name, single_quoted(all[i].text));
    out +=
        "    )\n"
        "    if (( CURRENT == 2 )); then\n"
        "        _describe command commands\n"
        "        _arguments";
    for (const auto& option : all.front().options)
        out += zsh_option(option);
    out +=
        "\n        return\n    fi\n"
        "    local command=$words[2]\n"
        "    shift words\n"
        "    (( CURRENT-- ))\n"
        "    case $command in\n";
    for (std::size_t i = 1; i < all.size(); ++i) {
        out += fmt::format("    {})\n        _arguments", all[i].name);
        for (const auto& option : all[i].options)
            out += zsh_option(option);
        for (const auto& argument : all[i].arguments)
            out += fmt::format(" \\\n            '{}:{}:{}'",
                               argument.many       ? "*"
                               : argument.required ? "1"
                                                   : ":",
                               zsh_text(argument.value), zsh_action(argument));
        out += "\n        ;;\n";
    }
    return out +
           "    esac\n}\n"
           "# Loaded by itself from a folder of $fpath, or read by `source`.\n"
           "if [[ $funcstack[1] == _understudy ]]; then _understudy \"$@\"; else compdef _understudy understudy; fi\n";
}

// ---- fish

std::string fish_value(const option_row& of) {
    switch (of.kind) {
        case value_kind::word:
            return fmt::format(" -x -a '{}'", joined(of.words, " "));
        case value_kind::file:
            return " -r -F";
        case value_kind::folder:
            return " -x -a '(__fish_complete_directories)'";
        case value_kind::environment:
        case value_kind::route:
            return " -x -a '(__understudy_names)'";
        case value_kind::text:
        case value_kind::number:
            return " -x";
        case value_kind::none:
            break;
    }
    return "";
}

std::string fish_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

std::string fish_option(const option_row& of, const std::string& when) {
    std::string names;
    for (const auto& name : of.names)
        names += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    return fmt::format("complete -c understudy -n '{}'{}{} -d '{}'\n", when, names, fish_value(of), fish_text(of.text));
}

std::string fish_script(const std::vector<command_row>& all) {
    std::string out =
        "# fish completion of understudy; made by: understudy completion fish\n"
        "function __understudy_names\n"
        "    sed -n 's/^\\[\\(environments\\|routes\\)\\.\\([A-Za-z0-9_-]*\\)\\].*$/\\2/p' understudy.toml "
        "2>/dev/null\n"
        "end\n"
        "complete -c understudy -f\n";
    for (const auto& option : all.front().options)
        out += fish_option(option, "__fish_use_subcommand");
    for (std::size_t i = 1; i < all.size(); ++i) {
        const auto& row = all[i];
        out += fmt::format("complete -c understudy -n __fish_use_subcommand -a {} -d '{}'\n", row.name,
                           fish_text(row.text));
        const auto when = "__fish_seen_subcommand_from " + row.name;
        for (const auto& option : row.options)
            out += fish_option(option, when);
        for (const auto& argument : row.arguments)
            if (argument.kind != value_kind::text && argument.kind != value_kind::number)
                out += fmt::format("complete -c understudy -n '{}'{}\n", when,
                                   argument.kind == value_kind::file ? " -F" : fish_value(argument));
    }
    return out;
}

}  // namespace

result<int> run_completion(const options& given) {
    const auto all = command_table();
    print(given.shell == "bash" ? bash_script(all) : given.shell == "zsh" ? zsh_script(all) : fish_script(all));
    return 0;
}

}  // namespace understudy::cli
