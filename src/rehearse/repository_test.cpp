// Asked of the real git, of repositories made for it.
#include "rehearse/repository.h"

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "exec/command.h"

namespace understudy::rehearse {
namespace {

namespace fs = std::filesystem;

class repository_test : public testing::Test {
protected:
    repository_test() {
        std::string name = (fs::temp_directory_path() / "understudy-git-XXXXXX").string();
        folder_ = fs::canonical(::mkdtemp(name.data()));
        setenv("HOME", folder_.c_str(), 1);
        unsetenv("XDG_CONFIG_HOME");
        fs::create_directories(shop() / "changes");
    }
    ~repository_test() override { fs::remove_all(folder_); }

    fs::path shop() const { return folder_ / "shop"; }
    fs::path changes() const { return shop() / "changes"; }

    void git(std::vector<std::string> words) const {
        exec::command_line line;
        line.argv = {"git", "-C", shop().string(), "-c", "user.name=ada", "-c", "user.email=ada@example.org"};
        line.argv.insert(line.argv.end(), words.begin(), words.end());
        line.environment = {{"PATH", std::getenv("PATH")}, {"HOME", folder_.string()}};
        line.timeout = std::chrono::seconds{30};
        const auto done = exec::run(line, [](const exec::group_id&) -> status { return {}; });
        ASSERT_TRUE(done && done->exit_code == 0) << (done ? done->output : done.error().text());
    }
    void write(const std::string& name, const std::string& text) const { std::ofstream(shop() / name) << text; }
    void commit() const {
        git({"init", "-q", "-b", "faster"});
        write("changes/a.toml", "format = 1\n");
        git({"add", "-A"});
        git({"commit", "-q", "-m", "first"});
    }
    // A program that leaves a file "sprung" where it is run; its path.
    std::string set_trap() const {
        const auto trap = folder_ / "trap";
        std::ofstream(trap) << "#!/bin/sh\ntouch " << (folder_ / "sprung").string() << "\nexit 1\n";
        fs::permissions(trap, fs::perms::owner_all);
        return trap.string();
    }
    model::git_state look() const { return look_at_repository(changes(), shop() / "understudy-runs"); }

