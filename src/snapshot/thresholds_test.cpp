#include "snapshot/thresholds.h"

#include <gtest/gtest.h>

namespace understudy::snapshot {

namespace {

using rdb::object_type;
using rdb::storage;

// So many hashes, from one field to `longest`, of a server with this threshold.
encoding_edges hashes(std::uint64_t longest, std::uint64_t threshold, storage compact = storage::listpack) {
    encoding_edges out;
    for (std::uint64_t fields = 1; fields <= longest; ++fields)
        out.add(object_type::hash, fields <= threshold ? compact : storage::hashtable, fields);
    return out;
}

std::vector<model::shown_threshold> found(const std::vector<encoding_edges>& families) {
    threshold_finder finder;
    for (const auto& one : families)
        finder.add(one);
    return finder.thresholds();
}

}  // namespace

TEST(thresholds, a_clean_cut_tells_both_ends) {
    const auto all = found({hashes(300, 128)});
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].setting, "hash-max-listpack-entries");
    EXPECT_EQ(all[0].least, 126u) << "of which there are three";
    EXPECT_EQ(all[0].most, 128u);
    EXPECT_EQ(found({hashes(300, 512, storage::ziplist)})[0].least, 298u);
    EXPECT_EQ(found({hashes(300, 512, storage::ziplist)})[0].most, std::nullopt);
}

TEST(thresholds, few_keys_and_long_values_show_no_upper_end) {
    EXPECT_EQ(found({hashes(140, 128)})[0].most, std::nullopt) << "twelve tables";
    auto mixed = hashes(300, 128);
    mixed.add(object_type::hash, storage::hashtable, 2);  // of one long value
    const auto all = found({mixed});
    EXPECT_EQ(all[0].least, 126u);
    EXPECT_EQ(all[0].most, std::nullopt);
}

TEST(thresholds, a_key_that_grew_meanwhile_shows_nothing) {
    auto keys = hashes(300, 128);
    keys.add(object_type::hash, storage::listpack, 129);
    keys.add(object_type::hash, storage::listpack, 5000);
    const auto all = found({keys});
    EXPECT_EQ(all[0].least, 128u);
    EXPECT_EQ(all[0].most, std::nullopt) << "no clean cut";
}

TEST(thresholds, what_another_family_shows_counts_more) {
    // Cut at 40 since longer ones hold longer values; another family has 100 fields in a listpack.
    const auto all = found({hashes(80, 40), hashes(100, 128)});
    EXPECT_EQ(all[0].least, 98u);
    EXPECT_EQ(all[0].most, std::nullopt);
}

TEST(thresholds, of_each_type_its_own) {
    encoding_edges keys;
    for (std::uint64_t members = 1; members <= 600; ++members) {
        keys.add(object_type::set, members <= 512 ? storage::intset : storage::hashtable, members);
        keys.add(object_type::zset, members <= 64 ? storage::listpack : storage::skiplist, members);
        keys.add(object_type::list, storage::quicklist, members);
        keys.add(object_type::string, storage::raw, 1);
    }
    const auto all = found({keys});
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].setting, "set-max-intset-entries");
    EXPECT_EQ(all[0].most, 512u);
    EXPECT_EQ(all[1].setting, "zset-max-listpack-entries");
    EXPECT_EQ(all[1].least, 62u);
    EXPECT_TRUE(found({encoding_edges{}}).empty());
}

TEST(thresholds, shards_merge_to_the_whole) {
    encoding_edges odd, even;
    for (std::uint64_t fields = 1; fields <= 300; ++fields)
        (fields % 2 == 0 ? even : odd)
            .add(object_type::hash, fields <= 128 ? storage::listpack : storage::hashtable, fields);
    odd.merge(even);
    EXPECT_EQ(found({odd})[0].least, 126u);
    EXPECT_EQ(found({odd})[0].most, 128u);
}

TEST(thresholds, a_length_beyond_counting_stops_there) {
    encoding_edges keys;
    for (int i = 0; i < 3; ++i)
        keys.add(object_type::hash, storage::listpack, ~std::uint64_t{0});
    EXPECT_EQ(found({keys})[0].least, 0xffff'ffffU);
}

}  // namespace understudy::snapshot
