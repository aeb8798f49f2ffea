#include "apply/rollback.h"

#include <filesystem>

#include <fmt/format.h>

#include "apply/journal_log.h"
#include "apply/lease.h"
#include "apply/remember.h"
#include "apply/standing.h"
#include "apply/target.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "model/json.h"
#include "net/runtime.h"
#include "report/text.h"
#include "store/state_folder.h"

namespace understudy::cli {

namespace {

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

}  // namespace

std::string newest_standing(const store::state_folder& state) {
    std::string out;
    std::error_code wrong;
    for (const auto& entry : std::filesystem::directory_iterator(state.journals(), wrong)) {
        if (entry.path().extension() != ".journal" || entry.path().string() < out) continue;
        const auto read = apply::read_journal(entry.path());
        if (read && *read && (*read)->stands()) out = entry.path().string();
    }
    return out;
}

void print_proof(const options& given, const model::proof& proof) {
    if (given.json) return print(model::to_json(proof));
    report::text_options look;
    look.colour = stdout_is_coloured();
    look.width = stdout_columns();
    print(report::text(proof, look));
}

result<int> run_rollback(const options& given) {
    UNDERSTUDY_LET(state, store::open_state_folder());
    UNDERSTUDY_LET(path, journal_of(given, state));
    if (!path.empty()) return roll_back_and_print(given, path);
    print("Nothing to roll back: no journal is open.\n");
    if (const auto standing = newest_standing(state); !standing.empty())
        print("What was done last and stands is undone by: understudy rollback " + standing + "\n");
    return 0;
}

result<int> roll_back_and_print(const options& given, const std::filesystem::path& path) {
    UNDERSTUDY_LET(state, store::open_state_folder());
    UNDERSTUDY_LET(read, apply::read_journal(path));
    if (!read) {
        print(fmt::format("Nothing to roll back: {} holds no record, so nothing was begun.\n", path.string()));
        return 0;
    }
    const auto& journal = *read;
    if (!journal.open() && !journal.stands()) {
        print(fmt::format("Nothing to roll back: {} says \"{}\".\n", path.string(), journal.end->outcome));
        return 0;
    }
    net::runtime runtime;
    const apply::journal_file file{path, journal};
    UNDERSTUDY_TRY(apply::nothing_on_top(state, file));
    UNDERSTUDY_LET(link, apply::open_target(runtime, file, net::deadline::after(std::chrono::seconds{30})));
    std::vector<net::server_facts> there;
    for (const auto* one : link->primaries())
        there.push_back(one->facts());
    if (!given.other_server) UNDERSTUDY_TRY(apply::still_that_server(file, there));
    const bool production = journal.begin.environment.role == model::role::production;
    UNDERSTUDY_LET(lease,
                   apply::lease::take(*link, state, journal.begin.id + " (rollback)",
                                      production ? apply::lease::held::here : apply::lease::held::here_and_there));
    // Another rollback may have been at it until the lease was free, or an apply have gone on top of it.
    UNDERSTUDY_LET(again, apply::read_journal(path));
    if (!again || (!again->open() && !again->stands())) {
        (void)lease.release(*link);
        print(fmt::format("Nothing to roll back: {} was closed just now.\n", path.string()));
        return 0;
    }
    if (auto free = apply::nothing_on_top(state, {path, *again}); !free) {
        (void)lease.release(*link);
        return pass(std::move(free));
    }
    UNDERSTUDY_LET(log, apply::journal_log::reopen(path, *again));
    if (apply::nothing_was_done(*again)) {
        UNDERSTUDY_TRY(log.end("nothing was changed"));
        UNDERSTUDY_TRY(lease.release(*link));
        print("Nothing to roll back: it had ended before it changed anything.\n");
        return 0;
    }
    progress shown(given.quiet, given.log);
    shown.show(fmt::format("rolling back {} on {}", journal.begin.change, journal.begin.environment.name), 0, 0);
    apply::rollback_options how;
    how.log = shown.sink();
    log.note_to(how.log);
    auto done = apply::roll_back(*link, *again, log, how);
    shown.clear();
    (void)lease.release(*link);
    if (done) apply::remember_rollback(state, journal.begin, done->proof, shown.sink());
    if (!done) {
        auto wrong = std::move(done).error();
        wrong.what = "the rollback did not end: " + wrong.what + "; the journal stays open, run it again";
        return std::unexpected(std::move(wrong));
    }
    print_proof(given, done->proof);
    return static_cast<int>(done->proof.complete() ? exit_code::ok : exit_code::rollback_incomplete);
}

}  // namespace understudy::cli
