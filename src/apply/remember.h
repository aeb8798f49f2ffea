// apply/remember.h - what happened to a change, into the history. Whatever goes wrong here is a warning: no
// rehearsal and no rollback fails because it could not be written down.
#pragma once

#include <filesystem>
#include <string>

#include "base/log.h"
#include "model/evidence.h"
#include "model/history.h"
#include "model/journal.h"
#include "store/state_folder.h"

namespace understudy::apply {

// `folder`: the run folder.
void remember_rehearsal(const store::state_folder& state, const model::evidence& of,
                        const std::filesystem::path& folder, const log_sink& log);

// `understudy rollback` of a journal: of a rehearsal that died, or of an apply. One that the history does not know (it
// died before it wrote its evidence) gets an entry of its own.
void remember_rollback(const store::state_folder& state, const model::journal_begin& begin, const model::proof& proof,
                       const log_sink& log);

// A purge or a sync that went through and stands.
void remember_lasting(const store::state_folder& state, const model::journal_begin& begin, const log_sink& log);

// For `apply`: what became of the change of the evidence `id`.
struct applied_act {
    std::string environment;
    int exit_code = 0;
    model::standing standing = model::standing::applied;
};
void remember_apply(const store::state_folder& state, const std::string& id, const applied_act& what,
                    const log_sink& log);

}  // namespace understudy::apply
