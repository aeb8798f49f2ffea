// The scripts are run for real by /bin/sh, in a folder of their own, with programs of ours in place of the proven ones.
#include "report/runbook.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "report/detail/shell.h"
#include "report/golden_test.h"
#include "report/report_samples.h"

namespace understudy::report {

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class scripts : public testing::Test {
protected:
    void SetUp() override {
        std::string name = testing::TempDir() + "understudy-report-XXXXXX";
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        folder_ = name;
    }
    void TearDown() override { fs::remove_all(folder_); }

    void write(const std::string& name, const std::string& text) const {
        std::ofstream(folder_ / name, std::ios::binary) << text;
        fs::permissions(folder_ / name, fs::perms::owner_all);
    }
    [[nodiscard]] std::string read(const std::string& name) const {
        std::ifstream file(folder_ / name, std::ios::binary);
        std::stringstream out;
        out << file.rdbuf();
        return out.str();
    }
    // The exit code of a line of our own for the shell; what it wrote goes to the files out and err.
    [[nodiscard]] int shell(const std::string& line) const {
        const std::string whole = "cd " + folder_.string() + " && { " + line + "; } >out 2>err </dev/null";
        const int status = std::system(whole.c_str());
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    fs::path folder_;
};

// Prints each of its arguments in brackets.
constexpr const char* echo_words = "#!/bin/sh\nfor word in \"$@\"; do printf '[%s]' \"$word\"; done\nprintf '\\n'\n";

model::evidence with_argv(const fs::path& folder, const std::vector<std::string>& apply,
                          const std::vector<std::string>& undo) {
    auto of = samples::improved();
    for (auto& run : of.commands) {
        run.argv = run.what == "deploy" ? apply : undo;
        run.folder = folder.string();
    }
    return of;
}

TEST_F(scripts, are_as_they_were_approved) {
    expect_golden("RUNBOOK.md", runbook(samples::improved()));
    expect_golden("apply.sh.txt", apply_script(samples::improved()));
    expect_golden("rollback.sh.txt", rollback_script(samples::improved()));
    expect_golden("RUNBOOK-setting.md", runbook(samples::setting()));
    expect_golden("apply-setting.sh.txt", apply_script(samples::setting()));
    expect_golden("rollback-setting.sh.txt", rollback_script(samples::setting()));
    expect_golden("RUNBOOK-refused.md", runbook(samples::leaking()));
    expect_golden("apply-refused.sh.txt", apply_script(samples::leaking()));
}

TEST_F(scripts, run_the_very_words_in_the_very_folder) {
    const std::vector<std::string> words{"./echo", "two words", "",   "it's", "$HOME `id` $(id)", "a\nb", "*", "--x=y",
                                         "=z",     "~",         "\\", "\"q\""};
    auto of = with_argv(folder_, words, {"./echo", "back"});
    write("echo", echo_words);
    write("apply.sh", apply_script(of));
    ASSERT_EQ(shell("sh -n apply.sh && cd / && \"$OLDPWD\"/apply.sh"), 0) << read("err");
    EXPECT_EQ(read("out"), "[two words][][it's][$HOME `id` $(id)][a\nb][*][--x=y][=z][~][\\][\"q\"]\n");
    write("rollback.sh", rollback_script(of));
    ASSERT_EQ(shell("./rollback.sh"), 0) << read("err");
    EXPECT_EQ(read("out"), "[back]\n");
}

TEST_F(scripts, give_the_command_the_variables_that_it_had) {
    auto of = with_argv(folder_, {"./show", "on"}, {"./show", "back"});
    for (auto& run : of.commands)
        run.environment = {"HOME", "SHOP_MODE=two words; $(id) 'x'", "EMPTY=", "PATH=/usr/bin:/bin"};
    write("show", "#!/bin/sh\nprintf '[%s][%s][%s]' \"$SHOP_MODE\" \"${EMPTY-unset}\" \"$PATH\"\n");
    for (const auto& script : {apply_script(of), rollback_script(of)}) {
        write("script", script);
        ASSERT_EQ(shell("EMPTY=full SHOP_MODE=other ./script"), 0) << read("err");
        EXPECT_EQ(read("out"), "[two words; $(id) 'x'][][/usr/bin:/bin]");
        EXPECT_NE(script.find("HOME"), std::string::npos);
    }
    write("a=b", "#!/bin/sh\nprintf '[%s][%s]' \"$SHOP_MODE\" \"$1\"\n");
    for (auto& run : of.commands)
        run.argv = {"./a=b", "on"};
    write("script", apply_script(of));
    ASSERT_EQ(shell("./script"), 0) << read("err");
    EXPECT_EQ(read("out"), "[two words; $(id) 'x'][on]");
}

TEST_F(scripts, end_as_the_command_ends) {
    write("echo", "#!/bin/sh\nexit 7\n");
    write("apply.sh", apply_script(with_argv(folder_, {"./echo", "on"}, {"./echo", "back"})));
    EXPECT_EQ(shell("./apply.sh"), 7);
}

TEST_F(scripts, rollback_takes_another_release_and_folder) {
    auto of = with_argv("/nonexistent", {"./echo", "2"}, {"./echo", "activate", "rel 1", "not-rel 1"});
    of.proof.release_before = of.proof.release_after = "rel 1";
    write("echo", echo_words);
    write("rollback.sh", rollback_script(of));
    EXPECT_NE(shell("./rollback.sh"), 0);
    ASSERT_EQ(shell("FOLDER=. ./rollback.sh"), 0) << read("err");
    EXPECT_EQ(read("out"), "[activate][rel 1][not-rel 1]\n");
    ASSERT_EQ(shell("FOLDER=. RELEASE='$(id) x' ./rollback.sh"), 0) << read("err");
    EXPECT_EQ(read("out"), "[activate][$(id) x][not-rel 1]\n");
}

TEST_F(scripts, nothing_from_outside_becomes_a_command) {
    const std::string bad = "x\n touch stolen\r\ntouch stolen #' ; touch stolen; $(touch stolen) `touch stolen` \\";
    auto proven = samples::improved();
    for (auto* field :
         {&proven.id, &proven.environment, &proven.change.name, &proven.change.owner, &proven.change.reason,
          &proven.change.digest, &proven.comparison.why, &proven.change.expect[0].bound.text,
          &proven.change.expect[0].route, &proven.proof.release_before})
        *field = bad;
    std::get<model::deploy_step>(proven.change.step).arguments = {{bad, bad}};
    proven.change.rollback.arguments = {{bad, bad}};
    for (auto& run : proven.commands) {
        run.argv = {"./echo", run.what, bad};
        run.folder = folder_.string();
    }
    write("echo", echo_words);
    auto setting = samples::setting();
    setting.change.owner = setting.change.reason = bad;
    setting.change.step = model::redis_config_step{bad, bad};
    setting.conditions["setting before"] = bad;
    int number = 0;
    for (const auto& of : {proven, setting, samples::with_text_everywhere(bad)}) {
        for (const auto& script : {apply_script(of), rollback_script(of)}) {
            const std::string name = "script" + std::to_string(++number);
            write(name, script);
            EXPECT_EQ(shell("sh -n " + name), 0) << read("err") << script;
            (void)shell("REDISCLI=./echo ./" + name + " -h nowhere");
            EXPECT_FALSE(fs::exists(folder_ / "stolen")) << script;
        }
    }
    // The deploying one did run, with the word as it is.
    ASSERT_EQ(shell("./script1"), 0) << read("err");
    EXPECT_EQ(read("out"), "[deploy][" + bad + "]\n");
}

// A redis-cli that keeps one setting in a file and notes its arguments.
constexpr const char* fake_redis =
    "#!/bin/sh\nprintf '%s\\n' \"$*\" >>calls\nwhile [ \"$1\" != CONFIG ]; do shift; done\n"
    "if [ \"$2\" = GET ]; then printf '%s\\n%s\\n' \"$3\" \"$(cat value)\"; exit 0; fi\n"
    "if [ -e refuse ]; then echo 'ERR no'; exit 0; fi\nprintf '%s\\n' \"$4\" >value\necho OK\n";

TEST_F(scripts, settings_go_forth_and_back) {
    write("redis", fake_redis);
    write("value", "allkeys-lru\n");
    write("apply.sh", apply_script(samples::setting()));
    write("rollback.sh", rollback_script(samples::setting()));
    EXPECT_EQ(shell("REDISCLI=./redis ./apply.sh"), 2);  // no address, no guess
    EXPECT_FALSE(fs::exists(folder_ / "calls"));
    ASSERT_EQ(shell("REDISCLI=./redis ./apply.sh -h prod -p 6380"), 0) << read("err");
    EXPECT_EQ(read("value"), "allkeys-lfu\n");
    EXPECT_EQ(read("calls"),
              "-h prod -p 6380 CONFIG GET maxmemory-policy\n-h prod -p 6380 CONFIG SET maxmemory-policy allkeys-lfu\n");
    ASSERT_EQ(shell("REDISCLI=./redis ./rollback.sh -h prod -p 6380"), 0) << read("err");
    EXPECT_EQ(read("value"), "allkeys-lru\n");
}

TEST_F(scripts, settings_that_start_elsewhere_or_are_refused_fail) {
    write("redis", fake_redis);
    write("value", "noeviction\n");
    write("apply.sh", apply_script(samples::setting()));
    EXPECT_EQ(shell("REDISCLI=./redis ./apply.sh -h prod"), 1);
    EXPECT_THAT(read("err"),
                HasSubstr("maxmemory-policy is 'noeviction' here; the rehearsal started from 'allkeys-lru'"));
    EXPECT_EQ(read("value"), "noeviction\n");
    write("value", "allkeys-lru\n");
    write("refuse", "");
    EXPECT_EQ(shell("REDISCLI=./redis ./apply.sh -h prod"), 1);
    EXPECT_THAT(read("err"), HasSubstr("was refused: ERR no"));
}

struct refused {
    const char* name;
    model::evidence of;
    const char* because;
};

TEST_F(scripts, what_was_not_proven_is_refused) {
    auto unmet = samples::improved();
    unmet.comparison.expectations[1].outcome = model::outcome::unmet;
    auto without_proof = samples::improved();
    without_proof.proof = {};
    auto failed = samples::improved();
    for (auto& run : failed.commands)
        run.exit_code = 1;
    auto forgotten = samples::setting();
    forgotten.conditions.erase("setting before");
    for (const auto& [name, of, because] :
         std::vector<refused>{{"worse", samples::leaking(), "the verdict is worse"},
                              {"invalid", samples::disturbed(), "staging was disturbed"},
                              {"inconclusive", samples::inconclusive(), "the verdict is inconclusive"},
                              {"stopped", samples::stopped(), "ended early"},
                              {"rollback", samples::rollback_incomplete(), "the rollback is not proven"},
                              {"unmet", unmet, "an expectation is unmet"},
                              {"without proof", without_proof, "the rollback was not proven"},
                              {"failed", failed, "not seen to succeed"},
                              {"forgotten", forgotten, "what the setting was before"},
                              {"empty", model::evidence{}, "the verdict is inconclusive"}}) {
        for (const auto& script : {apply_script(of), rollback_script(of)}) {
            write("script", script);
            EXPECT_EQ(shell("./script -h nowhere"), 1) << name;
            EXPECT_THAT(read("err"), StartsWith("not done: ")) << name;
            EXPECT_THAT(read("err"), HasSubstr(because)) << name;
            EXPECT_THAT(read("out"), IsEmpty()) << name;
        }
        EXPECT_THAT(runbook(of), HasSubstr("Not ")) << name;
    }
}

TEST_F(scripts, without_a_rollback_only_apply_is_there) {
    auto of = with_argv(folder_, {"./echo", "2"}, {"./echo", "1"});
    of.change.rollback = {"", {}, "it only adds an index"};
    write("echo", echo_words);
    write("apply.sh", apply_script(of));
    write("rollback.sh", rollback_script(of));
    EXPECT_EQ(shell("./apply.sh"), 0) << read("err");
    EXPECT_EQ(shell("./rollback.sh"), 1);
    EXPECT_THAT(read("err"), HasSubstr("the change declares no rollback: it only adds an index"));
}

// deploy REVISION both ways: the first run is the change, the other argument the way back.
TEST_F(scripts, one_command_may_go_both_ways) {
    auto of = with_argv(folder_, {"./echo", "2"}, {"./echo", "1"});
    of.change.rollback.command = "deploy";
    for (auto& run : of.commands)
        run.what = "deploy";
    of.proof.release_before = "shop-1";
    EXPECT_THAT(apply_script(of), HasSubstr(" ./echo 2\n"));
    EXPECT_THAT(rollback_script(of), HasSubstr(" ./echo 1\n"));
    for (auto& run : of.commands)
        run.argv = {"./echo", "2"};
    EXPECT_THAT(rollback_script(of), HasSubstr("not seen to succeed"));
}

TEST(runbook, has_facts_and_steps_in_order) {
    const std::string page = runbook(samples::improved());
    std::size_t last = 0;
    for (const char* part : {"# cache-category", "- **owner**: Ada Byron &lt;ada@shop.example&gt;", "- **reason**",
                             "- **expected**", "- **rollback**", "- **evidence**", "- **verdict**: improved",
                             "- **date**: 2026-03-04T10:01:12.400Z", "## 1. Apply", "./shopctl deploy 2", "## 2. Purge",
                             "`shop:*:category:*`", "## 3. Check", "## 4. Roll back", "./shopctl activate 1", "(f)"}) {
        const auto at = page.find(part, last);
        ASSERT_NE(at, std::string::npos) << part;
        last = at;
    }
}

TEST(runbook, nothing_from_outside_becomes_markdown) {
    auto of = samples::with_text_everywhere("x\n# Fake\n<script>`a` **b** [c](d) | e");
    of.change.purge.clear();  // those stand as code, where marks mean nothing
    const std::string page = runbook(of);
    EXPECT_THAT(page, Not(HasSubstr("\n# Fake")));
    EXPECT_THAT(page, Not(HasSubstr("<script>")));
    EXPECT_THAT(page, Not(HasSubstr("**b**")));
    EXPECT_THAT(page, Not(HasSubstr("[c](d)")));
    EXPECT_EQ(detail::markdown_block("sh", "a\n```\nb"), "````sh\na\n```\nb\n````\n");
    EXPECT_EQ(detail::markdown_code("a `b`"), "`` a `b` ``");
}

TEST(shell, quotes_only_where_it_must) {
    EXPECT_EQ(detail::shell_quoted(std::string_view("plain-word_1.2/3:@%+,=")), "plain-word_1.2/3:@%+,=");
    EXPECT_EQ(detail::shell_quoted(std::string_view("")), "''");
    EXPECT_EQ(detail::shell_quoted(std::string_view("a b")), "'a b'");
    EXPECT_EQ(detail::shell_quoted(std::string_view("it's")), "'it'\\''s'");
    const std::vector<std::string> assignment{"A=b", "C=d"};
    EXPECT_EQ(detail::shell_quoted(assignment), "'A=b' C=d");
    EXPECT_EQ(detail::comment("a\nb\r\n c"), "# a b c\n");
}

}  // namespace

}  // namespace understudy::report
