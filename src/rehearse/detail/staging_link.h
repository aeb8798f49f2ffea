// rehearse/detail/staging_link.h - looks after a rehearsal's link to staging, which can die in the middle: by a
// restart, a failover, a slot that moves.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/runtime.h"
#include "net/write_link.h"
#include "rehearse/preflight.h"

namespace understudy::rehearse::detail {

// Of set.link, which it replaces. Links that it replaced live as long as this object does, since others refer to them.
class staging_link {
public:
    staging_link(net::runtime& on, stage_set& set) : runtime_(on), set_(set) {}

    // Whether the sentinels, where there are any, still name the server that the link goes to.
    [[nodiscard]] result<bool> still_named();
    // And is still the one to write to: of a Cluster every primary, and none of the slots is another's.
    [[nodiscard]] bool answers();
    // A new link, with all the checks of the first one. False where none could be had in half a minute, for a failover
    // takes some seconds; then the old one stays.
    bool reopen();
    // After a reopen(): what had become of the old one. `run_id`: of its server, when last seen.
    [[nodiscard]] std::vector<std::string> what_became(const std::string& run_id);

private:
    net::runtime& runtime_;
    stage_set& set_;
    std::vector<std::unique_ptr<net::write_link>> retired_;
};

}  // namespace understudy::rehearse::detail
