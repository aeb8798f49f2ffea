#include "report/detail/shell.h"

#include <algorithm>

#include <fmt/format.h>

#include "report/detail/printable.h"

namespace understudy::report::detail {

namespace {

bool harmless(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./:=@%+,").find(c) != std::string_view::npos;
}

std::size_t longest_run_of_backticks(std::string_view text) {
    std::size_t longest = 0, run = 0;
    for (const char c : text) {
        run = c == '`' ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    return longest;
}

}  // namespace

std::string shell_quoted(std::string_view word) {
    // A leading "=" or "~" or an assignment as first word is never met: the program's name stands in front, and words
    // that hold more than the harmless characters are quoted whole.
    if (!word.empty() && word.front() != '=' && std::ranges::all_of(word, harmless)) return std::string(word);
    std::string out = "'";
    for (const char c : word) {
        if (c == '\0') continue;
        if (c == '\'')
            out += "'\\''";
        else
            out += c;
    }
    return out + "'";
}

std::string shell_quoted(std::span<const std::string> words) {
    std::string out;
    for (const auto& word : words) {
        if (!out.empty()) out += ' ';
        // A first word with "=" in it would be an assignment.
        const bool assignment =
            out.empty() && word.find('=') != std::string::npos && std::ranges::all_of(word, harmless);
        out += assignment ? "'" + word + "'" : shell_quoted(std::string_view(word));
    }
    return out;
}

std::string comment(std::string_view text) {
    return "# " + one_line(text) + "\n";
}

std::string markdown(std::string_view text) {
    std::string out;
    for (const char c : one_line(text)) {
        switch (c) {
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '&':
                out += "&amp;";
                break;
            case '\\':
            case '`':
            case '*':
            case '_':
            case '[':
            case ']':
            case '|':
            case '#':
            case '~':
            case '!':
                out += '\\';
                [[fallthrough]];
            default:
                out += c;
        }
    }
    return out;
}

std::string markdown_code(std::string_view text) {
    const std::string line = one_line(text);
    if (line.empty()) return "(empty)";
    const std::string fence(longest_run_of_backticks(line) + 1, '`');
    const bool pad = line.front() == '`' || line.back() == '`';
    const std::string_view space = pad ? " " : "";
    return fmt::format("{}{}{}{}{}", fence, space, line, space, fence);
}

std::string markdown_block(std::string_view language, std::string_view text) {
    const std::string inside = printable(text);
    const std::string fence(std::max<std::size_t>(3, longest_run_of_backticks(inside) + 1), '`');
    return fmt::format("{}{}\n{}{}{}\n", fence, language, inside, inside.ends_with('\n') ? "" : "\n", fence);
}

}  // namespace understudy::report::detail
