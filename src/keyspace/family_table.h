// keyspace/family_table.h - keys -> families, with something counted for each: the miner that has seen many keys.
//
// Design. Each key falls on its template (family.h), and each template has a record of the caller's. What templates
// leave apart, names and slugs in words, is merged at the end, when all are known (family_groups). Since that is
// decided by the templates and not by the keys as they come, their order does not matter, and the tables of two shards
// merge to the table of both.
//
// Memory is bounded whatever the keys look like. Beyond `max_templates` the table keeps a sample: the templates whose
// hash lies below a threshold, which is halved as often as it takes (distinct sampling, Gibbons, VLDB 2001). A template
// that is kept was kept from its first key on, so its record is exact; and which are kept depends on the set of
// templates alone, not on their order. rate() says how large the sample is; what is counted is divided by it.
//
// Record: default constructible; void merge(const Record&). Not thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "keyspace/family.h"
#include "keyspace/family_groups.h"
#include "keyspace/text_hash.h"

namespace understudy::keyspace {

template <class Record>
class family_table {
public:
    struct family {
        std::string pattern;          // a template in which `*` stands for names that vary
        std::uint64_t templates = 0;  // how many fell on it
        double squares = 0;           // the sum of the squares of their weights, for intervals
        Record record;
    };

    explicit family_table(std::size_t max_templates = std::size_t{1} << 16) : most_(max_templates) {}

    // The record of the key's family; null where the family is not in the sample.
    [[nodiscard]] Record* at(std::string_view key) { return at_template(maker_.of(key)); }

    // The same for a template that is known.
    [[nodiscard]] Record* at_template(std::string_view text) {
        if (text.size() > longest) text = text.substr(0, longest);
        const std::uint64_t hash = text_hash(text);
        if (hash > threshold_) return nullptr;
        if (const auto found = records_.find(view{text, hash}); found != records_.end()) return &found->second;
        Record& made = records_.emplace(entry{std::string(text), hash}, Record{}).first->second;
        if (records_.size() <= most_) return &made;
        shrink();
        return hash > threshold_ ? nullptr : &records_.find(view{text, hash})->second;
    }

    // Adds all that the other has counted. Both have to have the same max_templates.
    void merge(const family_table& other) {
        threshold_ = std::min(threshold_, other.threshold_);
        std::erase_if(records_, [this](const auto& one) { return one.first.hash > threshold_; });
        for (const auto& [key, record] : other.records_)
            if (key.hash <= threshold_) records_[key].merge(record);
        if (records_.size() > most_) shrink();
    }

    // The share of templates that are in the sample: 1, or a power of 1/2.
    [[nodiscard]] double rate() const { return threshold_ == all ? 1.0 : static_cast<double>(threshold_) * 0x1p-64; }
    [[nodiscard]] std::size_t templates() const { return records_.size(); }

    // `weight` says of a record for how many keys it stands. By pattern.
    template <class Weight>
    [[nodiscard]] std::vector<family> families(Weight weight) const {
        std::vector<counted_template> seen;
        std::vector<const Record*> records;
        for (const auto& [key, record] : records_) {
            seen.push_back({key.text, weight(record)});
            records.push_back(&record);
        }
        std::vector<family> out;
        for (auto& group : group_templates(seen)) {
            family made{std::move(group.pattern), group.members.size(), 0, {}};
            for (const auto member : group.members) {
                const auto keys = static_cast<double>(seen[member].keys);
                made.squares += keys * keys;
                made.record.merge(*records[member]);
            }
            out.push_back(std::move(made));
        }
        return out;
    }

private:
    static constexpr std::uint64_t all = ~std::uint64_t{0};
    static constexpr std::size_t longest = 256;  // bytes of a template that tell it from others

    struct entry {
        std::string text;
        std::uint64_t hash = 0;
    };
    struct view {
        std::string_view text;
        std::uint64_t hash = 0;
    };
    struct hash_of {
        using is_transparent = void;
        std::size_t operator()(const entry& of) const noexcept { return of.hash; }
        std::size_t operator()(const view& of) const noexcept { return of.hash; }
    };
    struct same_text {
        using is_transparent = void;
        bool operator()(const entry& left, const entry& right) const noexcept { return left.text == right.text; }
        bool operator()(const view& left, const entry& right) const noexcept { return left.text == right.text; }
        bool operator()(const entry& left, const view& right) const noexcept { return left.text == right.text; }
    };

    void shrink() {
        while (records_.size() > most_) {
            threshold_ /= 2;
            std::erase_if(records_, [this](const auto& one) { return one.first.hash > threshold_; });
        }
    }

    std::size_t most_;
    std::uint64_t threshold_ = all;
    template_maker maker_;
    std::unordered_map<entry, Record, hash_of, same_text> records_;
};

}  // namespace understudy::keyspace
