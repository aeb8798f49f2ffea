// apply/lasting.h - something that is done to an environment and meant to stay: announced and saved first, brought back
// where it fails or is interrupted, closed where it went through.
//
// design  The order is that of every change: the journal is on disk before the server is touched, the backup before the
//         first key is. Until the end is written the journal is open, so a crash at any moment leaves what
//         `understudy rollback` needs; afterwards it stands, and is undone where it is named.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "apply/before.h"
#include "apply/journal_log.h"
#include "apply/lease.h"
#include "apply/restore.h"
#include "apply/settings.h"
#include "base/error.h"
#include "base/log.h"
#include "model/journal.h"
#include "net/runtime.h"
#include "net/write_link.h"
#include "store/state_folder.h"

namespace understudy::apply {

struct lasting_plan {
    model::journal_begin first;  // with the servers and the marks of production
    apply::settings settings;    // as they are
    before_plan keys;            // its file and key of encryption are filled in here
    std::string run_ids;         // of the servers that were looked at
    log_sink log;
};

class lasting {
public:
    // Writes the journal, opens the server, takes its lease, saves. Where that fails nothing of the environment's was
    // touched, and the journal says so. Errors: unsafe_target, not_writable, locked, needs_rollback; stale_plan where
    // the server was restarted since it was looked at; those of save_keys.
    [[nodiscard]] static result<lasting> begin(net::runtime& on, const store::state_folder& state, lasting_plan plan);

    [[nodiscard]] net::write_link& link() { return *link_; }
    [[nodiscard]] journal_log& journal() { return *journal_; }
    [[nodiscard]] const std::filesystem::path& journal_path() const { return path_; }
    [[nodiscard]] const std::filesystem::path& backup_path() const { return backup_; }
    // As it lies on disk. Errors: those of reading; journal_damaged.
    [[nodiscard]] result<key_backup> backup() const;

    // It went through and stays: closes the journal with `outcome`, tells the history, lets go of the server.
    [[nodiscard]] status keep(const std::string& outcome);
    // Something may have been done, and then `wrong` happened: everything is brought back as after a crash. The text
    // says whether that is proven. A signal that was waiting ends the process then.
    [[nodiscard]] error brought_back(error wrong);

private:
    lasting(net::runtime& on, const store::state_folder& state, const lasting_plan& plan)
        : runtime_(&on),
          state_(state),
          first_(plan.first),
          path_(state.journals() / (first_.id + ".journal")),
          backup_(state.backups() / (first_.id + ".backup")),
          log_(plan.log) {}

    [[nodiscard]] status open_and_save(lasting_plan& plan);
    [[nodiscard]] result<bool> undo();  // whether the proof is complete

    net::runtime* runtime_;
    store::state_folder state_;
    model::journal_begin first_;
    std::filesystem::path path_, backup_;
    log_sink log_;
    std::unique_ptr<net::write_link> link_;
    std::optional<apply::lease> lease_;
    std::optional<journal_log> journal_;
};

}  // namespace understudy::apply
