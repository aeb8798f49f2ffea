// The order of things, and why.
//
// The journal's first record is on disk before the first key is read, its second (what was before) before the first key
// is purged. From then on there is one way out, through roll_back(), whatever happened. Measuring stops at the first
// disturbance: what follows could not be believed.
//
// staging's link can die (a restart in the middle). Then it is opened anew, with all the checks of a first time; a
// server with another run_id is a disturbance, and so is a Cluster of another shape. Rollback works on what is left.
#include "rehearse/rehearsal.h"

#include <algorithm>
#include <csignal>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "apply/before.h"
#include "apply/journal_log.h"
#include "apply/remember.h"
#include "apply/rollback.h"
#include "apply/target.h"
#include "base/hash.h"
#include "base/interrupt.h"
#include "base/random.h"
#include "diff/compare.h"
#include "model/json.h"
#include "net/server_info.h"
#include "rehearse/detail/record.h"
#include "rehearse/detail/staging_link.h"
#include "rehearse/plan.h"
#include "rehearse/preflight.h"
#include "rehearse/repository.h"
#include "rehearse/watch.h"
#include "rehearse/workload.h"
#include "report/html.h"
#include "report/runbook.h"
#include "store/run_folder.h"

namespace understudy::rehearse {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{10};
constexpr int warm_up_requests = 3;             // of each row, after each switch
constexpr std::chrono::minutes lease_span{15};  // beyond the longest command of the environment
constexpr std::chrono::seconds lease_renewal{60};

double seconds_since(clock::time_point start) {
    return std::chrono::duration<double>(clock::now() - start).count();
}

std::string new_id(const model::change& change) {
    std::string stamp = show(now());
    std::erase_if(stamp, [](char c) { return c == '-' || c == ':' || c == '.'; });
    return fmt::format("{}-{}-{}", stamp, change.name, hex(random_bytes(2)));
}

// Disturbance is an outcome, not a failure: it ends the measuring and makes the run invalid.
std::unexpected<error> disturbed(std::string what) {
    return fail(errc::disturbed, std::move(what));
}

class rehearsal {
public:
    rehearsal(net::runtime& on, const model::project& project, const model::change& change,
              const rehearsal_options& options)
        : runtime_(on), project_(project), change_(change), options_(options) {
        evidence_.id = new_id(change);
        evidence_.version = UNDERSTUDY_VERSION;
        evidence_.started = now();
        evidence_.change = change;
        seed_ = options.seed ? options.seed : static_cast<std::uint64_t>(std::hash<std::string>{}(random_bytes(8))) | 1;
        switchable_ = can_switch(change);
    }

    result<rehearsal_result> run() {
        UNDERSTUDY_TRY(timed("preflight", [&] { return prepare(); }));
        if (const auto begun = timed("save what is there", [&] { return begin(); }); !begun) {
            leave_untouched();
            return std::unexpected(begun.error());
        }
        auto measured = timed("noise", [&] { return measure_noise(); });
        if (measured) measured = timed("before, apply, purge, after", [&] { return measure_blocks(); });
        settle(measured);
        (void)timed("roll back", [&]() -> status {
            roll_back();
            return {};
        });
        if (const auto written = finish(); !written) return unwritten(written.error());
        return rehearsal_result{std::move(evidence_), folder_->path()};
    }

private:
    status timed(const std::string& stage, const auto& what) {
        const auto started = clock::now();
        options_.log.step({"stage", stage, std::nullopt});
        status out = what();
        options_.log.ended("stage", stage, started, out);
        evidence_.times.push_back({stage, seconds_since(started)});
        return out;
    }

    status prepare() {
        show_progress("preflight", 0, 0);
        preflight_options options;
        options.drift_reason = options_.drift_reason;
        options.id = evidence_.id;
        options.log = options_.log;
        UNDERSTUDY_LET(set, preflight(runtime_, project_, change_, options));
        set_ = std::move(set);
        evidence_.environment = set_.staging->name;
        evidence_.environment_url = set_.staging->url;
        evidence_.redis = set_.link->where();
        evidence_.drift = set_.drift;
        evidence_.drift_reason = options_.drift_reason;
        evidence_.conditions = detail::conditions_of(project_, change_, set_);
        evidence_.conditions["seed"] = std::to_string(seed_);
        evidence_.conditions["arguments"] = options_.arguments;
        evidence_.conditions["order"] = switchable_ ? "B A A B in turn" : "all before, then all after";
        evidence_.git = look_at_repository(std::filesystem::path(change_.file).parent_path(),
                                           std::filesystem::path(project_.folder) / project_.runs);
        before_ = {set_.settings, set_.release, {}};
        plan_routes_ = routes_of(project_, change_, *set_.staging);
        hooks_.redis = [this] { return redis_counts(); };
        UNDERSTUDY_TRY(open_database());
        if (!change_.purge.empty()) hooks_.make_cold = [this] { return make_cold(); };
        return {};
    }

