// Counted, begun, saved, removed, verified: each part leaves on disk what the next one's failure needs. What is removed
// is read from the backup, and not scanned for again: a key that is not in the backup cannot come back, so it stays.
#include "purge/purge.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "apply/keys.h"
#include "apply/lasting.h"
#include "apply/restore.h"
#include "apply/rollback.h"
#include "apply/target.h"
#include "net/read_only_cluster.h"

namespace understudy::purge {

namespace {

constexpr std::chrono::seconds patience{10};

class purging {
public:
    purging(net::runtime& on, const model::project& project, const model::environment& where,
            const std::vector<std::string>& patterns, const purge_options& options)
        : runtime_(on), project_(project), where_(where), patterns_(patterns), options_(options) {}

    result<purge_result> run() {
        UNDERSTUDY_TRY(prepare());
        UNDERSTUDY_LET(plan, lasting_plan());
        UNDERSTUDY_LET(work, apply::lasting::begin(runtime_, state_, std::move(plan)));
        work_.emplace(std::move(work));
        out_.journal = work_->journal_path();
        out_.backup = work_->backup_path();
        if (auto done = remove(); !done) return std::unexpected(work_->brought_back(std::move(done).error()));
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

    result<apply::lasting_plan> lasting_plan() {
        apply::lasting_plan out;
        out.first = apply::begin_of(apply::new_id("purge"), where_, project_.backups);
        out.first.primaries = servers_;
        UNDERSTUDY_LET(marks, apply::production_marks(runtime_, project_));
        out.first.production = std::move(marks);
        out.first.change = "purge";
        out.first.step = model::purge_step{};
        out.first.families = patterns_;
        out.first.authority = on_production() ? "plan " + *options_.plan : "";
        out.settings = settings_;
        out.run_ids = out_.plan.run_id;
        out.log = options_.log;
        UNDERSTUDY_LET(families, apply::key_families::parse(patterns_));
        out.keys.families = std::move(families);
        out.keys.no_census = "a purge reads the keys of its patterns and no others";
        worked_since_ = std::chrono::steady_clock::now();
        out.keys.progress = [this](std::uint64_t done, std::uint64_t /*of the database*/) -> status {
            show_progress("back up keys", done, out_.plan.keys());
            return rest();
        };
        return out;
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
        UNDERSTUDY_LET(number, work_->journal().planned("purge", fmt::format("{} key patterns", patterns_.size())));
        UNDERSTUDY_LET(backup, work_->backup());
        UNDERSTUDY_LET(removed, apply::unlink_saved(work_->link(), backup, [this](std::uint64_t done) -> status {
                           show_progress("remove keys", done, out_.plan.keys());
                           return rest();
                       }));
        out_.removed = removed;
        UNDERSTUDY_TRY(work_->journal().became(number, model::step_state::applied));
        show_progress("verify", 0, 0);
        model::proof seen;
        UNDERSTUDY_TRY(apply::compare_keys(work_->link(), backup, seen));
        out_.as_before = seen.keys.as_before;
        UNDERSTUDY_LET(again, count_now(backup));
        out_.written_again = again - std::min(again, out_.as_before);
        return work_->keep("purged");
    }

    result<std::uint64_t> count_now(const apply::key_backup& backup) {
        std::uint64_t out = 0;
        UNDERSTUDY_TRY(
            apply::for_each_key(work_->link(), backup.families, [&](std::span<const std::string> keys) -> status {
                out += keys.size();
                return {};
            }));
        return out;
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
    std::optional<apply::lasting> work_;
    std::chrono::steady_clock::time_point worked_since_;
    purge_result out_;
};

}  // namespace

result<purge_result> execute(net::runtime& on, const model::project& project, const model::environment& where,
                             const std::vector<std::string>& patterns, const purge_options& options) {
    return purging(on, project, where, patterns, options).run();
}

}  // namespace understudy::purge
