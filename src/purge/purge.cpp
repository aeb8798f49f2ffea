// Counted, begun, saved, removed, verified: each part leaves on disk what the next one's failure needs. What is removed
// is read from the backup, and not scanned for again: a key that is not in the backup cannot come back, so it stays.
#include "purge/purge.h"

#include <algorithm>
#include <csignal>
#include <memory>

#include <fmt/format.h>

#include "apply/before.h"
#include "apply/journal_log.h"
#include "apply/keys.h"
#include "apply/lease.h"
#include "apply/restore.h"
#include "apply/rollback.h"
#include "apply/target.h"
#include "base/interrupt.h"
#include "net/cluster_link.h"
#include "net/read_only_cluster.h"

namespace understudy::purge {

namespace {

constexpr std::chrono::seconds patience{10};
constexpr std::chrono::seconds failover_patience{30};  // a Cluster takes its cluster-node-timeout and an election

class purging {
public:
    purging(net::runtime& on, const model::project& project, const model::environment& where,
            const std::vector<std::string>& patterns, const purge_options& options)
        : runtime_(on), project_(project), where_(where), patterns_(patterns), options_(options) {}

    result<purge_result> run() {
        UNDERSTUDY_TRY(prepare());
        UNDERSTUDY_TRY(begin());
        auto done = remove();
        if (!done) return std::unexpected(brought_back(std::move(done).error()));
        (void)lease_->release(*link_);
        return std::move(out_);
    }

private:
    [[nodiscard]] bool on_production() const { return where_.role == model::role::production; }

    status prepare() {
        if (where_.access != model::access::read_write)
            return fail(errc::not_writable,
                        "the environment is declared read-only; its own entry says access = \"read-write\" where it "
                        "may be purged",
                        where_.name);
        if (on_production() && !options_.plan)
            return fail(errc::usage, "production is purged by a plan that was looked at: --execute --plan DIGEST",
                        where_.name, true);
        UNDERSTUDY_LET(state, store::open_state_folder());
        state_ = state;
        UNDERSTUDY_LET(endpoint, apply::endpoint_of(where_));
        UNDERSTUDY_LET(look, net::read_only_cluster::connect(runtime_, endpoint, net::deadline::after(patience)));
        plan_options how;
        how.progress = [this](std::uint64_t seen) { show_progress("count keys", seen, 0); };
        UNDERSTUDY_LET(plan, make_plan(runtime_, look, where_, patterns_, how));
        out_.plan = std::move(plan);
        if (options_.plan) UNDERSTUDY_TRY(still_holds(*options_.plan, out_.plan));
        servers_ = apply::servers_of(look);
        UNDERSTUDY_TRY(apply::no_open_journal(state_, where_, servers_));
        UNDERSTUDY_LET(now, apply::read_agreed_settings(look, net::deadline::after(patience)));
        settings_ = std::move(now);
        return {};
    }

    status begin() {
        auto first = apply::begin_of(apply::new_id("purge"), where_, project_.backups);
        first.primaries = servers_;
        UNDERSTUDY_LET(marks, apply::production_marks(runtime_, project_));
        first.production = std::move(marks);
        first.change = "purge";
        first.step = model::purge_step{};
        first.families = patterns_;
        first.authority = on_production() ? "plan " + *options_.plan : "";
        out_.journal = state_.journals() / (first.id + ".journal");
        out_.backup = state_.backups() / (first.id + ".backup");
        UNDERSTUDY_LET(log, apply::journal_log::create(out_.journal, first));
        journal_ = std::move(log);
        auto ready = open_and_save(first);
        if (ready) return {};
        // Nothing of the environment's was touched.
        const int signal = interrupt_signal();
        clear_interrupt();
        (void)journal_->end("nothing was changed");
        if (lease_ && link_ && link_->alive()) (void)lease_->release(*link_);
        if (signal != 0) std::raise(signal);  // the exit code tells of it
        return ready;
    }

