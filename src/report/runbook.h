// report/runbook.h - what to do on production, from what was proven on staging. Pure.
#pragma once

#include <string>

#include "model/evidence.h"

namespace understudy::report {

// RUNBOOK.md: owner, reason, expected result and rollback note on top, then the exact commands that were proven.
[[nodiscard]] std::string runbook(const model::evidence&);
// apply.sh and rollback.sh: those commands as they were run, for /bin/sh. Where the rehearsal did not prove the change
// they say why and exit 1 without doing anything.
[[nodiscard]] std::string apply_script(const model::evidence&);
[[nodiscard]] std::string rollback_script(const model::evidence&);

// Empty where the change did what was expected and its rollback is proven; else why production must not have it.
[[nodiscard]] std::string why_not_for_production(const model::evidence&);

}  // namespace understudy::report