    // Its own count of calls. Without it the rehearsal goes on: Server-Timing may report them.
    status open_database() {
        if (!set_.staging->database) return {};
        counter_.emplace(runtime_, *set_.staging);
        hooks_.database = &*counter_;
        const auto opened = counter_->open();
        if (opened) {
            evidence_.conditions["database in staging"] = counter_->server();
            return {};
        }
        if (opened.error().code == errc::interrupted) return opened;
        const auto reason = counter_->reason_of(opened.error());
        options_.log.warning(fmt::format("the database's own counters cannot be used: {}{}", reason.why,
                                         reason.mend.empty() ? "" : "; to mend it: " + reason.mend));
        return {};
    }

    status begin() {
        UNDERSTUDY_LET(folder,
                       store::run_folder::create(std::filesystem::path(project_.folder) / project_.runs, change_.name));
        folder_ = std::move(folder);
        const auto first = detail::first_record(evidence_.id, project_, change_, set_);
        const auto path = set_.state.journals() / (evidence_.id + ".journal");
        UNDERSTUDY_LET(log, apply::journal_log::create(path, first));
        journal_ = std::move(log);
        journal_->note_to(options_.log);
        evidence_.journal = path.string();
        prune();
        if (change_.no_key_backup.empty()) UNDERSTUDY_TRY(apply::try_way_back(*set_.link, set_.settings));
        // The watch begins before the saving, and with the settings that are saved: no gap for others to slip through.
        watch_.emplace(*set_.link, *set_.staging);
        UNDERSTUDY_TRY(watch_->learn_writes());
        UNDERSTUDY_LET(sight, watch_->look(true));
        sight_ = std::move(sight);
        sight_.settings = set_.settings;
        UNDERSTUDY_TRY(save());
        runner_.emplace(*set_.link, *set_.staging, *journal_, evidence_.commands);
        return write_evidence();
    }

    // What was before, on disk before the first purge.
    status save() {
        model::journal_saved saved;
        saved.at = now();
        saved.settings = set_.settings;
        saved.release = set_.release;
        apply::before_plan plan;
        plan.families = set_.families;
        plan.with_keys = change_.no_key_backup.empty();
        plan.census_keys = set_.staging->limits.census_keys;
        plan.backup = set_.state.backups() / (evidence_.id + ".backup");
        plan.progress = [this](std::uint64_t done, std::uint64_t total) -> status {
            show_progress("back up keys", done, total);
            return keep_lease("before the keys were saved");
        };
        UNDERSTUDY_LET(key, apply::backup_key(project_.backups, store::new_salt()));
        plan.key = key;
        UNDERSTUDY_TRY(apply::save_keys(*set_.link, plan, saved));
        UNDERSTUDY_TRY(journal_->saved(saved));
        if (!std::holds_alternative<model::expire_step>(change_.step)) return {};
        UNDERSTUDY_LET(read, apply::read_journal(journal_->path()));
        UNDERSTUDY_LET(keys, apply::backup_of(read->begin, *read->saved));
        before_.keys = std::move(keys);
        return {};
    }

    void prune() {
        // A closed journal may have been deleted; then nobody needs its backup.
        const auto keep = [&](const std::filesystem::path& backup) {
            const auto path = apply::journal_of_backup(set_.state.journals(), backup);
            std::error_code wrong;
            if (!std::filesystem::exists(path, wrong) && !wrong) return false;
            const auto journal = apply::read_journal(path);
            return !journal || (*journal && (*journal)->open());
        };
        const auto gone = store::prune_backups(set_.state.backups(), project_.backups.keep, now(), keep);
        if (!gone) evidence_.warnings.push_back("old backups were not pruned: " + gone.error().what);
    }

