#include "snapshot/settings_text.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "model/environment.h"

namespace understudy::snapshot {

namespace {

constexpr std::size_t deepest = 16;  // of blocks

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r";
    const auto first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::string_view unquoted(std::string_view text) {
    if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front())
        return text.substr(1, text.size() - 2);
    return text;
}

bool is_name(std::string_view text) {
    return !text.empty() &&
           (std::isalnum(static_cast<unsigned char>(text.front())) != 0 || text.front() == '_' ||
            text.front() == '$') &&
           std::ranges::all_of(text, [](char c) {
               return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.' ||
                      c == '/' || c == '[' || c == ']' || c == '$';
           });
}

struct pair {
    std::string_view name, value;
};

// What stands before and after the first `mark`, where a name stands before it.
std::optional<pair> divided(std::string_view line, std::string_view mark) {
    const auto at = line.find(mark);
    if (at == std::string_view::npos) return std::nullopt;
    const auto name = trimmed(line.substr(0, at));
    if (!is_name(name)) return std::nullopt;
    return pair{name, unquoted(trimmed(line.substr(at + mark.size())))};
}

class reader {
public:
    explicit reader(const settings_text_limits& limits) : limits_(limits) {}

    void line(std::string_view text) {
        text = trimmed(text);
        if (text.starts_with("### ")) text = trimmed(text.substr(4));  // diffsettings: not among the defaults
        if (text.empty() || text.front() == '#' || text.front() == ';' || text.starts_with("//") ||
            text.starts_with("+--"))
            return;
        if (text.front() == '|') return column(text);
        if (text == "name,value" || text.starts_with("name,value,")) {
            of_csv_ = true;
            return;
        }
        if (of_csv_) return comma(text);
        if (text.back() == '{') return open(trimmed(text.substr(0, text.size() - 1)));
        if (text == "}") return close();
        if (text.back() == ';') {
            const auto directive = text.substr(0, text.size() - 1);
            return directive.find('=') == std::string_view::npos ? words(directive) : either(directive);
        }
        either(text);
    }

    std::map<std::string, std::string> settings() { return std::move(out_); }

private:
    void either(std::string_view text) {
        if (const auto one = divided(text, "=")) return add(*one);
        if (const auto one = divided(text, ": ")) return add(*one);
        if (text.back() == ':' || text.find('=') != std::string_view::npos) return;
        words(text);
    }

    void words(std::string_view text) {
        const auto space = text.find_first_of(" \t");
        if (space == std::string_view::npos) return;
        const auto name = text.substr(0, space);
        if (is_name(name)) add({name, unquoted(trimmed(text.substr(space)))});
    }

    void column(std::string_view text) {
        const auto second = text.find('|', 1);
        if (second == std::string_view::npos) return;
        const auto third = text.find('|', second + 1);
        const auto name = trimmed(text.substr(1, second - 1));
        if (third == std::string_view::npos || !is_name(name)) return;
        add({name, trimmed(text.substr(second + 1, third - second - 1))});
    }

    void comma(std::string_view text) {
        const auto first = text.find(',');
        if (first == std::string_view::npos || !is_name(text.substr(0, first))) return;
        const auto rest = text.substr(first + 1);
        const auto end = rest.starts_with('"') ? rest.find('"', 1) : rest.find(',');
        add({text.substr(0, first), rest.starts_with('"')
                                        ? rest.substr(1, end == std::string_view::npos ? end : end - 1)
                                        : rest.substr(0, end)});
    }

    void open(std::string_view name) {
        if (blocks_.size() < deepest) blocks_.emplace_back(name.substr(0, limits_.name));
        ++depth_;
    }

    void close() {
        if (depth_ == 0) return;
        if (--depth_ < blocks_.size()) blocks_.pop_back();
    }

    void add(const pair& one) {
        if (one.name.size() > limits_.name || out_.size() >= limits_.settings) return;
        std::string name;
        for (const auto& block : blocks_)
            name += block + ".";
        name += one.name;
        if (name.size() > limits_.name) return;
        auto value = std::string(one.value.substr(0, limits_.value));
        const int turn = ++told_[name];
        out_.emplace(turn == 1 ? name : fmt::format("{}#{}", name, turn), std::move(value));
    }

    const settings_text_limits& limits_;
    std::map<std::string, std::string> out_;
    std::map<std::string, int> told_;
    std::vector<std::string> blocks_;
    std::size_t depth_ = 0;
    bool of_csv_ = false;
};

std::string upper(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return out;
}

bool is_number(std::string_view text) {
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    const auto digits = text.find_first_not_of("0123456789.");
    if (text.empty() || digits == 0) return false;
    if (digits == std::string_view::npos) return true;
    // A size or a time: "64mb", "30s", "10%".
    const auto unit = trimmed(text.substr(digits));
    return unit.size() <= 3 && std::ranges::all_of(unit, [](char c) {
               return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '%';
           });
}

}  // namespace

std::map<std::string, std::string> settings_in(std::string_view text, const settings_text_limits& limits) {
    reader lines(limits);
    while (!text.empty()) {
        const auto end = text.find('\n');
        lines.line(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return lines.settings();
}

bool is_harmless(std::string_view name, std::string_view value) {
    constexpr std::size_t longest_number = 12, longest_word = 32;
    const auto loud = upper(name);
    if (model::sounds_secret(loud) || loud.find("SALT") != std::string::npos || loud.find("DSN") != std::string::npos)
        return false;
    if (value.empty()) return true;
    if (value.size() <= longest_number && is_number(value)) return true;
    if (value.size() > longest_word) return false;
    // One word: letters with separators; digits make a token likely.
    const auto letters = [](char c) {
        return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
    };
    return std::ranges::all_of(value, letters);
}

}  // namespace understudy::snapshot
