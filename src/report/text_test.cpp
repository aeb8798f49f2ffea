#include "report/text.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/detail/grid.h"
#include "report/detail/printable.h"
#include "report/golden_test.h"
#include "report/report_samples.h"

namespace understudy::report {

namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::size_t longest_line(const std::string& text) {
    std::istringstream lines(text);
    std::size_t longest = 0;
    for (std::string line; std::getline(lines, line);)
        longest = std::max(longest, detail::columns_of(line));
    return longest;
}

TEST(text, is_as_it_was_approved) {
    expect_golden("improved.txt", text(samples::improved()));
    expect_golden("leaking.txt", text(samples::leaking()));
    expect_golden("disturbed.txt", text(samples::disturbed()));
    expect_golden("inconclusive.txt", text(samples::inconclusive()));
    expect_golden("stopped.txt", text(samples::stopped()));
    expect_golden("rollback-incomplete.txt", text(samples::rollback_incomplete()));
    expect_golden("proof.txt", text(samples::rollback_incomplete().proof));
    expect_golden("measurement.txt", text(samples::leaking().arms[0]));
    expect_golden("measurement-unknown.txt", text(samples::inconclusive().arms[0]));
}

TEST(text, begins_with_the_verdict) {
    EXPECT_THAT(text(samples::improved()),
                StartsWith("improved      database_calls of category as ada, warm: 22 -> 2 calls"));
    EXPECT_THAT(text(samples::improved(), {true, 100}), StartsWith("\x1b[32mimproved\x1b[0m"));
    EXPECT_THAT(text(samples::leaking(), {true, 100}), StartsWith("\x1b[31mworse\x1b[0m"));
    EXPECT_THAT(text(samples::improved()), Not(HasSubstr("\x1b")));
}

TEST(text, colour_changes_nothing_but_colour) {
    std::string coloured = text(samples::rollback_incomplete(), {true, 100});
    for (auto at = coloured.find('\x1b'); at != std::string::npos; at = coloured.find('\x1b'))
        coloured.erase(at, coloured.find('m', at) - at + 1);
    EXPECT_EQ(coloured, text(samples::rollback_incomplete()));
}

TEST(text, keeps_to_its_width) {
    for (const std::size_t width : {60u, 80u, 100u, 160u})
        for (const auto& of :
             {samples::improved(), samples::leaking(), samples::inconclusive(), samples::rollback_incomplete()})
            EXPECT_LE(longest_line(text(of, {false, width})), width);
}

TEST(text, shows_unknown_with_a_footnote) {
    const std::string out = text(samples::inconclusive().arms[0]);
    EXPECT_THAT(out, HasSubstr("unknown (1)"));
    EXPECT_THAT(
        out,
        HasSubstr("(1) no header of the answers tells a cache's status; to mend it: send Cache-Status (RFC 9211)"));
    EXPECT_THAT(out, HasSubstr("(3) Redis's counters are read only around warm requests"));
    EXPECT_THAT(out, HasSubstr("(4) Redis's counters were not read"));
    EXPECT_THAT(out, Not(HasSubstr("(5)")));
}

TEST(text, tells_missed_from_not_stored_and_who_was_not_asked) {
    model::measurement of;
    const auto add = [&](const char* route, model::miss_tally missed, std::uint64_t in_front) {
        model::series row;
        row.key = {route, "anonymous", model::temperature::warm};
        row.requests = 4;
        row.latency.record(1'000'000);
        row.database_calls = {{0, 4}};
        row.cache.miss = 4;
        row.missed = std::move(missed);
        row.answered_in_front = in_front;
        of.rows.push_back(std::move(row));
    };
    add("a", {.stored = 1, .not_stored = 0, .because = {}}, 4);
    add("b", {.stored = 0, .not_stored = 4, .because = "the answers carry Set-Cookie"}, 0);
    add("c", {.stored = 1, .not_stored = 2, .because = "it missed again"}, 1);
    add("d", {}, 0);
    const std::string out = text(of, {false, 200});
    EXPECT_THAT(out, HasSubstr("0 %, missed: stored"));
    EXPECT_THAT(out, HasSubstr("0, not asked (1)"));
    EXPECT_THAT(out, HasSubstr("0 %, missed: not stored (3)"));
    EXPECT_THAT(out, HasSubstr("0 %, missed: 2 of 3 not stored (4)"));
    EXPECT_THAT(out, HasSubstr("0, 1 not asked (1)"));
    EXPECT_THAT(out, HasSubstr("(1) a cache in front of the application answered"));
    EXPECT_THAT(out, HasSubstr("(3) not stored: the answers carry Set-Cookie"));
    EXPECT_THAT(out, HasSubstr("(4) not stored: it missed again"));
}

TEST(text, empty_nouns_are_said_to_be_empty) {
    EXPECT_THAT(text(model::measurement{}), HasSubstr("nothing was measured"));
    EXPECT_THAT(text(model::evidence{}), HasSubstr("none was judged"));
    EXPECT_THAT(text(model::proof{}), HasSubstr("the rollback was not proven"));
    EXPECT_THAT(text(model::proof{}), HasSubstr("(f) unknown"));
}

TEST(text, nothing_from_outside_moves_the_cursor) {
    const std::string out = text(samples::with_text_everywhere("a\x1b[2J\r\nb\x9b\x07"));
    for (const char c : {'\x1b', '\r', '\x07', '\x9b'})
        EXPECT_EQ(out.find(c), std::string::npos);
    EXPECT_THAT(out, Not(HasSubstr("\nb")));
}

TEST(grid, columns_fit_their_widest_cell) {
    detail::grid table({"name", "n"});
    table.add({{"z\u00FCrich"}, {"1"}});
    table.add({{"a"}, {"22"}});
    EXPECT_EQ(table.text(40, false), "  name    n\n  z\u00FCrich  1\n  a       22\n");
    EXPECT_EQ(table.text(10, false), "  z\u00FCrich\n    n: 1\n  a\n    n: 22\n");
}

TEST(grid, wraps_words_and_never_breaks_one) {
    EXPECT_EQ(detail::wrapped("one two three", 7), "one two\nthree");
    EXPECT_EQ(detail::wrapped("one two three", 6, 2), "one\n  two\n  three");
    EXPECT_EQ(detail::wrapped("abcdefghij k", 4), "abcdefghij\nk");
    EXPECT_EQ(detail::wrapped("", 4), "");
}

TEST(printable, one_line_has_one_line) {
    EXPECT_EQ(detail::one_line("  a\r\n\tb   c\n"), "a b c");
    EXPECT_EQ(detail::one_line("a\u2028"
                               "b\u0085"
                               "c"),
              "a\uFFFD"
              "b\uFFFD"
              "c");
    EXPECT_EQ(detail::printable("a\nb\tc"), "a\nb\tc");
}

}  // namespace

}  // namespace understudy::report
