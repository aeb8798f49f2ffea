#include "rdb/object.h"

#include <array>
#include <charconv>
#include <cmath>

namespace understudy::rdb {
namespace {

constexpr std::array<std::string_view, 6> type_names = {"string", "list", "set", "zset", "hash", "stream"};

std::optional<std::uint64_t> whole_number(std::string_view text) noexcept {
    std::uint64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::string_view name_of(object_type type) noexcept {
    return type_names[static_cast<std::size_t>(type)];
}

std::optional<object_type> object_type_of(std::string_view type_reply) noexcept {
    for (std::size_t i = 0; i < type_names.size(); ++i)
        if (type_names[i] == type_reply) return static_cast<object_type>(i);
    return std::nullopt;
}

std::optional<stream_id> parse_stream_id(std::string_view text) noexcept {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto ms = whole_number(text.substr(0, dash));
    const auto sequence = whole_number(text.substr(dash + 1));
    if (!ms || !sequence) return std::nullopt;
    return stream_id{*ms, *sequence};
}

std::optional<double> parse_score(std::string_view text) noexcept {
    double score = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), score);
    if (code != std::errc{} || end != text.data() + text.size() || std::isnan(score)) return std::nullopt;
    return score;
}

}  // namespace understudy::rdb
