#include "report/detail/grid.h"

#include <algorithm>

#include "report/detail/printable.h"

namespace understudy::report::detail {

namespace {

void trim_right(std::string& text) {
    text.erase(text.find_last_not_of(' ') + 1);
}

}  // namespace

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
    std::size_t column = std::min(text.find_first_not_of(' '), text.size());
    std::string out(text.substr(0, column));
    bool fresh = true;  // nothing but the indent stands on this line
    while (!text.empty()) {
        const auto end = text.find(' ');
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (word.empty()) continue;
        const std::size_t length = columns_of(word);
        if (!fresh && column + 1 + length > width) {
            out += "\n" + std::string(indent, ' ');
            column = indent;
            fresh = true;
        }
        if (!fresh) {
            out += ' ';
            ++column;
        }
        out += word;
        column += length;
        fresh = false;
    }
    return out;
}

std::string grid::text(std::size_t width, bool coloured) const {
    std::vector<std::size_t> widths;
    for (const auto& head : heads_)
        widths.push_back(columns_of(head));
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i)
            widths[i] = std::max(widths[i], columns_of(row[i].text));
    std::size_t total = 2;
    for (const auto one : widths)
        total += one + 2;
    if (total - 2 > width) return as_list(width, coloured);
    std::string out;
    const auto line = [&](auto&& at) {
        std::string built = "  ";
        for (std::size_t i = 0; i < widths.size(); ++i) {
            const cell one = at(i);
            built += paint(one.text, one.tone, coloured);
            if (i + 1 < widths.size()) built += std::string(widths[i] - columns_of(one.text) + 2, ' ');
        }
        trim_right(built);
        out += built + "\n";
    };
    const bool headed = std::ranges::any_of(heads_, [](const auto& head) { return !head.empty(); });
    if (headed) line([&](std::size_t i) { return cell{heads_[i], tone::dim}; });
    for (const auto& row : rows_)
        line([&](std::size_t i) { return i < row.size() ? row[i] : cell{}; });
    return out;
}

std::string grid::as_list(std::size_t width, bool coloured) const {
    std::string out;
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (row[i].text.empty()) continue;
            const std::size_t indent = i == 0 ? 2 : 4;
            const std::string named = i == 0 || heads_[i].empty() ? row[i].text : heads_[i] + ": " + row[i].text;
            const std::string body = wrapped(named, width > indent ? width - indent : 1);
            std::string shifted = std::string(indent, ' ');
            for (const char c : body) {
                shifted += c;
                if (c == '\n') shifted += std::string(indent, ' ');
            }
            out += paint(shifted, row[i].tone, coloured) + "\n";
        }
    }
    return out;
}

}  // namespace understudy::report::detail
