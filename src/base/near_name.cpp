#include "base/near_name.h"

#include <algorithm>

#include <fmt/format.h>

namespace understudy {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t differs = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + differs});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
        std::swap(before_last, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& known) {
    constexpr std::size_t longest = 64;
    const std::string* nearest = nullptr;
    std::size_t least = 0;
    for (const auto& candidate : known) {
        if (name.size() > longest || candidate.size() > longest) continue;
        const auto distance = edit_distance(name, candidate);
        const auto allowed = std::max<std::size_t>(1, std::max(name.size(), candidate.size()) / 3);
        if (distance > allowed || (nearest && distance >= least)) continue;
        nearest = &candidate;
        least = distance;
    }
    return nearest ? fmt::format("; did you mean \"{}\"?", *nearest) : "";
}

std::string listed(const std::vector<std::string>& names) {
    constexpr std::size_t most = 8;
    if (names.empty()) return "none";
    std::string out;
    const auto shown = std::min(names.size(), most);
    for (std::size_t i = 0; i < shown; ++i) {
        if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
        out += fmt::format("\"{}\"", names[i]);
    }
    return shown < names.size() ? out + ", …" : out;
}

}  // namespace understudy
