// keyspace/family_groups.h - many templates -> few families: names that vary become `*`. Pure.
//
// A template is cut into segments at `:`, `/`, `|` and spaces, and all of them together make a tree of segments. Where
// one place has very many different words, or a good number that stand for a few keys each and are followed by the same
// things, these are names (products, pages, hosts) and no kinds: they become one `*`, and what follows them is merged.
// Placeholders ({int}, {md5} …) are never merged with words, and a segment that holds a good share of the keys at its
// place stays by itself, however many others there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::keyspace {

struct counted_template {
    std::string_view text;
    std::uint64_t keys = 0;
};

struct template_group {
    std::string pattern;
    std::vector<std::size_t> members;  // indexes of what was given, ascending
};

// By pattern. What comes out depends on the set that is given, not on its order. Cost: O(bytes log templates).
[[nodiscard]] std::vector<template_group> group_templates(std::span<const counted_template> templates);

}  // namespace understudy::keyspace
