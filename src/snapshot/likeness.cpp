#include "snapshot/likeness.h"

#include <fmt/format.h>

#include "apply/rollback.h"
#include "base/interrupt.h"
#include "diff/parity.h"
#include "report/drift.h"
#include "snapshot/live_profile.h"

namespace understudy::snapshot {

namespace {

result<model::profile> glance_at(net::runtime& on, const model::environment& one, std::chrono::milliseconds most) {
    UNDERSTUDY_LET(endpoint, apply::endpoint_of(one));
    live_options how;
    how.limits.time = most;
    how.progress = [&](const live_progress& /*now*/) -> status {
        if (interrupt_signal() == 0) return {};
        return fail(errc::interrupted, "interrupted", one.name, true);
    };
    UNDERSTUDY_LET(seen, profile_of_server(on, endpoint, how));
    if (seen.ended) return std::unexpected(*seen.ended);
    seen.profile.environment = one.name;
    return std::move(seen.profile);
}

}  // namespace

result<likeness> look_at_likeness(net::runtime& on, const model::environment& reference,
                                  const model::environment& other, const std::map<std::string, std::string>& accepted,
                                  std::chrono::milliseconds most) {
    UNDERSTUDY_LET(left, glance_at(on, reference, most));
    UNDERSTUDY_LET(right, glance_at(on, other, most));
    return likeness{diff::drift_between(left, right, {other.scale, accepted}), left.rate, right.rate};
}

std::string text_of(const likeness& seen) {
    auto out = report::headline(seen.drift);
    if (seen.seen_of_reference < 1 || seen.seen_of_other < 1)
        out += fmt::format("; by {:.0f} % of the keys of {} and {:.0f} % of those of {}", 100 * seen.seen_of_reference,
                           seen.drift.reference, 100 * seen.seen_of_other, seen.drift.other);
    return out;
}

}  // namespace understudy::snapshot
