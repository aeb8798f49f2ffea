// purge/purge.h - removes the keys of some patterns: backed up first, in bounded batches, verified, and undone by a
// rollback of its journal.
//
// design  The order is that of every change: the journal is on disk before the first key is read, the backup before the
//         first key is removed. A purge that fails or is interrupted brings its keys back itself. One that went through
//         closes its journal with "purged": it stays, and `understudy rollback JOURNAL` brings the keys back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "model/environment.h"
#include "net/runtime.h"
#include "purge/plan.h"

namespace understudy::purge {

struct purge_options {
    std::optional<std::string> plan;  // the digest that was named; production is not purged without one
    std::function<void(std::string_view stage, std::uint64_t done, std::uint64_t total)> progress;
    log_sink log;
};

struct purge_result {
    purge::plan plan;  // counted right before it
    std::uint64_t removed = 0;
    std::uint64_t as_before = 0;      // keys that are there with the value and expiry they had: the purge missed them
    std::uint64_t written_again = 0;  // keys of the patterns that visitors have written since
    std::filesystem::path journal, backup;

    [[nodiscard]] bool verified() const { return as_before == 0; }
};

// Errors: not_writable, unsafe_target, stale_plan, locked, needs_rollback before anything is done; after that whatever
// went wrong, and the text says whether the keys were brought back.
[[nodiscard]] result<purge_result> execute(net::runtime& on, const model::project& project,
                                           const model::environment& where, const std::vector<std::string>& patterns,
                                           const purge_options& options);

}  // namespace understudy::purge