    void leave_untouched() {
        const int signal = interrupt_signal();
        clear_interrupt();
        if (set_.link && !set_.link->alive()) (void)way_.reopen();
        if (journal_) (void)journal_->end("nothing was changed");
        if (set_.lease && set_.link) (void)set_.lease->release(*set_.link);
        if (signal != 0) std::raise(signal);  // the exit code tells of it
    }

    result<measure::redis_counts> redis_counts() {
        measure::redis_counts out{};
        for (auto* primary : set_.link->primaries()) {
            UNDERSTUDY_LET(stats, net::read_info(*primary, net::deadline::after(patience), "stats"));
            out.hits += static_cast<std::uint64_t>(stats.number("keyspace_hits").value_or(0));
            out.misses += static_cast<std::uint64_t>(stats.number("keyspace_misses").value_or(0));
        }
        return out;
    }

    status make_cold() {
        UNDERSTUDY_LET(count, apply::unlink_families(*set_.link, set_.purge));
        purged_ += count;
        return clear_front();
    }

    // A cache in front of the application knows nothing of Redis, so an answer that it keeps outlives the keys.
    status clear_front() {
        UNDERSTUDY_LET(run, apply::clear_front(*set_.staging));
        if (run) clear_seconds_ += run->seconds;
        return {};
    }

    // Stage 2. Its arms are also the picture of what is before the change (stage 3).
    status measure_noise() {
        const auto order = noise_order(change_.effort.blocks);
        for (std::size_t i = 0; i < order.size(); ++i) {
            show_progress("noise: nothing changed", i, order.size());
            UNDERSTUDY_TRY(i == 0 ? measure_first_arm(order[i]) : measure_arm(order[i], evidence_.noise_arms, "noise"));
        }
        evidence_.noise = diff::judge_noise(change_, evidence_.noise_arms, {switchable_, seed_});
        for (const auto& row : evidence_.noise.rows)
            if (row.smallest_visible)
                options_.log.info(fmt::format("  smallest visible change of {}, {}: {:.3g} {}", model::word(row.metric),
                                              row.key.text(), *row.smallest_visible,
                                              row.metric == model::metric::response_time ? "%" : ""));
        UNDERSTUDY_TRY(write_evidence());
        if (!evidence_.noise.ok) return disturbed(evidence_.noise.why);
        return {};
    }

    // The first arm is also the one that is looked at closely: which statements, which slow commands.
    status measure_first_arm(const arm_slot& slot) {
        const auto threshold = set_.settings.find("slowlog-log-slower-than");
        workload_watch watch(*set_.link, hooks_.database, threshold == set_.settings.end() ? "" : threshold->second);
        UNDERSTUDY_TRY(watch.begin());
        UNDERSTUDY_TRY(measure_arm(slot, evidence_.noise_arms, "noise"));
        UNDERSTUDY_LET(seen, watch.end());
        evidence_.workload = std::move(seen);
        return {};
    }

    // Stages 3 to 6.
    status measure_blocks() {
        const auto order = block_order(change_.effort.blocks, switchable_);
        for (std::size_t i = 0; i < order.size(); ++i) {
            show_progress("before and after in turn", i, order.size());
            UNDERSTUDY_TRY(switch_to(order[i].arm == "B"));
            UNDERSTUDY_TRY(measure_arm(order[i], evidence_.arms, "blocks"));
        }
        UNDERSTUDY_TRY(check("after the last block", {}, true));
        const auto foreign = foreign_writes(writes_);
        if (foreign.empty()) return {};
        evidence_.disturbances.insert(evidence_.disturbances.end(), foreign.begin(), foreign.end());
        return disturbed(foreign.front().what);
    }

