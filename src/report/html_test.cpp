#include "report/html.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/detail/html_parts.h"
#include "report/golden_test.h"
#include "report/report_samples.h"

namespace understudy::report {

namespace {

using testing::HasSubstr;
using testing::Not;

std::size_t count_of(const std::string& text, std::string_view what) {
    std::size_t out = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size()))
        ++out;
    return out;
}

std::string section(const std::string& page, const std::string& id) {
    const auto from = page.find("<section id=\"" + id + "\"");
    if (from == std::string::npos) return {};
    return page.substr(from, page.find("</section>", from) - from);
}

// The first tag that is not closed by its own end, or ends something else; empty where all nest well.
std::string badly_nested(const std::string& page) {
    std::vector<std::string> open;
    for (auto at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
        const auto end = page.find('>', at);
        if (end == std::string::npos) return "a tag without end";
        const std::string tag = page.substr(at + 1, end - at - 1);
        if (tag.starts_with('!') || tag.ends_with('/') || tag.starts_with("meta") || tag.starts_with("br")) continue;
        const bool closes = tag.starts_with('/');
        const std::string name = tag.substr(closes ? 1 : 0, tag.find_first_of(" \n", 0) - (closes ? 1 : 0));
        if (!closes) {
            open.push_back(name);
        } else if (open.empty() || open.back() != name) {
            return name + " closes " + (open.empty() ? "nothing" : open.back());
        } else {
            open.pop_back();
        }
    }
    return open.empty() ? "" : open.back() + " stays open";
}

struct named_sample {
    const char* name;
    model::evidence of;
};

std::vector<named_sample> all_samples() {
    return {{"improved", samples::improved()},
            {"leaking", samples::leaking()},
            {"disturbed", samples::disturbed()},
            {"inconclusive", samples::inconclusive()},
            {"stopped", samples::stopped()},
            {"rollback-incomplete", samples::rollback_incomplete()},
            {"setting", samples::setting()},
            {"empty", model::evidence{}},
            {"hostile", samples::with_text_everywhere("</td></table><script>alert('x')</script>\" onload=\"y")}};
}

TEST(html, is_as_it_was_approved) {
    expect_golden("improved.html", html(samples::improved()));
}

