#include "apply/remember.h"

#include <variant>

#include "model/json.h"
#include "store/history.h"

namespace understudy::apply {

namespace {

using model::standing;

void in_history(const store::state_folder& state, const log_sink& log, const auto& write) {
    auto history = store::history::open(state);
    if (!history) return log.warning("this was not written into the history: " + history.error().text());
    if (!history->set_aside().empty())
        log.warning("the history was damaged and is begun anew; what it was is in " + history->set_aside().string());
    if (const status done = write(*history); !done)
        log.warning("this was not written into the history: " + done.error().text());
}

// An apply has a journal of its own: the rehearsal that it rests on is the one of the same change file that stands as
// applied. Empty where there is none.
result<std::string> applied_by(store::history& history, const model::journal_begin& begin) {
    // A purge and a sync have no change file, and rest on nothing.
    if (begin.environment.role != model::role::production || begin.change_digest.empty()) return std::string();
    UNDERSTUDY_LET(all, history.list({0, begin.change}));
    for (const auto& one : all)
        if (one.standing == standing::applied && one.change_digest == begin.change_digest) return one.id;
    return std::string();
}

}  // namespace

void remember_rehearsal(const store::state_folder& state, const model::evidence& of,
                        const std::filesystem::path& folder, const log_sink& log) {
    model::history_entry entry;
    entry.id = of.id;
    entry.change = of.change.name;
    entry.change_digest = of.change.digest;
    entry.owner = of.change.owner;
    entry.reason = of.change.reason;
    entry.route = of.change.route;
    entry.verdict = model::word(of.comparison.verdict);
    entry.why = of.comparison.why;
    entry.standing = of.proof.complete() ? standing::rehearsed : standing::open;
    entry.commit = of.git.commit;
    entry.folder = folder.string();
    entry.acts = {{model::act::rehearse, of.ended, of.environment, of.exit_code}};
    in_history(state, log, [&](store::history& history) { return history.rehearsed(entry); });
}

void remember_rollback(const store::state_folder& state, const model::journal_begin& begin, const model::proof& proof,
                       const log_sink& log) {
    const auto code = proof.complete() ? exit_code::ok : exit_code::rollback_incomplete;
    const model::history_act act{model::act::rollback, now(), begin.environment.name, static_cast<int>(code)};
    const auto where = proof.complete() ? standing::rolled_back : standing::open;
    in_history(state, log, [&](store::history& history) -> status {
        UNDERSTUDY_LET(known, history.find(begin.id));
        if (known) return history.acted(begin.id, act, where);
        UNDERSTUDY_LET(applied, applied_by(history, begin));
        if (!applied.empty()) return history.acted(applied, act, where);
        model::history_entry entry;
        entry.id = begin.id;
        entry.change = begin.change;
        entry.change_digest = begin.change_digest;
        entry.standing = where;
        entry.acts = {act};
        return history.rehearsed(entry);
    });
}

void remember_lasting(const store::state_folder& state, const model::journal_begin& begin, const log_sink& log) {
    const bool purged = std::holds_alternative<model::purge_step>(begin.step);
    model::history_entry entry;
    entry.id = begin.id;
    entry.change = begin.change;
    entry.change_digest = begin.change_digest;
    entry.standing = standing::applied;
    entry.acts = {{purged ? model::act::purge : model::act::sync, now(), begin.environment.name, 0}};
    in_history(state, log, [&](store::history& history) { return history.rehearsed(entry); });
}

void remember_apply(const store::state_folder& state, const std::string& id, const applied_act& what,
                    const log_sink& log) {
    const model::history_act act{model::act::apply, now(), what.environment, what.exit_code};
    in_history(state, log, [&](store::history& history) -> status { return history.acted(id, act, what.standing); });
}

}  // namespace understudy::apply
