// keyspace/framework.h - whose keys these are, by their form: the frameworks and libraries that write to Redis.
//
// guide  A few keys tell for certain (`:options:alloptions` is WordPress, `views.decorators.cache.cache_page` is
// Django).
//        What stands before such a mark is the application's prefix, and the other families below that prefix are of
//        the same framework, though `blog:wp:comment:{int}` by itself could be anybody's. So all families are looked at
//        together.
//
// Works on templates (family.h). Pure. Sources of the forms: the frameworks' own code, named in framework.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::keyspace {

// What would be lost with the keys. Sessions, queues and locks are no cache: nobody can make them anew.
enum class key_role : std::uint8_t { unknown, cache, page, session, queue, lock, index, statistics };

struct framework_match {
    std::string_view framework;  // "WordPress"; empty: not recognised. Static storage
    key_role role = key_role::unknown;
};

// One for each template, in their order. Cost: templates × marks, some 40.
[[nodiscard]] std::vector<framework_match> frameworks_of(std::span<const std::string> templates);

// Whether an eviction of the keys loses what nobody can make anew.
[[nodiscard]] constexpr bool is_precious(key_role role) {
    return role == key_role::session || role == key_role::queue || role == key_role::lock;
}
[[nodiscard]] std::string_view name_of(key_role role) noexcept;

}  // namespace understudy::keyspace
