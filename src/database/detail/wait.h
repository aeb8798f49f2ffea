// database/detail/wait.h - waiting for a descriptor and for names, with a deadline, hearing Ctrl-C.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "database/address.h"

namespace understudy::database::detail {

struct wanted {
    bool read = false, write = false;
};

// Until the descriptor is ready for one of them (or broken, which the next call on it tells). Errors: timed_out,
// interrupted.
[[nodiscard]] result<wanted> wait_for(int descriptor, wanted events, moment until, const std::string& where);

// The numeric addresses of a host, at most 8. getaddrinfo cannot be given a deadline, so it runs in a thread of its own
// that is left behind where it takes too long. Errors: unreachable, timed_out, interrupted.
[[nodiscard]] result<std::vector<std::string>> addresses_of(const std::string& host, moment until,
                                                            const std::string& where);

// Whether packets to this numeric address stay on this machine: 127.0.0.0/8 and ::1, the first also as
// ::ffff:127.0.0.1. Pure.
[[nodiscard]] bool is_local(const std::string& numeric);

}  // namespace understudy::database::detail
