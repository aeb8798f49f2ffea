// apply/rollback.h - undoes what a journal says was begun, and proves it. Needs the journal and the target, nothing
// else.
//
// In this order, each part doing only what is not yet as before, so that a rollback that was itself killed is simply
// run again:
//   1. a command of the journal that still runs is waited for, then ended
//   2. settings: the step's setting, and after a restart of the server every setting that was lost with it
//   3. the release: the change's rollback command, where `release` does not say that all is as before; the undo of a
//      command likewise, unless the journal says that it went through
//   4. keys: new ones of the families removed, the others restored; memory limits are lifted meanwhile, or restoring
//      a full cache would evict what was just restored
//   5. everything is read back and compared: the proof; the keys before the limit is back, for replies take memory too
// On a Redis Cluster this is done on the primaries that are there then. A failover in the middle of 2, 4 or 5 is lived
// through: the primaries are found anew, and the part is done again from what is there.
// Parts (a) to (f) of the proof are those of docs/rollback.md.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "apply/journal_log.h"
#include "base/error.h"
#include "base/log.h"
#include "model/evidence.h"
#include "model/journal.h"
#include "net/writable_link.h"
#include "net/write_link.h"

namespace understudy::apply {

struct rollback_options {
    std::chrono::milliseconds patience{10'000};  // for a command that still runs, before it is ended
    log_sink log;
};

struct rollback_outcome {
    model::proof proof;
    std::vector<model::command_run> commands;
    double command_seconds = 0;
};

// Whether anything may have been done: without a `saved` record nothing was.
[[nodiscard]] bool nothing_was_done(const model::journal& read);

// Rolls back and writes the outcome into the journal. An error means that it could not go on (the journal stays open);
// a proof with differences is no error here.
[[nodiscard]] result<rollback_outcome> roll_back(net::write_link& link, const model::journal& read, journal_log& log,
                                                 const rollback_options& options);

// The permission and endpoint that the journal's target is opened with.
[[nodiscard]] net::write_permission permission_of(const model::journal_begin& begin);
[[nodiscard]] result<net::redis_endpoint> endpoint_of(const model::environment& on);

}  // namespace understudy::apply
