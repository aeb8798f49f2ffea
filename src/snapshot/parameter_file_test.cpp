#include "snapshot/parameter_file.h"

#include <gtest/gtest.h>

namespace understudy::snapshot {
namespace {

using settings = std::map<std::string, std::string>;

TEST(parameter_file, of_clouds) {
    EXPECT_EQ(parameters_in(R"({"Parameters": [{"ParameterName": "maxmemory-policy", "ParameterValue": "volatile-lru"},
                                {"ParameterName": "hz"}, {"ParameterName": 3}, 7]})")
                  .value(),
              (settings{{"maxmemory-policy", "volatile-lru"}}));
    EXPECT_EQ(
        parameters_in(R"( {"name": "x", "redisConfigs": {"maxmemory-policy": "noeviction", "timeout": 5}})").value(),
        (settings{{"maxmemory-policy", "noeviction"}, {"timeout", "5"}}));
    EXPECT_EQ(parameters_in(R"({"sku": {"name": "Basic"}, "redisConfiguration": {"maxclients": "256"}})").value(),
              (settings{{"maxclients", "256"}}));
    EXPECT_EQ(parameters_in(R"({"maxmemory": "1gb", "list": []})").value(), (settings{{"maxmemory", "1073741824"}}));
}

TEST(parameter_file, redis_conf_without_its_secrets) {
    EXPECT_EQ(parameters_in("maxmemory 1gb\nrequirepass word\n# comment\nsave \"\"\n").value(),
              (settings{{"maxmemory", "1073741824"}, {"save", ""}}));
    // As CONFIG GET would have them, or what is compared with it differs in its spelling alone.
    EXPECT_EQ(parameters_in("save 900 1\nsave 300 10\nhz 10\nmaxmemory-clients 5%\n"
                            "client-output-buffer-limit normal 0 0 0\nclient-output-buffer-limit pubsub 32mb 8mb 60\n")
                  .value(),
              (settings{{"save", "900 1 300 10"}, {"hz", "10"}, {"maxmemory-clients", "5%"}}));
}

TEST(parameter_file, what_is_none) {
    for (const auto* text : {"", "{", "{}", "[]", "[1, 2]", "requirepass x\n", "{\"a\": {\"b\": 1}}"}) {
        const auto got = parameters_in(text);
        ASSERT_FALSE(got) << text;
        EXPECT_EQ(got.error().code, errc::bad_file) << text;
    }
    EXPECT_FALSE(parameters_in(std::string(1000, '[')));
}

}  // namespace
}  // namespace understudy::snapshot
