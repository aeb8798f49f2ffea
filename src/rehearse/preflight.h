// rehearse/preflight.h - before anything is touched: reach everything, prove everybody, refuse what is unsafe.
//
// After it nothing has been written to staging but the lease.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apply/keys.h"
#include "apply/lease.h"
#include "apply/settings.h"
#include "base/error.h"
#include "base/log.h"
#include "measure/visitor.h"
#include "model/environment.h"
#include "model/evidence.h"
#include "net/cluster_link.h"
#include "net/read_only_cluster.h"
#include "store/state_folder.h"

namespace understudy::rehearse {

struct preflight_options {
    std::string drift_reason;  // accepts drift beyond tolerance; recorded
    std::string id;
    log_sink log;
};

// What production said of itself, read only. Of a Redis Cluster: all its nodes, and the settings of all primaries; one
// in which they differ has all values that there are ("A | B"), which is drift.
struct production_side {
    const model::environment* environment = nullptr;
    net::server_facts facts;
    apply::settings settings;
    std::vector<net::server_identity> identities;
    std::string cluster;  // "3 primaries, 3 replicas"; empty: it is none
};

// Everything that a rehearsal works with.
struct stage_set {
    const model::environment* staging = nullptr;
    production_side production;                     // the first one: the one that staging is compared with
    std::vector<net::server_identity> productions;  // of all of them, none of which may be written to
    store::state_folder state;
    std::unique_ptr<net::write_link> link;
    std::optional<apply::lease> lease;
    apply::settings settings;  // staging's, before anything
    std::string release;
    bool evicts = false;
    apply::key_families purge;     // the change's patterns
    apply::key_families families;  // these, those of an expire step, or everything where the step can evict
    std::vector<measure::visitor> visitors;
    std::vector<model::finding> drift;
    std::string likeness;        // how near the two caches are; or why that is not known
    double command_seconds = 0;  // spent in the environment's commands
};

// Errors: unreachable and its kin; unsafe_target, not_writable, cluster_unsettled, drift, locked, needs_rollback;
// login_failed; the codes of configuration for what the change names and the project has not.
[[nodiscard]] result<stage_set> preflight(net::runtime& on, const model::project& project, const model::change& change,
                                          const preflight_options& options);

// Whether one and the same page of HTML answers every target, a path that was made up for it included: a login portal,
// a proxy without its application behind it, a wrong url. Each target is asked for once.
[[nodiscard]] result<bool> answers_everything_alike(measure::visitor& anonymous,
                                                    const std::vector<std::string>& targets);

[[nodiscard]] result<production_side> see_production(net::runtime& on, const model::environment& environment);

// One visitor for each named identity of the environment, with every identity's marker to look for. `before_request`
// paces all of them together.
[[nodiscard]] result<std::vector<measure::visitor>> visitors_of(net::runtime& on, const model::environment& where,
                                                                const std::vector<std::string>& names,
                                                                const std::function<status()>& before_request = {});

}  // namespace understudy::rehearse
