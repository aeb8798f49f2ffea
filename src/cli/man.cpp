// `man`: the manual page in roff (man(7)), made from command_table().
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/terminal.h"

namespace understudy::cli {

namespace {

// Text of a line: a backslash is an escape, a hyphen must stay one when it is copied, and a dot or a quote at the start
// would be a request.
std::string roff(std::string_view text) {
    std::string out = text.starts_with('.') || text.starts_with('\'') ? "\\&" : "";
    for (const char c : text) {
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else if (c == '\n')
            out += "\n.br\n";
        else
            out += c;
    }
    return out;
}

std::string synopsis(const command_row& of) {
    std::string out = fmt::format("\\fBunderstudy {}\\fR", roff(of.name));
    for (const auto& one : of.arguments) {
        const auto name = fmt::format("\\fI{}\\fR{}", roff(one.value), one.many ? " ..." : "");
        out += one.required ? " " + name : " [" + name + "]";
    }
    return out + " [\\fIoptions\\fR]";
}

void entry(std::string& out, const option_row& of) {
    std::string names;
    for (const auto& name : of.names)
        names += fmt::format("{}\\fB{}\\fR", names.empty() ? "" : ", ", roff(name));
    if (names.empty())
        names = fmt::format("\\fI{}\\fR", roff(of.value));
    else if (!of.value.empty())
        names += fmt::format(" \\fI{}\\fR", roff(of.value));
    out += fmt::format(".TP\n{}\n{}", names, roff(of.text));
    std::string words;
    for (const auto& word : of.words)
        words += (words.empty() ? "" : ", ") + roff(word);
    out += words.empty() ? "\n" : fmt::format(" [{}]\n", words);
}

std::string page(const std::vector<command_row>& all) {
    const auto& program = all.front();
    std::string out = fmt::format(
        ".\\\" made by: understudy man\n"
        ".TH UNDERSTUDY 1 \"\" \"understudy {}\" \"User Commands\"\n"
        ".SH NAME\nunderstudy \\- rehearse a Redis cache change on staging\n.SH SYNOPSIS\n",
        UNDERSTUDY_VERSION);
    for (std::size_t i = 1; i < all.size(); ++i)
        out += (i > 1 ? ".br\n" : "") + synopsis(all[i]) + "\n";
    out += ".SH DESCRIPTION\n" + roff(program.text) +
           "\n.PP\nResults go to standard output, everything else to standard error. A change is described by a file, "
           "the environments by\n.IR understudy.toml ,\nin the current folder or in the nearest one above.\n"
           ".SH OPTIONS\n";
    for (const auto& option : program.options)
        entry(out, option);
    out += ".SH COMMANDS\n";
    for (std::size_t i = 1; i < all.size(); ++i) {
        out += fmt::format(".SS {}\n{}\n", roff(all[i].name), roff(all[i].text));
        for (const auto* list : {&all[i].arguments, &all[i].options})
            for (const auto& one : *list)
                entry(out, one);
    }
    out += ".SH EXIT STATUS\n" + roff(exit_codes_text());
    while (out.ends_with("\n.br\n"))
        out.resize(out.size() - 4);
    return out +
           ".SH ENVIRONMENT\n"
           ".TP\n\\fBUNDERSTUDY_STATE\\fR\nfolder of journals, backups, locks and the history; else "
           "\\fI$XDG_STATE_HOME/understudy\\fR, else \\fI~/.local/state/understudy\\fR\n"
           ".TP\n\\fBNO_COLOR\\fR\nno colours on a terminal\n"
           ".SH FILES\n"
           ".TP\n\\fIunderstudy.toml\\fR\nenvironments, identities, commands and routes\n"
           ".TP\n\\fIunderstudy\\-runs/\\fR\nwhat rehearsals leave: evidence, report, runbook\n";
}

}  // namespace

result<int> run_man(const options&) {
    print(page(command_table()));
    return 0;
}

}  // namespace understudy::cli