    // Guide: everything that changes staging on purpose goes through here; the journal is written inside the runner.
    status switch_to(bool after) {
        if (after == changed_) return {};
        UNDERSTUDY_TRY(check(after ? "before the change was applied" : "before the change was undone", {}, true));
        expected_changes ours;
        if (const auto* config = std::get_if<model::redis_config_step>(&change_.step)) {
            ours.config_sets = set_.link->primaries().size();
            ours.settings.insert(config->setting);
        } else {
            ours.release = std::holds_alternative<model::deploy_step>(change_.step);
            ours.flushes = ours.release || std::holds_alternative<model::command_step>(change_.step);
        }
        changed_ = after;
        UNDERSTUDY_TRY(after ? runner_->apply(change_.step, before_)
                             : runner_->undo(change_.step, change_.rollback, before_));
        const auto release_was = sight_.release;
        UNDERSTUDY_TRY(check(after ? "while the change was applied" : "while the change was undone", ours, true));
        UNDERSTUDY_TRY(has_taken_effect(after, release_was));
        UNDERSTUDY_TRY(clear_front());
        UNDERSTUDY_TRY(warm_up());
        if (change_.purge.empty()) return {};
        UNDERSTUDY_LET(number, journal_->planned("purge", fmt::format("{} key patterns", change_.purge.size())));
        UNDERSTUDY_TRY(make_cold());
        return journal_->became(number, model::step_state::applied);
    }

    // What a fresh process pays once (imports, connections, templates) is paid before anything counts: an after follows
    // a switch more often than a before does, and would pay it more often.
    status warm_up() {
        measure::arm_plan plan;
        plan.routes = plan_routes_;
        for (auto& route : plan.routes) {
            route.cold = 0;
            route.warm = warm_up_requests;
            route.leaks = false;
        }
        plan.seed = seed_;
        plan.login_may_fail = true;
        const measure::arm_hooks none;
        UNDERSTUDY_TRY(measure::arm_runner(set_.visitors, none).run(plan));
        return {};
    }

    // A command that exits 0 and leaves the old release running would make both arms the same code.
    status has_taken_effect(bool after, const std::string& release_was) const {
        if (!std::holds_alternative<model::deploy_step>(change_.step) || sight_.release.empty()) return {};
        const auto name = sight_.release.substr(0, sight_.release.find('\n'));
        if (after && sight_.release == release_was)
            return fail(errc::command_failed,
                        "the deploy exited 0, and yet the command release prints what it printed before it",
                        set_.staging->name);
        if (!after && name != before_.release)
            return fail(errc::command_failed,
                        fmt::format("the rollback exited 0, and yet the command release prints {} instead of {}", name,
                                    before_.release),
                        set_.staging->name);
        return {};
    }

    // Renews the lease, once a minute.
    status keep_lease(const std::string& where) {
        if (clock::now() - renewed_ < lease_renewal) return {};
        renewed_ = clock::now();
        auto ours = set_.lease->renew(*set_.link, lease_time());
        if (!ours && ours.error().code == errc::disturbed) evidence_.disturbances.push_back({ours.error().what, where});
        return ours;
    }

    // Nobody renews it while a command runs.
    [[nodiscard]] std::chrono::milliseconds lease_time() const {
        std::chrono::milliseconds longest{0};
        for (const auto& command : set_.staging->commands)
            longest = std::max(longest, command.timeout);
        return lease_span + longest;
    }

    status measure_arm(const arm_slot& slot, std::vector<model::measurement>& into, const std::string& stage) {
        const std::string name = fmt::format("{}, block {}, {}", stage, slot.block, slot.arm);
        renewed_ = {};
        UNDERSTUDY_TRY(keep_lease("before " + name));
        measure::arm_plan plan;
        plan.routes = plan_routes_;
        plan.seed = seed_;
        plan.arm = slot.arm;
        plan.block = slot.block;
        plan.login_may_fail = slot.arm == "B";
        const auto writes_before = sight_.writes;
        measure::arm_runner runner(set_.visitors, hooks_);
        const auto started = clock::now();
        auto measured = runner.run(plan);
        options_.log.ended("arm", name, started, measured);
        if (!measured) return pass(std::move(measured));
        auto& arm = *measured;
        arm.environment = set_.staging->name;
        UNDERSTUDY_TRY(check(name, {}, false));
        writes_.push_back({slot.arm, name, sight_.writes - writes_before});
        UNDERSTUDY_TRY(folder_->write(
            fmt::format("measurements/{}-{:02}-{}.json", stage, into.size() + 1, slot.arm == "A'" ? "A2" : slot.arm),
            model::to_json(arm)));
        into.push_back(std::move(arm));
        return {};
    }

