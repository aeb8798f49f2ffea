// rehearse/rehearsal.h - the main job: one change, rehearsed on staging, measured before and after, rolled back,
// proven.
//
// The stages, in order; docs/rehearsal.md tells them to users:
//   1 preflight   2 noise   3 before   4 apply   5 purge   6 after   7 compare   8 roll back   9 evidence
// Stages 4 to 6 alternate in blocks, B A A B and so on, so that a drift of the machine falls on both arms alike; the
// last arm is an after, so stage 8 rolls back the change as a deploy by hand would be rolled back.
//
// Whatever goes wrong from the first write on, Ctrl-C included, ends in stage 8. The journal is read back from disk for
// it, so that what is rehearsed is also the rollback after a crash.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "base/error.h"
#include "base/log.h"
#include "model/change.h"
#include "model/environment.h"
#include "model/evidence.h"
#include "net/runtime.h"

namespace understudy::rehearse {

struct rehearsal_options {
    std::uint64_t seed = 0;    // 0: drawn, and recorded
    std::string drift_reason;  // accepts drift beyond tolerance
    std::string arguments;     // as the command was called, for the record
    std::function<void(std::string_view stage, std::uint64_t done, std::uint64_t total)> progress;
    log_sink log;
};

struct rehearsal_result {
    model::evidence evidence;
    std::filesystem::path folder;  // evidence.json, report.html, RUNBOOK.md, apply.sh, rollback.sh, measurements/
};

// An error: refused or failed before anything was changed; nothing was written but what was removed again. Otherwise
// the evidence, whose exit_code says how it ended.
[[nodiscard]] result<rehearsal_result> rehearse(net::runtime& on, const model::project& project,
                                                const model::change& change, const rehearsal_options& options);

}  // namespace understudy::rehearse
