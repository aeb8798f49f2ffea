// rehearse/validity.h - whether the evidence of a rehearsal still stands for a change on a production. Pure.
//
// Each refusal has its own code and its own sentence:
//   evidence_edited    evidence.json is not, byte for byte, what the rehearsal wrote (its journal keeps the digest)
//   evidence_foreign   made on another machine, by another project, for another staging or production
//   evidence_failed    an expectation was not met, something critical was worse, or the rollback is not proven
//   evidence_stale     the change file, the server's version, drift, the release, the server itself or time went on
#pragma once

#include <chrono>
#include <string>

#include "base/error.h"
#include "base/units.h"
#include "diff/drift.h"
#include "model/change.h"
#include "model/environment.h"
#include "model/evidence.h"
#include "model/journal.h"

namespace understudy::rehearse {

// The evidence as it was found, and the journal of its rehearsal as the state folder keeps it.
struct found_evidence {
    model::evidence evidence;
    std::string file;
    std::string digest;      // SHA-256 of the file's bytes, hex
    model::journal journal;  // begin.id empty: there is none here
};

struct reader_side {
    std::string host;  // this machine
    wall_time at{};
    std::chrono::milliseconds max_age{};
};

// What production says of itself now.
struct production_side_now {
    diff::server_side server;               // name, version, settings
    std::string software;                   // "redis", "valkey"
    std::vector<model::server_mark> marks;  // of its server, or of each primary of its Redis Cluster
    std::string release;                    // empty: no command tells it
};

// What can be told without asking production: edited, foreign, failed, the change file, age.
[[nodiscard]] status stands_by_itself(const found_evidence& found, const model::change& change,
                                      const model::project& project, const reader_side& reader);
// The rest: the server, its version, its drift from the staging that was rehearsed on, its setting and release.
[[nodiscard]] status stands_on(const production_side_now& production, const found_evidence& found,
                               const model::project& project);

}  // namespace understudy::rehearse
