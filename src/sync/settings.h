// sync/settings.h - brings the settings of a staging nearer to production's: a plan, then CONFIG SET, journal first.
//
// Production is not touched here: what its settings are is the caller's to know (from its server or from a profile).
// On a Redis Cluster each primary is set. Nothing is written into the server's own file (no CONFIG REWRITE), so a
// restart undoes it.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "apply/settings.h"
#include "base/error.h"
#include "base/log.h"
#include "diff/settings_plan.h"
#include "model/drift.h"
#include "model/environment.h"
#include "model/journal.h"
#include "net/runtime.h"
#include "net/server_info.h"

namespace understudy::sync {

struct settings_options {
    bool all = false;           // also what does not change what a cache does
    std::string no_key_backup;  // why keys are not backed up where they can be evicted; empty: they are
    std::function<void(std::string_view stage, std::uint64_t done, std::uint64_t total)> progress;
    log_sink log;
};

// The environment as it is, and what would be done to it.
struct settings_look {
    diff::server_side here;
    diff::settings_plan plan;
    bool evicts = false;    // the plan can make the server evict keys
    std::string not_saved;  // why not every key that can be evicted would be saved; empty: all would be
    std::string run_ids;    // of its servers
    std::vector<model::journal_server> servers;
    std::vector<net::server_facts> facts;  // of each
    model::drift before;                   // of version and settings alone
    model::drift after;                    // as the plan would have it, once what needs a restart is done as well
};

struct settings_done {
    settings_look look;                     // right before it
    model::drift after;                     // read back; what needs a restart is still as it was
    std::filesystem::path journal, backup;  // no backup where no key can be lost
};

// Only reads. Errors: unsafe_target for an environment of role production; those of reading (no_permission where CONFIG
// GET is kept back; drift where the primaries of a Cluster are not set alike).
[[nodiscard]] result<settings_look> look_at_settings(net::runtime& on, const model::project& project,
                                                     const model::environment& where,
                                                     const diff::server_side& production,
                                                     const settings_options& options);

// Does it. A plan without anything to set leaves no journal. Errors: not_writable, unsafe_target, locked,
// needs_rollback before anything is done; after that whatever went wrong (server_error where the server refuses a
// setting), and the text says whether everything was brought back.
[[nodiscard]] result<settings_done> bring_settings(net::runtime& on, const model::project& project,
                                                   const model::environment& where, const diff::server_side& production,
                                                   const settings_options& options);

}  // namespace understudy::sync
