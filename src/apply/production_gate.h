// apply/production_gate.h - the gate before production: the only maker of a permit for net::production_write_link.
//
// A permit comes from a journal on disk and from nothing else. The journal has to be there before it (so whatever is
// done can be undone), its environment has to be production and read-write, and it has to name the evidence or the
// fresh plan by which it was begun. Whoever begins such a journal has checked that evidence (rehearse/validity.h) or
// that plan (purge/purge.h).
//
// What the permit allows is what the journal's step, its purge and their way back need, for its own keys and its own
// setting; any other command never leaves the program.
#pragma once

#include <filesystem>
#include <string>

#include "apply/keys.h"
#include "apply/settings.h"
#include "base/error.h"
#include "model/journal.h"
#include "net/command.h"
#include "net/production_write_link.h"

namespace understudy::apply {

// The writes of one journal. `before`: the settings as they were, for the way back.
class journal_writes {
public:
    [[nodiscard]] static result<journal_writes> of(const model::journal_begin& begin, const settings& before);
    // Whether it is one of them. Pure; any thread.
    [[nodiscard]] bool hold(const net::command& words) const;

private:
    [[nodiscard]] bool is_ours(const std::string& key) const { return is_probe_key(key) || families_.hold(key); }

    key_families families_;
    std::string setting_, value_, was_;
};

}  // namespace understudy::apply

namespace understudy::net {

struct production_gate {
    // `run_id`: of the server that answers now. That of the journal's beginning, unless the server restarted since and
    // this is a rollback. Errors: not_writable for a read-only environment; unsafe_target for a journal that is not of
    // production or names no authority; those of reading a journal.
    [[nodiscard]] static result<production_permit> permit(const std::filesystem::path& journal,
                                                          const apply::settings& before, const std::string& run_id);
};

}  // namespace understudy::net
