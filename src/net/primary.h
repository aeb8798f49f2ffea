// net/primary.h - which server the sentinels name as the primary, while a link to one is open.
//
// A primary that is failed over by hand stays a master for some seconds more, and a link to it lives on: only the
// sentinels know. Thread rule: that of the runtime.
#pragma once

#include "base/error.h"
#include "net/deadline.h"
#include "net/endpoint.h"
#include "net/runtime.h"

namespace understudy::net {

// Asks all sentinels of the endpoint, one connection each; waits while they disagree. Nothing is asked of the server.
// Errors: unreachable, unknown_name, server_error (they do not agree), those of connecting.
[[nodiscard]] result<server_address> named_primary(runtime& on, const redis_endpoint& of, deadline until);

}  // namespace understudy::net
