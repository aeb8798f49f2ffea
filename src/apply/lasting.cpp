#include "apply/lasting.h"

#include <csignal>

#include <fmt/format.h>

#include "apply/remember.h"
#include "apply/rollback.h"
#include "apply/target.h"
#include "base/interrupt.h"
#include "net/cluster_link.h"

namespace understudy::apply {

namespace {

constexpr std::chrono::seconds patience{10};
constexpr std::chrono::seconds failover_patience{30};  // a Cluster takes its cluster-node-timeout and an election

}  // namespace

result<lasting> lasting::begin(net::runtime& on, const store::state_folder& state, lasting_plan plan) {
    lasting out(on, state, plan);
    UNDERSTUDY_LET(log, journal_log::create(out.path_, plan.first));
    out.journal_ = std::move(log);
    auto ready = out.open_and_save(plan);
    if (ready) return out;
    const int signal = interrupt_signal();
    clear_interrupt();
    (void)out.journal_->end("nothing was changed");
    if (out.lease_ && out.link_ && out.link_->alive()) (void)out.lease_->release(*out.link_);
    if (signal != 0) std::raise(signal);  // the exit code tells of it
    return std::unexpected(std::move(ready).error());
}

status lasting::open_and_save(lasting_plan& plan) {
    const auto& first = first_;
    const bool production = first.environment.role == model::role::production;
    UNDERSTUDY_LET(link, open_target(*runtime_, {path_, {first, {}, {}, {}, {}}}, net::deadline::after(patience)));
    link_ = std::move(link);
    if (net::run_ids_of(*link_) != plan.run_ids)
        return fail(errc::stale_plan, "the server was restarted since the plan; make the plan again",
                    first.environment.name, true);
    UNDERSTUDY_TRY(net::is_at_rest(*link_, net::deadline::after(patience)));
    UNDERSTUDY_LET(lease,
                   apply::lease::take(*link_, state_, first.id,
                                      production ? apply::lease::held::here : apply::lease::held::here_and_there));
    lease_ = std::move(lease);
    model::journal_saved saved;
    saved.at = now();
    saved.settings = plan.settings;
    if (plan.keys.with_keys) {
        UNDERSTUDY_TRY(try_way_back(*link_, production ? settings{} : plan.settings));
        UNDERSTUDY_LET(key, backup_key(first.backups, store::new_salt()));
        plan.keys.key = key;
    }
    plan.keys.backup = backup_;
    UNDERSTUDY_TRY(save_keys(*link_, plan.keys, saved));
    return journal_->saved(saved);
}

result<key_backup> lasting::backup() const {
    UNDERSTUDY_LET(read, read_journal(path_));
    if (!read || !read->saved)
        return fail(errc::journal_damaged, "the journal does not say what was before", path_.string());
    return backup_of(read->begin, *read->saved);
}

status lasting::keep(const std::string& outcome) {
    UNDERSTUDY_TRY(journal_->end(outcome));
    remember_lasting(state_, first_, log_);
    (void)lease_->release(*link_);
    return {};
}

error lasting::brought_back(error wrong) {
    const int signal = interrupt_signal();
    clear_interrupt();
    const auto proven = undo();
    const bool mended = proven && *proven;
    if (mended)
        wrong.what += "; everything was brought back, and that is proven";
    else
        wrong.what += fmt::format("; not everything was brought back, run: understudy rollback {}", path_.string());
    if (signal != 0 && mended) std::raise(signal);  // the exit code tells of it
    if (!mended) wrong.code = errc::rollback_incomplete;
    if (lease_ && link_->alive()) (void)lease_->release(*link_);
    return wrong;
}

result<bool> lasting::undo() {
    UNDERSTUDY_LET(read, read_journal(path_));
    if (!read) return fail(errc::journal_damaged, "the journal holds no record", path_.string());
    if (!link_->alive()) {
        UNDERSTUDY_LET(link, open_target(*runtime_, {path_, *read}, net::deadline::after(failover_patience)));
        link_ = std::move(link);
    }
    rollback_options how;
    how.log = log_;
    UNDERSTUDY_LET(done, roll_back(*link_, *read, *journal_, how));
    return done.proof.complete();
}

}  // namespace understudy::apply
