// rehearse/detail/record.h - what is written down of a rehearsal, besides what was measured.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "measure/visitor.h"
#include "model/change.h"
#include "model/environment.h"
#include "model/evidence.h"
#include "model/journal.h"
#include "rehearse/preflight.h"

namespace understudy::rehearse::detail {

// Under which conditions it is measured: host, servers, what is purged and what was not looked at.
[[nodiscard]] std::map<std::string, std::string> conditions_of(const model::project& project,
                                                               const model::change& change, const stage_set& set);

// The journal's first record: all that a rollback by another process needs.
[[nodiscard]] model::journal_begin first_record(const std::string& id, const model::project& project,
                                                const model::change& change, const stage_set& set);

// What leaks could not have been seen, and why.
[[nodiscard]] std::vector<std::string> blind_spots(const std::vector<measure::visitor>& visitors,
                                                   const model::evidence& evidence);

}  // namespace understudy::rehearse::detail
