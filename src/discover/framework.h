// discover/framework.h - which framework made these answers and these keys, how sure that is, and why.
//
// Every sign is a row of a table: a header, the name of a cookie, or the shape of a Redis key. Signs that a framework
// alone has count more than those that others may have too; two strong ones make it sure. What speaks for several
// frameworks at once speaks for none. Nothing is concluded that is not told with its reasons.
//
// Keys come as templates (keyspace/family.h): no value, no name of a person. Pure; cost O(signs × observations).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/headers.h"

namespace understudy::discover {

enum class framework : std::uint8_t { wordpress, django, laravel, rails, spring, express, drupal, symfony };
[[nodiscard]] std::string_view name_of(framework which);  // "WordPress"
// The word that `init --instrument` takes; empty for those that it has nothing for.
[[nodiscard]] std::string_view instrument_of(framework which);

enum class sureness : std::uint8_t { perhaps, likely, sure };
[[nodiscard]] std::string_view name_of(sureness how);

struct framework_guess {
    framework which = framework::django;
    sureness how = sureness::perhaps;
    std::vector<std::string> reasons;  // "cookie csrftoken", "keys like wp:posts:{int}"
};

struct signs {
    http::headers headers;             // of all answers together; values of Set-Cookie are not looked at
    std::vector<std::string> cookies;  // names
    std::vector<std::string> keys;     // templates
};

// The likeliest first; empty where nothing speaks for any.
[[nodiscard]] std::vector<framework_guess> recognise(const signs& seen);

}  // namespace understudy::discover
