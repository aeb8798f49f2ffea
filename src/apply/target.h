// apply/target.h - the server that a journal is about: opened for writing by the right type of link, and held alone.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "model/journal.h"
#include "net/deadline.h"
#include "net/read_only_cluster.h"
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
// and only for the commands of this journal. A Redis Cluster: one of these for each primary; it is found from any node
// that the journal names. A server that loads its data is waited for until the deadline.
// Errors: those of the links; not_writable and unsafe_target of the gate; unsafe_target where the journal is of a
// Cluster and what answers is none, or the other way round.
[[nodiscard]] result<std::unique_ptr<net::write_link>> open_target(net::runtime& on, const journal_file& journal,
                                                                   net::deadline until);

// What a journal opens with, for this environment and process: its servers and the identities of all productions are
// the caller's.
[[nodiscard]] model::journal_begin begin_of(const std::string& id, const model::environment& on,
                                            const model::backup_policy& backups);
// The servers behind a link, for a journal's begin.
[[nodiscard]] std::vector<model::journal_server> servers_of(net::write_link& link);
[[nodiscard]] std::vector<model::journal_server> servers_of(net::read_only_cluster& of);

// "20261123T231407123Z-NAME-ab12": by name in the order of time.
[[nodiscard]] std::string new_id(const std::string& name);

// Whether a journal is of one of an environment's servers. Settings are the server's, whatever database and whatever
// name of it an environment gives. Pure.
[[nodiscard]] bool same_server(const model::journal_begin& begin, const model::environment& on,
                               const std::vector<model::journal_server>& servers);

// errc::needs_rollback where an earlier journal of one of these servers is open, errc::locked where its process lives.
// `but`: the caller's own.
[[nodiscard]] status no_open_journal(const store::state_folder& state, const model::environment& on,
                                     const std::vector<model::journal_server>& servers,
                                     const std::filesystem::path& but = {});

// The servers of all environments of role production, each asked over a read-only link; of a Cluster all its nodes.
[[nodiscard]] result<std::vector<model::server_mark>> production_marks(net::runtime& on, const model::project& project);

}  // namespace understudy::apply
