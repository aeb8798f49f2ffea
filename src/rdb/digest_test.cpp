#include "rdb/digest.h"

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "rdb/encode.h"

namespace understudy::rdb {
namespace {

using build = std::function<void(object_sink&)>;

std::expected<digest256, dump_status> digest_of(const build& tell, std::string_view salt = "salt") {
    canonical_object value;
    tell(value);
    return value.digest(salt);
}

build string_of(std::string bytes) {
    return [=](object_sink& to) {
        to.begin(object_type::string);
        to.element(bytes);
    };
}

build elements_of(object_type type, std::vector<std::string> elements) {
    return [=](object_sink& to) {
        to.begin(type);
        for (const std::string& element : elements)
            to.element(element);
    };
}

build hash_of(std::vector<std::pair<std::string, std::string>> fields) {
    return [=](object_sink& to) {
        to.begin(object_type::hash);
        for (const auto& [name, value] : fields)
            to.field(name, value);
    };
}

build zset_of(std::vector<std::pair<std::string, double>> members) {
    return [=](object_sink& to) {
        to.begin(object_type::zset);
        for (const auto& [member, score] : members)
            to.scored(member, score);
    };
}

// What the tests of streams change one at a time.
struct stream_parts {
    std::vector<std::pair<stream_id, std::vector<std::string_view>>> entries = {{{1, 1}, {"a", "1"}},
                                                                                {{1, 2}, {"b", "2", "c", "3"}}};
    stream_state state = {{5, 0}, 2, {}, {}, {}};
    stream_group group = {"g", {1, 2}, {}};
    std::vector<stream_consumer> consumers = {{"one", 7, {}}, {"two", 8, {}}};
    std::vector<stream_pending> pending = {{{1, 1}, "one", 100, 1}, {{1, 2}, "two", 200, 3}};
    bool second_group = false;
};

build stream_of(stream_parts parts) {
    return [=](object_sink& to) {
        to.begin(object_type::stream);
        for (const auto& [id, fields] : parts.entries)
            to.entry(id, fields);
        to.state(parts.state);
        if (parts.second_group) to.group({"h", {}, {}});
        to.group(parts.group);
        for (const auto& consumer : parts.consumers)
            to.consumer(consumer);
        for (const auto& pending : parts.pending)
            to.pending(pending);
    };
}

// Made with Python's hashlib and hmac from docs/formats/canonical-digest.md.
TEST(canonical_object, known_answers) {
    EXPECT_EQ(hex(*digest_of(string_of("1"), "")), "1e74bf21ce76f5e7a43dc0cad157d357fb23b4a9d4d1cdfa04aeec495b76a3a1");
    EXPECT_EQ(hex(*digest_of(zset_of({{"b", 1.5}, {"a", 1.5}, {"z", -0.0}}), "salt")),
              "d665074418ae5cc59b500969955323fab46414e7dc22c96f45211465038201b6");
    EXPECT_EQ(hex(*digest_of(stream_of({}), "salt")),
              "e636213552a843686c7f46893ea49e18e2b7078dfed0f3e3fec9e2d86cdc1960");
}

TEST(canonical_object, order_counts_in_lists_only) {
    using enum object_type;
    EXPECT_EQ(digest_of(elements_of(set, {"a", "b", "c"})), digest_of(elements_of(set, {"c", "a", "b"})));
    EXPECT_NE(digest_of(elements_of(list, {"a", "b", "c"})), digest_of(elements_of(list, {"c", "a", "b"})));
    EXPECT_EQ(digest_of(hash_of({{"f", "1"}, {"g", "2"}})), digest_of(hash_of({{"g", "2"}, {"f", "1"}})));
    EXPECT_EQ(digest_of(zset_of({{"a", 1}, {"b", 1}, {"c", 0}})), digest_of(zset_of({{"c", 0}, {"b", 1}, {"a", 1}})));
}

// No two of these may have one digest: each differs from another in one thing that a form without lengths, counts or
// type would lose.
TEST(canonical_object, every_difference_changes_it) {
    using enum object_type;
    const std::vector<build> all = {
        string_of(""),
        string_of("a"),
        string_of(std::string(1, '\0')),
        elements_of(list, {"a"}),
        elements_of(set, {"a"}),
        elements_of(list, {"a", "b"}),
        elements_of(set, {"a", "b"}),
        elements_of(list, {"ab"}),
        elements_of(list, {"ab", ""}),
        elements_of(list, {"", "ab"}),
        elements_of(list, {"a", "b", "b"}),
        hash_of({{"a", "b"}}),
        hash_of({{"b", "a"}}),
        hash_of({{"ab", ""}}),
        hash_of({{"", "ab"}}),
        hash_of({{"a", "b"}, {"b", "a"}}),
        hash_of({{"a", "a"}, {"b", "b"}}),
        zset_of({{"a", 0}}),
        zset_of({{"a", 1}}),
        zset_of({{"a", std::nextafter(1.0, 2.0)}}),
        zset_of({{"a", std::numeric_limits<double>::infinity()}}),
        zset_of({{"a", -std::numeric_limits<double>::infinity()}}),
        zset_of({{"a", 0}, {"b", 1}}),
        zset_of({{"a", 1}, {"b", 0}}),
    };
    std::set<std::string> seen;
    for (const build& each : all)
        seen.insert(hex(digest_of(each).value()));
    EXPECT_EQ(seen.size(), all.size());
}

TEST(canonical_object, salt_changes_it) {
    EXPECT_NE(digest_of(string_of("a"), "salt"), digest_of(string_of("a"), "salz"));
    EXPECT_EQ(digest_of(string_of("a"), "salt"), digest_of(string_of("a"), "salt"));
}

TEST(canonical_object, minus_zero_is_zero) {
    EXPECT_EQ(digest_of(zset_of({{"b", -0.0}, {"a", 0.0}})), digest_of(zset_of({{"b", 0.0}, {"a", -0.0}})));
}

TEST(canonical_object, equal_repeats_collapse_unless_refused) {
    EXPECT_EQ(digest_of(elements_of(object_type::set, {"a", "b", "a", "a"})),
              digest_of(elements_of(object_type::set, {"a", "b"})));
    EXPECT_EQ(digest_of(hash_of({{"f", "1"}, {"g", "2"}, {"f", "1"}})), digest_of(hash_of({{"f", "1"}, {"g", "2"}})));
    EXPECT_EQ(digest_of(zset_of({{"a", 1}, {"a", 1}})), digest_of(zset_of({{"a", 1}})));
    canonical_object strict(canonical_object::repeats::refuse);
    elements_of(object_type::set, {"a", "a"})(strict);
    EXPECT_EQ(strict.digest("").error(), dump_status::malformed);
}

TEST(canonical_object, contradictions_have_no_digest) {
    const std::vector<build> all = {
        hash_of({{"f", "1"}, {"f", "2"}}),
        hash_of({{"f", "1"}, {"f", "1"}, {"f", "2"}}),
        zset_of({{"a", 1}, {"a", 2}}),
        zset_of({{"a", std::nan("")}}),
        elements_of(object_type::string, {}),
        elements_of(object_type::string, {"a", "b"}),
        stream_of({.entries = {{{2, 0}, {}}, {{1, 0}, {}}}}),
        stream_of({.entries = {{{2, 0}, {}}, {{2, 0}, {}}}}),
        stream_of({.consumers = {{"one", 0, {}}}}),
        stream_of({.consumers = {{"one", 0, {}}, {"two", 0, {}}, {"two", 0, {}}}}),
        stream_of({.pending = {{{1, 1}, "one", 0, 0}, {{1, 1}, "two", 0, 0}}}),
        stream_of({.group = {"h", {1, 2}, {}}, .second_group = true}),
        [](object_sink& to) {
            to.begin(object_type::stream);
            to.consumer({"nobody's", 0, {}});
        },
    };
    for (std::size_t i = 0; i < all.size(); ++i)
        EXPECT_FALSE(digest_of(all[i])) << i;
}

TEST(canonical_object, every_part_of_a_stream_counts) {
    std::vector<stream_parts> all(15);
    all[1].entries[0].first = {1, 0};
    all[2].entries[1].second = {"b", "2", "c", "4"};
    all[3].entries[1].second = {"c", "3", "b", "2"};
    all[4].entries.pop_back();
    all[5].state.last_id = {5, 1};
    all[6].group.name = "h";
    all[7].group.last_delivered_id = {2, 2};
    all[8].consumers.push_back({"three", 0, {}});
    all[9].pending.pop_back();
    all[10].pending[0].consumer = "two";
    all[11].pending[0].delivered_ms = 101;
    all[12].pending[0].deliveries = 2;
    all[13].pending[0].id = {1, 0};
    all[14].second_group = true;
    std::set<std::string> seen;
    for (const stream_parts& each : all)
        seen.insert(hex(digest_of(stream_of(each)).value()));
    EXPECT_EQ(seen.size(), all.size());
}

TEST(canonical_object, counters_and_times_of_reading_do_not_count) {
    stream_parts other;
    other.state.first_id = stream_id{1, 1};
    other.state.max_deleted_id = stream_id{0, 9};
    other.state.entries_added = 77;
    other.group.entries_read = 5;
    other.consumers[0].seen_ms = 999;
    other.consumers[1].active_ms = 999;
    std::swap(other.consumers[0], other.consumers[1]);
    std::swap(other.pending[0], other.pending[1]);
    EXPECT_EQ(digest_of(stream_of(other)), digest_of(stream_of({})));
}

TEST(canonical_object, tells_what_it_was_told) {
    const std::vector<build> all = {string_of("a"),
                                    elements_of(object_type::list, {"b", "a", "b"}),
                                    elements_of(object_type::set, {"b", "a"}),
                                    hash_of({{"f", "1"}, {"g", ""}}),
                                    zset_of({{"a", 2}, {"b", 1}}),
                                    stream_of({.second_group = true})};
    for (const build& each : all) {
        canonical_object value;
        each(value);
        canonical_object before_digest;
        value.tell(before_digest);
        EXPECT_EQ(before_digest.digest("salt"), digest_of(each));
        EXPECT_EQ(value.digest("salt"), digest_of(each));
        canonical_object after_digest;
        value.tell(after_digest);
        EXPECT_EQ(after_digest.digest("salt"), digest_of(each));
    }
}

TEST(canonical_object, begins_anew) {
    canonical_object value;
    stream_of({})(value);
    string_of("a")(value);
    EXPECT_EQ(value.digest("salt"), digest_of(string_of("a")));
    zset_of({{"a", std::nan("")}})(value);
    string_of("b")(value);
    EXPECT_EQ(value.digest("salt"), digest_of(string_of("b")));
}

TEST(parse_score, takes_what_servers_reply) {
    EXPECT_EQ(parse_score("1"), 1.0);
    EXPECT_EQ(parse_score("-0.5"), -0.5);
    EXPECT_EQ(parse_score("1e+20"), 1e20);
    EXPECT_EQ(parse_score("4.9406564584124654e-324"), 5e-324);
    EXPECT_EQ(parse_score("inf"), std::numeric_limits<double>::infinity());
    EXPECT_EQ(parse_score("-inf"), -std::numeric_limits<double>::infinity());
    EXPECT_TRUE(std::signbit(parse_score("-0").value()));
    for (const std::string_view bad : {"", "nan", "-nan", "1x", " 1", "+1", "0x10", "1e", "1e999", "--1"})
        EXPECT_EQ(parse_score(bad), std::nullopt) << bad;
}

TEST(parse_stream_id, takes_two_whole_numbers) {
    EXPECT_EQ(parse_stream_id("1526919030474-55"), (stream_id{1526919030474, 55}));
    EXPECT_EQ(parse_stream_id("18446744073709551615-0"), (stream_id{~std::uint64_t{0}, 0}));
    for (const std::string_view bad : {"", "-", "1", "1-", "-1", "1-2-3", "1 -2", "18446744073709551616-0", "a-1"})
        EXPECT_EQ(parse_stream_id(bad), std::nullopt) << bad;
}

TEST(object_type, names_are_those_of_type_replies) {
    for (const std::string_view name : {"string", "list", "set", "zset", "hash", "stream"})
        EXPECT_EQ(name_of(object_type_of(name).value()), name);
    EXPECT_EQ(object_type_of("none"), std::nullopt);
    EXPECT_EQ(object_type_of("ReJSON-RL"), std::nullopt);
}

}  // namespace
}  // namespace understudy::rdb