    status check(const std::string& where, const expected_changes& expected, bool with_release) {
        UNDERSTUDY_LET(named, way_.still_named());
        if (!named) return failed_over(where);
        UNDERSTUDY_LET(sight, watch_->look(with_release));
        if (sight.release.empty()) sight.release = sight_.release;
        const auto changes = what_disturbed(sight_, sight, expected);
        for (const auto& what : changes)
            evidence_.disturbances.push_back({what, where});
        const bool reshaped = !sight.reshaped.empty() || (set_.link->shape() && !sight.master);
        sight_ = std::move(sight);
        if (changes.empty()) return {};
        // What is still to be done is done on the shape that is there now.
        if (reshaped) (void)way_.reopen();
        return disturbed(changes.front());
    }

    // Stage 7. What stopped the measuring, if anything did, outranks what was measured.
    void settle(const status& measured) {
        // A server that is gone shows first in whatever was asked first: a page, a login, a command.
        if (!measured && measured.error().code != errc::interrupted && !way_.answers()) reconnect();
        const bool whole = measured.has_value();
        if (whole || !evidence_.arms.empty())
            evidence_.comparison = diff::compare(change_, evidence_.arms, {switchable_, seed_, evidence_.noise_arms});
        if (whole) {
            exit_code_ = diff::exit_code_of(evidence_.comparison);
            return;
        }
        const auto& wrong = measured.error();
        auto& comparison = evidence_.comparison;
        if (!evidence_.disturbances.empty() || wrong.code == errc::disturbed) {
            comparison.verdict = model::verdict::invalid;
            if (evidence_.disturbances.empty()) {
                comparison.why = wrong.what;
            } else {
                const auto& first = evidence_.disturbances.front();
                comparison.why = fmt::format("staging was disturbed: {} ({})", first.what, first.where);
            }
            exit_code_ = static_cast<int>(exit_code::inconclusive);
        } else {
            comparison.verdict = model::verdict::inconclusive;
            comparison.why = "the rehearsal was stopped: " + wrong.text();
            evidence_.stopped = wrong.text();
            exit_code_ =
                wrong.code == errc::interrupted ? 128 + interrupt_signal() : static_cast<int>(exit_of(wrong.code));
        }
    }

    // The old primary would take what is written to it, and lose it when it hears that it is a replica.
    status failed_over(const std::string& where) {
        const std::string was = set_.link->where();
        if (!way_.reopen())
            return fail(errc::connection_lost, "the primary failed over, and the new one is not reached", was);
        evidence_.disturbances.push_back(
            {fmt::format("the primary failed over from {} to {}", was, set_.link->where()), where});
        return disturbed(evidence_.disturbances.back().what);
    }

    void reconnect() {
        if (!way_.reopen()) return;
        for (const auto& what : way_.what_became(sight_.run_id))
            evidence_.disturbances.push_back({what, "while it was measured"});
    }

    // An interrupted wait gives its connection up, for the reply would come some time later. The interrupt is answered
    // now, and the lease may have gone with a restart or a flush.
    void go_on() {
        clear_interrupt();
        if (!set_.link->alive()) (void)way_.reopen();
        (void)set_.lease->claim_again(*set_.link, lease_time());
    }

    // Stage 8. From here Ctrl-C is heard only by the waits of the rollback itself. What the first one asks for is this
    // rollback, so where it comes only now, it is begun again; a second one ends it.
    void roll_back() {
        int signal = interrupt_signal();
        go_on();
        show_progress("roll back and prove it", 0, 0);
        auto done = undo_all();
        if (!done && done.error().code == errc::interrupted && signal == 0) {
            signal = interrupt_signal();
            go_on();
            options_.log.warning("interrupted: the rollback is finished first; once more ends it");
            done = undo_all();
        }
        if (interrupt_signal() != 0) signal = interrupt_signal();
        if (!done)
            evidence_.stopped =
                "the rollback failed: " + done.error().text() + "; run: understudy rollback " + evidence_.journal;
        const bool ended = !done && done.error().code == errc::interrupted;
        if (!evidence_.proof.complete()) exit_code_ = static_cast<int>(exit_code::rollback_incomplete);
        if (signal != 0 && (ended || evidence_.proof.complete())) exit_code_ = 128 + signal;
        if (set_.lease) (void)set_.lease->release(*set_.link);
    }

