// The order of things, and why.
//
// All that can refuse comes first and reads only; the picture from before is taken while production is still untouched.
// The journal is begun before a link that can write exists, since the permit for that link comes from the journal. What
// was before is saved next, then the step, then the purge. From the save on there is one way out of a failure: the
// journal is read back from disk and rolled back. The watch ends in one of three: applied, ended early, or a breach,
// which is rolled back or left as it was told.
#include "rehearse/promotion.h"

#include <algorithm>
#include <csignal>
#include <memory>

#include <fmt/format.h>
#include <unistd.h>

#include "apply/before.h"
#include "apply/change_purge.h"
#include "apply/journal_log.h"
#include "apply/lease.h"
#include "apply/remember.h"
#include "apply/rollback.h"
#include "apply/steps.h"
#include "apply/target.h"
#include "base/hash.h"
#include "base/interrupt.h"
#include "base/random.h"
#include "measure/arm.h"
#include "measure/pacer.h"
#include "model/json.h"
#include "net/cluster_link.h"
#include "net/read_only_cluster.h"
#include "rehearse/plan.h"
#include "rehearse/preflight.h"
#include "rehearse/validity.h"
#include "store/file.h"

namespace understudy::rehearse {

namespace {

namespace fs = std::filesystem;
using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{10};
constexpr std::chrono::seconds failover_patience{30};  // a Cluster takes its cluster-node-timeout and an election
constexpr std::uint64_t most_bytes = 256u << 20;       // of evidence
constexpr int before_requests = 3;                     // of each row, for the picture from before
constexpr int round_requests = 2;                      // of each row in each round of the watch
constexpr std::uint64_t least_rounds = 2;              // fewer could not show a breach

net::deadline soon() {
    return net::deadline::after(patience);
}

std::string host_name() {
    char name[256] = {};
    gethostname(name, sizeof name - 1);
    return name;
}

result<found_evidence> read_found(const fs::path& path) {
    found_evidence out;
    out.file = path.string();
    UNDERSTUDY_LET(bytes, store::read_file(path, most_bytes));
    out.digest = hex(sha256_of(bytes));
    auto evidence = model::read_evidence(bytes);
    if (!evidence) {
        auto& where = evidence.error().where;
        where = path.string() + (where.empty() ? "" : ": " + where);
        return pass(std::move(evidence));
    }
    out.evidence = std::move(*evidence);
    return out;
}

// The newest run of the change, by its name: what came of the last rehearsal counts, not what came of the best one.
result<found_evidence> newest_of(const model::change& change, const model::project& project) {
    std::error_code wrong;
    std::vector<fs::path> folders;
    for (const auto& entry : fs::directory_iterator(fs::path(project.folder) / project.runs, wrong))
        if (entry.path().filename().string().find("-" + change.name) != std::string::npos)
            folders.push_back(entry.path());
    std::ranges::sort(folders, std::greater<>());
    for (const auto& folder : folders) {
        if (!fs::exists(folder / "evidence.json", wrong)) continue;
        UNDERSTUDY_LET(found, read_found(folder / "evidence.json"));
        if (found.evidence.change.name == change.name) return std::move(found);
    }
    return fail(errc::evidence_missing,
                fmt::format("no rehearsal of {} has left evidence here; first run: understudy rehearse {}", change.name,
                            change.file),
                project.folder);
}

result<found_evidence> find_evidence(const promotion_options& options, const model::change& change,
                                     const model::project& project) {
    if (options.evidence.empty()) return newest_of(change, project);
    std::error_code wrong;
    auto path = options.evidence;
    if (fs::is_directory(path, wrong)) path /= "evidence.json";
    if (!fs::exists(path, wrong)) return fail(errc::evidence_missing, "there is no evidence here", path.string());
    UNDERSTUDY_LET(found, read_found(path));
    if (found.evidence.change.name != change.name)
        return fail(errc::evidence_foreign,
                    fmt::format("it is of the change {}, and not of {}", found.evidence.change.name, change.name),
                    path.string());
    return std::move(found);
}

status find_journal(const store::state_folder& state, found_evidence& found) {
    // The id comes from a file: only a plain name may become a path.
    const auto& id = found.evidence.id;
    if (id.empty() || id.find('/') != std::string::npos) return {};
    const auto path = state.journals() / (id + ".journal");
    std::error_code wrong;
    if (!fs::exists(path, wrong)) return {};
    UNDERSTUDY_LET(journal, apply::read_journal(path));
    if (journal) found.journal = std::move(*journal);
    return {};
}

class promotion {
public:
    promotion(net::runtime& on, const model::project& project, const model::change& change,
              const promotion_options& options)
        : runtime_(on), project_(project), change_(change), options_(options) {}

