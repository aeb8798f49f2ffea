#include "report/profile.h"

#include <gtest/gtest.h>

#include "model/sample_nouns.h"

namespace understudy::report {
namespace {

model::family_profile family_of(std::string pattern, std::uint64_t keys, std::uint64_t bytes) {
    model::family_profile out;
    out.pattern = std::move(pattern);
    out.keys = out.counted = keys;
    out.types = {{"string", keys}};
    out.encodings = {{"raw", keys}};
    out.bytes.record(bytes, keys);
    out.lifetime.record(7'200'000, keys);
    return out;
}

std::string page_of(const model::profile& of, std::size_t families = 40) {
    return text(of, {{.colour = false, .width = 120}, families});
}

bool in_order(const std::string& page, const std::vector<std::string>& parts) {
    std::size_t at = 0;
    for (const auto& part : parts) {
        at = page.find(part, at);
        if (at == std::string::npos) return false;
    }
    return true;
}

TEST(profile_text, the_heaviest_family_comes_first) {
    model::profile of;
    of.environment = "dump.rdb";
    of.software = "redis";
    of.version = "7.0.15";
    of.keys = 1110;
    of.families = {family_of("a:{int}", 10, 100), family_of("b:{int}", 1000, 10), family_of("c:{int}", 100, 1000)};
    const auto page = page_of(of);
    EXPECT_TRUE(in_order(page, {"dump.rdb: redis 7.0.15, 1110 keys in 3 families", "c:{int}", "b:{int}", "a:{int}"}))
        << page;
    EXPECT_TRUE(in_order(page, {"100", "90 %", "string", "raw", "2 h", "c:{int}"})) << page;
    const auto two = page_of(of, 2);
    EXPECT_EQ(two.find("a:{int}"), std::string::npos);
    EXPECT_NE(two.find("and 1 more that holds less"), std::string::npos) << two;
}

TEST(profile_text, frameworks_are_told_by_their_keys) {
    model::profile of;
    of.families = {family_of("a:{int}", 10, 100), family_of("b:{int}", 1000, 10), family_of("c:{int}", 100, 1000)};
    EXPECT_EQ(page_of(of).find("recognised"), std::string::npos);
    of.families[0].framework = of.families[2].framework = "Django";
    of.families[1].framework = "WordPress";
    EXPECT_NE(page_of(of).find("recognised: WordPress 1000 keys, Django 110 keys"), std::string::npos) << page_of(of);
}

TEST(profile_text, what_never_expires_and_what_is_mixed_is_said) {
    model::profile of;
    auto kept = family_of("kept", 100, 10);
    kept.lifetime = {};
    kept.persistent = 100;
    auto some = family_of("some", 100, 10);
    some.persistent = 25;
    some.overdue = 5;
    some.encodings = {{"raw", 60}, {"embstr", 30}, {"int", 10}};
    of.families = {kept, some};
    const auto page = page_of(of);
    EXPECT_TRUE(in_order(page, {"never", "kept"})) << page;
    EXPECT_TRUE(in_order(page, {"raw 60 %, embstr 30 %", "2 h, 25 % never, 5.0 % overdue", "some"})) << page;
}

TEST(profile_text, a_sample_a_part_and_what_is_not_known_are_told) {
    const auto page = page_of(model::sample::full_profile());
    for (const std::string part :
         {"partial", "a sample of 25 %", "~48 (40 to 57)", "not known: settings: CONFIG GET is not granted"})
        EXPECT_NE(page.find(part), std::string::npos) << part << "\n" << page;
}

TEST(profile_text, a_pattern_cannot_paint_the_terminal) {
    model::profile of;
    of.environment = "a\x1b[31m";
    of.families = {family_of("x\x1b[2J\n", 1, 1)};
    const auto page = page_of(of);
    EXPECT_EQ(page.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace understudy::report
