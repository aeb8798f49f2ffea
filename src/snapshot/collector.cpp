#include "snapshot/collector.h"

#include <algorithm>
#include <cmath>

#include "keyspace/framework.h"
#include "stats/distributions.h"
#include "stats/proportion.h"

namespace understudy::snapshot {

namespace {

std::string name_of_type(std::size_t index) {
    return index < 6 ? std::string(rdb::name_of(static_cast<rdb::object_type>(index))) : "module";
}

template <std::size_t n, class Name>
std::map<std::string, std::uint64_t> named(const std::array<std::uint64_t, n>& counts, Name name) {
    std::map<std::string, std::uint64_t> out;
    for (std::size_t i = 0; i < n; ++i)
        if (counts[i] != 0) out.emplace(name(i), counts[i]);
    return out;
}

template <std::size_t n>
void add_to(std::array<std::uint64_t, n>& into, const std::array<std::uint64_t, n>& from) {
    for (std::size_t i = 0; i < n; ++i)
        into[i] += from[i];
}

// What the keys of a sample of templates say of all (Horvitz and Thompson 1952): each template was taken with the
// chance `rate`, so the sum over them is divided by it, with a variance of (1 - rate) / rate^2 times the sum of
// squares.
model::count_range range_of(double keys, double squares, double rate) {
    const double middle = keys / rate;
    const double half = stats::normal_quantile(0.975) * std::sqrt((1 - rate) * squares) / rate;
    return {static_cast<std::uint64_t>(std::max(keys, middle - half)),
            static_cast<std::uint64_t>(std::ceil(middle + half)), 0.95};
}

}  // namespace

void collector::record::merge(const record& other) {
    keys += other.keys;
    persistent += other.persistent;
    overdue += other.overdue;
    add_to(type, other.type);
    add_to(encoding, other.encoding);
    seconds.merge(other.seconds);
    edges.merge(other.edges);
    elements.merge(other.elements);
    bytes.merge(other.bytes);
    memory.merge(other.memory);
    lifetime.merge(other.lifetime);
    idle.merge(other.idle);
    frequency.merge(other.frequency);
}

void collector::add(const key_facts& key) {
    ++keys_;
    largest_.add(key.memory.value_or(key.bytes.value_or(0)), key.database, key.name);
    hottest_.add(key.frequency.value_or(0), key.database, key.name);
    auto& of_database = databases_.try_emplace(key.database, most_).first->second;
    if (auto* found = of_database.at(key.name)) count(*found, key);
}

void collector::count(record& in, const key_facts& key) const {
    ++in.keys;
    ++in.type[key.type ? static_cast<std::size_t>(*key.type) : types - 1];
    ++in.encoding[key.stored ? static_cast<std::size_t>(*key.stored) : encodings - 1];
    if (key.elements) in.elements.record(*key.elements);
    if (key.elements && key.type && key.stored) in.edges.add(*key.type, *key.stored, *key.elements);
    if (key.bytes) in.bytes.record(*key.bytes);
    if (key.memory) in.memory.record(*key.memory);
    if (key.idle) in.idle.record(*key.idle);
    if (key.frequency) in.frequency.record(*key.frequency);
    if (!key.expires) {
        ++in.persistent;
    } else if (const std::int64_t left = *key.expires - milliseconds_of(now_); left > 0) {
        in.lifetime.record(static_cast<std::uint64_t>(left));
        in.seconds.add(*key.expires);
    } else {
        ++in.overdue;
    }
}

void collector::merge(const collector& other) {
    keys_ += other.keys_;
    largest_.merge(other.largest_);
    hottest_.merge(other.hottest_);
    for (const auto& [database, from] : other.databases_)
        databases_.try_emplace(database, most_).first->second.merge(from);
}

model::family_profile collector::profile_of(const table::family& from, int database, double rate) {
    const record& seen = from.record;
    model::family_profile out;
    out.database = database;
    out.pattern = from.pattern;
    out.counted = out.keys = seen.keys;
    if (rate < 1) {
        out.keys = static_cast<std::uint64_t>(std::llround(static_cast<double>(seen.keys) / rate));
        out.keys_range = range_of(static_cast<double>(seen.keys), from.squares, rate);
    }
    out.types = named(seen.type, name_of_type);
    out.encodings = named(seen.encoding, [](std::size_t index) {
        return index + 1 < encodings ? std::string(rdb::name_of(static_cast<rdb::storage>(index))) : "unknown";
    });
    out.persistent = seen.persistent;
    out.overdue = seen.overdue;
    out.same_second = seen.seconds.most_in_one();
    out.elements = seen.elements;
    out.bytes = seen.bytes;
    out.memory = seen.memory;
    out.lifetime = seen.lifetime;
    out.idle = seen.idle;
    out.frequency = seen.frequency;
    return out;
}

// A family's share of the sample is its share of all, by an exact interval. One that was estimated before, since not
// all templates were kept, is stretched as a whole.
void collector::scale(model::family_profile& family, std::uint64_t of) const {
    const double factor = static_cast<double>(of) / static_cast<double>(keys_);
    const auto times = [factor](std::uint64_t count) {
        return static_cast<std::uint64_t>(std::llround(static_cast<double>(count) * factor));
    };
    if (family.keys_range) {
        family.keys_range->low = times(family.keys_range->low);
        family.keys_range->high = times(family.keys_range->high);
    } else if (const auto share = stats::clopper_pearson({family.counted, keys_})) {
        const auto all = static_cast<double>(of);
        family.keys_range = {std::max(family.counted, static_cast<std::uint64_t>(share->low * all)),
                             static_cast<std::uint64_t>(std::ceil(share->high * all)), share->confidence};
    }
    family.keys = times(family.keys);
}

void note_keys(const collector& from, const std::function<std::string(std::string_view)>& name_key,
               model::profile& into) {
    if (!name_key) return;
    for (const auto& one : from.largest().keys())
        into.largest.push_back({one.database, keyspace::key_template(one.name), name_key(one.name), one.number, 0});
    for (const auto& one : from.hottest().keys())
        into.hottest.push_back({one.database, keyspace::key_template(one.name), name_key(one.name), 0, one.number});
}

collector::summary collector::sum_up(std::optional<std::uint64_t> of) const {
    std::vector<model::family_profile> out;
    threshold_finder shown;
    for (const auto& [database, of_database] : databases_)
        for (const auto& one : of_database.families([](const record& of) { return of.keys; })) {
            out.push_back(profile_of(one, database, of_database.rate()));
            shown.add(one.record.edges);
        }
    std::vector<std::string> patterns;
    for (const auto& family : out)
        patterns.push_back(family.pattern);
    const auto frameworks = keyspace::frameworks_of(patterns);
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i].framework = frameworks[i].framework;
    if (of && *of > keys_ && keys_ > 0)
        for (auto& family : out)
            scale(family, *of);
    return {std::move(out), shown.thresholds()};
}

}  // namespace understudy::snapshot
