// Sources: WordPress redis-cache (object-cache.php), wp-redis; Django (core/cache/backends/base.py, utils/cache.py,
// contrib/sessions/backends/cache.py); django-redis; Laravel (RedisStore, RedisTagSet, RedisQueue); Symfony Cache and
// HttpFoundation; Rails (redis_cache_store.rb); Spring Data Redis (CacheKeyPrefix) and Spring Session; Drupal redis;
// Cm_Cache_Backend_Redis; phpredis; connect-redis; Sidekiq, Resque, Bull, Celery and Kombu; nginx-helper.
#include "keyspace/framework.h"

#include <algorithm>
#include <array>
#include <optional>

namespace understudy::keyspace {

namespace {

enum class place : std::uint8_t { start, inside, end };

// A piece of a template that tells whose it is. `claims`: what stands before it is the prefix of the application, whose
// other keys are the framework's too.
struct mark {
    std::string_view text;
    place at;
    std::string_view framework;
    key_role role;
    bool claims = false;
};

// The most telling first: the first that fits counts.
constexpr std::array marks{
    mark{":redis-cache:metrics", place::end, "WordPress", key_role::statistics, true},
    mark{":options:alloptions", place::inside, "WordPress", key_role::cache, true},
    mark{":options:notoptions", place::inside, "WordPress", key_role::cache, true},
    mark{":posts:wp_query", place::inside, "WordPress", key_role::cache, true},
    mark{":posts:last_changed", place::inside, "WordPress", key_role::cache, true},
    mark{":terms:last_changed", place::inside, "WordPress", key_role::cache, true},
    mark{":terms:get_terms", place::inside, "WordPress", key_role::cache, true},
    mark{":site-transient:", place::inside, "WordPress", key_role::cache, true},

    mark{"views.decorators.cache.cache_page.", place::inside, "Django", key_role::page, true},
    mark{"views.decorators.cache.cache_header.", place::inside, "Django", key_role::page, true},
    mark{"django.contrib.sessions.", place::inside, "Django", key_role::session, true},
    mark{"template.cache.", place::inside, "Django", key_role::cache, true},

    mark{"spring:session:", place::start, "Spring Session", key_role::session},
    mark{"~lock", place::end, "Spring Cache", key_role::lock},

    mark{":_redis_last_delete_all", place::inside, "Drupal", key_role::index, true},
    mark{":cachetags:", place::inside, "Drupal", key_role::index, true},

    mark{"zc:k:", place::start, "Magento", key_role::cache},
    mark{"zc:ti:", place::start, "Magento", key_role::index},
    mark{"zc:tags", place::start, "Magento", key_role::index},
    mark{"zc:ids", place::start, "Magento", key_role::index},
    mark{"cache:id_tags:", place::start, "Magento", key_role::index},
    mark{"cache:all_ids", place::start, "Magento", key_role::index},

    mark{"laravel_database_queues:", place::start, "Laravel", key_role::queue, true},
    mark{"laravel_cache", place::inside, "Laravel", key_role::cache, true},
    mark{"laravel_database_", place::start, "Laravel", key_role::cache, true},
    mark{"-database-queues:", place::inside, "Laravel", key_role::queue, true},

    mark{"sf_s", place::start, "Symfony", key_role::session},
    mark{"PHPREDIS_SESSION:", place::start, "PHP", key_role::session},
    mark{"sess:", place::start, "Express", key_role::session},
    mark{"nginx-cache:http", place::start, "nginx", key_role::page},
    mark{"N_T_/", place::inside, "Next.js", key_role::index},
    mark{"celery-task-meta-", place::start, "Celery", key_role::queue},
    mark{"_kombu.", place::start, "Celery", key_role::queue},
    mark{"bull:", place::start, "Bull", key_role::queue},
    mark{"resque:", place::start, "Resque", key_role::queue},
    mark{"views/", place::start, "Rails", key_role::cache},
    mark{":views/", place::inside, "Rails", key_role::cache, true},
};

// Roles that a name tells whatever the framework.
struct role_mark {
    std::string_view text;
    key_role role;
};
constexpr std::array roles{
    role_mark{"session", key_role::session}, role_mark{"queue", key_role::queue}, role_mark{":lock:", key_role::lock},
    role_mark{"lock:", key_role::lock},      role_mark{":lock", key_role::lock},  role_mark{"_lock", key_role::lock},
};

std::optional<std::size_t> found_at(std::string_view text, const mark& of) {
    switch (of.at) {
        case place::start:
            return text.starts_with(of.text) ? std::optional<std::size_t>(0) : std::nullopt;
        case place::end:
            return text.ends_with(of.text) ? std::optional(text.size() - of.text.size()) : std::nullopt;
        case place::inside:
            break;
    }
    const auto at = text.find(of.text);
    return at == std::string_view::npos ? std::nullopt : std::optional(at);
}

// `cacheName::key`, a name on both sides.
bool is_spring_cache(std::string_view text) {
    const auto at = text.find("::");
    return at != std::string_view::npos && at > 0 && text.find(':') == at && at + 2 < text.size() &&
           text[at + 2] != ':';
}

key_role role_by_name(std::string_view text) {
    for (const auto& one : roles)
        if (text.find(one.text) != std::string_view::npos) return one.role;
    return key_role::unknown;
}

struct claim {
    std::string prefix;
    std::string_view framework;
};

// A prefix that is nothing, or a lone separator, would claim everybody's keys.
bool tells(std::string_view prefix) {
    return std::ranges::any_of(prefix, [](char c) { return c != ':' && c != '_' && c != '-' && c != '.'; });
}

}  // namespace

std::vector<framework_match> frameworks_of(std::span<const std::string> templates) {
    std::vector<framework_match> out(templates.size());
    std::vector<claim> claims;
    for (std::size_t i = 0; i < templates.size(); ++i) {
        const std::string_view text = templates[i];
        for (const auto& one : marks) {
            const auto at = found_at(text, one);
            if (!at) continue;
            out[i] = {one.framework, one.role};
            // What stands before the mark, its separator included.
            const auto prefix = text.substr(0, *at + (one.text.front() == ':' ? 1 : 0));
            if (one.claims && tells(prefix)) claims.push_back({std::string(prefix), one.framework});
            break;
        }
        if (out[i].framework.empty() && is_spring_cache(text)) out[i] = {"Spring Cache", key_role::cache};
    }
    for (std::size_t i = 0; i < templates.size(); ++i) {
        const auto named = role_by_name(templates[i]);
        if (out[i].framework.empty())
            for (const auto& one : claims)
                if (templates[i].starts_with(one.prefix)) {
                    out[i] = {one.framework, key_role::cache};
                    break;
                }
        if (named != key_role::unknown && !is_precious(out[i].role) && out[i].role != key_role::page)
            out[i].role = named;
    }
    return out;
}

std::string_view name_of(key_role role) noexcept {
    constexpr std::array<std::string_view, 8> names{"unknown", "cache", "page",  "session",
                                                    "queue",   "lock",  "index", "statistics"};
    return names[static_cast<std::size_t>(role)];
}

}  // namespace understudy::keyspace
