#include "discover/framework.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

namespace understudy::discover {

namespace {

enum class kind : std::uint8_t { header, cookie, key };
enum class look : std::uint8_t { begins, ends, holds, is };

struct sign {
    framework speaks_for;
    kind where;
    look how;
    std::string_view text;  // of a header "name: value", in small letters
    int weight;             // 3: nothing else does that by itself; 1: others may, too
};

using enum framework;

// Sources: the defaults in each framework's own code: Django's settings and django-redis (KEY_PREFIX:VERSION:key),
// WordPress's wp-includes and the object-cache.php of redis-cache and Object Cache Pro, Laravel's config/cache.php,
// session.php and database.php, Rails' ActionDispatch and RedisCacheStore, Spring Cache (CacheKeyPrefix) and Session,
// Express's res.send and express-session, connect-redis; Drupal's redis module; Symfony's session handler.
constexpr std::array signs_of{
    sign{wordpress, kind::header, look::holds, "link: rel=\"https://api.w.org/\"", 3},
    sign{wordpress, kind::header, look::begins, "x-pingback:", 3},
    sign{wordpress, kind::header, look::begins, "x-redirect-by: wordpress", 3},
    sign{wordpress, kind::cookie, look::begins, "wordpress_", 3},
    sign{wordpress, kind::cookie, look::begins, "wp-settings-", 3},
    sign{wordpress, kind::key, look::holds, ":options:alloptions", 3},
    sign{wordpress, kind::key, look::holds, ":posts:last_changed", 3},
    sign{wordpress, kind::key, look::holds, ":post_meta:", 2},
    sign{wordpress, kind::key, look::holds, ":site-transient:", 2},
    sign{wordpress, kind::key, look::holds, ":redis-cache:metrics", 3},
    sign{wordpress, kind::key, look::holds, ":userlogins:", 2},
    sign{django, kind::cookie, look::is, "csrftoken", 3},
    sign{django, kind::cookie, look::is, "sessionid", 2},
    sign{django, kind::cookie, look::is, "django_language", 3},
    sign{django, kind::header, look::begins, "server: wsgiserver", 2},
    sign{django, kind::key, look::holds, "django.contrib.sessions.", 3},
    sign{django, kind::key, look::holds, ":views.decorators.cache.cache_", 3},
    sign{django, kind::key, look::holds, ":template.cache.", 3},
    sign{django, kind::key, look::holds, ":{int}:", 1},
    sign{laravel, kind::cookie, look::is, "laravel_session", 3},
    sign{laravel, kind::cookie, look::ends, "_session", 1},
    sign{laravel, kind::cookie, look::is, "XSRF-TOKEN", 2},
    sign{laravel, kind::key, look::begins, "laravel_database_", 3},
    sign{laravel, kind::key, look::holds, "laravel_cache", 3},
    sign{laravel, kind::key, look::holds, "-database-", 1},
    sign{laravel, kind::key, look::holds, ":entries", 1},
    sign{laravel, kind::key, look::holds, "illuminate:", 3},
    sign{rails, kind::header, look::begins, "x-runtime: 0.", 3},
    sign{rails, kind::header, look::holds, "server: phusion passenger", 1},
    sign{rails, kind::header, look::begins, "x-permitted-cross-domain-policies: none", 1},
    sign{rails, kind::cookie, look::ends, "_session", 1},
    sign{rails, kind::key, look::begins, "views/", 3},
    sign{rails, kind::key, look::holds, ":views/", 3},
    sign{rails, kind::key, look::begins, "_session_id:{int}::", 3},
    sign{spring, kind::header, look::begins, "x-application-context:", 3},
    sign{spring, kind::cookie, look::is, "JSESSIONID", 1},
    sign{spring, kind::cookie, look::is, "SESSION", 1},
    sign{spring, kind::key, look::begins, "spring:session:", 3},
    sign{spring, kind::key, look::holds, "::", 1},
    sign{spring, kind::key, look::ends, "~lock", 2},
    sign{express, kind::header, look::is, "x-powered-by: express", 3},
    sign{express, kind::cookie, look::is, "connect.sid", 3},
    sign{express, kind::key, look::begins, "sess:", 2},
    sign{drupal, kind::header, look::begins, "x-drupal-", 3},
    sign{drupal, kind::header, look::begins, "x-generator: drupal", 3},
    sign{drupal, kind::key, look::holds, ":cachetags:", 3},
    sign{drupal, kind::key, look::holds, ":_redis_last_delete_all", 3},
    sign{symfony, kind::header, look::begins, "x-debug-token:", 3},
    sign{symfony, kind::key, look::begins, "sf_s", 2},
};

bool fits(const sign& one, std::string_view text) {
    switch (one.how) {
        case look::begins:
            return text.starts_with(one.text);
        case look::ends:
            return text.ends_with(one.text);
        case look::holds:
            return text.find(one.text) != std::string_view::npos;
        case look::is:
            return text == one.text;
    }
    return false;
}

// "link: ..." holds both the name and the value wherever it is in the list.
bool fits_header(const sign& one, const http::header& field) {
    const auto colon = one.text.find(':');
    if (!http::same_name(field.name, one.text.substr(0, colon))) {
        const bool prefix = one.how == look::begins && colon == std::string_view::npos;
        return prefix && http::lower(field.name).starts_with(one.text);
    }
    const auto wanted = http::trim(one.text.substr(colon + 1));
    const sign inner{one.speaks_for, one.where, one.how, wanted, one.weight};
    return fits(inner, http::lower(field.value));
}

constexpr std::size_t most_of_a_key = 60;

// What a report may show of it: names, and of keys the template.
std::optional<std::string> reason_of(const sign& one, const signs& seen) {
    if (one.where == kind::header) {
        for (const auto& field : seen.headers)
            if (fits_header(one, field)) return fmt::format("header {}", http::lower(field.name));
        return std::nullopt;
    }
    const auto& all = one.where == kind::cookie ? seen.cookies : seen.keys;
    const auto found = std::ranges::find_if(all, [&](const std::string& text) { return fits(one, text); });
    if (found == all.end()) return std::nullopt;
    if (one.where == kind::key)
        return fmt::format("keys like {}{}", found->substr(0, most_of_a_key),
                           found->size() > most_of_a_key ? "..." : "");
    return one.how == look::is ? fmt::format("cookie {}", one.text)
                               : fmt::format("a cookie named like {}{}{}", one.how == look::ends ? "*" : "", one.text,
                                             one.how == look::begins ? "*" : "");
}

struct tally {
    framework_guess guess;
    int weight = 0;
};

}  // namespace

std::string_view name_of(framework which) {
    static constexpr std::array<std::string_view, 8> names{"WordPress", "Django",  "Laravel", "Rails",
                                                           "Spring",    "Express", "Drupal",  "Symfony"};
    return names[static_cast<std::size_t>(which)];
}

std::string_view instrument_of(framework which) {
    static constexpr std::array<std::string_view, 8> words{"wordpress", "django",  "laravel", "rails",
                                                           "",          "express", "",        ""};
    return words[static_cast<std::size_t>(which)];
}

std::string_view name_of(sureness how) {
    return how == sureness::sure ? "surely" : how == sureness::likely ? "likely" : "perhaps";
}

std::vector<framework_guess> recognise(const signs& seen) {
    std::array<tally, 8> all;
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i].guess.which = static_cast<framework>(i);
    for (const auto& one : signs_of) {
        auto reason = reason_of(one, seen);
        if (!reason) continue;
        auto& place = all[static_cast<std::size_t>(one.speaks_for)];
        if (std::ranges::find(place.guess.reasons, *reason) != place.guess.reasons.end()) continue;
        place.weight += one.weight;
        place.guess.reasons.push_back(std::move(*reason));
    }
    std::ranges::sort(all, [](const tally& a, const tally& b) {
        return a.weight != b.weight ? a.weight > b.weight : a.guess.which < b.guess.which;
    });
    std::vector<framework_guess> out;
    for (auto& [guess, weight] : all) {
        if (weight == 0) continue;
        guess.how = weight >= 5 ? sureness::sure : weight >= 3 ? sureness::likely : sureness::perhaps;
        // Beside a sure one the weak signs of others are noise: "::" and ":1:" occur anywhere.
        const bool noise = !out.empty() && out.front().how == sureness::sure && guess.how == sureness::perhaps;
        if (!noise) out.push_back(std::move(guess));
    }
    return out;
}

}  // namespace understudy::discover
