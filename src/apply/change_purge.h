// apply/change_purge.h - the purge of a change where visitors write meanwhile: nothing is removed that cannot come
// back.
//
// design  The backup was made before the step, and a deploy takes minutes. What the old release wrote into the patterns
//         since then is not in it, and must go all the same: a page of the old release would outlive the change. So
//         after the step the patterns are walked once more, what is found beyond the backup goes into a second one
//         beside it, and only then the keys of the two backups are removed, these and no others. What is written later
//         still is of the new release, and stays.
//
// The journal says `planned` before the second backup is begun, `saved` when it is whole, `applied` at the end; there
// is no second backup, and no `saved`, where nothing was written meanwhile. A rollback brings back both.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "apply/journal_log.h"
#include "base/error.h"
#include "model/journal.h"
#include "net/write_link.h"

namespace understudy::apply {

struct purged_keys {
    std::uint64_t removed = 0;
    std::uint64_t late = 0;  // that were written since the backup, and saved as well
};

// `read`: the journal with its saved record. `rest` is called after each batch; an error of it ends the purge. Where
// the change has no backup of keys, as its file says, they are removed by pattern.
[[nodiscard]] result<purged_keys> purge_of_change(net::write_link& link, const model::journal& read,
                                                  const std::vector<std::string>& patterns, journal_log& log,
                                                  const std::function<status()>& rest);

}  // namespace understudy::apply
