#include "model/environment.h"

#include <gtest/gtest.h>

namespace understudy::model {
namespace {

named_command deploy() {
    named_command out;
    out.name = "deploy";
    out.argv = {"/bin/deploy", "--rev={revision}", "{revision}-{branch}", "{\"json\": 1}", "{Not}", "{}"};
    out.arguments = {{"revision", "[0-9]{1,4}"}, {"branch", "[a-z]*"}};
    return out;
}

TEST(route, target_percent_encodes_all_but_the_unreserved) {
    route one;
    one.path = "/c/{slug}/{page}?q={slug}";
    EXPECT_EQ(one.target({{"slug", "a b/c?d#e&f=ä"}, {"page", "A-z_0.9~"}}),
              "/c/a%20b%2Fc%3Fd%23e%26f%3D%C3%A4/A-z_0.9~?q=a%20b%2Fc%3Fd%23e%26f%3D%C3%A4");
    EXPECT_EQ(one.target({{"slug", "{page}"}, {"page", "1"}}), "/c/%7Bpage%7D/1?q=%7Bpage%7D");
    one.path = "/plain/";
    EXPECT_EQ(one.target({}), "/plain/");
}

TEST(named_command, accepts_exactly_its_arguments) {
    const auto command = deploy();
    EXPECT_TRUE(command.accepts({{"revision", "12"}, {"branch", ""}}));
    for (const std::map<std::string, std::string>& wrong :
         std::vector<std::map<std::string, std::string>>{{},
                                                         {{"revision", "12"}},
                                                         {{"revision", "12"}, {"branch", "main"}, {"more", "1"}},
                                                         {{"revision", "12345"}, {"branch", ""}},
                                                         {{"revision", "x12"}, {"branch", ""}},
                                                         {{"revision", "12 "}, {"branch", ""}},
                                                         {{"revision", "12\n"}, {"branch", ""}},
                                                         {{"revision", "12"}, {"branch", std::string(257, 'a')}}}) {
        const auto accepted = command.accepts(wrong);
        ASSERT_FALSE(accepted);
        EXPECT_EQ(accepted.error().code, errc::config_bad_value);
        EXPECT_EQ(accepted.error().text().find("12"), std::string::npos);
    }
}

TEST(named_command, a_pattern_that_does_not_compile_matches_nothing) {
    auto command = deploy();
    command.arguments["revision"] = "[";
    EXPECT_FALSE(command.accepts({{"revision", "["}, {"branch", ""}}));
}

TEST(named_command, fills_each_placeholder_once_and_nothing_else) {
    EXPECT_EQ(
        deploy().filled({{"revision", "{branch}"}, {"branch", "main"}}, ""),
        (std::vector<std::string>{"/bin/deploy", "--rev={branch}", "{branch}-main", "{\"json\": 1}", "{Not}", "{}"}));
    named_command rollback;
    rollback.argv = {"/bin/rollback", "--to={release}"};
    EXPECT_TRUE(rollback.wants_release());
    EXPECT_FALSE(deploy().wants_release());
    EXPECT_EQ(rollback.filled({}, "r41"), (std::vector<std::string>{"/bin/rollback", "--to=r41"}));
}

TEST(project, finds_by_name_and_role) {
    project all;
    all.environments.resize(3);
    all.environments[0].name = "live";
    all.environments[0].role = role::production;
    all.environments[1].name = "one";
    all.environments[2].name = "two";
    all.routes.resize(1);
    all.routes[0].name = "home";
    EXPECT_EQ(all.find("two"), &all.environments[2]);
    EXPECT_EQ(all.find("three"), nullptr);
    EXPECT_EQ(all.with_role(role::staging), &all.environments[1]);
    EXPECT_EQ(all.with_role(role::scratch), nullptr);
    EXPECT_EQ(all.find_route("home"), &all.routes[0]);
    EXPECT_EQ(all.find_route("hom"), nullptr);
    EXPECT_EQ(all.environments[0].command("deploy"), nullptr);
    EXPECT_EQ(all.environments[0].who("ada"), nullptr);
}

}  // namespace
}  // namespace understudy::model
