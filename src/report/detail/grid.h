// report/detail/grid.h - aligned columns and wrapped prose for a terminal. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/tone.h"

namespace understudy::report::detail {

using report::paint;
using report::tone;

// Words on lines of at most `width` columns, each but the first indented; a longer word stands alone on its line.
// Spaces in front stay, others between words become one.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t width, std::size_t indent = 0);

struct cell {
    std::string text;
    detail::tone tone = tone::plain;
};

// Columns as wide as their widest cell, two spaces apart. Where they do not fit the width, each row becomes a list:
// the first cell, then "head: text" for each other one that is not empty.
class grid {
public:
    explicit grid(std::vector<std::string> heads) : heads_(std::move(heads)) {}
    void add(std::vector<cell> cells) { rows_.push_back(std::move(cells)); }
    [[nodiscard]] bool empty() const { return rows_.empty(); }
    [[nodiscard]] std::string text(std::size_t width, bool coloured) const;

private:
    [[nodiscard]] std::string as_list(std::size_t width, bool coloured) const;

    std::vector<std::string> heads_;
    std::vector<std::vector<cell>> rows_;
};

}  // namespace understudy::report::detail
