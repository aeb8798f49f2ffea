// model/history.h - what became of each change: an entry for each rehearsal, purge and sync, with what was done to it
// later.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/units.h"
#include "model/finding.h"

namespace understudy::model {

// rehearsed: on staging, and rolled back there, whatever the verdict. applied: on production, by this evidence; a purge
// or a sync: done, and it stands. rolled_back: applied and undone, or left half done by a rehearsal that died and
// undone later. superseded: another rehearsal of the change came after it (or another was applied). open: its rollback
// is not complete.
enum class standing : std::uint8_t { rehearsed, applied, rolled_back, superseded, open };

enum class act : std::uint8_t { rehearse, apply, rollback, purge, sync };

struct history_act {
    model::act what = act::rehearse;
    wall_time at{};
    std::string environment;
    int exit_code = 0;
};

struct history_entry {
    std::string id;  // of the evidence, and of its journal
    std::string change;
    std::string change_digest;
    std::string owner, reason, route;  // empty where only a journal was left of the rehearsal
    std::string verdict;               // a word, or empty: it never came to one
    std::string why;
    model::standing standing = standing::rehearsed;
    std::string commit;             // of the change file's repository; empty: unknown
    std::string folder;             // the run folder
    std::vector<history_act> acts;  // in the order of time
};

}  // namespace understudy::model