    // Reads, and says what would be done.
    result<promotion_plan> prepare() {
        UNDERSTUDY_LET(state, store::open_state_folder());
        state_ = state;
        where_ = project_.with_role(model::role::production);
        if (!where_) return fail(errc::config_missing_key, "there is no environment of role production", project_.file);
        UNDERSTUDY_LET(found, find_evidence(options_, change_, project_));
        found_ = std::move(found);
        UNDERSTUDY_TRY(find_journal(state_, found_));
        UNDERSTUDY_TRY(stands_by_itself(found_, change_, project_, {host_name(), now(), options_.max_age}));
        UNDERSTUDY_TRY(see_production_now());
        UNDERSTUDY_TRY(describe());
        return plan_;
    }

    result<promotion_result> run() {
        UNDERSTUDY_LET(plan, prepare());
        out_.plan = plan;
        if (where_->access != model::access::read_write)
            return fail(
                errc::not_writable,
                "production is declared read-only; its own entry says access = \"read-write\" where changes may "
                "be applied to it",
                where_->name);
        UNDERSTUDY_TRY(apply::no_open_journal(state_, *where_, servers_));
        UNDERSTUDY_TRY(picture_from_before());
        if (auto begun = begin(); !begun) return std::unexpected(leave_untouched(std::move(begun).error()));
        if (auto done = change_production(); !done) return failed(std::move(done).error());
        return watch();
    }

private:
    status see_production_now() {
        show_progress("look at " + where_->name, 0, 0);
        UNDERSTUDY_LET(endpoint, apply::endpoint_of(*where_));
        UNDERSTUDY_LET(look, net::read_only_cluster::connect(runtime_, endpoint, soon()));
        const auto& facts = look.facts();
        // One state to come back to, on every primary.
        UNDERSTUDY_LET(settings, apply::read_agreed_settings(look, soon()));
        UNDERSTUDY_LET(release, apply::read_release(*where_));
        production_side_now seen;
        seen.server = {where_->name, facts.version, settings};
        seen.software = facts.software;
        for (const auto& mark : look.identities())
            if (!mark.run_id.empty())
                seen.marks.push_back({mark.run_id, mark.replid, mark.replid2, mark.host, mark.port});
        seen.release = release ? release->name : "";
        UNDERSTUDY_TRY(stands_on(seen, found_, project_));
        run_ids_ = look.run_ids();
        servers_ = apply::servers_of(look);
        before_ = {settings, seen.release, {}};
        plan_.redis = look.where();
        plan_.everything = apply::can_evict(change_.step, settings);
        if (plan_.everything && change_.no_key_backup.empty())
            UNDERSTUDY_TRY(apply::nothing_elsewhere(look, where_->redis.database));
        const auto families = model::families_of(change_);
        if (families.empty()) return {};
        purge::plan_options how;
        how.progress = [this](std::uint64_t keys) { show_progress("count the keys of the change", keys, 0); };
        UNDERSTUDY_LET(touched, purge::make_plan(runtime_, look, *where_, families, how));
        plan_.touched = std::move(touched);
        return {};
    }

