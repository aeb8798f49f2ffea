// apply/standing.h - whether what a journal that stands did can still be undone by itself. Staging and production
// alike.
//
// A rollback brings back what was before. What was done later to the same setting, by the same command or to the same
// keys was done on top of it, and would be undone with it without a word: so it is rolled back first, the newest first.
#pragma once

#include <string>
#include <vector>

#include "apply/target.h"
#include "base/error.h"
#include "model/journal.h"
#include "net/server_info.h"
#include "store/state_folder.h"

namespace understudy::apply {

// What two journals of one server both touch, in words: "the setting maxmemory", "deploys", "keys of shop:1:*". Empty
// where they have nothing in common. Pure.
[[nodiscard]] std::string in_common(const model::journal_begin& left, const model::journal_begin& right);

// errc::needs_rollback where a later journal of the same server is open or stands, and has something in common with
// this one; it names the one to roll back first. A journal that is open is never refused: it is what a crash left, and
// nothing can have been begun on top of it. A later journal that cannot be read is taken for one on top.
[[nodiscard]] status nothing_on_top(const store::state_folder& state, const journal_file& journal);

// errc::unsafe_target where a journal of a production stands, and a server that answers now (of a Cluster: a primary)
// has another run_id than those of the journal and no replication history in common with them: another server, or one
// that was started empty. The error names the option that says it is the right one all the same. Pure.
[[nodiscard]] status still_that_server(const journal_file& journal, const std::vector<net::server_facts>& now);

}  // namespace understudy::apply