    status undo_all() {
        UNDERSTUDY_LET(read, apply::read_journal(journal_->path()));
        apply::rollback_options options;
        options.log = options_.log;
        UNDERSTUDY_LET(outcome, apply::roll_back(*set_.link, *read, *journal_, options));
        evidence_.proof = outcome.proof;
        evidence_.commands.insert(evidence_.commands.end(), outcome.commands.begin(), outcome.commands.end());
        rollback_command_seconds_ = outcome.command_seconds;
        return {};
    }

    // Stage 9.
    status finish() {
        evidence_.ended = now();
        evidence_.exit_code = exit_code_;
        evidence_.comparison.leaks_unknown = detail::blind_spots(set_.visitors, evidence_);
        std::set<std::string> warnings(evidence_.warnings.begin(), evidence_.warnings.end());
        for (const auto* arms : {&evidence_.noise_arms, &evidence_.arms})
            for (const auto& arm : *arms)
                warnings.insert(arm.warnings.begin(), arm.warnings.end());
        evidence_.warnings.assign(warnings.begin(), warnings.end());
        double total = 0, asked = 0;
        for (const auto& stage : evidence_.times)
            total += stage.seconds;
        for (const auto& who : set_.visitors)
            asked += std::chrono::duration<double>(who.waited()).count();
        if (counter_) asked += std::chrono::duration<double>(counter_->waited()).count();
        evidence_.own_seconds = total - asked - set_.command_seconds - watch_->command_seconds() -
                                runner_->command_seconds() - rollback_command_seconds_ - clear_seconds_;
        UNDERSTUDY_TRY(write_evidence());
        UNDERSTUDY_TRY(journal_->sealed(folder_->path() / "evidence.json", evidence_digest_));
        UNDERSTUDY_TRY(folder_->write("report.html", report::html(evidence_)));
        UNDERSTUDY_TRY(folder_->write("RUNBOOK.md", report::runbook(evidence_)));
        UNDERSTUDY_TRY(folder_->write_executable("apply.sh", report::apply_script(evidence_)));
        UNDERSTUDY_TRY(folder_->write_executable("rollback.sh", report::rollback_script(evidence_)));
        apply::remember_rehearsal(set_.state, evidence_, folder_->path(), options_.log);
        return {};
    }

    // There is no report to tell how staging was left, so the error does.
    [[nodiscard]] std::unexpected<error> unwritten(error wrong) const {
        const bool complete = evidence_.proof.complete();
        wrong.what += complete ? "; staging was rolled back, and that is proven"
                               : "; the rollback is not complete, run: understudy rollback " + evidence_.journal;
        if (!complete) wrong.code = errc::rollback_incomplete;
        return std::unexpected(std::move(wrong));
    }

    status write_evidence() {
        const auto json = model::to_json(evidence_);
        evidence_digest_ = hex(sha256_of(json));
        return folder_->write("evidence.json", json);
    }

    void show_progress(std::string_view stage, std::uint64_t done, std::uint64_t total) const {
        if (options_.progress) options_.progress(stage, done, total);
    }

    net::runtime& runtime_;
    const model::project& project_;
    const model::change& change_;
    const rehearsal_options& options_;
    clock::time_point renewed_;
    model::evidence evidence_;
    std::uint64_t seed_ = 1;
    bool switchable_ = true;
    stage_set set_;
    detail::staging_link way_{runtime_, set_};
    std::optional<store::run_folder> folder_;
    std::optional<apply::journal_log> journal_;
    std::optional<apply::step_runner> runner_;
    std::optional<server_watch> watch_;
    apply::before_state before_;
    std::vector<measure::route_plan> plan_routes_;
    std::optional<measure::call_counter> counter_;
    measure::arm_hooks hooks_;
    server_sight sight_;
    std::vector<arm_writes> writes_;
    std::uint64_t purged_ = 0;
    double rollback_command_seconds_ = 0;
    double clear_seconds_ = 0;
    std::string evidence_digest_;  // of evidence.json as it was written last
    bool changed_ = false;         // the change is applied, as far as we know
    int exit_code_ = static_cast<int>(exit_code::inconclusive);
};

}  // namespace

result<rehearsal_result> rehearse(net::runtime& on, const model::project& project, const model::change& change,
                                  const rehearsal_options& options) {
    return rehearsal(on, project, change, options).run();
}

}  // namespace understudy::rehearse