    status describe() {
        const auto& evidence = found_.evidence;
        plan_.change = change_.name;
        plan_.evidence_id = evidence.id;
        plan_.evidence_file = found_.file;
        plan_.proven_at = evidence.ended;
        plan_.verdict = fmt::format("{}: {}", model::word(evidence.comparison.verdict), evidence.comparison.why);
        plan_.environment = where_->name;
        plan_.url = where_->url;
        plan_.access = model::word(where_->access);
        plan_.purged = change_.purge;
        plan_.requests_per_second = where_->limits.requests_per_second;
        UNDERSTUDY_TRY(describe_step());
        // Its rollback would have to put back every key of the database, over whatever visitors wrote meanwhile.
        if (plan_.everything)
            return fail(errc::needs_backup,
                        "the step can evict any key, so only a rollback of the whole database could undo it: it is not "
                        "applied to production; do it by the runbook, with a backup of your own",
                        where_->name);
        routes_ = routes_on_production();
        auto round = routes_;
        for (auto& route : round)
            route.warm = round_requests;
        measure::arm_plan arm;
        arm.routes = round;
        plan_.requests = measure::arm_runner::requests_of(arm);
        if (plan_.requests == 0)
            return fail(errc::config_missing_key,
                        "no identity of production asks for the pages of this change, so it could not be watched",
                        where_->name);
        return {};
    }

    status describe_step() {
        if (const auto* config = std::get_if<model::redis_config_step>(&change_.step)) {
            const auto was = before_.settings.find(config->setting);
            if (was == before_.settings.end())
                return fail(errc::unknown_name, fmt::format("this server has no setting {}", config->setting),
                            where_->name);
            plan_.apply = {"CONFIG", "SET", config->setting, config->value};
            plan_.undo = {"CONFIG", "SET", config->setting, was->second};
            return {};
        }
        if (const auto* expire = std::get_if<model::expire_step>(&change_.step)) {
            plan_.apply = {"expiry", "of", apply::text_of(*expire)};
            plan_.undo = {"expiry", "of", "each", "key", "as", "it", "was,", "from", "the", "backup"};
            return {};
        }
        const auto* deploy = std::get_if<model::deploy_step>(&change_.step);
        const auto* command = std::get_if<model::command_step>(&change_.step);
        const auto& name = deploy ? deploy->command : command->name;
        const auto& arguments = deploy ? deploy->arguments : command->arguments;
        UNDERSTUDY_LET(forward, apply::command_line(*where_, name, arguments, before_.release));
        UNDERSTUDY_LET(
            back, apply::command_line(*where_, change_.rollback.command, change_.rollback.arguments, before_.release));
        plan_.apply = forward;
        plan_.undo = back;
        return {};
    }

    // The rows that are measured, warm, and the orders of two identities on the change's own route.
    [[nodiscard]] std::vector<measure::route_plan> routes_on_production() const {
        auto out = routes_of(project_, change_, *where_);
        std::erase_if(out, [](const auto& one) { return one.warm == 0 || one.identities.empty(); });
        for (auto& one : out) {
            one.cold = 0;
            one.purge_for_leaks = false;
            one.leaks = one.route->name == change_.route;
        }
        return out;
    }

    status picture_from_before() {
        show_progress("the picture from before", 0, 0);
        pacer_.emplace(runtime_, where_->limits.requests_per_second);
        std::vector<std::string> names;
        for (const auto& route : routes_)
            for (const auto& name : route.identities)
                if (std::ranges::find(names, name) == names.end()) names.push_back(name);
        UNDERSTUDY_LET(visitors, visitors_of(runtime_, *where_, names, [this] { return pacer_->wait(); }));
        visitors_ = std::move(visitors);
        for (auto& who : visitors_)
            UNDERSTUDY_TRY(who.prove());
        UNDERSTUDY_LET(seen, measure_once(before_requests, "the picture from before"));
        before_picture_ = std::move(seen);
        for (const auto& row : before_picture_.rows)
            if (row.error_count() == row.requests && row.requests > 0)
                return fail(errc::http_failed,
                            fmt::format("{} failed on production before anything was changed: {}", row.key.text(),
                                        row.errors.begin()->first),
                            where_->name, true);
        return {};
    }

