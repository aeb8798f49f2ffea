// snapshot/application_look.h - what an environment's application says: each route asked twice by each of its
// identities, and the commands named `settings`, into a profile.
//
// Values that say nothing of anybody stand in it as they are, all others as keyed digests: two profiles made with one
// key tell whether they are the same.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/headers.h"
#include "model/environment.h"
#include "model/profile.h"
#include "net/runtime.h"
#include "store/profile_key.h"

namespace understudy::snapshot {

// Requests keep to the environment's limit. What cannot be had is a degraded fact; errors: interrupted.
[[nodiscard]] status look_at_application(net::runtime& on, const std::vector<model::route>& routes,
                                         const model::environment& one, const store::profile_key& key,
                                         model::profile& into);

// The headers of two answers in a row as a profile has them. Left out: those that say nothing of a cache and are others
// each time (Date, Content-Length, Age, hop by hop), and what caches say of themselves. Pure.
[[nodiscard]] std::map<std::string, std::string> profiled_headers(const http::headers& first,
                                                                  const http::headers& second,
                                                                  const store::profile_key& key);

}  // namespace understudy::snapshot
