#include "diff/compare.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/random.h"
#include "diff/detail/test_arms.h"

namespace understudy::diff {
namespace {

using namespace detail;
using model::metric;
using model::outcome;
using model::verdict;
using on = model::bound::on;
using relation = model::bound::relation;

const model::bound halved{on::change_percent, relation::at_most, -50, "<= -50%"};
const model::bound unmoved{on::change_percent, relation::same, 0, "same"};

rows_of always(const std::vector<model::series>& rows) {
    return [rows](int) { return rows; };
}

// Times around `middle`, the same small unrest in each arm of a seed.
rows_of around(double middle, std::uint64_t calls = 5, int shift = 0) {
    return [=](int block) {
        constexpr double unrest[] = {1.01, 0.99, 1.0, 1.02, 0.98, 1.015, 0.985, 1.0};
        return std::vector{row(page(), middle * unrest[(block + shift) % 8], calls)};
    };
}

model::series failing(std::uint64_t errors, std::uint64_t requests = 10, const std::string& route = "category") {
    auto out = row(page(route), 5, 5, requests);
    if (errors) out.errors["HTTP 500"] = errors;
    return out;
}

TEST(compare, each_verdict_by_the_primary_expectation) {
    struct row_of {
        std::string name;
        rows_of before, after;
        model::expectation expected;
        verdict verdict;
        outcome outcome;
        int exit;
    };
    auto same_time = primary(metric::response_time, unmoved);
    for (const auto& one :
         std::vector<row_of>{{"half the calls", around(20, 10), around(20, 5), primary(metric::database_calls, halved),
                              verdict::improved, outcome::met, 0},
                             {"fewer calls, yet not half", around(20, 10), around(20, 6),
                              primary(metric::database_calls, halved), verdict::improved, outcome::unmet, 1},
                             {"as many calls", around(20, 10), around(20, 10), primary(metric::database_calls, halved),
                              verdict::same, outcome::unmet, 1},
                             {"more calls", around(20, 10), around(20, 12), primary(metric::database_calls, halved),
                              verdict::worse, outcome::unmet, 1},
                             {"a refactoring that changes nothing", around(20), around(20, 5, 3), same_time,
                              verdict::same, outcome::met, 0},
                             {"a refactoring that is faster", around(20), around(10, 5, 3), same_time,
                              verdict::improved, outcome::unmet, 1},
                             {"half the time", around(20), around(9, 5, 3), primary(metric::response_time, halved),
                              verdict::improved, outcome::met, 0},
                             {"a little faster", around(20), around(16, 5, 3), primary(metric::response_time, halved),
                              verdict::improved, outcome::unmet, 1},
                             {"on the edge", around(20), around(10, 5, 3), primary(metric::response_time, halved),
                              verdict::inconclusive, outcome::unknown, 6}}) {
        const auto got = compare(change({one.expected}), arms_of(one.before, one.after), {});
        EXPECT_EQ(got.verdict, one.verdict) << one.name << ": " << got.why;
        ASSERT_EQ(got.expectations.size(), 1u);
        EXPECT_EQ(got.expectations[0].outcome, one.outcome) << one.name << ": " << got.expectations[0].why;
        EXPECT_EQ(exit_code_of(got), one.exit) << one.name;
        EXPECT_FALSE(got.why.empty()) << one.name;
    }
}

struct bound_case {
    model::bound bound;
    std::uint64_t before, after;
    outcome expected;
};

TEST(compare, bounds) {
    for (const auto& one : std::vector<bound_case>{
             {{on::change_percent, relation::at_most, -50, "<= -50%"}, 10, 5, outcome::met},
             {{on::change_percent, relation::at_most, -50, "<= -50%"}, 10, 6, outcome::unmet},
             {{on::change_percent, relation::at_most, -70, "<= -70%"}, 10, 3, outcome::met},  // 3 / 10 - 1 is no -0.7
             {{on::change_percent, relation::at_least, 30, ">= +30%"}, 10, 13, outcome::met},
             {{on::change_percent, relation::at_least, 30, ">= +30%"}, 10, 12, outcome::unmet},
             {{on::change_percent, relation::at_most, 10, "<= +10%"}, 0, 0, outcome::met},
             {{on::change_percent, relation::at_most, 10, "<= +10%"}, 0, 4, outcome::unknown},
             {{on::change_absolute, relation::at_most, -3, "<= -3"}, 10, 7, outcome::met},
             {{on::change_absolute, relation::at_most, -3, "<= -3"}, 10, 8, outcome::unmet},
             {{on::change_absolute, relation::at_least, 2, ">= +2"}, 0, 2, outcome::met},
             {{on::value, relation::at_most, 3, "<= 3"}, 99, 3, outcome::met},
             {{on::value, relation::at_most, 3, "<= 3"}, 99, 4, outcome::unmet},
             {{on::value, relation::at_least, 3, ">= 3"}, 99, 3, outcome::met},
             {{on::value, relation::at_least, 3, ">= 3"}, 99, 2, outcome::unmet},
             {{on::change_percent, relation::same, 0, "same"}, 4, 4, outcome::met},
             {{on::change_percent, relation::same, 0, "same"}, 4, 5, outcome::unmet},
             {{on::change_percent, relation::same, 0, "same"}, 4, 3, outcome::unmet}}) {
        for (const bool switchable : {true, false}) {
            const auto got = compare(change({primary(metric::database_calls, one.bound)}),
                                     arms_of(around(5, one.before), around(5, one.after)), {switchable, 1});
            EXPECT_EQ(got.expectations[0].outcome, one.expected)
                << one.bound.text << " of " << one.before << " -> " << one.after << ": " << got.expectations[0].why;
        }
    }
}

TEST(compare, bounds_of_time_hold_for_the_whole_interval) {
    const auto judged = [](const model::bound& bound, double before, double after) {
        return compare(change({primary(metric::response_time, bound)}), arms_of(around(before), around(after, 5, 3)),
                       {})
            .expectations[0]
            .outcome;
    };
    EXPECT_EQ(judged({on::change_absolute, relation::at_most, -5, "<= -5"}, 20, 10), outcome::met);
    EXPECT_EQ(judged({on::change_absolute, relation::at_most, -5, "<= -5"}, 20, 18), outcome::unmet);
    EXPECT_EQ(judged({on::change_absolute, relation::at_most, -10, "<= -10"}, 20, 10), outcome::unknown);
    EXPECT_EQ(judged({on::value, relation::at_most, 12, "<= 12"}, 20, 10), outcome::met);
    EXPECT_EQ(judged({on::value, relation::at_most, 10, "<= 10"}, 20, 10), outcome::unknown);
    EXPECT_EQ(judged({on::value, relation::at_most, 8, "<= 8"}, 20, 10), outcome::unmet);
    EXPECT_EQ(judged({on::change_percent, relation::at_least, 50, ">= +50%"}, 10, 20), outcome::met);
    EXPECT_EQ(judged({on::change_percent, relation::at_least, 50, ">= +50%"}, 10, 12), outcome::unmet);
}

TEST(compare, what_was_not_measured_is_unknown_and_never_good) {
    auto missing = primary(metric::database_calls, halved);
    missing.route = "nowhere";
    auto got = compare(change({missing}), arms_of(around(5), around(5)), {});
    EXPECT_EQ(got.expectations[0].outcome, outcome::unknown);
    EXPECT_EQ(got.verdict, verdict::inconclusive);
    EXPECT_EQ(exit_code_of(got), 6);
    // A guardrail that is unknown spoils the exit code, not the verdict.
    missing.primary = false;
    got = compare(change({primary(metric::database_calls, halved), missing}), arms_of(around(5, 10), around(5, 5)), {});
    EXPECT_EQ(got.verdict, verdict::improved);
    EXPECT_EQ(exit_code_of(got), 6);
    // An unmet one outranks it.
    auto unmet = expect(metric::response_time, halved);
    got = compare(change({primary(metric::database_calls, halved), missing, unmet}),
                  arms_of(around(5, 10), around(5, 5)), {});
    EXPECT_EQ(exit_code_of(got), 1);
    got = compare(change({}), arms_of(around(5, 10), around(5, 5)), {});
    EXPECT_EQ(got.verdict, verdict::inconclusive);
    EXPECT_EQ(exit_code_of(got), 6);
    got = compare(change({primary(metric::database_calls, halved)}), {}, {});
    EXPECT_EQ(exit_code_of(got), 6);
}

TEST(compare, a_critical_guardrail_decides_and_another_does_not) {
    auto guard = expect(metric::response_time, {on::change_percent, relation::at_most, 100, "<= +100%"});
    const auto arms = arms_of(around(10, 10), around(15, 5, 3));
    auto got = compare(change({primary(metric::database_calls, halved), guard}), arms, {});
    EXPECT_EQ(got.verdict, verdict::improved);
    EXPECT_EQ(exit_code_of(got), 0) << "slower, within what was allowed";
    guard.critical = true;
    got = compare(change({primary(metric::database_calls, halved), guard}), arms, {});
    EXPECT_EQ(got.verdict, verdict::worse);
    EXPECT_EQ(exit_code_of(got), 1);
    guard.margin = 80;  // 50 % slower is within its margin
    got = compare(change({primary(metric::database_calls, halved), guard}), arms, {});
    EXPECT_EQ(got.verdict, verdict::improved);
}

TEST(compare, errors_are_always_critical) {
    const auto with = [](const rows_of& before, const rows_of& after, int pairs = blocks) {
        return compare(change({primary(metric::database_calls, unmoved)}), arms_of(before, after, pairs), {});
    };
    auto got = with(always({failing(0)}), always({failing(1)}));
    EXPECT_EQ(got.verdict, verdict::worse);
    EXPECT_NE(got.why.find("HTTP 500"), std::string::npos);
    EXPECT_EQ(exit_code_of(got), 1);
    EXPECT_EQ(with(always({failing(1)}), always({failing(1)})).verdict, verdict::same) << "as before";
    EXPECT_EQ(with(always({failing(3)}), always({failing(0)})).verdict, verdict::same) << "fewer";
    EXPECT_EQ(with(always({failing(0)}), [](int block) { return std::vector{failing(block == 1 ? 1 : 0)}; }).verdict,
              verdict::same)
        << "one of 80 is no evidence";
    // Two rows, none of which would do alone, are pooled.
    const auto rare = [](int block) {
        return std::vector{failing(block % 2 ? 1 : 0), failing(block % 2 ? 0 : 1, 10, "search")};
    };
    EXPECT_EQ(with(always({failing(0), failing(0, 10, "search")}), rare).verdict, verdict::worse);
    // Few blocks have no sign-flip test; the pooled one is left.
    EXPECT_EQ(with(always({failing(0)}), always({failing(5)}), 2).verdict, verdict::worse);
    EXPECT_EQ(with(always({failing(0)}), always({failing(1)}), 2).verdict, verdict::same);
}

TEST(compare, a_page_that_always_fails_is_not_lost_among_many) {
    const auto site = [](bool broken) {
        return [broken](int) {
            std::vector<model::series> rows{failing(0)};
            for (int i = 0; i < 60; ++i)
                rows.push_back(failing(0, 10, "page-" + std::to_string(i)));
            rows.push_back(failing(broken ? 2 : 0, 2, "broken"));
            return rows;
        };
    };
    const auto got = compare(change({primary(metric::database_calls, unmoved)}), arms_of(site(false), site(true)), {});
    EXPECT_EQ(got.verdict, verdict::worse) << "16 of 4896: below the margin of all together";
    EXPECT_NE(got.why.find("broken"), std::string::npos);
}

TEST(compare, a_leak_needs_no_statistics_and_an_old_one_is_told_apart) {
    auto arms = arms_of(around(5, 10), around(5, 5));
    arms[3].leaks.push_back({"category", "ada", "grace", "grace, then ada"});
    auto got = compare(change({primary(metric::database_calls, halved)}), arms, {});
    EXPECT_EQ(got.verdict, verdict::worse);
    EXPECT_EQ(got.leaks.size(), 1u);
    EXPECT_NE(got.why.find("grace was shown to ada"), std::string::npos);
    EXPECT_EQ(exit_code_of(got), 1);
    // In an A arm it may be what the B before it left in a cache: that is no excuse.
    arms[0].leaks.push_back({"category", "ada", "grace", "ada, then grace"});
    EXPECT_EQ(compare(change({primary(metric::database_calls, halved)}), arms, {}).verdict, verdict::worse);
    // While nothing was changed the same leak was there, in another order of asking.
    auto quiet = arms_of(around(5, 10), around(5, 10), 8, "A", "A'");
    quiet[5].leaks.push_back({"category", "ada", "grace", "ada, then grace"});
    got = compare(change({primary(metric::database_calls, halved)}), arms, {true, 1, quiet});
    EXPECT_EQ(got.verdict, verdict::improved);
    EXPECT_TRUE(got.leaks.empty());
    EXPECT_EQ(got.old_leaks.size(), 2u) << "each order of asking";
}

rows_of with_controls(double middle, int count, std::uint64_t calls = 4, std::uint64_t own_calls = 10, int shift = 0) {
    return [=](int block) {
        constexpr double unrest[] = {1.01, 0.99, 1.0, 1.02, 0.98, 1.015, 0.985, 1.0};
        std::vector<model::series> rows{row(page(), 5, own_calls)};
        for (int i = 0; i < count; ++i)
            rows.push_back(row(page("control-" + std::to_string(i)), middle * unrest[(block + shift + i) % 8], calls));
        return rows;
    };
}

TEST(compare, a_control_that_moved_makes_the_run_invalid) {
    const auto of = [](const rows_of& before, const rows_of& after, int controls = 1) {
        std::vector<std::string> names;
        for (int i = 0; i < controls; ++i)
            names.push_back("control-" + std::to_string(i));
        return compare(change({primary(metric::database_calls, halved)}, names), arms_of(before, after), {});
    };
    auto got = of(with_controls(20, 1), with_controls(20, 1, 4, 5, 3));
    EXPECT_EQ(got.verdict, verdict::improved) << got.why;
    EXPECT_EQ(got.controls.size(), 3u);
    got = of(with_controls(20, 1), with_controls(30, 1, 4, 5, 3));
    EXPECT_EQ(got.verdict, verdict::invalid);
    EXPECT_EQ(exit_code_of(got), 6);
    EXPECT_NE(got.why.find("control-0"), std::string::npos);
    EXPECT_EQ(of(with_controls(30, 1), with_controls(20, 1, 4, 5, 3)).verdict, verdict::invalid) << "faster as well";
    EXPECT_EQ(of(with_controls(20, 1), with_controls(20, 1, 5, 5, 3)).verdict, verdict::invalid) << "an exact count";
    // Constant counts are no tests, so nine controls leave Holm nine p. That of the sign-flip test, 2 in 256, would
    // drown in them; the controls moved all the same.
    got = of(with_controls(20, 9), with_controls(30, 9, 4, 5, 3), 9);
    EXPECT_EQ(got.verdict, verdict::invalid);
    for (const auto& found : got.controls)
        if (found.metric == "response_time") EXPECT_LT(*found.p, 0.001);
    // Within its margin: not moved, however surely.
    EXPECT_EQ(of(with_controls(20, 1), with_controls(21, 1, 4, 5, 0)).verdict, verdict::improved);
}

TEST(compare, errors_in_some_of_the_blocks_leave_it_open) {
    // Half of the requests fail in two blocks of eight: too many of all requests to be chance, too few blocks to be
    // sure.
    auto arms = arms_of(around(5, 10), around(5, 5));
    const auto fail_in = [&](std::initializer_list<std::size_t> blocks) {
        for (const auto block : blocks)
            arms[block * 2 - 1].rows[0].errors["HTTP 502"] = 5;
    };
    const auto asked = change({primary(metric::database_calls, halved)});
    fail_in({2, 4});
    const auto got = compare(asked, arms, {});
    EXPECT_EQ(got.verdict, verdict::inconclusive) << got.why;
    EXPECT_NE(got.why.find("in some of the blocks only"), std::string::npos) << got.why;
    EXPECT_EQ(exit_code_of(got), 6);
    // In the five that follow a deploy. The sign-flip test cannot come below 0.0625 with them; five arms of eight after
    // the change against none without it say enough.
    fail_in({1, 2, 4, 6, 8});
    EXPECT_EQ(compare(asked, arms, {}).verdict, verdict::worse);
}

TEST(compare, what_fails_where_nothing_is_measured_counts) {
    auto arms = arms_of(around(5, 10), around(5, 5));
    const auto asked = change({primary(metric::database_calls, halved)});
    for (int block = 1; block <= 8; ++block)
        arms[static_cast<std::size_t>(block) * 2 - 1].failed_looks["login as grace"] = 1;
    auto got = compare(asked, arms, {});
    EXPECT_EQ(got.verdict, verdict::worse);
    EXPECT_NE(got.why.find("login as grace failed in 8 of the arms"), std::string::npos) << got.why;
    // Once only may be chance.
    for (int block = 2; block <= 8; ++block)
        arms[static_cast<std::size_t>(block) * 2 - 1].failed_looks.clear();
    EXPECT_EQ(compare(asked, arms, {}).verdict, verdict::inconclusive);
    // It failed before as well.
    arms[0].failed_looks["login as grace"] = 1;
    EXPECT_EQ(compare(asked, arms, {}).verdict, verdict::improved);
}

TEST(compare, few_requests_say_little_of_a_small_share_of_errors) {
    auto at_most = [](double percent) {
        return expect(metric::error_rate,
                      bound("<=", model::bound::on::value, model::bound::relation::at_most, percent));
    };
    const auto arms = arms_of(around(5, 10), around(5, 5));
    const auto outcome_of = [&](double percent) {
        return compare(change({primary(metric::database_calls, halved), at_most(percent)}), arms, {})
            .expectations[1]
            .outcome;
    };
    EXPECT_EQ(outcome_of(0), model::outcome::met) << "none was seen, and that is what was asked";
    EXPECT_EQ(outcome_of(1), model::outcome::unknown) << "0 of 80: up to 4.5 %";
    EXPECT_EQ(outcome_of(5), model::outcome::met);
}

TEST(compare, a_control_of_a_millisecond_moves_with_the_machine) {
    const auto of = [](double before, double after) {
        const auto arms = arms_of(with_controls(before, 1), with_controls(after, 1, 4, 5, 3));
        return compare(change({primary(metric::database_calls, halved)}, {"control-0"}), arms, {});
    };
    EXPECT_EQ(of(1.0, 1.4).verdict, verdict::improved) << "by two fifths, and by less than half a millisecond";
    EXPECT_EQ(of(1.0, 0.7).verdict, verdict::improved);
    EXPECT_EQ(of(1.0, 1.6).verdict, verdict::invalid);
    EXPECT_EQ(of(2.0, 1.4).verdict, verdict::invalid);
    const auto arms = arms_of(with_controls(1.0, 1), with_controls(1.4, 1, 4, 10, 3), blocks, "A", "A'");
    EXPECT_TRUE(judge_noise(change({primary(metric::database_calls, halved)}, {"control-0"}), arms, {}).ok);
    const auto own = [](double milliseconds) {
        return [=](int block) { return std::vector{row(page(), milliseconds * (1 + 0.002 * (block % 3)), 5)}; };
    };
    const auto declared = arms_of(own(1.0), own(1.4), blocks, "A", "A'");
    EXPECT_FALSE(judge_noise(change({primary(metric::response_time, halved)}), declared, {}).ok) << "only controls";
}

TEST(compare, a_leak_does_not_outrank_a_moved_control_but_outranks_the_rest) {
    auto arms = arms_of(with_controls(20, 1), with_controls(30, 1, 4, 5, 3));
    arms[1].leaks.push_back({"category", "ada", "grace", "grace, then ada"});
    EXPECT_EQ(compare(change({primary(metric::database_calls, halved)}, {"control-0"}), arms, {}).verdict,
              verdict::invalid);
    EXPECT_EQ(compare(change({primary(metric::database_calls, halved)}), arms, {}).verdict, verdict::worse);
}

TEST(compare, without_alternation_counts_decide_and_times_do_not) {
    const compare_options apart{.switchable = false, .seed = 1};
    auto got = compare(change({primary(metric::database_calls, halved)}), arms_of(around(20, 10), around(5, 5)), apart);
    EXPECT_EQ(got.verdict, verdict::improved);
    EXPECT_EQ(exit_code_of(got), 0);
    got = compare(change({primary(metric::response_time, halved)}), arms_of(around(20, 10), around(5, 5)), apart);
    EXPECT_EQ(got.verdict, verdict::inconclusive);
    EXPECT_EQ(got.expectations[0].outcome, outcome::unknown);
    EXPECT_EQ(exit_code_of(got), 6);
    // Counts that wander within an arm cannot be told from a drift either.
    const auto wandering = [](std::uint64_t calls) {
        return
            [calls](int block) { return std::vector{row(page(), 5, calls + static_cast<std::uint64_t>(block % 2))}; };
    };
    got = compare(change({primary(metric::database_calls, halved)}), arms_of(wandering(20), wandering(5)), apart);
    EXPECT_EQ(got.expectations[0].outcome, outcome::unknown);
    EXPECT_EQ(got.verdict, verdict::inconclusive);
    got = compare(change({primary(metric::database_calls, halved)}), arms_of(wandering(20), wandering(5)), {});
    EXPECT_EQ(got.verdict, verdict::improved);
}

TEST(compare, others_are_listed_and_decide_nothing) {
    const auto rows = [](double other) {
        return [other](int block) {
            return std::vector{row(page(), 5, 5), row(page("search"), other * (1 + block * 0.001), 3)};
        };
    };
    const auto got = compare(change({primary(metric::database_calls, unmoved)}), arms_of(rows(10), rows(90)), {});
    EXPECT_EQ(got.verdict, verdict::same);
    EXPECT_EQ(got.others.size(), 7u) << "two rows of four metrics, one of them declared";
    EXPECT_TRUE(std::any_of(got.others.begin(), got.others.end(),
                            [](const auto& one) { return one.verdict == verdict::worse; }));
}

TEST(judge_noise, looks_at_the_declared_and_the_controls_only) {
    const auto rows = [](double own, double control, double other) {
        return [=](int block) {
            const double unrest = 1 + 0.002 * (block % 3);
            return std::vector{row(page(), own * unrest, 5), row(page("home"), control * unrest, 5),
                               row(page("search"), other * unrest, 5)};
        };
    };
    const auto what = change({primary(metric::response_time, halved)}, {"home"});
    const auto of = [&](const rows_of& a, const rows_of& b) {
        return judge_noise(what, arms_of(a, b, blocks, "A", "A'"), {});
    };
    auto got = of(rows(10, 10, 10), rows(10, 10, 10));
    EXPECT_TRUE(got.ok) << got.why;
    EXPECT_EQ(got.rows.size(), 3u) << "the declared one, and time and calls of the control";
    EXPECT_TRUE(of(rows(10, 10, 10), rows(10, 10, 50)).ok) << "another route";
    got = of(rows(10, 10, 10), rows(20, 10, 10));
    EXPECT_FALSE(got.ok);
    EXPECT_NE(got.why.find("category"), std::string::npos);
    EXPECT_TRUE(got.rows[0].differs);
    EXPECT_FALSE(of(rows(10, 10, 10), rows(10, 20, 10)).ok) << "the control";
    EXPECT_TRUE(of(rows(10, 10, 10), rows(10.5, 10, 10)).ok) << "significant, yet within the margin";
    EXPECT_TRUE(judge_noise(what, {}, {}).ok) << "nothing measured is nobody's difference";
}

TEST(exit_code, follows_verdict_and_outcomes) {
    const auto code = [](verdict said, std::vector<outcome> outcomes) {
        model::comparison of;
        of.verdict = said;
        for (const auto one : outcomes) {
            of.expectations.emplace_back();
            of.expectations.back().outcome = one;
        }
        return exit_code_of(of);
    };
    EXPECT_EQ(code(verdict::improved, {outcome::met}), 0);
    EXPECT_EQ(code(verdict::same, {outcome::met, outcome::met}), 0);
    EXPECT_EQ(code(verdict::improved, {outcome::met, outcome::unmet}), 1);
    EXPECT_EQ(code(verdict::improved, {outcome::unknown, outcome::unmet}), 1);
    EXPECT_EQ(code(verdict::improved, {outcome::met, outcome::unknown}), 6);
    EXPECT_EQ(code(verdict::worse, {outcome::met}), 1);
    EXPECT_EQ(code(verdict::inconclusive, {outcome::met}), 6);
    EXPECT_EQ(code(verdict::invalid, {outcome::unmet}), 6);
}

// Nothing changed, with the noise of a page of some milliseconds: lognormal blocks that share a drift of the machine.
TEST(compare, an_unchanged_page_is_seldom_anything_but_the_same) {
    constexpr int runs = 400;
    std::map<verdict, int> seen;
    for (int run = 0; run < runs; ++run) {
        seeded_random random(static_cast<std::uint64_t>(run) + 1);
        const auto normal = [&] {
            double sum = 0;  // Irwin and Hall: twelve uniform numbers
            for (int i = 0; i < 12; ++i)
                sum += static_cast<double>(random.below(1u << 20)) / (1u << 20);
            return sum - 6;
        };
        std::vector<model::measurement> arms;
        for (int block = 1; block <= blocks; ++block) {
            const double machine = std::exp(0.10 * normal());
            for (const auto* name : {"A", "B"})
                arms.push_back(arm(name, block, {row(page(), 12 * machine * std::exp(0.04 * normal()), 5)}));
        }
        ++seen[compare(change({primary(metric::response_time, unmoved)}), arms, {true, 1}).verdict];
    }
    EXPECT_LE(seen[verdict::improved] + seen[verdict::worse], runs / 100);
    EXPECT_GE(seen[verdict::same], runs * 9 / 10);
    EXPECT_EQ(seen[verdict::invalid], 0);
}

}  // namespace
}  // namespace understudy::diff