    result<model::measurement> measure_once(int warm, const std::string& stage) {
        measure::arm_plan plan;
        plan.routes = routes_;
        for (auto& route : plan.routes)
            route.warm = warm;
        plan.seed = static_cast<std::uint64_t>(std::hash<std::string>{}(random_bytes(8))) | 1;
        plan.login_may_fail = journal_.has_value();
        measure::arm_hooks hooks;
        hooks.progress = [this, stage](std::uint64_t done, std::uint64_t total) { show_progress(stage, done, total); };
        return measure::arm_runner(visitors_, hooks).run(plan);
    }

    status begin() {
        auto first = apply::begin_of(apply::new_id("apply-" + change_.name), *where_, project_.backups);
        first.primaries = servers_;
        UNDERSTUDY_LET(marks, apply::production_marks(runtime_, project_));
        first.production = std::move(marks);
        first.change = change_.name;
        first.change_digest = change_.digest;
        first.step = change_.step;
        first.rollback = change_.rollback;
        first.families = model::families_of(change_);
        first.no_key_backup = change_.no_key_backup;
        first.authority = fmt::format("evidence {} {}", found_.evidence.id, found_.digest);
        out_.journal = state_.journals() / (first.id + ".journal");
        UNDERSTUDY_LET(log, apply::journal_log::create(out_.journal, first));
        journal_ = std::move(log);
        UNDERSTUDY_LET(link, apply::open_target(runtime_, {out_.journal, {first, {}, {}, {}, {}}}, soon()));
        link_ = std::move(link);
        if (net::run_ids_of(*link_) != run_ids_)
            return fail(errc::evidence_stale,
                        "production's Redis was restarted or replaced just now; rehearse it again", where_->name);
        UNDERSTUDY_TRY(net::is_at_rest(*link_, soon()));
        UNDERSTUDY_LET(lease, apply::lease::take(*link_, state_, first.id, apply::lease::held::here));
        lease_ = std::move(lease);
        UNDERSTUDY_TRY(still_as_looked_at());
        if (!first.families.empty() && change_.no_key_backup.empty()) UNDERSTUDY_TRY(apply::try_way_back(*link_, {}));
        return save(first);
    }

    // Counting keys and the picture from before took minutes: what somebody did meanwhile is in no evidence.
    status still_as_looked_at() {
        UNDERSTUDY_TRY(apply::no_open_journal(state_, *where_, servers_, out_.journal));
        UNDERSTUDY_LET(settings, apply::read_agreed_settings(*link_, soon()));
        UNDERSTUDY_LET(release, apply::read_release(*where_));
        if (settings == before_.settings && (release ? release->name : "") == before_.release) return {};
        return fail(errc::evidence_stale,
                    "a setting or the release was changed while production was looked at; nothing was done",
                    where_->name, true);
    }

    // A link that was idle for a deploy or a watch may be dead without knowing it.
    status reopen() {
        UNDERSTUDY_LET(read, apply::read_journal(out_.journal));
        UNDERSTUDY_LET(link,
                       apply::open_target(runtime_, {out_.journal, *read}, net::deadline::after(failover_patience)));
        link_ = std::move(link);
        return {};
    }

    status save(const model::journal_begin& first) {
        model::journal_saved saved;
        saved.at = now();
        saved.settings = before_.settings;
        saved.release = before_.release;
        apply::before_plan plan;
        UNDERSTUDY_LET(families, apply::key_families::parse(first.families, first.evicts));
        plan.families = std::move(families);
        plan.with_keys = change_.no_key_backup.empty();
        plan.census_keys = where_->limits.census_keys;
        plan.no_census = "keys of production elsewhere are not read";
        plan.backup = state_.backups() / (first.id + ".backup");
        plan.progress = [this](std::uint64_t done, std::uint64_t total) -> status {
            show_progress("back up keys", done, plan_.touched ? plan_.touched->keys() : total);
            return rest();
        };
        UNDERSTUDY_LET(key, apply::backup_key(project_.backups, store::new_salt()));
        plan.key = key;
        worked_since_ = clock::now();
        UNDERSTUDY_TRY(apply::save_keys(*link_, plan, saved));
        return journal_->saved(saved);
    }

