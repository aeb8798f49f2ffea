#include "snapshot/settings_text.h"

#include <gtest/gtest.h>

namespace understudy::snapshot {
namespace {

using settings = std::map<std::string, std::string>;

TEST(settings_text, django) {
    EXPECT_EQ(settings_in("ALLOWED_HOSTS = ['127.0.0.1']\nCACHE_TTL = 300  \n### DEBUG = False\nEMPTY = ''\n"),
              (settings{{"ALLOWED_HOSTS", "['127.0.0.1']"}, {"CACHE_TTL", "300"}, {"DEBUG", "False"}, {"EMPTY", ""}}));
}

TEST(settings_text, env_and_yaml) {
    EXPECT_EQ(settings_in("# comment\nAPP_ENV=local\nAPP_NAME=\"A shop\"\ncache: redis\nlist:\n  - a\n"),
              (settings{{"APP_ENV", "local"}, {"APP_NAME", "A shop"}, {"cache", "redis"}}));
}

TEST(settings_text, tables_of_wp_and_csv) {
    EXPECT_EQ(settings_in("+----+----+----+\n| name | value | type |\n+----+\n| WP_CACHE | 1 | constant |\n"),
              (settings{{"name", "value"}, {"WP_CACHE", "1"}}));
    EXPECT_EQ(settings_in("name,value,type\nWP_CACHE,1,constant\nDB_HOST,\"a, b\",constant\n"),
              (settings{{"WP_CACHE", "1"}, {"DB_HOST", "a, b"}}));
}

TEST(settings_text, nginx) {
    EXPECT_EQ(
        settings_in("worker_processes auto;\nhttp {\n  sendfile on;\n  server {\n    listen 80;\n    listen 443 ssl;\n"
                    "    location /a {\n proxy_cache_valid 200 10m;\n }\n }\n}\nuser www;\n"),
        (settings{{"worker_processes", "auto"},
                  {"http.sendfile", "on"},
                  {"http.server.listen", "80"},
                  {"http.server.listen#2", "443 ssl"},
                  {"http.server.location /a.proxy_cache_valid", "200 10m"},
                  {"user", "www"}}));
}

TEST(settings_text, redis_conf) {
    EXPECT_EQ(settings_in("maxmemory 100mb\nsave \"\"\nloglevel notice\nalone\n"),
              (settings{{"maxmemory", "100mb"}, {"save", ""}, {"loglevel", "notice"}}));
}

TEST(settings_text, limits) {
    std::string many, deep;
    for (int i = 0; i < 100; ++i) {
        many += "a" + std::to_string(i) + "=1\n";
        deep += "b {\n";
    }
    EXPECT_EQ(settings_in(many, {10, 100, 100}).size(), 10u);
    EXPECT_EQ(settings_in("name=12345", {10, 100, 3}), (settings{{"name", "123"}}));
    EXPECT_TRUE(settings_in("a_long_name=1", {10, 5, 3}).empty());
    EXPECT_TRUE(settings_in("}\n}\n{\n=\n:\n|\n||\n,\n;\n = 1\n").empty());
    EXPECT_LE(settings_in(deep + "x 1;\n").size(), 1u);
}

TEST(settings_text, what_may_be_shown) {
    for (const auto* value :
         {"", "300", "-1", "1.5", "64mb", "10%", "30s", "true", "None", "allkeys-lru", "shop.settings"})
        EXPECT_TRUE(is_harmless("CACHE_TTL", value)) << value;
    for (const auto* value : {"redis://h:6379/0", "/srv/shop", "ada@example.org", "two words", "a1b2c3d4e5f6",
                              "123456789012345", "['a']", "abcdefghijklmnopqrstuvwxyzabcdefgh"})
        EXPECT_FALSE(is_harmless("CACHE_TTL", value)) << value;
    for (const auto* name : {"SECRET_KEY", "db_password", "api.token", "AUTH_SALT", "SENTRY_DSN"})
        EXPECT_FALSE(is_harmless(name, "300")) << name;
}

}  // namespace
}  // namespace understudy::snapshot
