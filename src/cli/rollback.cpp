#include "apply/rollback.h"

#include <filesystem>

#include <fmt/format.h>

#include "apply/journal_log.h"
#include "apply/lease.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "model/json.h"
#include "net/runtime.h"
#include "rehearse/remember.h"
#include "report/text.h"
#include "store/state_folder.h"

namespace understudy::cli {

namespace {

constexpr std::chrono::seconds patience{10};

result<std::filesystem::path> journal_of(const options& given, const store::state_folder& state) {
    if (!given.journal.empty()) {
        std::error_code wrong;
        if (!std::filesystem::exists(given.journal, wrong))
            return fail(errc::bad_file, "there is no such journal", given.journal);
        return std::filesystem::path(given.journal);
    }
    UNDERSTUDY_LET(newest, apply::newest_open_journal(state.journals()));
    if (!newest) return std::filesystem::path{};
    return *newest;
}

void print_outcome(const options& given, const model::proof& proof) {
    if (given.json) return print(model::to_json(proof));
    report::text_options look;
    look.colour = stdout_is_coloured();
    look.width = stdout_columns();
    print(report::text(proof, look));
}

// Redis that is just starting answers LOADING; a rollback is worth waiting for it.
result<net::writable_link> open_target(net::runtime& runtime, const model::journal& journal) {
    UNDERSTUDY_LET(endpoint, apply::endpoint_of(journal.begin.environment));
    const auto permission = apply::permission_of(journal.begin);
    const auto until = net::deadline::after(std::chrono::seconds{30});
    for (;;) {
        auto link = net::writable_link::open(runtime, endpoint, permission, net::deadline::after(patience));
        if (link || link.error().code != errc::server_loading || until.expired()) return link;
        UNDERSTUDY_TRY(runtime.sleep(std::chrono::milliseconds{200}));
    }
}

}  // namespace

result<int> run_rollback(const options& given) {
    UNDERSTUDY_LET(state, store::open_state_folder());
    UNDERSTUDY_LET(path, journal_of(given, state));
    if (path.empty()) {
        print("Nothing to roll back: no journal is open.\n");
        return 0;
    }
    UNDERSTUDY_LET(read, apply::read_journal(path));
    if (!read) {
        print(fmt::format("Nothing to roll back: {} holds no record, so nothing was begun.\n", path.string()));
        return 0;
    }
    const auto& journal = *read;
    if (!journal.open()) {
        print(fmt::format("Nothing to roll back: {} says \"{}\".\n", path.string(), journal.end->outcome));
        return 0;
    }
    net::runtime runtime;
    UNDERSTUDY_LET(link, open_target(runtime, journal));
    UNDERSTUDY_LET(lease, apply::lease::take(link, state, journal.begin.id + " (rollback)"));
    // Another rollback may have been at it until the lease was free.
    UNDERSTUDY_LET(again, apply::read_journal(path));
    if (!again || !again->open()) {
        (void)lease.release(link);
        print(fmt::format("Nothing to roll back: {} was closed just now.\n", path.string()));
        return 0;
    }
    UNDERSTUDY_LET(log, apply::journal_log::reopen(path, *again));
    if (apply::nothing_was_done(journal)) {
        UNDERSTUDY_TRY(log.end("nothing was changed"));
        UNDERSTUDY_TRY(lease.release(link));
        print("Nothing to roll back: the rehearsal had ended before it changed anything.\n");
        return 0;
    }
    progress shown(given.quiet, given.log);
    shown.show(fmt::format("rolling back {} on {}", journal.begin.change, journal.begin.environment.name), 0, 0);
    apply::rollback_options how;
    how.log = shown.sink();
    log.note_to(how.log);
    auto done = apply::roll_back(link, *again, log, how);
    shown.clear();
    (void)lease.release(link);
    if (done) rehearse::remember_rollback(state, journal.begin, done->proof, shown.sink());
    if (!done) {
        auto wrong = std::move(done).error();
        wrong.what = "the rollback did not end: " + wrong.what + "; the journal stays open, run it again";
        return std::unexpected(std::move(wrong));
    }
    print_outcome(given, done->proof);
    return static_cast<int>(done->proof.complete() ? exit_code::ok : exit_code::rollback_incomplete);
}

}  // namespace understudy::cli