    // Production gets as long a rest as the batch before it took.
    status rest() {
        UNDERSTUDY_TRY(
            runtime_.sleep(std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - worked_since_)));
        worked_since_ = clock::now();
        return {};
    }

    error leave_untouched(error wrong) {
        const int signal = interrupt_signal();
        clear_interrupt();
        if (journal_) (void)journal_->end("nothing was changed");
        if (signal != 0) std::raise(signal);  // the exit code tells of it
        wrong.what += "; nothing was changed";
        return wrong;
    }

    status change_production() {
        show_progress("apply", 0, 0);
        apply::step_runner runner(*link_, *where_, *journal_, out_.commands);
        UNDERSTUDY_TRY(runner.apply(change_.step, before_));
        UNDERSTUDY_TRY(reopen());
        UNDERSTUDY_TRY(has_taken_effect());
        UNDERSTUDY_TRY(purge());
        // As in the rehearsal: old pages of a cache in front would outlive the change.
        UNDERSTUDY_LET(emptied, apply::clear_front(*where_));
        if (emptied) out_.commands.push_back(std::move(*emptied));
        return {};
    }

    status purge() {
        if (change_.purge.empty()) return {};
        show_progress("purge", 0, 0);
        UNDERSTUDY_LET(read, apply::read_journal(out_.journal));
        worked_since_ = clock::now();
        UNDERSTUDY_LET(purged,
                       apply::purge_of_change(*link_, *read, change_.purge, *journal_, [this] { return rest(); }));
        out_.purged = purged.removed;
        out_.purged_late = purged.late;
        out_.keys_backed_up = change_.no_key_backup.empty();
        return {};
    }

    // A deploy that exits 0 and leaves the old release running is none.
    [[nodiscard]] status has_taken_effect() const {
        if (!std::holds_alternative<model::deploy_step>(change_.step) || before_.release.empty()) return {};
        UNDERSTUDY_LET(is, apply::read_release(*where_));
        if (is && is->name == before_.release)
            return fail(errc::command_failed,
                        "the deploy exited 0, and yet the command release prints what it printed before it",
                        where_->name);
        return {};
    }

    result<promotion_result> watch() {
        const auto until = net::deadline::after(options_.watch);
        breach_watch breaches;
        while (out_.rounds < least_rounds || !until.expired()) {
            auto round = measure_once(round_requests, "watch " + where_->name);
            if (!round && round.error().code == errc::interrupted) return stays(promotion_end::ended_early);
            if (!round) return failed(std::move(round).error());
            ++out_.rounds;
            out_.signals = judge_round(change_, before_picture_, *round);
            out_.breaches = breaches.take(out_.signals);
            if (!out_.breaches.empty()) return breached();
        }
        return stays(promotion_end::applied);
    }

    result<promotion_result> breached() {
        // Who is asked is shown them with the question.
        const bool asks = options_.breach == on_breach::ask && options_.ask;
        for (const auto& one : out_.breaches) {
            const auto text = "beyond its bound: " + one.name;
            asks ? options_.log.detail(text) : options_.log.warning(text);
        }
        const bool back = options_.breach == on_breach::roll_back || (asks && options_.ask(out_.breaches));
        if (!back) return stays(promotion_end::breached);
        const int signal = interrupt_signal();  // Ctrl-C at the question asks for the way back
        auto out = rolled_back(exit_code::unmet);
        if (out && signal != 0 && out->exit_code != static_cast<int>(exit_code::rollback_incomplete))
            out->exit_code = 128 + signal;
        return out;
    }

    // The change stays: its journal is in nobody's way, and a rollback that names it undoes it.
    result<promotion_result> stays(promotion_end how) {
        const int signal = interrupt_signal();
        clear_interrupt();
        out_.end = how;
        out_.exit_code = how == promotion_end::breached      ? static_cast<int>(exit_code::unmet)
                         : how == promotion_end::ended_early ? 128 + signal
                         : anything_unknown()                ? static_cast<int>(exit_code::inconclusive)
                                                             : static_cast<int>(exit_code::ok);
        if (const auto ended = journal_->end("applied"); !ended) {
            options_.log.warning(fmt::format("the change is on production, and its journal stays open ({}): {}",
                                             ended.error().what, out_.journal.string()));
            out_.exit_code = static_cast<int>(exit_of(ended.error().code));
        }
        apply::remember_apply(state_, found_.evidence.id, {where_->name, out_.exit_code, model::standing::applied},
                              options_.log);
        return std::move(out_);
    }

