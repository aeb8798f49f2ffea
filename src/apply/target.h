// apply/target.h - the server that a journal is about: opened for writing by the right type of link, and held alone.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "model/journal.h"
#include "net/deadline.h"
#include "net/runtime.h"
#include "net/write_link.h"
#include "store/state_folder.h"

namespace understudy::apply {

// A journal that was read, and where it lies.
struct journal_file {
    std::filesystem::path path;
    model::journal read;
};

// Staging and scratch: a writable_link, with all its checks. Production: a production_write_link, by way of the gate,
// and only for the commands of this journal. A server that loads its data is waited for until the deadline.
// Errors: those of the two links; not_writable and unsafe_target of the gate.
[[nodiscard]] result<std::unique_ptr<net::write_link>> open_target(net::runtime& on, const journal_file& journal,
                                                                   net::deadline until);

// What a journal opens with, for this environment and process: its identity and those of all productions are the
// caller's.
[[nodiscard]] model::journal_begin begin_of(const std::string& id, const model::environment& on,
                                            const model::backup_policy& backups);
// "20261123T231407123Z-NAME-ab12": by name in the order of time.
[[nodiscard]] std::string new_id(const std::string& name);

// Whether a journal is of the server of an environment. Settings are the server's, whatever database and whatever name
// of it an environment gives. Pure.
[[nodiscard]] bool same_server(const model::journal_begin& begin, const model::environment& on,
                               const std::string& run_id);

// errc::needs_rollback where an earlier journal of the same server is open, errc::locked where its process lives.
// `but`: the caller's own.
[[nodiscard]] status no_open_journal(const store::state_folder& state, const model::environment& on,
                                     const std::string& run_id, const std::filesystem::path& but = {});

// The servers of all environments of role production, each asked over a read-only link.
[[nodiscard]] result<std::vector<model::server_mark>> production_marks(net::runtime& on, const model::project& project);

}  // namespace understudy::apply
