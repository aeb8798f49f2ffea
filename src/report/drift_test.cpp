#include "report/drift.h"

#include <gtest/gtest.h>

#include "model/sample_nouns.h"

namespace understudy::report {

namespace {

model::drift drift() {
    auto out = model::sample::full_drift();
    model::drift_finding missing;
    missing.id = "family rank:{int}";
    missing.group = model::drift_group::families;
    missing.subject = "rank:{int}";
    missing.reference = "100 keys";
    missing.other = "none";
    missing.points = 0.04;
    missing.effect = "what the application does with these keys is never rehearsed";
    missing.close = "send staging the requests that write them";
    out.findings.insert(out.findings.begin() + 1, missing);
    return out;
}

bool holds(const std::string& page, std::string_view part) {
    return page.find(part) != std::string::npos;
}

}  // namespace

TEST(drift_text, the_costliest_group_comes_first_and_signs_tell_the_kind) {
    const auto page = text(drift());
    EXPECT_TRUE(
        holds(page, "parity of staging with production: 71.5 of 100, 2 differences, 1 accepted; at a scale of 1/10"))
        << page;
    EXPECT_TRUE(holds(page, "~ maxmemory-policy: allkeys-lru -> noeviction")) << page;
    EXPECT_TRUE(holds(page, "10.0 points"));
    EXPECT_TRUE(holds(page, "- family rank:{int}: 100 keys -> none"));
    EXPECT_TRUE(holds(page, "< 0.1 points"));
    EXPECT_LT(page.find("settings\n"), page.find("families\n"));
    EXPECT_TRUE(holds(page, "to close it: CONFIG SET maxmemory-policy allkeys-lru on staging"));
    EXPECT_TRUE(holds(page, "! production, cart:{md5}: 300 keys never expire"));
    EXPECT_TRUE(holds(page, "not compared: settings of staging: CONFIG GET is not granted"));
    EXPECT_FALSE(holds(page, "staging shows the old threshold")) << "only with all";
    EXPECT_TRUE(holds(page, "1 accepted, 0 that have to be; --all shows them"));
    const auto all = text(drift(), {.look = {}, .all = true});
    EXPECT_TRUE(holds(all, "= encodings cart:{md5}: listpack -> hashtable 80 %, listpack 20 %"));
    EXPECT_TRUE(holds(all, "staging shows the old threshold"));
}

TEST(drift_text, what_is_nearly_whole_is_not_whole) {
    auto one = drift();
    one.parity = 99.97;
    EXPECT_TRUE(holds(text(one), ": 99.9 of 100"));
    one.parity = 100;
    EXPECT_TRUE(holds(text(one), ": 100.0 of 100"));
}

TEST(drift_markdown, is_a_table_and_nothing_of_it_is_markup) {
    auto one = drift();
    one.findings[0].reference = "a|b <b>@team</b> #7";
    const auto page = markdown(one);
    EXPECT_TRUE(page.starts_with("### parity of staging")) << page;
    EXPECT_TRUE(holds(page, "| ~ | 10.0 | settings <code>maxmemory-policy</code> |")) << page;
    EXPECT_FALSE(holds(page, "<b>@team"));
    EXPECT_FALSE(holds(page, "a|b"));
    EXPECT_TRUE(holds(page, "<details>"));
}

TEST(drift_html, draws_both_sides_and_escapes_what_is_not_ours) {
    auto one = drift();
    one.findings[1].id = "expiry shop:{int}:product:*";
    one.findings[1].subject = "shop:{int}:product:*";
    one.findings[1].group = model::drift_group::expiry;
    one.hazards[0].text = "<script>alert(1)</script>";
    auto reference = model::sample::full_profile(), other = model::sample::full_profile();
    reference.families[0].database = other.families[0].database = 0;
    const auto page = html(one, reference, other);
    EXPECT_TRUE(holds(page, "parity 71.5"));
    EXPECT_TRUE(holds(page, "<svg class=\"over\""));
    EXPECT_TRUE(holds(page, "<g class=\"strip before\"><polygon"));
    EXPECT_FALSE(holds(page, "<script>"));
    EXPECT_TRUE(holds(page, "&lt;script&gt;"));
    EXPECT_TRUE(holds(page, "1/10"));
    EXPECT_FALSE(holds(html(drift(), {}, {}), "<svg class=\"over\"")) << "no family, no chart";
}

}  // namespace understudy::report
