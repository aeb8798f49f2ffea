#include "keyspace/family_groups.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>

#include "keyspace/text_hash.h"

namespace understudy::keyspace {

namespace {

constexpr std::size_t surely_names = 64;   // so many words at one place are no kinds
constexpr std::size_t perhaps_names = 10;  // so many are none where they look alike
constexpr std::uint64_t few_keys = 4;      // that the middle one of names stands for at most
constexpr double alike = 0.7;              // the share of them that is followed by the same
constexpr double share_of_its_own = 0.02;  // of the keys at its place, by which a word is a kind among names
constexpr std::uint64_t times_the_middle = 8;
constexpr double share_of_a_beginning = 0.2;  // of the names, by which what they begin with is a kind
constexpr std::string_view any_name = "*";

// A place in the tree: what leads to it is its path of segments, each with the separator behind it.
struct place {
    std::map<std::string, std::unique_ptr<place>, std::less<>> below;
    std::vector<std::size_t> ends;  // templates that end here
    std::uint64_t keys = 0;         // of these and of all below

    place& at(std::string_view segment) {
        auto found = below.find(segment);
        if (found == below.end()) found = below.emplace(std::string(segment), std::make_unique<place>()).first;
        return *found->second;
    }
    void merge(place&& other) {
        ends.insert(ends.end(), other.ends.begin(), other.ends.end());
        keys += other.keys;
        for (auto& [segment, child] : other.below)
            at(segment).merge(std::move(*child));
    }
};

bool is_separator(char byte) {
    return byte == ':' || byte == '/' || byte == '|' || byte == ' ' || byte == '.';
}

// With its separator, so that "a:" and "a/" are two.
std::string_view next_segment(std::string_view& rest) {
    std::size_t size = 0;
    bool in_label = false;
    while (size < rest.size()) {
        const char byte = rest[size++];
        in_label = byte == '{' || (in_label && byte != '}');
        if (!in_label && is_separator(byte)) break;
    }
    const auto out = rest.substr(0, size);
    rest.remove_prefix(size);
    return out;
}

bool is_word(std::string_view segment) {
    if (!segment.empty() && is_separator(segment.back())) segment.remove_suffix(1);
    return !segment.empty() && !segment.contains('{') && !segment.contains(any_name);
}

std::string separator_of(std::string_view segment) {
    return !segment.empty() && is_separator(segment.back()) ? std::string(1, segment.back()) : std::string();
}

// What comes below a place, names aside: places of one look are followed by the same things.
std::uint64_t look_of(const place& of) {
    std::uint64_t look = of.ends.empty() ? 1 : 2;
    for (const auto& [segment, child] : of.below)
        look = (look ^ text_hash(segment)) * 0x9e3779b97f4a7c15u + look_of(*child);
    return look;
}

std::uint64_t middle_of(std::vector<std::uint64_t> counts) {
    const auto at = counts.begin() + static_cast<std::ptrdiff_t>(counts.size() / 2);
    std::ranges::nth_element(counts, at);
    return *at;
}

using child = std::pair<const std::string*, place*>;

bool look_alike(const std::vector<child>& children) {
    std::map<std::uint64_t, std::size_t> looks;
    std::size_t most = 0;
    for (const auto& [segment, below] : children)
        most = std::max(most, ++looks[look_of(*below)]);
    return static_cast<double>(most) >= alike * static_cast<double>(children.size());
}

// Those of the words at one place that are names.
std::vector<std::string> names_among(const std::vector<child>& words) {
    if (words.size() < perhaps_names) return {};
    std::vector<std::uint64_t> counts;
    std::uint64_t total = 0;
    for (const auto& [segment, below] : words) {
        counts.push_back(below->keys);
        total += below->keys;
    }
    const std::uint64_t middle = std::max<std::uint64_t>(1, middle_of(counts));
    if (words.size() <= surely_names && (middle > few_keys || !look_alike(words))) return {};
    std::vector<std::string> out;
    for (const auto& [segment, below] : words) {
        const bool a_kind = static_cast<double>(below->keys) >= share_of_its_own * static_cast<double>(total) &&
                            below->keys >= times_the_middle * middle;
        if (!a_kind) out.push_back(*segment);
    }
    return out;
}

// The first part of a name from `from` on, up to and with its '-' or '_'; empty where there is none.
std::string_view part_of(std::string_view name, std::size_t from) {
    const auto end = name.find_first_of("-_", from);
    return end == std::string_view::npos ? std::string_view{} : name.substr(from, end + 1 - from);
}

// What names begin with -> these names, where enough of them begin alike: product-a, product-b and list-a, list-b are
// two kinds. `begin`: what all of them begin with.
void group_beginnings(const std::vector<std::string>& names, const std::string& begin,
                      std::map<std::string, std::vector<std::string>>& out) {
    std::map<std::string, std::vector<std::string>> parts;
    for (const auto& name : names)
        parts[std::string(part_of(name, begin.size()))].push_back(name);
    for (auto& [part, alike_names] : parts) {
        const bool enough =
            alike_names.size() >= perhaps_names &&
            static_cast<double>(alike_names.size()) >= share_of_a_beginning * static_cast<double>(names.size());
        if (!part.empty() && enough)
            group_beginnings(alike_names, begin + part, out);
        else
            std::ranges::move(alike_names, std::back_inserter(out[begin]));
    }
}

void merge_names(place& at) {
    for (auto& [segment, below] : at.below)
        merge_names(*below);
    // Words before different separators are at different places: "a:" leads on, "a" ends.
    std::map<std::string, std::vector<child>> words;
    for (auto& [segment, below] : at.below)
        if (is_word(segment)) words[separator_of(segment)].emplace_back(&segment, below.get());
    for (const auto& [separator, children] : words) {
        std::map<std::string, std::vector<std::string>> groups;
        group_beginnings(names_among(children), {}, groups);
        for (const auto& [begin, names] : groups) {
            if (names.empty()) continue;
            place any;
            for (const auto& name : names) {
                const auto found = at.below.find(name);
                any.merge(std::move(*found->second));
                at.below.erase(found);
            }
            merge_names(any);  // what was told apart by names alone is together now
            at.at(begin + std::string(any_name) + separator).merge(std::move(any));
        }
    }
}

void tell(const place& at, std::string& path, std::vector<template_group>& out) {
    if (!at.ends.empty()) {
        out.push_back({path, at.ends});
        std::ranges::sort(out.back().members);
    }
    for (const auto& [segment, below] : at.below) {
        const auto size = path.size();
        path += segment;
        tell(*below, path, out);
        path.resize(size);
    }
}

}  // namespace

std::vector<template_group> group_templates(std::span<const counted_template> templates) {
    place root;
    for (std::size_t i = 0; i < templates.size(); ++i) {
        place* at = &root;
        auto rest = templates[i].text;
        at->keys += templates[i].keys;
        while (!rest.empty()) {
            at = &at->at(next_segment(rest));
            at->keys += templates[i].keys;
        }
        at->ends.push_back(i);
    }
    merge_names(root);
    std::vector<template_group> out;
    std::string path;
    tell(root, path, out);
    std::ranges::sort(out, {}, &template_group::pattern);
    return out;
}

}  // namespace understudy::keyspace
