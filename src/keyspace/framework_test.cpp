#include "keyspace/framework.h"

#include <gtest/gtest.h>

namespace understudy::keyspace {

namespace {

// "Django session" for each, "unknown" where nothing is recognised.
std::vector<std::string> seen(const std::vector<std::string>& templates) {
    std::vector<std::string> out;
    for (const auto& one : frameworks_of(templates))
        out.push_back(std::string(one.framework) + (one.framework.empty() ? "" : " ") + std::string(name_of(one.role)));
    return out;
}

using names = std::vector<std::string>;

}  // namespace

TEST(framework, marks_tell_for_certain) {
    EXPECT_EQ(seen({":{int}:views.decorators.cache.cache_page..GET.{md5}.{md5}.en-us.UTC",
                    "shop:{int}:django.contrib.sessions.cache{id}", "spring:session:sessions:{uuid}", "books::{int}",
                    "books~lock", "zc:k:{hex}", "zc:ti:*", "PHPREDIS_SESSION:{id}", "sess:{id}",
                    "nginx-cache:httpGETexample.org/*", "celery-task-meta-{uuid}", "bull:mail:{int}",
                    "views/products/{int}:{md5}", "laravel_database_queues:default"}),
              (names{"Django page", "Django session", "Spring Session session", "Spring Cache cache",
                     "Spring Cache lock", "Magento cache", "Magento index", "PHP session", "Express session",
                     "nginx page", "Celery queue", "Bull queue", "Rails cache", "Laravel queue"}));
}

TEST(framework, a_prefix_that_a_mark_has_shown_claims_its_other_keys) {
    EXPECT_EQ(seen({"site1:wp:comment:{int}", "site1:wp:options:alloptions", "site2:wp:comment:{int}", "other:{int}"}),
              (names{"WordPress cache", "WordPress cache", "unknown", "unknown"}));
    EXPECT_EQ(seen({"blog{int}:posts:wp_query-{md5}-{gen}", "blog{int}:users:{int}"}),
              (names{"WordPress cache", "WordPress cache"}));
    EXPECT_EQ(seen({"shop:{int}:category:*", "shop:{int}:template.cache.sidebar.{md5}"}),
              (names{"Django cache", "Django cache"}));
    EXPECT_EQ(seen({"drupal:page:*", "drupal:cachetags:node:{int}"}), (names{"Drupal cache", "Drupal index"}));
}

TEST(framework, a_prefix_of_nothing_claims_nothing) {
    EXPECT_EQ(
        seen({"prices:{int}", ":options:alloptions", "views.decorators.cache.cache_page..GET.{md5}", "cart:{md5}"}),
        (names{"unknown", "WordPress cache", "Django page", "unknown"}));
}

TEST(framework, a_name_tells_a_role_whatever_the_framework) {
    EXPECT_EQ(seen({"app:session:{id}", "mail:queue:{int}", "lock:order:{int}", "order:{int}"}),
              (names{"session", "queue", "lock", "unknown"}));
    EXPECT_TRUE(is_precious(key_role::session));
    EXPECT_TRUE(is_precious(key_role::queue));
    EXPECT_TRUE(is_precious(key_role::lock));
    EXPECT_FALSE(is_precious(key_role::page));
}

TEST(framework, any_bytes_are_no_trouble) {
    EXPECT_EQ(seen({"", ":", "::", ":::", std::string("\0tags\0x", 7), std::string(100'000, ':')}).size(), 6u);
    EXPECT_TRUE(frameworks_of({}).empty());
}

}  // namespace understudy::keyspace
