// snapshot/acl.h - who may do what on a server: its access control list, without passwords.
//
// Asked for only where somebody wants it: a user who may not ask leaves an entry in ACL LOG by asking.
// Source: Redis src/acl.c (aclCommand: USERS and GETUSER; 6.0 tells keys as a list, 7.0 as words of ACL SETUSER).
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/error.h"
#include "net/deadline.h"
#include "net/read_only_link.h"
#include "resp/value.h"

namespace understudy::snapshot {

// By user, in words of ACL SETUSER, "password" where one is set: {"app", "on password ~shop:* resetchannels +get"}.
// Errors: no_permission; over_limit beyond 4096 users or 16 MB; protocol; those of the link.
[[nodiscard]] result<std::map<std::string, std::string>> users_of(net::read_only_link& link, net::deadline until);

// From the reply to ACL GETUSER. Empty: not what it replies.
[[nodiscard]] std::optional<std::string> rules_in(const resp::value& reply);

}  // namespace understudy::snapshot
