#include "model/detail/placeholder.h"

#include <algorithm>

namespace understudy::model::detail {

namespace {

// The name of the placeholder that opens at the front of the text; empty if there is none.
std::string_view name_at_front(std::string_view text) {
    if (!text.starts_with('{')) return {};
    const auto close = text.substr(0, 66).find('}');
    if (close == std::string_view::npos) return {};
    const auto name = text.substr(1, close - 1);
    return placeholder_name(name) ? name : std::string_view{};
}

}  // namespace

bool placeholder_name(std::string_view name) {
    if (name.empty() || name.size() > 64 || name.front() < 'a' || name.front() > 'z') return false;
    return std::ranges::all_of(name,
                               [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

std::vector<std::string> placeholders(std::string_view text) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (const auto name = name_at_front(text.substr(i)); !name.empty()) names.emplace_back(name);
    return names;
}

std::string fill(std::string_view text, const std::function<std::string(std::string_view)>& value) {
    std::string out;
    while (!text.empty()) {
        const auto name = name_at_front(text);
        if (name.empty()) {
            out += text.front();
            text.remove_prefix(1);
            continue;
        }
        out += value(name);
        text.remove_prefix(name.size() + 2);
    }
    return out;
}

}  // namespace understudy::model::detail
