// store/history.h - what became of each change, in one SQLite file of the state folder: history.db, mode 0600.
//
// design  One row for each rehearsal, by the id of its evidence, which is also that of its journal; one for each act on
//         it. Where a change stands is kept up to date by whoever acts: a rehearsal supersedes the earlier ones of its
//         change, an apply the apply before it. Nothing of the program depends on the history: who cannot write it
//         warns and goes on.
// why     A rollback journal and not WAL: there is one short write at the end of each run, and WAL's shared memory does
//         not work on the network folders that home directories lie on. synchronous=FULL, for a row that is told of
//         should be there after a power cut.
//
// why    The digest of an evidence is not here but in the journal of its rehearsal: that is what `apply` trusts, and
// two
//        of them could differ. Version 1 of the file had it; it goes when such a file is opened.
//
// A file that SQLite calls damaged, or that is another program's, is renamed to history.db.damaged-STAMP and a new one
// is begun; set_aside() says so. One of a newer version is left alone: errc::newer_format. Waits five seconds for
// another process's write, then errc::locked. Everything else is errc::io or errc::disk_full. One object, one thread.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "model/history.h"
#include "store/state_folder.h"

namespace understudy::store {

// What is asked of history::list.
struct history_filter {
    std::size_t limit = 0;  // newest first; 0: all
    std::string change;     // empty: every one
};

class history {
public:
    // Makes the file where it is missing.
    [[nodiscard]] static result<history> open(const state_folder& state);
    history(history&&) noexcept;
    history& operator=(history&&) noexcept;
    ~history();

    // A rehearsal that has ended, with its first act. Where it stands as rehearsed, earlier entries of the same change
    // that were only rehearsed become superseded. The same id again replaces the entry.
    [[nodiscard]] status rehearsed(const model::history_entry& entry);
    // An act on the rehearsal `id`, and where it stands now. Applied supersedes what was applied of the same change
    // before. An id that is not known is errc::unknown_name.
    [[nodiscard]] status acted(const std::string& id, const model::history_act& act, model::standing now);

    // Newest first.
    [[nodiscard]] result<std::vector<model::history_entry>> list(const history_filter& filter = {});
    [[nodiscard]] result<std::optional<model::history_entry>> find(const std::string& id);

    // Where the damaged file is now; empty where the one that was found was good.
    [[nodiscard]] const std::filesystem::path& set_aside() const { return set_aside_; }

private:
    struct database;
    explicit history(std::unique_ptr<database> opened);
    [[nodiscard]] status in_transaction(const std::function<status()>& work);
    [[nodiscard]] status add_act(const std::string& id, const model::history_act& act);
    [[nodiscard]] status supersede(const std::string& id, model::standing was);
    [[nodiscard]] result<std::vector<model::history_entry>> select(const std::string& where, const std::string& value,
                                                                   std::size_t limit);
    std::unique_ptr<database> database_;
    std::filesystem::path set_aside_;
};

}  // namespace understudy::store
