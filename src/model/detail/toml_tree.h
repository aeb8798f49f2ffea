// model/detail/toml_tree.h - a TOML 1.0 document as a tree of our own, each value with its place in the file.
//
// toml++ parses; its types stay in toml_tree.cpp, so that one translation unit pays for them. The tree keeps tables in
// the order of the file, which toml++ does not. Hostile input: a limit on the size, on nesting and on dotted keys, no
// exception out. The text of an error never quotes a value of the file: it may be a password without its quotes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"

namespace understudy::model::detail {

inline constexpr std::size_t toml_size_limit = 1 << 20;  // bytes of a file
inline constexpr int toml_depth_limit = 16;              // tables and arrays within each other

struct toml_place {
    std::uint32_t line = 1, column = 1;
    friend auto operator<=>(const toml_place&, const toml_place&) = default;
};

struct toml_node;
using toml_array = std::vector<toml_node>;
struct toml_member;
using toml_members = std::vector<toml_member>;
struct toml_date {};  // dates and times: nothing of ours is one

struct toml_node {
    std::variant<std::string, std::int64_t, double, bool, toml_date, toml_array, toml_members> value;
    toml_place place;

    [[nodiscard]] std::string_view kind() const;  // "a string", "an integer", "a table"
};

struct toml_member {
    std::string key;
    toml_place place;  // of the key
    toml_node node;
};

// The root is always a table. `path` is for the errors' place.
[[nodiscard]] result<toml_node> parse_toml(std::string_view text, const std::string& path);

[[nodiscard]] std::string show_place(const std::string& path, toml_place place);

}  // namespace understudy::model::detail
