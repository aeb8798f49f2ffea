// What is made for CI systems: the comment of a pull request, JUnit's XML, annotations. tests/tree/reports.py reads the
// approved ones as their consumers do.
#include <algorithm>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/annotations.h"
#include "report/detail/cases.h"
#include "report/detail/github.h"
#include "report/detail/printable.h"
#include "report/golden_test.h"
#include "report/junit.h"
#include "report/note.h"
#include "report/pull_request.h"
#include "report/report_samples.h"
#include "report/text.h"

namespace understudy::report {

namespace {

using detail::check_state;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::vector<model::evidence> all_samples() {
    return {samples::improved(), samples::leaking(), samples::disturbed(),          samples::inconclusive(),
            samples::stopped(),  samples::setting(), samples::rollback_incomplete()};
}

std::size_t count_of(const std::string& text, std::string_view what) {
    std::size_t out = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size()))
        ++out;
    return out;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> out;
    for (std::string line; std::getline(in, line);)
        out.push_back(line);
    return out;
}

check_state state_of(const model::evidence& of, const std::string& group, const std::string& name) {
    for (const auto& one : detail::checks_of(of))
        if (one.group == group && one.name.find(name) != std::string::npos) return one.state;
    ADD_FAILURE() << "no check " << group << ": " << name;
    return check_state::passed;
}

TEST(checks, something_is_wrong_exactly_where_the_exit_code_says_so) {
    for (const auto& of : all_samples()) {
        const auto counts = detail::counts_of(detail::checks_of(of));
        EXPECT_EQ(counts.failed + counts.errors == 0, of.exit_code == 0) << of.comparison.why;
    }
    auto odd = samples::improved();
    odd.exit_code = 3;
    EXPECT_EQ(detail::counts_of(detail::checks_of(odd)).errors, 1u);
    EXPECT_GT(detail::counts_of(detail::checks_of(model::evidence{})).errors, 0u);
}

TEST(checks, what_could_not_be_judged_is_an_error_and_what_was_not_asked_is_skipped) {
    EXPECT_EQ(state_of(samples::improved(), "expectation", "database calls"), check_state::passed);
    EXPECT_EQ(state_of(samples::inconclusive(), "expectation", "database calls"), check_state::error);
    EXPECT_EQ(state_of(samples::inconclusive(), "expectation", "response time"), check_state::failed);
    EXPECT_EQ(state_of(samples::leaking(), "leak", "nobody"), check_state::failed);
    EXPECT_EQ(state_of(samples::leaking(), "run", "worse"), check_state::failed);
    EXPECT_EQ(state_of(samples::disturbed(), "run", "undisturbed"), check_state::error);
    EXPECT_EQ(state_of(samples::stopped(), "run", "undisturbed"), check_state::error);
    EXPECT_EQ(state_of(samples::rollback_incomplete(), "proof", "everything"), check_state::failed);
    EXPECT_EQ(state_of(samples::rollback_incomplete(), "proof", "(a)"), check_state::failed);
    EXPECT_EQ(state_of(samples::rollback_incomplete(), "proof", "(e)"), check_state::passed);
    auto of = samples::improved();
    of.proof.done = false;
    EXPECT_EQ(state_of(of, "proof", "(a)"), check_state::error);
    of = samples::improved();
    of.comparison.leaks_unknown = {"no identity has a marker"};
    EXPECT_EQ(state_of(of, "leak", "nobody"), check_state::skipped);
    of.proof.eviction = "settings only: small";
    EXPECT_EQ(state_of(of, "proof", "(e)"), check_state::skipped);
    auto& control = of.comparison.controls.front();
    control.verdict = model::verdict::worse;
    control.p = 0.2;
    EXPECT_EQ(state_of(of, "control", "response time of home as ada"), check_state::skipped);
    control.p = 0.01;
    EXPECT_EQ(state_of(of, "control", "response time of home as ada"), check_state::error);
}

