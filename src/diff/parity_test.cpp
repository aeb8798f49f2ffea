#include "diff/parity.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "diff/hazards.h"

namespace understudy::diff {

namespace {

using model::drift_group;
using model::drift_state;

stats::sketch sketch_around(std::uint64_t value, std::uint64_t count) {
    stats::sketch out;
    for (std::uint64_t i = 0; i < count; ++i)
        out.record(value + value * (i % 7) / 70);
    return out;
}

model::family_profile family(const std::string& pattern, std::uint64_t keys) {
    model::family_profile out;
    out.pattern = pattern;
    out.keys = out.counted = keys;
    out.types = {{"hash", keys}};
    out.encodings = {{"listpack", keys}};
    out.elements = sketch_around(5, keys);
    out.memory = sketch_around(300, keys);
    out.lifetime = sketch_around(60'000, keys);
    return out;
}

model::profile profile() {
    model::profile out;
    out.environment = "production";
    out.software = "redis";
    out.version = "7.0.15";
    out.settings = {{"maxmemory-policy", "allkeys-lru"},
                    {"maxmemory", "100mb"},
                    {"hash-max-listpack-entries", "128"},
                    {"port", "6379"}};
    out.facts = {{"keyspace_hits", "9000"},
                 {"keyspace_misses", "1000"},
                 {"evicted_keys", "0"},
                 {"used_memory", "100000000"},
                 {"mem_fragmentation_ratio", "1.1"}};
    out.commands = {{"get", 9000}, {"set", 1000}, {"config|get", 5}};
    out.families = {family("cart:{int}", 1000), family("page:{int}", 3000), family("tag:*", 50)};
    out.keys = 4050;
    return out;
}

model::profile staging() {
    auto out = profile();
    out.environment = "staging";
    out.settings["port"] = "6380";
    return out;
}

std::vector<std::string> ids(const model::drift& of, drift_state state = drift_state::open) {
    std::vector<std::string> out;
    for (const auto& one : of.findings)
        if (one.state == state) out.push_back(one.id);
    std::ranges::sort(out);
    return out;
}

using names = std::vector<std::string>;

}  // namespace

TEST(parity, is_100_for_a_cache_against_itself) {
    const auto got = drift_between(profile(), staging());
    EXPECT_EQ(got.parity, 100);
    EXPECT_TRUE(ids(got).empty());
    EXPECT_EQ(ids(got, drift_state::expected), names{"port"});
    EXPECT_FALSE(beyond_tolerance(got));
    EXPECT_TRUE(drift_between(profile(), profile()).findings.empty());
    EXPECT_EQ(drift_between(model::profile{}, model::profile{}).parity, 100) << "empty caches are alike";
}

TEST(parity, each_difference_is_a_finding_and_no_other) {
    const auto found = [](const auto& change) {
        auto other = staging();
        change(other);
        return ids(drift_between(profile(), other));
    };
    using p = model::profile;
    EXPECT_EQ(found([](p& of) { of.settings["maxmemory-policy"] = "noeviction"; }), names{"maxmemory-policy"});
    EXPECT_EQ(found([](p& of) { of.version = "7.2.4"; }), names{"version"});
    EXPECT_EQ(found([](p& of) { of.software = "valkey"; }), names{"software"});
    EXPECT_EQ(found([](p& of) { of.families.erase(of.families.begin()); }), names{"family cart:{int}"});
    EXPECT_EQ(found([](p& of) { of.families.push_back(family("zone:{int}", 900)); }), names{"family zone:{int}"});
    EXPECT_EQ(found([](p& of) { of.families[1] = family("page:{int}", 300); }), names{"count page:{int}"});
    EXPECT_EQ(found([](p& of) { of.families[0].types = {{"string", 1000}}; }), names{"types cart:{int}"});
    EXPECT_EQ(found([](p& of) { of.families[0].encodings = {{"listpack", 200}, {"hashtable", 800}}; }),
              names{"encodings cart:{int}"});
    EXPECT_EQ(found([](p& of) { of.families[0].lifetime = sketch_around(600'000, 1000); }), names{"expiry cart:{int}"});
    EXPECT_EQ(found([](p& of) { of.families[0].persistent = 500; }), names{"persistent cart:{int}"});
    EXPECT_EQ(found([](p& of) { of.families[0].memory = sketch_around(900, 1000); }), names{"size cart:{int}"});
    EXPECT_EQ(found([](p& of) { of.families[0].elements = sketch_around(50, 1000); }), names{"elements cart:{int}"});
    EXPECT_EQ(found([](p& of) { of.facts["keyspace_misses"] = "9000"; }), names{"hit-ratio"});
    // The lookups of an earlier snapshot are nobody's hits.
    EXPECT_EQ(found([](p& of) {
                  of.facts["keyspace_hits"] = "109000";
                  of.commands["pexpiretime"] = 50'000;
                  of.commands["type"] = 50'000;
              }),
              names{});
    EXPECT_EQ(found([](p& of) { of.facts["evicted_keys"] = "12"; }), names{"evictions"});
    EXPECT_EQ(found([](p& of) { of.facts["mem_fragmentation_ratio"] = "2.5"; }), names{"fragmentation"});
    EXPECT_EQ(found([](p& of) { of.commands = {{"get", 100}, {"hgetall", 9000}, {"info", 50'000}}; }),
              names{"commands"});
    EXPECT_EQ(found([](p& of) { of.commands = {{"get", 90'000}, {"set", 11'000}, {"scan", 900'000}}; }), names{});
}

TEST(parity, what_two_looks_at_one_cache_would_show_is_none) {
    auto other = staging();
    other.version = "7.0.15";
    other.families[0] = family("cart:{int}", 960);
    other.families[1].lifetime = sketch_around(57'000, 3000);  // three seconds later
    other.families[1].memory = sketch_around(320, 3000);
    other.families[2].persistent = 2;
    other.facts["keyspace_misses"] = "1100";
    EXPECT_TRUE(ids(drift_between(profile(), other)).empty()) << ids(drift_between(profile(), other)).front();
    // All keys of a family expire together, and the two looks fall on both sides of a bucket's border.
    auto one = profile();
    one.families[1].lifetime = {};
    one.families[1].lifetime.record(65'536, 3000);
    other = staging();
    other.families[1].lifetime = {};
    other.families[1].lifetime.record(65'000, 3000);
    EXPECT_TRUE(ids(drift_between(one, other)).empty());
}

TEST(parity, the_findings_say_what_closes_them) {
    auto other = staging();
    other.settings["hash-max-listpack-entries"] = "4";
    other.families[0].encodings = {{"hashtable", 1000}};
    const auto got = drift_between(profile(), other);
    ASSERT_EQ(got.findings.size(), 3u);
    for (const auto& one : got.findings)
        if (one.state == drift_state::open)
            EXPECT_EQ(one.close, "CONFIG SET hash-max-listpack-entries 128 on staging") << one.id;
}

TEST(parity, a_tenth_is_measured_as_a_tenth) {
    auto other = staging();
    other.settings["maxmemory"] = "10mb";
    other.families = {family("cart:{int}", 100), family("page:{int}", 290), family("tag:*", 6)};
    other.keys = 396;
    auto got = drift_between(profile(), other, {.scale = 0.1, .accepted = {}});
    EXPECT_TRUE(ids(got).empty()) << ids(got).front();
    EXPECT_EQ(ids(got, drift_state::expected), (names{"maxmemory", "port"}));
    got = drift_between(profile(), other);
    EXPECT_EQ(ids(got), (names{"count cart:{int}", "count page:{int}", "count tag:*", "maxmemory"}));
    // Of a handful of keys a tenth may well be none.
    auto one = profile();
    one.families.push_back(family("zone:{int}", 9));
    EXPECT_TRUE(ids(drift_between(one, other, {.scale = 0.1, .accepted = {}})).empty());
    one.families.back() = family("zone:{int}", 90);
    EXPECT_EQ(ids(drift_between(one, other, {.scale = 0.1, .accepted = {}})), names{"family zone:{int}"});
}

TEST(parity, what_a_sample_leaves_open_is_no_difference) {
    auto other = staging();
    other.rate = 0.01;
    other.partial = true;
    other.families[1].keys = 1800;
    other.families[1].keys_range = model::count_range{1200, 3100, 0.95};
    other.families.pop_back();
    EXPECT_TRUE(ids(drift_between(profile(), other)).empty());
    other.families[1].keys_range = model::count_range{1500, 2100, 0.95};
    const auto got = drift_between(profile(), other);
    ASSERT_EQ(ids(got), names{"count page:{int}"});
    ASSERT_TRUE(got.findings.front().range);
    EXPECT_NEAR(got.findings.front().distance, 1 - 1800.0 / 3000, 1e-9);
    EXPECT_NEAR(got.findings.front().range->low, 1 - 2100.0 / 3000, 1e-9);
    EXPECT_NEAR(got.findings.front().range->high, 0.5, 1e-9);
}

TEST(parity, what_is_accepted_costs_nothing_and_stays_visible) {
    auto other = staging();
    other.settings["maxmemory-policy"] = "noeviction";
    other.families.erase(other.families.begin());
    const auto got = drift_between(
        profile(), other,
        {.scale = 1, .accepted = {{"maxmemory-policy", "tests fill it"}, {"family cart:{int}", "no carts"}}});
    EXPECT_EQ(got.parity, 100);
    EXPECT_EQ(ids(got, drift_state::accepted), (names{"family cart:{int}", "maxmemory-policy"}));
    EXPECT_EQ(got.findings.front().reason.empty(), false);
    EXPECT_EQ(got.findings.front().points, 0);
}

TEST(parity, closing_any_finding_never_lowers_it) {
    // Every subset of six differences, and each of them closed.
    const std::vector<std::function<void(model::profile&)>> changes{
        [](auto& of) { of.settings["maxmemory-policy"] = "noeviction"; },
        [](auto& of) { of.version = "6.0.16"; },
        [](auto& of) { std::erase_if(of.families, [](const auto& one) { return one.pattern == "tag:*"; }); },
        [](auto& of) { of.families[0].encodings = {{"hashtable", 1000}}; },
        [](auto& of) { of.families[1].lifetime = sketch_around(6'000'000, 3000); },
        [](auto& of) { of.families[1].memory = sketch_around(9'000, 3000); }};
    const auto parity_of = [&](unsigned subset) {
        auto other = staging();
        for (unsigned i = 0; i < changes.size(); ++i)
            if (subset & (1u << i)) changes[i](other);
        return drift_between(profile(), other);
    };
    for (unsigned subset = 1; subset < 1u << changes.size(); ++subset) {
        const auto got = parity_of(subset);
        EXPECT_LT(got.parity, 100);
        EXPECT_GE(got.parity, 0);
        EXPECT_EQ(ids(got).size(), static_cast<std::size_t>(std::popcount(subset)));
        for (unsigned i = 0; i < changes.size(); ++i)
            if (subset & (1u << i)) EXPECT_GT(parity_of(subset & ~(1u << i)).parity, got.parity) << subset << " " << i;
    }
}

TEST(parity, the_points_of_a_finding_are_what_closing_it_gains) {
    auto other = staging();
    other.settings["maxmemory-policy"] = "noeviction";
    other.families[0].encodings = {{"hashtable", 1000}};
    const auto got = drift_between(profile(), other);
    other.settings["maxmemory-policy"] = "allkeys-lru";
    const auto closed = drift_between(profile(), other);
    EXPECT_EQ(got.findings.front().id, "maxmemory-policy");
    EXPECT_NEAR(got.findings.front().points, closed.parity - got.parity, 1e-9);
    EXPECT_TRUE(beyond_tolerance(got));
}

TEST(parity, unknown_is_not_the_same) {
    auto other = staging();
    other.settings.clear();
    other.degraded = {{"settings", "CONFIG GET is not granted"}};
    const auto got = drift_between(profile(), other);
    ASSERT_EQ(got.unknown.size(), 1u);
    EXPECT_EQ(got.unknown[0], "settings of staging: CONFIG GET is not granted");
    EXPECT_TRUE(ids(got).empty());
}

TEST(parity, pages_and_settings_of_the_application) {
    const auto with = [](model::profile of, std::string edition, std::string ttl, std::string key = "k") {
        of.digest_key = std::move(key);
        for (const auto* who : {"ada", "anonymous"})
            of.routes.push_back({"home", who, 200, "miss", "hit", {{"vary", "Cookie"}, {"x-edition", edition}}});
        of.application = {{"ttl.home", std::move(ttl)}, {"secret", "hmac:1"}};
        return of;
    };
    const auto one = with(profile(), "hmac:aa", "300");
    EXPECT_TRUE(ids(drift_between(one, with(staging(), "hmac:aa", "300"))).empty());
    const auto got = drift_between(one, with(staging(), "hmac:bb", "60"));
    EXPECT_EQ(ids(got), (names{"application ttl.home", "header x-edition"}));
    EXPECT_EQ(got.findings[0].subject, "2 pages");
    EXPECT_EQ(got.findings[0].reference, "a value that is not shown");
    EXPECT_EQ(got.findings[0].other, "another one");
    // Digests of another key say nothing, and that is said.
    const auto hidden = drift_between(one, with(staging(), "hmac:bb", "300", "other"));
    EXPECT_TRUE(ids(hidden).empty());
    ASSERT_EQ(hidden.unknown.size(), 1u);
    EXPECT_NE(hidden.unknown[0].find("different keys"), std::string::npos);
    // Of one header with several differences each has a name of its own.
    auto mixed = with(staging(), "hmac:aa", "300");
    mixed.routes[0].headers["vary"] = "Accept";
    mixed.routes[1].headers.erase("vary");
    mixed.routes[1].status = 302;
    mixed.routes[1].second = "miss";
    EXPECT_EQ(ids(drift_between(one, mixed)),
              (names{"cache", "header vary home as ada", "header vary home as anonymous", "status"}));
    EXPECT_TRUE(ids(drift_between(one, staging())).empty()) << "nothing to compare with";
    EXPECT_EQ(drift_between(one, staging()).unknown.size(), 1u);
}

TEST(parity, a_sample_gives_an_interval) {
    auto one = profile(), other = staging();
    other.families[1].memory = sketch_around(3000, 300);
    other.families[1].counted = 300;
    other.families[1].persistent = 100;
    const auto exact = drift_between(one, other);
    for (const auto& found : exact.findings)
        EXPECT_FALSE(found.range) << found.id;
    other.rate = 0.1;
    other.families[1].keys_range = model::count_range{2900, 3100, 0.95};
    int with = 0;
    for (const auto& found : drift_between(one, other).findings) {
        if (!found.range) continue;
        ++with;
        EXPECT_LT(found.range->low, found.distance) << found.id;
        EXPECT_GT(found.range->high, found.distance) << found.id;
        EXPECT_LE(found.range->high - found.range->low, 0.2) << found.id;
    }
    EXPECT_EQ(with, 2) << "the size and the share without expiry";
}

TEST(parity, modules) {
    auto one = profile(), other = staging();
    one.modules = {"search 20608"};
    EXPECT_TRUE(ids(drift_between(one, other)).empty()) << "INFO was not read";
    one.facts["redis_mode"] = other.facts["redis_mode"] = "standalone";
    EXPECT_EQ(ids(drift_between(one, other)), names{"modules"});
}

TEST(parity, keys_that_nobody_uses) {
    auto one = profile(), other = staging();
    one.families[0].idle = sketch_around(30, 1000);
    other.families[0].idle = sketch_around(500, 1000);
    EXPECT_TRUE(ids(drift_between(one, other)).empty()) << "minutes on both";
    other.families[0].idle = sketch_around(7200, 1000);
    const auto found = drift_between(one, other);
    EXPECT_EQ(ids(found), names{"idle cart:{int}"});
    EXPECT_EQ(found.findings[0].method, "log2 Wasserstein");
    one.families[0].idle = sketch_around(3600, 1000);
    EXPECT_TRUE(ids(drift_between(one, other)).empty()) << "twice as long";
    one.families[0].idle = sketch_around(~std::uint64_t{0} / 2, 1000);  // a server may say anything
    EXPECT_EQ(ids(drift_between(one, other)), names{"idle cart:{int}"});
    one.families[0].lifetime = sketch_around(~std::uint64_t{0} / 2, 1000);
    EXPECT_EQ(ids(drift_between(one, other)), (names{"expiry cart:{int}", "idle cart:{int}"}));
    one = profile();
    one.families[0].idle = {};
    EXPECT_TRUE(ids(drift_between(one, other)).empty()) << "not kept by one of the servers";
}

TEST(parity, a_setting_that_is_kept_back_is_known_by_the_encodings_of_keys) {
    auto one = profile(), other = staging();
    one.settings.clear();
    one.thresholds = {{"hash-max-listpack-entries", 100, 130}};
    EXPECT_TRUE(ids(drift_between(one, other)).empty()) << "128 lies between";
    other.settings["hash-max-listpack-entries"] = "64";
    const auto lower = drift_between(one, other);
    EXPECT_EQ(ids(lower), names{"hash-max-listpack-entries"});
    EXPECT_EQ(lower.findings[0].reference, "about 100 to 130");
    EXPECT_EQ(lower.findings[0].other, "64");
    EXPECT_EQ(lower.findings[0].method, "encodings of keys");
    EXPECT_NEAR(lower.parity, 95, 0.01);
    other.settings["hash-max-listpack-entries"] = "512";
    EXPECT_EQ(ids(drift_between(one, other)), names{"hash-max-listpack-entries"});
    one.thresholds[0].most.reset();
    EXPECT_TRUE(ids(drift_between(one, other)).empty()) << "at least 100, and 512 is that";

    other.settings.clear();
    other.thresholds = {{"hash-max-listpack-entries", 20, 40}};
    EXPECT_EQ(ids(drift_between(one, other)), names{"hash-max-listpack-entries"});
    EXPECT_EQ(ids(drift_between(other, one)), names{"hash-max-listpack-entries"});
    other.thresholds[0].most = 100;
    EXPECT_TRUE(ids(drift_between(one, other)).empty());
}

TEST(parity, a_former_name_is_the_same_setting) {
    auto one = profile(), other = staging();
    one.settings.clear();
    one.thresholds = {{"hash-max-listpack-entries", 512, {}}};
    other.version = "7.0.15";
    other.settings.erase("hash-max-listpack-entries");
    other.settings["hash-max-ziplist-entries"] = "128";
    EXPECT_EQ(ids(drift_between(one, other)), names{"hash-max-listpack-entries"});
}

TEST(parity, users_are_compared_where_both_were_asked_for) {
    auto one = profile(), other = staging();
    one.users = {{"default", "on nopass ~* &* +@all"}, {"shop", "on password ~shop:* resetchannels -@all +@read"}};
    EXPECT_TRUE(ids(drift_between(one, other)).empty());
    other.users = one.users;
    EXPECT_TRUE(ids(drift_between(one, other)).empty());
    other.users["shop"] = "on password ~* resetchannels +@all";
    other.users["debug"] = "on nopass ~* &* +@all";
    const auto found = drift_between(one, other);
    EXPECT_EQ(ids(found), (names{"user debug", "user shop"}));
    EXPECT_EQ(found.findings[0].close, "ACL DELUSER debug on staging");
    EXPECT_EQ(found.findings[1].close,
              "ACL SETUSER shop reset on >PASSWORD ~shop:* resetchannels -@all +@read on staging");
    EXPECT_EQ(found.findings[0].reference, "no such user");
}

TEST(parity, a_server_that_knows_no_channels_is_not_held_against_one_that_does) {
    auto one = profile(), other = staging();
    one.users = {{"default", "on nopass ~* &* +@all"}, {"shop", "on password ~shop:* resetchannels +get"}};
    other.users = {{"default", "on nopass ~* +@all"}, {"shop", "on password ~shop:* +get"}};
    EXPECT_TRUE(ids(drift_between(one, other)).empty());
    other.users["shop"] = "on password ~shop:* +set";
    EXPECT_EQ(ids(drift_between(one, other)), names{"user shop"});
}

TEST(parity, a_mix_of_a_sample_has_an_interval) {
    auto one = profile(), other = staging();
    one.families[1].encodings = {{"hashtable", 300}, {"listpack", 2700}};
    EXPECT_EQ(drift_between(one, other).findings.at(0).range, std::nullopt);
    one.rate = 0.1;
    const auto found = drift_between(one, other).findings.at(0);
    ASSERT_TRUE(found.range);
    EXPECT_NEAR(found.distance, 0.1, 1e-9);
    // sqrt(0.1 * 0.9 / 3000 * 0.9) * 1.96 of each of the two kinds, halved and added
    EXPECT_NEAR(found.range->low, 0.1 - 0.01018, 1e-4);
    EXPECT_NEAR(found.range->high, 0.1 + 0.01018, 1e-4);
}

TEST(hazards, what_one_cache_shows_by_itself) {
    auto one = profile();
    EXPECT_TRUE(hazards_of(one).empty());
    one.families[0].memory.record(5 << 20);
    one.families[1].pattern = "session:{hex}";
    const auto got = hazards_of(one);
    ASSERT_EQ(got.size(), 2u);
    EXPECT_NE(got[0].text.find("5.00 MB"), std::string::npos) << got[0].text;
    EXPECT_NE(got[1].text.find("evicts any key"), std::string::npos);
    auto stampede = profile();
    stampede.families[1].same_second = 2000;
    ASSERT_EQ(hazards_of(stampede).size(), 1u);
    EXPECT_NE(hazards_of(stampede)[0].text.find("2000 of its keys expire in one"), std::string::npos);
    auto forever = profile();
    forever.families[1].persistent = 3000;
    EXPECT_TRUE(hazards_of(forever).empty()) << "allkeys evicts them";
    forever.settings["maxmemory-policy"] = "volatile-lru";
    ASSERT_EQ(hazards_of(forever).size(), 1u);
    EXPECT_NE(hazards_of(forever)[0].text.find("never expire"), std::string::npos);
    forever.settings["maxmemory"] = "0";
    EXPECT_TRUE(hazards_of(forever).empty()) << "without a limit nothing is evicted";
}

}  // namespace understudy::diff
