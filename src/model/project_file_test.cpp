// What each key of understudy.toml becomes; what is wrong with each file of corpus/model/bad stands in its first line.
#include "model/project_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "model/detail/test_files.h"

namespace understudy::model {
namespace {

using namespace std::chrono_literals;
using detail::contents;
using detail::source_path;
using source = secret_ref::source;

result<project> full() {
    return read_project(contents(source_path("corpus/model/good/project-full.toml")), "/srv/shop/understudy.toml");
}

TEST(project_file, reads_the_file_and_its_small_parts) {
    const auto read = full();
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(read->file, "/srv/shop/understudy.toml");
    EXPECT_EQ(read->folder, "/srv/shop");
    EXPECT_EQ(read->runs, "understudy-runs");
    EXPECT_EQ(read->backups.keep, 7 * 24h);
    EXPECT_EQ(read->backups.key, (secret_ref{source::environment, "UNDERSTUDY_BACKUP_KEY"}));
    EXPECT_EQ(read->accepted_drift, (std::map<std::string, std::string>{{"maxmemory", "staging is a tenth"}}));
}

TEST(project_file, reads_production) {
    const auto read = full();
    ASSERT_TRUE(read);
    ASSERT_EQ(read->environments.size(), 2u);
    const auto& live = read->environments[0];
    EXPECT_EQ(live.name, "production");
    EXPECT_EQ(live.role, role::production);
    EXPECT_EQ(live.access, access::read_only);
    EXPECT_EQ(live.url, "http://127.0.0.1:8001");
    EXPECT_EQ(live.redis.host, "127.0.0.1");
    EXPECT_EQ(live.redis.port, 6379);
    EXPECT_EQ(live.redis.database, 1);
    EXPECT_EQ(live.redis.username, "understudy");
    EXPECT_EQ(live.redis.password, (secret_ref{source::environment, "PROD_REDIS_PASSWORD"}));
    EXPECT_EQ(live.limits.requests_per_second, 2.5);
    EXPECT_EQ(live.limits.census_keys, 1000u);
    EXPECT_FALSE(live.basic);
    EXPECT_FALSE(live.instrument);
    ASSERT_EQ(live.identities.size(), 1u);
    EXPECT_EQ(live.identities[0].name, "anonymous");
}

TEST(project_file, reads_staging) {
    const auto read = full();
    ASSERT_TRUE(read);
    const auto& staging = read->environments.at(1);
    EXPECT_DOUBLE_EQ(staging.scale, 0.1);
    EXPECT_EQ(staging.access, access::read_write);
    EXPECT_EQ(staging.url, "https://staging.example.org");
    EXPECT_EQ(staging.redis.unix_path, "/srv/shop/run/redis.sock");
    ASSERT_TRUE(staging.basic);
    EXPECT_EQ(staging.basic->username, "web");
    EXPECT_EQ(staging.basic->password, (secret_ref{source::file, "/srv/shop/secrets/basic"}));
    ASSERT_TRUE(staging.instrument);
    EXPECT_EQ(staging.instrument->header, "X-Understudy");
    EXPECT_EQ(staging.instrument->secret, (secret_ref{source::environment, "SHOP_MEASURE_SECRET"}));
    EXPECT_EQ(staging.limits.requests_per_second, 0);
    EXPECT_EQ(staging.limits.census_keys, 500'000u);
}

TEST(project_file, reads_databases) {
    const auto read =
        read_project(contents(source_path("corpus/model/good/project-databases.toml")), "/srv/shop/understudy.toml");
    ASSERT_TRUE(read) << read.error().text();
    const auto& production = read->find("production")->database;
    ASSERT_TRUE(production);
    EXPECT_EQ(production->kind, database_kind::mysql);
    EXPECT_EQ(production->host, "::1");
    EXPECT_EQ(production->port, 3306);
    EXPECT_FALSE(production->password.given());
    const auto& staging = read->find("staging")->database;
    ASSERT_TRUE(staging);
    EXPECT_EQ(staging->kind, database_kind::postgresql);
    EXPECT_EQ(staging->host, "db.example");
    EXPECT_EQ(staging->port, 6432);
    EXPECT_EQ(staging->name, "shop");
    EXPECT_EQ(staging->username, "understudy");
    EXPECT_EQ(staging->password, (secret_ref{source::environment, "DATABASE_PASSWORD"}));
    EXPECT_EQ(staging->ca, "/srv/shop/ca.pem");
    const auto& scratch = read->find("scratch")->database;
    ASSERT_TRUE(scratch);
    EXPECT_EQ(scratch->kind, database_kind::mariadb);
    EXPECT_EQ(scratch->unix_path, "/srv/shop/run/mariadb.sock");
    EXPECT_EQ(scratch->password, (secret_ref{source::file, "/srv/shop/secrets/database"}));
    EXPECT_FALSE(full()->environments[0].database);
}

TEST(project_file, reads_identities) {
    const auto read = full();
    ASSERT_TRUE(read);
    const auto& staging = read->environments.at(1);
    ASSERT_EQ(staging.identities.size(), 4u);
    const auto* ada = staging.who("ada");
    ASSERT_TRUE(ada && ada->form && ada->logged_in_when);
    EXPECT_FALSE(ada->header);
    EXPECT_EQ(ada->form->path, "/login/");
    EXPECT_EQ(ada->form->username, "ada");
    EXPECT_EQ(ada->form->password, (secret_ref{source::environment, "ADA_PASSWORD"}));
    EXPECT_EQ(ada->form->csrf_field, "csrfmiddlewaretoken");
    EXPECT_EQ(ada->form->username_field, "user");
    EXPECT_EQ(ada->form->password_field, "pass");
    EXPECT_EQ(ada->logged_in_when->path, "/account/");
    EXPECT_EQ(ada->logged_in_when->status, 200);
    EXPECT_EQ(ada->logged_in_when->contains, "Signed in as Ada");
    EXPECT_EQ(ada->marker, "ada@example.org");
    const auto* grace = staging.who("grace");
    ASSERT_TRUE(grace && grace->header);
    EXPECT_EQ(grace->header->name, "Authorization");
    EXPECT_EQ(grace->header->value, (secret_ref{source::environment, "GRACE_TOKEN"}));
    const auto* alan = staging.who("alan");
    ASSERT_TRUE(alan && alan->header && alan->logged_in_when);
    EXPECT_EQ(alan->header->name, "Cookie");
    EXPECT_EQ(alan->header->value, (secret_ref{source::environment, "ALAN_COOKIE"}));
    EXPECT_EQ(alan->logged_in_when->status, 204);
}

TEST(project_file, reads_commands_and_routes) {
    const auto read = full();
    ASSERT_TRUE(read);
    const auto* deploy = read->environments.at(1).command("deploy");
    ASSERT_NE(deploy, nullptr);
    EXPECT_EQ(deploy->argv, (std::vector<std::string>{"/usr/bin/python3", "shop", "deploy", "{revision}"}));
    EXPECT_EQ(deploy->arguments, (std::map<std::string, std::string>{{"revision", "[0-9]{1,4}"}}));
    EXPECT_EQ(deploy->timeout, 90s);
    EXPECT_EQ(deploy->folder, "/srv/shop/shop");
    EXPECT_EQ(deploy->environment, (std::vector<std::string>{"PATH", "HOME", "LANG=C.UTF-8"}));
    const auto* rollback = read->environments.at(1).command("rollback");
    ASSERT_NE(rollback, nullptr);
    EXPECT_TRUE(rollback->wants_release());
    EXPECT_EQ(rollback->folder, "/srv/shop");
    EXPECT_EQ(rollback->timeout, 60s);
    EXPECT_TRUE(rollback->environment.empty());
    ASSERT_EQ(read->routes.size(), 2u);
    EXPECT_EQ(read->routes[0].name, "home");
    EXPECT_EQ(read->routes[0].identities, std::vector<std::string>{"anonymous"});
    ASSERT_EQ(read->routes[0].inputs.size(), 1u);
    EXPECT_TRUE(read->routes[0].inputs[0].empty());
    const auto& category = read->routes[1];
    EXPECT_EQ(category.identities, (std::vector<std::string>{"anonymous", "ada"}));
    ASSERT_EQ(category.inputs.size(), 2u);
    EXPECT_EQ(category.target(category.inputs[1]), "/category/lamps%20%26%20more/");
}

TEST(project_file, reads_urls_and_tls) {
    const auto read =
        read_project(contents(source_path("corpus/model/good/project-tls.toml")), "/srv/shop/understudy.toml");
    ASSERT_TRUE(read) << read.error().text();
    const auto& live = *read->find("production");
    EXPECT_FALSE(live.tls);
    EXPECT_EQ(live.redis.host, "redis.shop.example");
    EXPECT_EQ(live.redis.port, 6380);
    EXPECT_EQ(live.redis.database, 1);
    EXPECT_EQ(live.redis.password, (secret_ref{source::environment, "PRODUCTION_REDIS_PASSWORD"}));
    EXPECT_EQ(live.redis.tls, tls_settings{});
    const auto& staging = *read->find("staging");
    EXPECT_EQ(staging.tls, (tls_settings{"/srv/shop/tls/staging-ca.pem", "/srv/shop/tls/ours.pem",
                                         "/srv/shop/tls/ours.key", "shop.internal"}));
    EXPECT_EQ(staging.redis.username, "understudy");
    EXPECT_EQ(staging.redis.password, (secret_ref{source::file, "/srv/shop/secrets/redis"}));
    EXPECT_EQ(staging.redis.tls, (tls_settings{"/etc/ssl/redis-ca.pem", "/srv/shop/tls/ours.pem",
                                               "/srv/shop/tls/ours.key", "redis.internal"}));
    EXPECT_EQ(read->find("local")->redis.unix_path, "/srv/shop/run/redis.sock");
    EXPECT_EQ(read->find("local")->redis.database, 2);
    EXPECT_FALSE(read->find("local")->redis.tls);
    EXPECT_EQ(read->find("table")->redis.host, "::1");
    EXPECT_EQ(read->find("table")->redis.tls, tls_settings{});
    EXPECT_FALSE(read->find("table")->redis.sentinels);
    const auto& watched = read->find("watched")->redis;
    EXPECT_EQ(watched.sentinels,
              (sentinel_watch{{{"10.0.0.11", 26379}, {"::1", 26380}}, "mymaster", "sue", {source::environment, "SP"}}));
    EXPECT_EQ(watched.password, (secret_ref{source::environment, "P"}));
    EXPECT_TRUE(watched.tls);
}

TEST(project_file, defaults_follow_from_the_role) {
    for (const std::string role : {"production", "staging", "scratch"}) {
        const auto read = read_project(
            fmt::format(
                "format = 1\n[environments.x]\nrole = \"{}\"\nurl = \"http://h/\"\nredis = {{ host = \"h\" }}\n", role),
            "/a/understudy.toml");
        ASSERT_TRUE(read) << read.error().text();
        const auto& one = read->environments.at(0);
        EXPECT_EQ(one.access, role == "production" ? access::read_only : access::read_write);
        EXPECT_EQ(one.limits.requests_per_second, role == "production" ? 1.0 : 0.0);
        EXPECT_EQ(one.url, "http://h");
        EXPECT_EQ(one.redis.port, 6379);
        EXPECT_TRUE(read->routes.empty());
    }
}

TEST(project_file, good_files_of_the_corpus) {
    for (const auto& path : detail::files("corpus/model/good", "project-", 3)) {
        const auto read = read_project(contents(path), path.string());
        EXPECT_TRUE(read) << read.error().text();
    }
}

TEST(project_file, bad_files_of_the_corpus_fail_where_and_as_they_say) {
    for (const auto& path : detail::files("corpus/model/bad", "project-", 133)) {
        const auto text = contents(path);
        const auto read = read_project(text, "/f.toml");
        ASSERT_FALSE(read) << path << " was accepted";
        const auto& wrong = read.error();
        EXPECT_EQ(text.substr(0, text.find('\n')), fmt::format("# expect: {} {}", name_of(wrong.code),
                                                               wrong.where.substr(std::string("/f.toml:").size())))
            << path << ": " << wrong.text();
        EXPECT_EQ(wrong.text().find("hunter2"), std::string::npos) << path;
        EXPECT_EQ(exit_of(wrong.code), exit_code::usage) << path;
    }
}

TEST(project_file, did_you_mean) {
    const auto hint = [](const std::string& name) {
        return read_project(contents(source_path("corpus/model/bad/" + name)), "/f").error().what;
    };
    EXPECT_NE(hint("project-key-typo.toml").find("did you mean \"url\"?"), std::string::npos);
    EXPECT_NE(hint("project-top-key.toml").find("did you mean \"runs\"?"), std::string::npos);
    EXPECT_NE(hint("project-role-unknown.toml").find("did you mean \"staging\"?"), std::string::npos);
    EXPECT_NE(hint("project-run-undeclared.toml").find("did you mean \"revision\"?"), std::string::npos);
    EXPECT_NE(hint("project-route-as-unknown.toml").find("did you mean \"ada\"?"), std::string::npos);
    EXPECT_NE(hint("project-port-type.toml").find("expected an integer, found a string"), std::string::npos);
}

TEST(project_file, every_cut_of_a_good_file_is_handled) {
    const auto text = contents(source_path("corpus/model/good/project-full.toml"));
    for (std::size_t length = 0; length < text.size(); length += 3) {
        const auto read = read_project(text.substr(0, length), "/f");
        if (!read) EXPECT_TRUE(read.error().where.starts_with("/f:")) << read.error().text();
    }
}

}  // namespace
}  // namespace understudy::model