// With UNDERSTUDY_REPORT_PREVIEW=FOLDER the pages are written there, to be looked at.
TEST(html, nests_well_and_stands_alone) {
    for (const auto& [name, of] : all_samples()) {
        const std::string page = html(of);
        EXPECT_EQ(badly_nested(page), "") << name;
        EXPECT_LT(page.size(), 300'000u) << name;
        EXPECT_EQ(page, html(of)) << name;
        for (const char* outside :
             {"<script", "<link", "<img", "<iframe", "src=", "url(", "@import", "http-equiv=\"refresh\""})
            EXPECT_THAT(page, Not(HasSubstr(outside))) << name;
        EXPECT_EQ(count_of(page, "<h1"), 1u) << name;
        if (const char* folder = std::getenv("UNDERSTUDY_REPORT_PREVIEW"))
            std::ofstream(std::string(folder) + "/" + name + ".html") << page;
    }
}

TEST(html, sections_come_in_their_order) {
    const std::string page = html(samples::leaking());
    std::size_t last = page.find("<h1");
    for (const char* id : {"expectations", "rows", "noise", "controls", "disturbance", "leaks", "drift", "change",
                           "proof", "commands", "conditions"}) {
        const auto at = page.find(std::string("<section id=\"") + id + "\"");
        ASSERT_NE(at, std::string::npos) << id;
        EXPECT_GT(at, last) << id;
        last = at;
    }
}

TEST(html, verdict_comes_first_with_its_sign_and_reason) {
    const std::string page = html(samples::improved());
    EXPECT_THAT(
        page,
        HasSubstr(
            "<h1 class=\"verdict improved\"><span class=\"sign\" aria-hidden=\"true\">\u2713</span> improved</h1>\n"
            "<p class=\"reason\">database_calls of category as ada, warm: 22 -&gt; 2 calls (-90.9 %)</p>"));
    EXPECT_THAT(page, HasSubstr("proven</span> everything is as before (1.84 s)"));
    EXPECT_THAT(html(samples::disturbed()), HasSubstr("\u2298</span> invalid</h1>"));
    EXPECT_THAT(html(samples::rollback_incomplete()),
                HasSubstr("not proven</span> 4 differences are left after the rollback"));
    EXPECT_THAT(html(samples::stopped()), HasSubstr("interrupted (safe to try again)"));
}

TEST(html, every_row_has_two_strips_with_words_for_them) {
    const std::string rows = section(html(samples::improved()), "rows");
    EXPECT_EQ(count_of(rows, "<article"), 6u);
    EXPECT_EQ(count_of(rows, "<svg class=\"strip before\""), 6u);
    EXPECT_EQ(count_of(rows, "<svg class=\"strip after\""), 6u);
    EXPECT_EQ(count_of(rows, "role=\"img\"><title>"), 12u);
    EXPECT_EQ(count_of(rows, "<desc>"), 12u);
    // Sixteen blocks' medians in each row.
    EXPECT_EQ(count_of(rows, "<circle"), 96u);
    EXPECT_THAT(rows, HasSubstr("22 calls a request"));
    EXPECT_THAT(rows, HasSubstr("78 hit</span>"));
    EXPECT_THAT(rows, HasSubstr("160 hits \u00B7 0 misses"));
    EXPECT_THAT(rows, HasSubstr("-88.4 %</b> <small>(-89.5 to -87.3 %)"));
}

TEST(html, unknown_says_why_and_what_mends_it) {
    const std::string page = html(samples::inconclusive());
    const std::string rows = section(page, "rows");
    EXPECT_THAT(rows, HasSubstr("no header of the answers tells a cache&#39;s status"));
    EXPECT_THAT(rows, HasSubstr("To mend it: send Cache-Status (RFC 9211)"));
    EXPECT_THAT(section(page, "expectations"),
                HasSubstr("the answers carry no Server-Timing with db;count= and this request&#39;s id"));
    EXPECT_THAT(section(page, "expectations"), HasSubstr("To mend it: see docs/instrument.md"));
}

TEST(html, a_run_that_stopped_shows_what_it_had) {
    const std::string page = html(samples::stopped());
    const std::string rows = section(page, "rows");
    EXPECT_THAT(rows, HasSubstr("what the noise stage saw"));
    EXPECT_EQ(count_of(rows, "<svg class=\"strip before\""), 6u);
    EXPECT_EQ(count_of(rows, "<svg class=\"strip after\""), 0u);
    EXPECT_THAT(rows, HasSubstr("not measured"));
    EXPECT_THAT(section(page, "noise"), HasSubstr("Not measured"));
    EXPECT_THAT(section(page, "leaks"), HasSubstr("not looked for"));
}

TEST(html, leaks_name_who_saw_whose_in_which_order) {
    const std::string leaks = section(html(samples::leaking()), "leaks");
    EXPECT_THAT(
        leaks,
        HasSubstr(">grace</th><td role=\"cell\" data-head=\"saw marker of\"><div>ada</div></td><td role=\"cell\" "
                  "data-head=\"on route\"><div>account</div></td><td role=\"cell\" data-head=\"order\"><div>ada, then "
                  "grace</div>"));
    EXPECT_THAT(leaks, HasSubstr("There before the change as well"));
}

TEST(html, proof_has_each_letter_and_the_differences) {
    const std::string proof = section(html(samples::rollback_incomplete()), "proof");
    for (const char* letter : {"(a)", "(b)", "(c)", "(d)", "(e)", "(f)"})
        EXPECT_EQ(count_of(proof, letter), 1u) << letter;
    EXPECT_THAT(proof, HasSubstr("24 checked, 0 set back, 1 differ"));
    EXPECT_THAT(proof, HasSubstr("Not as before."));
    EXPECT_THAT(proof, HasSubstr("<code>shop:1:category:{n}</code>"));
    EXPECT_THAT(proof, HasSubstr("understudy rollback"));
    EXPECT_THAT(section(html(samples::improved()), "proof"), Not(HasSubstr("Not as before.")));
}

TEST(html, commands_are_shown_as_run) {
    auto of = samples::improved();
    of.commands[1].exit_code = 3;
    of.commands[1].output = std::string(20'000, 'x') + "the end";
    const std::string commands = section(html(of), "commands");
    EXPECT_EQ(count_of(commands, "<details"), 4u);
    EXPECT_EQ(count_of(commands, "<details open>"), 1u);
    EXPECT_THAT(commands, HasSubstr("<code>./shopctl deploy 2</code>"));
    EXPECT_THAT(commands, HasSubstr("The last 16384 of 20007 bytes"));
    EXPECT_THAT(commands, HasSubstr("the end</pre>"));
}

TEST(html, nothing_from_outside_becomes_markup) {
    const std::string bad = "<script>alert(1)</script>\"'&<b a=\"";
    const std::string page = html(samples::with_text_everywhere(bad));
    EXPECT_THAT(page, Not(HasSubstr("<script")));
    EXPECT_THAT(page, Not(HasSubstr("alert(1)</script>")));
    EXPECT_THAT(page, Not(HasSubstr("<b a=")));
    // Every occurrence is the escaped one, and there are many.
    EXPECT_EQ(count_of(page, "alert(1)"), count_of(page, "&lt;script&gt;alert(1)&lt;/script&gt;"));
    EXPECT_GT(count_of(page, "alert(1)"), 70u);
    EXPECT_THAT(page, Not(HasSubstr("\"'&")));
}

TEST(html, broken_bytes_and_control_characters_are_shown_as_such) {
    static constexpr char bytes[] = "a\x1b[31m\x00\xff\xc3(\xe2\x80\xae\xed\xa0\x80z";
    const std::string page = html(samples::with_text_everywhere(std::string(std::begin(bytes), std::end(bytes) - 1)));
    for (const char c : {'\x1b', '\xff', '\0'})
        EXPECT_EQ(page.find(c), std::string::npos);
    EXPECT_EQ(page.find("\xe2\x80\xae"), std::string::npos);
    EXPECT_EQ(page.find("\xed\xa0\x80"), std::string::npos);
}

TEST(html, escapes_each_character_that_matters) {
    EXPECT_EQ(detail::escaped("<a href=\"x\" o='y'>&amp;</a>"),
              "&lt;a href=&quot;x&quot; o=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;");
    EXPECT_EQ(detail::escaped("z\u00FCrich \u2192 \U0001F600\n\t"), "z\u00FCrich \u2192 \U0001F600\n\t");
    EXPECT_EQ(detail::escaped("\xF0\x9F"), "\uFFFD\uFFFD");
}

TEST(html, a_large_run_stays_small) {
    auto of = samples::improved();
    for (auto* arms : {&of.arms, &of.noise_arms})
        for (auto& arm : *arms) {
            const auto rows = arm.rows;
            for (int copy = 1; copy < 4; ++copy)
                for (auto row : rows) {
                    row.key.route += std::to_string(copy);
                    arm.rows.push_back(row);
                }
            std::sort(arm.rows.begin(), arm.rows.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
        }
    const std::string page = html(of);
    EXPECT_EQ(count_of(page, "<article"), 24u);
    EXPECT_LT(page.size(), 300'000u);
}

}  // namespace

}  // namespace understudy::report
