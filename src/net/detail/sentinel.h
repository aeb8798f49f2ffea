// net/detail/sentinel.h - which server is the primary now, by the word of the sentinels.
//
// All of them are asked, not the first that answers: one that was cut off from the others still names the old primary.
// What they say is only where to look; whoever connects there asks the server itself whether it is a master.
//
// Source: Redis's "Guidelines for Redis clients with support for Redis Sentinel" (sentinel-clients).
#pragma once

#include <optional>

#include "base/error.h"
#include "model/environment.h"
#include "net/deadline.h"
#include "net/endpoint.h"

namespace understudy::net::detail {

class engine;

// `to.sentinels` is given. Waits while they name different servers, until the deadline.
// Errors: unreachable (no sentinel answers), unknown_name (none of them watches such a master), server_error (they do
// not agree; retry_safe), and of a single sentinel tls_failed, auth_failed and their kin where no other answers.
[[nodiscard]] result<model::server_place> find_primary(engine& on, const redis_endpoint& to, deadline until);

}  // namespace understudy::net::detail
