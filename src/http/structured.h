// http/structured.h - lists and dictionaries of Structured Field Values (RFC 8941), strict: any error discards the
// whole field.
//
// Inner lists and every bare item of the RFC are read, so that a member that is not understood does not spoil the
// others. Pure; cost O(bytes); nesting is one level deep by grammar, so there is no recursion.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace understudy::http {

struct sf_token {
    std::string text;
    bool operator==(const sf_token&) const = default;
};
struct sf_bytes {
    std::string bytes;  // decoded
    bool operator==(const sf_bytes&) const = default;
};
// integer, decimal, string, token, byte sequence, boolean
using bare_item = std::variant<std::int64_t, double, std::string, sf_token, sf_bytes, bool>;

struct sf_parameter {
    std::string key;
    bare_item value;  // a key alone is the boolean true
};
// Keys are unique: of two the later value stays, at the place of the first (RFC 8941 4.2.3.2).
using sf_parameters = std::vector<sf_parameter>;

struct sf_item {
    bare_item value;
    sf_parameters parameters;
};
struct sf_member {
    std::variant<bare_item, std::vector<sf_item>> value;  // an item, or an inner list
    sf_parameters parameters;
};

inline constexpr std::size_t max_structured_bytes = std::size_t{64} << 10;
inline constexpr std::size_t max_structured_members = 1024;  // also of one inner list, and of parameters

// A whole field, its lines joined by commas. An empty field is an empty list.
[[nodiscard]] std::optional<std::vector<sf_member>> parse_sf_list(std::string_view text);

struct sf_entry {
    std::string key;
    sf_member member;  // a key alone is the boolean true
};
// Keys are unique, as those of parameters. An empty field is an empty dictionary.
[[nodiscard]] std::optional<std::vector<sf_entry>> parse_sf_dictionary(std::string_view text);
[[nodiscard]] const bare_item* find(const sf_parameters& parameters, std::string_view key) noexcept;

}  // namespace understudy::http