    fs::path folder_;
};

TEST_F(repository_test, a_clean_tree) {
    commit();
    const auto seen = look();
    EXPECT_EQ(seen.commit.size(), 40u);
    EXPECT_EQ(seen.branch, "faster");
    EXPECT_EQ(seen.clean, true);
    EXPECT_EQ(seen.unknown, "");
}

TEST_F(repository_test, what_is_not_committed_is_not_clean) {
    commit();
    write("changes/b.toml", "format = 1\n");
    EXPECT_EQ(look().clean, false);  // untracked
    git({"add", "-A"});
    EXPECT_EQ(look().clean, false);  // staged
    git({"commit", "-q", "-m", "second"});
    EXPECT_EQ(look().clean, true);
    write("changes/a.toml", "format = 2\n");
    EXPECT_EQ(look().clean, false);  // modified
}

TEST_F(repository_test, the_files_that_were_touched) {
    commit();
    EXPECT_EQ(look().files, std::vector<std::string>{"changes/a.toml"});  // of a first commit all
    write("views.py", "1");
    write("w\xc3\xbc.py", "1");
    git({"add", "-A"});
    git({"commit", "-q", "-m", "second"});
    write("changes/a.toml", "not committed");
    const auto seen = look();
    EXPECT_EQ(seen.files, (std::vector<std::string>{"changes/a.toml", "views.py", "\"w\\303\\274.py\""}));
    EXPECT_EQ(seen.compared_with.size(), 40u);
    EXPECT_EQ(seen.more_files, 0u);
    git({"update-ref", "refs/remotes/origin/main", "HEAD"});
    git({"symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"});
    for (int i = 0; i < 210; ++i)
        write("many-" + std::to_string(i), "1");
    git({"add", "-A"});
    git({"commit", "-q", "-m", "third"});
    git({"commit", "-q", "--allow-empty", "-m", "fourth"});
    EXPECT_EQ(look().files.size(), 200u);  // of the branch, not of the last commit
    EXPECT_EQ(look().more_files, 11u);
}

TEST_F(repository_test, our_own_runs_do_not_count) {
    commit();
    fs::create_directories(shop() / "understudy-runs" / "one");
    write("understudy-runs/one/evidence.json", "{}");
    EXPECT_EQ(look().clean, true);
    write("understudy-runs.txt", "another file");
    EXPECT_EQ(look().clean, false);
}

TEST_F(repository_test, a_detached_head_has_no_branch) {
    commit();
    git({"checkout", "-q", "--detach"});
    const auto seen = look();
    EXPECT_EQ(seen.commit.size(), 40u);
    EXPECT_EQ(seen.branch, "");
    EXPECT_EQ(seen.clean, true);
}

TEST_F(repository_test, without_a_repository_or_a_commit_it_says_so) {
    EXPECT_EQ(look().unknown, "the change file lies in no git repository");
    git({"init", "-q"});
    EXPECT_EQ(look().unknown, "the repository has no commit yet");
    EXPECT_EQ(look().commit, "");
    EXPECT_FALSE(look().clean);
}

TEST_F(repository_test, without_git_it_says_so) {
    commit();
    const std::string path = std::getenv("PATH");
    setenv("PATH", folder_.c_str(), 1);
    const auto seen = look();
    setenv("PATH", path.c_str(), 1);
    EXPECT_EQ(seen.unknown, "git is not to be had here");
    EXPECT_EQ(seen.commit, "");
}

TEST_F(repository_test, a_git_that_takes_no_settings_is_not_asked) {
    commit();
    const auto asked = folder_ / "asked";
    std::ofstream(folder_ / "git") << "#!/bin/sh\necho \"$*\" >>" << asked.string() << "\n";
    fs::permissions(folder_ / "git", fs::perms::owner_all);
    const std::string path = std::getenv("PATH");
    setenv("PATH", (folder_.string() + ":" + path).c_str(), 1);
    const auto seen = look();
    setenv("PATH", path.c_str(), 1);
    EXPECT_NE(seen.unknown.find("too old"), std::string::npos) << seen.unknown;
    EXPECT_EQ(seen.commit, "");
    std::ifstream words(asked);
    std::string first, second;
    std::getline(words, first);
    EXPECT_NE(first.find("config"), std::string::npos) << first;
    EXPECT_FALSE(std::getline(words, second)) << second;
}

TEST_F(repository_test, programs_that_the_repository_names_do_not_run) {
    commit();
    git({"config", "core.fsmonitor", set_trap()});
    git({"config", "core.hooksPath", folder_.string()});
    git({"config", "status.showUntrackedFiles", "no"});
    write("changes/b.toml", "x");
    EXPECT_EQ(look().clean, false);
    EXPECT_FALSE(fs::exists(folder_ / "sprung"));
}

TEST_F(repository_test, content_filters_that_the_repository_names_do_not_run) {
    commit();
    const auto trap = set_trap();
    for (const auto* name : {"plain", "with.dots", "with=sign"}) {
        git({"config", "--add", std::string("filter.") + name + ".clean", trap});
        git({"config", "--add", std::string("filter.") + name + ".process", trap});
        git({"config", "--add", std::string("filter.") + name + ".required", "true"});
        git({"config", "--add", std::string("diff.") + name + ".textconv", trap});
        git({"config", "--add", std::string("diff.") + name + ".command", trap});
        std::ofstream(shop() / ".git" / "info" / "attributes") << "*.toml filter=" << name << " diff=" << name << "\n";
        write("changes/a.toml", "format = 2\n");  // as long as before: its content decides
        const auto seen = look();
        EXPECT_EQ(seen.clean, false) << name << seen.unknown;
        EXPECT_EQ(seen.files, std::vector<std::string>{"changes/a.toml"}) << name;
        EXPECT_FALSE(fs::exists(folder_ / "sprung")) << name;
    }
}

TEST_F(repository_test, nothing_is_fetched_that_a_partial_clone_lacks) {
    commit();
    write("views.py", "1");
    git({"add", "-A"});
    git({"commit", "-q", "-m", "second"});  // so that there is one to compare with
    git({"config", "uploadpack.allowFilter", "true"});
    const auto origin = folder_ / "origin";
    fs::rename(shop(), origin);
    fs::create_directories(shop());
    git({"clone", "-q", "--filter=blob:none", "--no-checkout", "file://" + origin.string(), "."});
    git({"reset", "-q"});  // the index knows the files, and their content is not here
    fs::create_directories(changes());
    write("changes/a.toml", "format = 2\n");
    git({"config", "remote.origin.uploadpack", set_trap()});
    const auto seen = look();
    EXPECT_EQ(seen.commit.size(), 40u);
    EXPECT_NE(seen.clean, true);
    EXPECT_FALSE(fs::exists(folder_ / "sprung"));
}

TEST_F(repository_test, a_warning_is_no_file) {
    commit();
    write("views.py", "1");
    git({"add", "-A"});
    git({"commit", "-q", "-m", "second"});
    git({"config", "core.autocrlf", "true"});
    write("changes/a.toml", "format = 2\n");  // LF would become CRLF, and git warns of it
    const auto seen = look();
    EXPECT_EQ(seen.clean, false);
    EXPECT_EQ(seen.files, (std::vector<std::string>{"changes/a.toml", "views.py"}));
}

TEST_F(repository_test, any_name_is_one_name) {
    commit();
    write("two\nlines", "1");
    write("a \"mark\" \\", "1");
    git({"config", "diff.relative", "true"});
    git({"add", "-A"});
    git({"commit", "-q", "-m", "second"});
    EXPECT_EQ(look().files, (std::vector<std::string>{R"("a \"mark\" \\")", R"("two\012lines")"}));
}

TEST_F(repository_test, the_index_is_left_as_it_is) {
    commit();
    const auto index = shop() / ".git" / "index";
    const auto then = fs::file_time_type::clock::now() - std::chrono::hours(1);
    write("changes/a.toml", "format = 1\n");  // the same bytes at another time: a refresh would write the index
    fs::last_write_time(index, then);
    EXPECT_EQ(look().clean, true);
    EXPECT_EQ(fs::last_write_time(index), then);
}

TEST_F(repository_test, a_repository_of_another_user_is_not_read) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
    commit();
    for (const auto& path : {shop(), shop() / ".git"})
        ASSERT_EQ(::chown(path.c_str(), 12345, 12345), 0);
    const auto seen = look();
    EXPECT_EQ(seen.commit, "");
    EXPECT_EQ(seen.unknown, "the repository is another user's, and git's safe.directory does not name it");
}

}  // namespace
}  // namespace understudy::rehearse
