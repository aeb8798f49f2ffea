#include "model/redis_url.h"

#include <gtest/gtest.h>

#include "model/detail/test_files.h"

namespace understudy::model {
namespace {

using source = secret_ref::source;

redis_address good(std::string_view url) {
    auto read = parse_redis_url(url);
    EXPECT_TRUE(read) << url << ": " << read.error().text();
    return read.value_or(redis_address{});
}

errc code_of(std::string_view url) {
    const auto read = parse_redis_url(url);
    if (read) return errc::internal;
    EXPECT_EQ(read.error().text().find("hunter2"), std::string::npos) << read.error().text();
    return read.error().code;
}

TEST(redis_url, reads_host_port_and_database) {
    const auto whole = good("redis://redis.example:6380/3");
    EXPECT_EQ(whole.host, "redis.example");
    EXPECT_EQ(whole.port, 6380);
    EXPECT_EQ(whole.database, 3);
    EXPECT_FALSE(whole.tls);
    EXPECT_TRUE(whole.username.empty());
    EXPECT_FALSE(whole.password.given());
    const auto bare = good("redis://redis.example");
    EXPECT_EQ(bare.port, 6379);
    EXPECT_EQ(bare.database, 0);
    EXPECT_EQ(good("redis://h/").database, 0);
    EXPECT_EQ(good("redis://h?db=7").database, 7);
    EXPECT_EQ(good("redis://h/?db=7").database, 7);
    EXPECT_EQ(good("redis://[::1]:7000/2").host, "::1");
    EXPECT_EQ(good("redis://[::1]:7000/2").port, 7000);
}

TEST(redis_url, rediss_is_tls) {
    const auto secure = good("rediss://redis.example/1");
    ASSERT_TRUE(secure.tls);
    EXPECT_EQ(*secure.tls, tls_settings{});
    EXPECT_EQ(secure.port, 6379);
}

TEST(redis_url, a_password_is_named_and_never_written) {
    const auto named = good("rediss://ann:${REDIS_PASSWORD}@h:1/2");
    EXPECT_EQ(named.username, "ann");
    EXPECT_EQ(named.password, (secret_ref{source::environment, "REDIS_PASSWORD"}));
    EXPECT_EQ(good("redis://:${P}@h").password, (secret_ref{source::environment, "P"}));
    EXPECT_EQ(good("redis://:${P}@h").username, "");
    EXPECT_EQ(good("redis://ann%40team@h").username, "ann@team");
    for (const auto* url : {"redis://ann:hunter2@h", "redis://:hunter2@h", "redis://ann:@h", "redis://ann:hun/ter2@h",
                            "redis://ann:hunter2#@h", "unix://ann:hunter2@/run/r.sock",
                            "unix:///run/r.sock?password=hunter2", "redis://h?password=hunter2",
                            "redis://ann:${hunter2@h", "redis://ann:file:/hunter2@h", "redis://ann:a@hunter2@h"})
        EXPECT_EQ(code_of(url), errc::config_literal_secret) << url;
}

TEST(redis_url, reads_unix_sockets) {
    const auto absolute = good("unix:///run/redis/redis%20a.sock?db=4");
    EXPECT_EQ(absolute.unix_path, "/run/redis/redis a.sock");
    EXPECT_EQ(absolute.database, 4);
    EXPECT_EQ(good("unix://run/redis.sock").unix_path, "run/redis.sock");
    const auto named = good("unix://ann:${P}@/run/redis.sock");
    EXPECT_EQ(named.unix_path, "/run/redis.sock");
    EXPECT_EQ(named.username, "ann");
    EXPECT_TRUE(named.password.given());
}

TEST(redis_url, refuses_what_it_does_not_know) {
    const std::string long_one = "redis://" + std::string(3000, 'h');
    EXPECT_EQ(code_of(long_one), errc::config_bad_value);
    for (const char* url : {"",
                            "redis://",
                            "redis://:6379",
                            "redis://h:0",
                            "redis://h:65536",
                            "redis://h:6379x",
                            "redis://h:",
                            "redis://h/x",
                            "redis://h/-1",
                            "redis://h/1/2",
                            "redis://h/1?db=2",
                            "redis://h?db=",
                            "redis://h?db=1x",
                            "redis://h?timeout=1",
                            "redis://h#1",
                            "http://h",
                            "REDIS://h",
                            "redis:h",
                            "unix://",
                            "unix:///a%00b",
                            "unix:///a%0",
                            "unix:///a%zz",
                            "redis://@h",
                            "redis://${USER}@h",
                            "redis://h h",
                            "redis://h\n",
                            "redis://h/1000001",
                            "redis://h/99999999999",
                            "rediss+ssl://h",
                            "redis://[::1",
                            "redis://h\x80"})
        EXPECT_EQ(code_of(url), errc::config_bad_value) << url;
}

TEST(redis_url, every_cut_of_every_seed_is_handled) {
    for (const auto& path : detail::files("corpus/model/redis_url", "", 8)) {
        const auto url = detail::contents(path);
        for (std::size_t size = 0; size <= url.size(); ++size) {
            const auto read = parse_redis_url(std::string_view(url).substr(0, size));
            if (!read) EXPECT_EQ(exit_of(read.error().code), exit_code::usage);
        }
    }
}

}  // namespace
}  // namespace understudy::model