TEST(checks, names_are_unique) {
    auto of = samples::improved();
    of.comparison.expectations.push_back(of.comparison.expectations[1]);
    of.comparison.expectations.push_back(of.comparison.expectations[1]);
    const auto all = detail::checks_of(of);
    for (std::size_t i = 0; i < all.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            EXPECT_FALSE(all[i].group == all[j].group && all[i].name == all[j].name) << all[i].name;
}

TEST(pull_request, is_as_it_was_approved) {
    expect_golden("improved.md", pull_request_comment(samples::improved()));
    expect_golden("leaking.md", pull_request_comment(samples::leaking()));
    expect_golden("inconclusive.md", pull_request_comment(samples::inconclusive()));
    expect_golden("stopped.md", pull_request_comment(samples::stopped()));
    expect_golden("rollback-incomplete.md", pull_request_comment(samples::rollback_incomplete()));
}

TEST(pull_request, its_sign_is_that_of_the_exit_code) {
    EXPECT_THAT(pull_request_comment(samples::improved()), HasSubstr("### \u2705 improved: cache-category\n"));
    EXPECT_THAT(pull_request_comment(samples::rollback_incomplete()), HasSubstr("### \u274C improved"));
    EXPECT_THAT(pull_request_comment(samples::inconclusive()), HasSubstr("### \u26A0\uFE0F inconclusive"));
    EXPECT_THAT(pull_request_comment(samples::stopped()), HasSubstr("### \u26A0\uFE0F inconclusive"));
}

std::string without_code(std::string text) {
    for (auto at = text.find("<code>"); at != std::string::npos; at = text.find("<code>", at))
        text.erase(at, text.find("</code>", at) - at);
    return text;
}

// Lines that open with "|" have as many cells as the line above them.
void expect_whole_tables(const std::string& text) {
    std::size_t cells = 0;
    bool within_block = false;
    for (const auto& line : lines_of(text)) {
        if (line.starts_with("```")) within_block = !within_block;
        const auto count = !within_block && line.starts_with("|") ? count_of(line, "|") : 0;
        if (cells && count) EXPECT_EQ(count, cells) << line;
        cells = count;
    }
}

TEST(pull_request, text_from_outside_stays_text) {
    for (const std::string hostile :
         {"</details><script>alert(1)</script>", "a|b\\|c\\\\|d", "```\n# title\n| x | y |",
          "**b** _i_ `c` [l](http://x.example) ![i](j)",
          "@ada #7 GH-7 ada/shop#7 www.x.example http://x.example ada@shop.example :tada: $x$", "<!-- -->",
          "\x1b[2Jx\r\n\n- item\x07"}) {
        const auto out = pull_request_comment(samples::with_text_everywhere(hostile));
        // Within the block of the change file everything is shown as it is.
        const auto outside = out.substr(0, out.rfind("<details>"));
        EXPECT_THAT(without_code(outside), Not(HasSubstr("GH-7"))) << hostile;  // GitHub looks for none in code
        for (const auto* mark : {"<script", "</details><", "| x |", "[l](", "@ada", " #7", "p#7", "www.x", "://x",
                                 "@shop", ":tada:", "$x$", "`c`", "**b**", "\x1b", "\r", "\x07", "\n- item"})
            EXPECT_THAT(outside, Not(HasSubstr(mark))) << hostile;
        EXPECT_EQ(count_of(outside, "<details>"), count_of(outside, "</details>"));
        expect_whole_tables(outside);
    }
}

TEST(pull_request, never_is_too_long) {
    for (const std::string part : {"#", "x", "word ", "\u00FC", "a\n"}) {
        std::string text;
        while (text.size() < 5'000)
            text += part;
        auto of = samples::with_text_everywhere(text);
        of.warnings.assign(100, text);
        of.comparison.expectations.assign(100, of.comparison.expectations.front());
        of.comparison.controls.assign(100, of.comparison.controls.front());
        const auto out = pull_request_comment(of);
        EXPECT_LT(detail::columns_of(out), 65'536u);
        EXPECT_THAT(out, StartsWith("<!-- understudy -->\n### "));
        EXPECT_THAT(out, HasSubstr("Left out"));
    }
}

TEST(junit, is_as_it_was_approved) {
    expect_golden("improved.junit.xml", junit(samples::improved()));
    expect_golden("leaking.junit.xml", junit(samples::leaking()));
    expect_golden("inconclusive.junit.xml", junit(samples::inconclusive()));
    expect_golden("stopped.junit.xml", junit(samples::stopped()));
    expect_golden("rollback-incomplete.junit.xml", junit(samples::rollback_incomplete()));
    expect_golden(
        "hostile.junit.xml",
        junit(samples::with_text_everywhere("</testcase>]]>&\"'\xff\x01\x1b[0m\xEF\xBF\xBF\xEF\xBF\xBE\r\n x")));
}

TEST(annotations, are_as_they_were_approved) {
    expect_golden("improved.github.txt", github_annotations(samples::improved(), "changes/cache-category.toml"));
    expect_golden("leaking.github.txt", github_annotations(samples::leaking()));
    expect_golden("inconclusive.github.txt", github_annotations(samples::inconclusive()));
    expect_golden("rollback-incomplete.github.txt", github_annotations(samples::rollback_incomplete()));
}

TEST(annotations, are_one_line_each_and_escaped) {
    const auto out =
        github_annotations(samples::with_text_everywhere("x\n::error::planted,a:b%0A\r::stop-commands::"), "a,b:c");
    for (const auto& line : lines_of(out)) {
        EXPECT_TRUE(line.starts_with("::error file=a%2Cb%3Ac,title=") ||
                    line.starts_with("::warning file=a%2Cb%3Ac,title="))
            << line;
        const auto properties = line.substr(2, line.find("::", 2) - 2);
        EXPECT_EQ(count_of(properties, ","), 1u) << line;
        EXPECT_EQ(count_of(properties, ":"), 0u) << line;
    }
    EXPECT_THAT(out, HasSubstr("%250A"));
}

TEST(annotations, are_ten_of_a_kind_at_most_and_the_last_sums_up) {
    auto of = samples::leaking();
    of.comparison.expectations.assign(30, of.comparison.expectations.front());
    for (auto& one : of.comparison.expectations)
        one.outcome = model::outcome::unmet;
    of.warnings.assign(14, "a warning");
    const auto out = github_annotations(of);
    const auto lines = lines_of(out);
    EXPECT_EQ(count_of(out, "::error "), 10u);
    EXPECT_EQ(count_of(out, "::warning "), 9u);
    EXPECT_THAT(lines.back(),
                StartsWith("::error title=understudy%3A cache-category is worse::ada was shown to grace"));
    EXPECT_THAT(lines.back(), HasSubstr("not shown here: 23 errors, 6 warnings"));
    EXPECT_THAT(lines_of(github_annotations(samples::improved())).back(), StartsWith("::notice title="));
}

TEST(github, cuts_by_code_points) {
    EXPECT_EQ(detail::cut("abc", 3), "abc");
    EXPECT_EQ(detail::cut("abcdef", 5), "ab...");
    EXPECT_EQ(detail::cut("\u00FC\u00FC\u00FC\u00FC\u00FC", 4), "\u00FC...");
}

TEST(github, text_hides_what_github_would_find_in_it) {
    EXPECT_EQ(detail::github_text("ada@x, #7"), "ada@&#8203;x, \\#&#8203;7");
    EXPECT_EQ(detail::github_text("a_b *c* <d> $e$ `f` g|h"),
              "a\\_b \\*c\\* &lt;d&gt; &#36;e&#36; &#96;f&#96; g&#124;h");
    EXPECT_EQ(detail::github_text("10:00:01 at: x"), "10:&#8203;00:01 at: x");
    EXPECT_EQ(detail::github_code("shop:{id}|*"), "<code>shop&#58;{id}&#124;&#42;</code>");
    EXPECT_EQ(detail::github_code("a@b www.c"), "<code>a&#64;<!-- -->b &#119;ww.c</code>");
    EXPECT_EQ(detail::github_code(""), "(empty)");
}

TEST(note, is_as_it_was_approved) {
    expect_golden("improved.note.txt", closing_note(samples::improved()));
    expect_golden("inconclusive.note.txt", closing_note(samples::inconclusive()));
    expect_golden("setting.note.txt", closing_note(samples::setting()));
}

TEST(note, is_fit_for_a_commit_message) {
    for (const auto& of : all_samples()) {
        const auto lines = lines_of(closing_note(of));
        EXPECT_LE(lines.at(0).size(), 72u) << lines[0];
        EXPECT_EQ(lines.at(1), "");
        for (const auto& line : lines)
            EXPECT_LE(detail::columns_of(line), 72u) << line;
    }
    for (const std::string hostile : {"# a comment\n# b", "\x1b[2J", "a\n\n---\ndiff --git a b\n"}) {
        const auto out = closing_note(samples::with_text_everywhere(hostile));
        for (const auto& line : lines_of(out)) {
            EXPECT_FALSE(line.starts_with("#") || line.starts_with("---") || line.starts_with("diff")) << line;
            EXPECT_EQ(line.find('\x1b'), std::string::npos);
        }
    }
}

TEST(note, a_change_that_proved_nothing_says_so_first) {
    EXPECT_THAT(closing_note(samples::improved()),
                StartsWith("cache-category: database calls 22 calls -> 2 calls\n\n"));
    EXPECT_THAT(closing_note(samples::rollback_incomplete()), StartsWith("cache-category: not proven (improved)\n"));
    EXPECT_THAT(closing_note(samples::leaking()), StartsWith("cache-category: not proven (worse)\n"));
}

model::history_entry entry_of(const std::string& change, model::standing standing, int exit_code) {
    model::history_entry out;
    out.id = "20260304T100000000Z-" + change + "-1f3a";
    out.change = change;
    out.owner = "Ada Byron <ada@shop.example>";
    out.verdict = exit_code == 0 ? "improved" : "inconclusive";
    out.standing = standing;
    out.acts = {{model::act::rehearse, *parse_time("2026-03-04T10:01:12.400Z"), "staging", exit_code}};
    return out;
}

TEST(history_table, is_as_it_was_approved) {
    using enum model::standing;
    auto died = entry_of("lookahead", rolled_back, 0);
    died.owner = died.verdict = "";
    died.acts.front().what = model::act::rollback;
    expect_golden("history.txt",
                  text(std::vector{entry_of("cache-category", applied, 0), entry_of("cache-category", superseded, 6),
                                   died, entry_of("policy-lfu", open, 5)}));
    EXPECT_EQ(text(std::vector<model::history_entry>{}), "nothing was rehearsed yet\n");
}

TEST(history_table, nothing_from_outside_moves_the_cursor) {
    const std::string hostile = "a\x1b[2J\r\nb\x9b\x07";
    model::history_entry one;
    for (auto* field : {&one.id, &one.change, &one.owner, &one.verdict, &one.reason, &one.why, &one.folder})
        *field = hostile;
    one.acts = {{model::act::rehearse, {}, hostile, 1}};
    const auto out = text(std::vector{one}, {true, 100});
    for (const char* bad : {"\x1b[2J", "\r", "\x07", "\x9b", "\nb"})
        EXPECT_THAT(out, Not(HasSubstr(bad)));
}

}  // namespace

}  // namespace understudy::report
