#include "store/run_folder.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "store/detail/test_folder.h"

using namespace understudy;
using namespace understudy::store;
using detail::mode_of;
using detail::slurp;
using detail::test_folder;

namespace {

const wall_time noon = *parse_time("2026-11-23T12:00:07.123Z");

}  // namespace

TEST(run_folder, is_named_by_time_and_name_and_is_its_own) {
    const test_folder folder;
    const auto one = run_folder::create(folder / "runs", "cached category/2", noon);
    const auto two = run_folder::create(folder / "runs", "cached category/2", noon);
    ASSERT_TRUE(one);
    ASSERT_TRUE(two);
    EXPECT_EQ(one->path(), folder / "runs/20261123T120007Z-cached-category-2");
    EXPECT_EQ(two->path(), folder / "runs/20261123T120007Z-cached-category-2-2");
    EXPECT_TRUE(std::filesystem::is_directory(two->path()));
    const auto evil = run_folder::create(folder / "runs", "../../x", noon);
    ASSERT_TRUE(evil);
    EXPECT_EQ(evil->path().parent_path(), folder / "runs");
}

TEST(run_folder, writes_what_it_is_given) {
    const test_folder folder;
    const auto run = run_folder::create(folder.path(), "x", noon);
    ASSERT_TRUE(run);
    EXPECT_TRUE(run->write("report.html", "<html>"));
    EXPECT_TRUE(run->write("measurements/a.json", "{}"));
    EXPECT_TRUE(run->write_executable("apply.sh", "#!/bin/sh\n"));
    EXPECT_TRUE(run->append_line("log", "one"));
    EXPECT_TRUE(run->append_line("log", "two"));
    EXPECT_EQ(slurp(run->path() / "report.html"), "<html>");
    EXPECT_EQ(slurp(run->path() / "measurements/a.json"), "{}");
    EXPECT_EQ(slurp(run->path() / "log"), "one\ntwo\n");
    EXPECT_EQ(mode_of(run->path() / "apply.sh"), 0755u);
    EXPECT_EQ(mode_of(run->path() / "report.html"), 0644u);
}

TEST(run_folder, keeps_to_itself) {
    const test_folder folder;
    const auto run = run_folder::create(folder.path(), "x", noon);
    ASSERT_TRUE(run);
    for (const char* name : {"", "../a", "a/../../b", "/tmp/a", "a/", ".", "..", "./a"}) {
        const auto done = run->write(name, "x");
        ASSERT_FALSE(done) << name;
        EXPECT_EQ(done.error().code, errc::internal) << name;
    }
}

TEST(run_folder, a_full_disk_leaves_what_was_there) {
    const test_folder folder;
    const auto run = run_folder::create(folder.path(), "x", noon);
    ASSERT_TRUE(run);
    ASSERT_TRUE(run->write("report.json", "{}"));
    const int wait_status = detail::in_child("", [&] {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit tight{100, 100};
        ::setrlimit(RLIMIT_FSIZE, &tight);
        const auto written = run->write("report.json", std::string(200, 'x'));
        const auto added = run->append_line("log", std::string(200, 'x'));
        const bool right =
            !written && written.error().code == errc::disk_full && !added && added.error().code == errc::disk_full;
        return right ? 0 : 1;
    });
    EXPECT_EQ(wait_status, 0);
    EXPECT_EQ(slurp(run->path() / "report.json"), "{}");
}
