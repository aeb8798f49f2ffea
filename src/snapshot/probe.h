// snapshot/probe.h - what this server tells this user of its keys, asked before any is walked: managed services keep
// commands back, and a user may have fewer still.
//
// Whatever is missing is named, with the reason and with the second way where there is one. Nothing that touches is
// asked of a server that would forget by it which keys are idle: before 7.2 STRLEN, HLEN and their kin count as a use
// of the key, and where maxmemory-policy goes by uses, the cache would evict other keys than without us.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "model/profile.h"
#include "net/deadline.h"
#include "net/read_only_link.h"
#include "net/server_info.h"

namespace understudy::snapshot {

struct powers {
    bool absolute_expiry = false;  // PEXPIRETIME (7.0); else PTTL
    bool encoding = false;         // OBJECT ENCODING
    bool memory = false;           // MEMORY USAGE
    bool idle = false;             // OBJECT IDLETIME, where the server keeps it
    bool frequency = false;        // OBJECT FREQ, where the server keeps it
    bool lengths = false;          // STRLEN, HLEN, LLEN, SCARD, ZCARD, XLEN
    bool no_modules = false;       // no module is loaded, so an encoding says the type where only one type has it
    std::vector<model::degraded_fact> degraded;

    // Commands that one key costs.
    [[nodiscard]] std::size_t commands_a_key() const;
};

// What is known of the server before. Empty facts: it does not give INFO.
struct server_view {
    std::string policy;  // maxmemory-policy; empty: not known
    bool replica = false;
    bool no_modules = false;  // INFO said so
};

// Asks each command of a key that does not exist. Errors: no_permission or server_error where SCAN or TYPE are refused,
// without which there is nothing to walk; those of the link.
[[nodiscard]] result<powers> probe(net::read_only_link& link, const server_view& about, net::deadline until);

}  // namespace understudy::snapshot
