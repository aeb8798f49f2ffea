// The quoting rules of inline commands, as Redis's sdssplitargs (sds.c) has them.
#include "resp/reader.h"

namespace understudy::resp {
namespace {

bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

// Fewer bytes end a word than stand between words.
bool ends_word(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// A NUL ends the line for Redis, which reads it as a C string.
std::string_view to_nul(std::string_view line) {
    return line.substr(0, line.find('\0'));
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

char unescaped(char c) {
    switch (c) {
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case 't':
            return '\t';
        case 'b':
            return '\b';
        case 'a':
            return '\a';
        default:
            return c;
    }
}

// Takes the escape at the front of `rest`, which begins with a backslash and has at least one byte after it.
void take_escape(std::string_view& rest, std::string& word) {
    if (rest.size() >= 4 && rest[1] == 'x' && hex_value(rest[2]) >= 0 && hex_value(rest[3]) >= 0) {
        word += static_cast<char>(hex_value(rest[2]) * 16 + hex_value(rest[3]));
        rest.remove_prefix(4);
        return;
    }
    word += unescaped(rest[1]);
    rest.remove_prefix(2);
}

// Takes a quoted part, quote to quote. False when it is left open, or its end touches the next word.
bool take_quoted(std::string_view& rest, std::string& word) {
    const char quote = rest.front();
    rest.remove_prefix(1);
    while (!rest.empty()) {
        if (rest.front() == quote) {
            rest.remove_prefix(1);
            return rest.empty() || is_space(rest.front());
        }
        if (quote == '"' && rest.front() == '\\' && rest.size() > 1) {
            take_escape(rest, word);
        } else if (quote == '\'' && rest.starts_with("\\'")) {
            word += '\'';
            rest.remove_prefix(2);
        } else {
            word += rest.front();
            rest.remove_prefix(1);
        }
    }
    return false;
}

bool take_word(std::string_view& rest, std::string& word) {
    while (!rest.empty() && !ends_word(rest.front())) {
        if (rest.front() == '"' || rest.front() == '\'') {
            if (!take_quoted(rest, word)) return false;
        } else {
            word += rest.front();
            rest.remove_prefix(1);
        }
    }
    return true;
}

}  // namespace

std::optional<std::vector<std::string>> split_inline(std::string_view line) {
    std::string_view rest = to_nul(line);
    std::vector<std::string> words;
    for (;;) {
        while (!rest.empty() && is_space(rest.front()))
            rest.remove_prefix(1);
        if (rest.empty()) return words;
        if (!take_word(rest, words.emplace_back())) return std::nullopt;
    }
}

}  // namespace understudy::resp