    // A declared warm expectation that production did not tell. What the last round left unmet, also undeclared errors,
    // is not known either.
    [[nodiscard]] bool anything_unknown() const {
        const auto is_cold = [&](const signal& one) { return one.why.starts_with("production is never made cold"); };
        return std::ranges::any_of(out_.signals, [&](const auto& one) {
            return one.outcome == model::outcome::unmet ||
                   (one.declared && one.outcome != model::outcome::met && !is_cold(one));
        });
    }

    result<promotion_result> failed(error wrong) {
        out_.failed = wrong.text();
        options_.log.warning("failed, so it is rolled back: " + wrong.text());
        const int signal = wrong.code == errc::interrupted ? interrupt_signal() : 0;
        auto out = rolled_back(exit_of(wrong.code));
        if (out && signal != 0 && out->exit_code != static_cast<int>(exit_code::rollback_incomplete))
            out->exit_code = 128 + signal;
        return out;
    }

    result<promotion_result> rolled_back(exit_code otherwise) {
        clear_interrupt();
        show_progress("roll back and prove it", 0, 0);
        auto done = undo();
        out_.end = promotion_end::rolled_back;
        if (!done) {
            apply::remember_apply(
                state_, found_.evidence.id,
                {where_->name, static_cast<int>(exit_code::rollback_incomplete), model::standing::open}, options_.log);
            auto wrong = std::move(done).error();
            wrong.what = fmt::format("the rollback did not end: {}; run: understudy rollback {}", wrong.what,
                                     out_.journal.string());
            wrong.code = errc::rollback_incomplete;
            return std::unexpected(std::move(wrong));
        }
        out_.proof = done->proof;
        out_.commands.insert(out_.commands.end(), done->commands.begin(), done->commands.end());
        out_.exit_code = static_cast<int>(done->proof.complete() ? otherwise : exit_code::rollback_incomplete);
        apply::remember_apply(state_, found_.evidence.id,
                              {where_->name, out_.exit_code,
                               done->proof.complete() ? model::standing::rolled_back : model::standing::open},
                              options_.log);
        return std::move(out_);
    }

    result<apply::rollback_outcome> undo() {
        UNDERSTUDY_TRY(reopen());
        UNDERSTUDY_LET(read, apply::read_journal(out_.journal));
        apply::rollback_options how;
        how.log = options_.log;
        return apply::roll_back(*link_, *read, *journal_, how);
    }

    void show_progress(std::string_view stage, std::uint64_t done, std::uint64_t total) const {
        if (options_.progress) options_.progress(stage, done, total);
    }

    net::runtime& runtime_;
    const model::project& project_;
    const model::change& change_;
    const promotion_options& options_;
    store::state_folder state_;
    const model::environment* where_ = nullptr;
    found_evidence found_;
    std::string run_ids_;  // of production's primaries
    std::vector<model::journal_server> servers_;
    apply::before_state before_;
    promotion_plan plan_;
    std::vector<measure::route_plan> routes_;
    std::optional<measure::pacer> pacer_;
    std::vector<measure::visitor> visitors_;
    model::measurement before_picture_;
    std::optional<apply::journal_log> journal_;
    std::unique_ptr<net::write_link> link_;
    std::optional<apply::lease> lease_;
    clock::time_point worked_since_;
    promotion_result out_;
};

}  // namespace

result<promotion_plan> plan_promotion(net::runtime& on, const model::project& project, const model::change& change,
                                      const promotion_options& options) {
    return promotion(on, project, change, options).prepare();
}

result<promotion_result> promote(net::runtime& on, const model::project& project, const model::change& change,
                                 const promotion_options& options) {
    return promotion(on, project, change, options).run();
}

}  // namespace understudy::rehearse
