#include "snapshot/acl.h"

#include <gtest/gtest.h>

namespace understudy::snapshot {

namespace {

using resp::value;

value texts(const std::vector<std::string>& all) {
    std::vector<value> out;
    for (const auto& one : all)
        out.push_back(value::of_text(one));
    return value::of_array(std::move(out));
}

// As RESP2 writes a map.
value user(const std::vector<std::pair<std::string, value>>& members) {
    std::vector<value> out;
    for (const auto& [name, of] : members) {
        out.push_back(value::of_text(name));
        out.push_back(of);
    }
    return value::of_array(std::move(out));
}

const std::string digest(64, 'a');

}  // namespace

TEST(acl, rules_as_redis_7_tells_them) {
    const auto selector = user({{"commands", value::of_text("-@all +get")},
                                {"keys", value::of_text("%R~other:*")},
                                {"channels", value::of_text("")}});
    const auto rules = rules_in(user({{"flags", texts({"on", "sanitize-payload"})},
                                      {"passwords", texts({digest})},
                                      {"commands", value::of_text("-@all +@read")},
                                      {"keys", value::of_text("~shop:* ~cart:*")},
                                      {"channels", value::of_text("&news")},
                                      {"selectors", value::of_array({selector})}}));
    EXPECT_EQ(rules, "on password ~shop:* ~cart:* &news -@all +@read (%R~other:* resetchannels -@all +get)");
}

TEST(acl, rules_as_redis_6_tells_them) {
    EXPECT_EQ(rules_in(user({{"flags", texts({"on", "allkeys", "allcommands", "nopass"})},
                             {"passwords", texts({})},
                             {"commands", value::of_text("+@all")},
                             {"keys", texts({"*"})}})),
              "on nopass ~* +@all");
    EXPECT_EQ(rules_in(user({{"flags", texts({"off"})},
                             {"passwords", texts({})},
                             {"commands", value::of_text("-@all")},
                             {"keys", texts({})},
                             {"channels", texts({"a", "b"})}})),
              "off &a &b -@all");
}

TEST(acl, no_digest_of_a_password_is_kept) {
    const auto rules = rules_in(user({{"flags", texts({"on"})},
                                      {"passwords", texts({digest, digest})},
                                      {"commands", value::of_text("+@all")},
                                      {"keys", value::of_text("~*")}}));
    ASSERT_TRUE(rules);
    EXPECT_EQ(rules->find("aaaa"), std::string::npos);
}

TEST(acl, something_else_is_no_user) {
    EXPECT_EQ(rules_in(value::of_text("x")), std::nullopt);
    EXPECT_EQ(rules_in(value::of_error("NOPERM")), std::nullopt);
    EXPECT_EQ(rules_in(user({{"flags", texts({"on"})}})), std::nullopt);
}

}  // namespace understudy::snapshot
