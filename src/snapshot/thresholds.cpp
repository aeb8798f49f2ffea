#include "snapshot/thresholds.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace understudy::snapshot {

namespace {

using rdb::object_type;
using rdb::storage;

constexpr std::uint32_t no_limit = std::numeric_limits<std::uint32_t>::max();

struct rule {
    std::string_view setting;
    object_type type;
    std::array<storage, 2> compact, large;
};

// By the names since 7.0; a ziplist is what a listpack was before.
constexpr std::array rules{
    rule{"hash-max-listpack-entries",
         object_type::hash,
         {storage::listpack, storage::ziplist},
         {storage::hashtable, storage::hashtable}},
    rule{"set-max-intset-entries",
         object_type::set,
         {storage::intset, storage::intset},
         {storage::listpack, storage::hashtable}},
    rule{"set-max-listpack-entries",
         object_type::set,
         {storage::listpack, storage::listpack},
         {storage::hashtable, storage::hashtable}},
    rule{"zset-max-listpack-entries",
         object_type::zset,
         {storage::listpack, storage::ziplist},
         {storage::skiplist, storage::skiplist}},
};

std::uint32_t narrowed(std::uint64_t number) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(number, no_limit));
}

std::uint32_t sum(std::uint32_t left, std::uint32_t right) {
    return narrowed(std::uint64_t{left} + right);
}

// Among the longest so far, the longest first.
void note_longest(std::array<std::uint32_t, 3>& longest, std::uint32_t length) {
    for (auto& one : longest)
        if (length > one) std::swap(one, length);
}

}  // namespace

void encoding_edges::add(object_type type, storage stored, std::uint64_t elements) {
    static_assert(rules.size() == settings);
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (rules[i].type != type) continue;
        auto& one = edges_[i];
        if (std::ranges::find(rules[i].compact, stored) != rules[i].compact.end()) {
            one.compact = sum(one.compact, 1);
            note_longest(one.longest, narrowed(elements));
        } else if (std::ranges::find(rules[i].large, stored) != rules[i].large.end()) {
            one.large = sum(one.large, 1);
            one.least = std::min(one.least, narrowed(elements));
        }
    }
}

void encoding_edges::merge(const encoding_edges& other) {
    for (std::size_t i = 0; i < edges_.size(); ++i) {
        edges_[i].compact = sum(edges_[i].compact, other.edges_[i].compact);
        for (const auto length : other.edges_[i].longest)
            note_longest(edges_[i].longest, length);
        edges_[i].large = sum(edges_[i].large, other.edges_[i].large);
        edges_[i].least = std::min(edges_[i].least, other.edges_[i].least);
    }
}

void threshold_finder::add(const encoding_edges& family) {
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
        const auto& of = family.edges_[i];
        for (const auto length : of.longest)
            note_longest(ranges_[i].longest, length);
        if (of.compact >= enough && of.large >= enough && of.longest.front() < of.least)
            ranges_[i].most = std::min(ranges_[i].most, of.least - 1);
    }
}

std::vector<model::shown_threshold> threshold_finder::thresholds() const {
    std::vector<model::shown_threshold> out;
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
        const auto& of = ranges_[i];
        const auto least = of.longest.back();
        if (least == 0) continue;
        const bool told = of.most != no_limit && of.most >= least;
        out.push_back(
            {std::string(rules[i].setting), least, told ? std::optional<std::uint64_t>(of.most) : std::nullopt});
    }
    return out;
}

}  // namespace understudy::snapshot