    status open_and_save(const model::journal_begin& first) {
        UNDERSTUDY_LET(link, apply::open_target(runtime_, {out_.journal, {first, {}, {}, {}, {}}},
                                                net::deadline::after(patience)));
        link_ = std::move(link);
        if (net::run_ids_of(*link_) != out_.plan.run_id)
            return fail(errc::stale_plan, "the server was restarted since the plan; make the plan again", where_.name,
                        true);
        UNDERSTUDY_TRY(net::is_at_rest(*link_, net::deadline::after(patience)));
        UNDERSTUDY_LET(
            lease, apply::lease::take(*link_, state_, first.id,
                                      on_production() ? apply::lease::held::here : apply::lease::held::here_and_there));
        lease_ = std::move(lease);
        UNDERSTUDY_TRY(apply::try_way_back(*link_, on_production() ? apply::settings{} : settings_));
        model::journal_saved saved;
        saved.at = now();
        saved.settings = settings_;
        apply::before_plan plan;
        UNDERSTUDY_LET(families, apply::key_families::parse(patterns_));
        plan.families = std::move(families);
        plan.no_census = "a purge reads the keys of its patterns and no others";
        plan.backup = out_.backup;
        plan.progress = [this](std::uint64_t done, std::uint64_t /*of the database*/) -> status {
            show_progress("back up keys", done, out_.plan.keys());
            return rest();
        };
        UNDERSTUDY_LET(key, apply::backup_key(project_.backups, store::new_salt()));
        plan.key = key;
        worked_since_ = std::chrono::steady_clock::now();
        UNDERSTUDY_TRY(apply::save_keys(*link_, plan, saved));
        return journal_->saved(saved);
    }

    // Production gets as long a rest as the batch before it took.
    status rest() {
        const auto worked = std::chrono::steady_clock::now() - worked_since_;
        if (on_production())
            UNDERSTUDY_TRY(runtime_.sleep(std::chrono::duration_cast<std::chrono::milliseconds>(worked)));
        worked_since_ = std::chrono::steady_clock::now();
        return {};
    }

    status remove() {
        show_progress("remove keys", 0, out_.plan.keys());
        UNDERSTUDY_LET(number, journal_->planned("purge", fmt::format("{} key patterns", patterns_.size())));
        UNDERSTUDY_LET(read, apply::read_journal(out_.journal));
        UNDERSTUDY_LET(backup, apply::backup_of(read->begin, *read->saved));
        UNDERSTUDY_LET(removed, apply::unlink_saved(*link_, backup, [this](std::uint64_t done) -> status {
                           show_progress("remove keys", done, out_.plan.keys());
                           return rest();
                       }));
        out_.removed = removed;
        UNDERSTUDY_TRY(journal_->became(number, model::step_state::applied));
        show_progress("verify", 0, 0);
        model::proof seen;
        UNDERSTUDY_TRY(apply::compare_keys(*link_, backup, seen));
        out_.as_before = seen.keys.as_before;
        UNDERSTUDY_LET(again, count_now(backup));
        out_.written_again = again - std::min(again, out_.as_before);
        return journal_->end("purged");
    }

    result<std::uint64_t> count_now(const apply::key_backup& backup) {
        std::uint64_t out = 0;
        UNDERSTUDY_TRY(apply::for_each_key(*link_, backup.families, [&](std::span<const std::string> keys) -> status {
            out += keys.size();
            return {};
        }));
        return out;
    }

    // Whatever went wrong once keys may be gone: they come back, as after a crash.
    error brought_back(error wrong) {
        const int signal = interrupt_signal();
        clear_interrupt();
        auto mended = undo();
        if (mended && mended->proof.complete())
            wrong.what += "; the keys were brought back, and that is proven";
        else
            wrong.what +=
                fmt::format("; the keys were not all brought back, run: understudy rollback {}", out_.journal.string());
        if (signal != 0 && mended && mended->proof.complete()) std::raise(signal);  // the exit code tells of it
        if (!mended || !mended->proof.complete()) wrong.code = errc::rollback_incomplete;
        if (lease_ && link_->alive()) (void)lease_->release(*link_);
        return wrong;
    }

    result<apply::rollback_outcome> undo() {
        UNDERSTUDY_LET(read, apply::read_journal(out_.journal));
        if (!link_->alive()) {
            UNDERSTUDY_LET(
                link, apply::open_target(runtime_, {out_.journal, *read}, net::deadline::after(failover_patience)));
            link_ = std::move(link);
        }
        apply::rollback_options how;
        how.log = options_.log;
        return apply::roll_back(*link_, *read, *journal_, how);
    }

    void show_progress(std::string_view stage, std::uint64_t done, std::uint64_t total) const {
        if (options_.progress) options_.progress(stage, done, total);
    }

    net::runtime& runtime_;
    const model::project& project_;
    const model::environment& where_;
    const std::vector<std::string>& patterns_;
    const purge_options& options_;
    store::state_folder state_;
    apply::settings settings_;
    std::vector<model::journal_server> servers_;
    std::unique_ptr<net::write_link> link_;
    std::optional<apply::lease> lease_;
    std::optional<apply::journal_log> journal_;
    std::chrono::steady_clock::time_point worked_since_;
    purge_result out_;
};

}  // namespace

result<purge_result> execute(net::runtime& on, const model::project& project, const model::environment& where,
                             const std::vector<std::string>& patterns, const purge_options& options) {
    return purging(on, project, where, patterns, options).run();
}

}  // namespace understudy::purge
