#include "sync/settings.h"

#include <utility>

#include <fmt/format.h>

#include "apply/lasting.h"
#include "apply/rollback.h"
#include "apply/steps.h"
#include "apply/target.h"
#include "diff/parity.h"
#include "net/read_only_cluster.h"
#include "net/writable_link.h"

namespace understudy::sync {

namespace {

constexpr std::chrono::seconds patience{10};

// How far apart two servers are by what is known without looking at their keys.
model::drift drift_between(const diff::server_side& production, const diff::server_side& here,
                           const std::map<std::string, std::string>& accepted) {
    const auto profile_of = [](const diff::server_side& side) {
        model::profile out;
        out.environment = side.name;
        out.version = side.version;
        out.settings = side.settings;
        out.from = out.to = now();
        return out;
    };
    return diff::drift_between(profile_of(production), profile_of(here), {here.scale, accepted});
}

diff::server_side as_planned(diff::server_side side, const diff::settings_plan& plan) {
    for (const auto* part : {&plan.set, &plan.restart})
        for (const auto& one : *part)
            side.settings[one.setting] = one.becomes;
    return side;
}

class bringing {
public:
    bringing(net::runtime& on, const model::project& project, const model::environment& where,
             const diff::server_side& production, const settings_options& options)
        : runtime_(on), project_(project), where_(where), production_(production), options_(options) {}

    result<settings_done> run() {
        if (where_.access != model::access::read_write)
            return fail(errc::not_writable,
                        "the environment is declared read-only; its own entry says access = \"read-write\" where its "
                        "settings may be set",
                        where_.name);
        UNDERSTUDY_LET(look, look_at_settings(runtime_, project_, where_, production_, options_));
        out_.look = std::move(look);
        UNDERSTUDY_LET(marks, apply::production_marks(runtime_, project_));
        marks_ = std::move(marks);
        UNDERSTUDY_TRY(is_not_production());
        out_.after = out_.look.before;
        if (out_.look.plan.set.empty()) return std::move(out_);
        if (saves_keys() && !out_.look.not_saved.empty())
            return fail(errc::unsafe_target, out_.look.not_saved, where_.name);
        UNDERSTUDY_LET(state, store::open_state_folder());
        UNDERSTUDY_TRY(apply::no_open_journal(state, where_, out_.look.servers));
        UNDERSTUDY_LET(plan, lasting_plan());
        const apply::before_state before{plan.settings, {}, {}};
        UNDERSTUDY_LET(work, apply::lasting::begin(runtime_, state, std::move(plan)));
        out_.journal = work.journal_path();
        if (saves_keys()) out_.backup = work.backup_path();
        if (auto done = set_and_read_back(work, before); !done)
            return std::unexpected(work.brought_back(std::move(done).error()));
        return std::move(out_);
    }

private:
    [[nodiscard]] bool saves_keys() const { return out_.look.evicts && options_.no_key_backup.empty(); }

    // Asked here too, where there may be nothing to write: whoever named the wrong server is to know.
    status is_not_production() const {
        model::journal_begin first;
        first.environment = where_;
        first.production = marks_;
        for (const auto& one : out_.look.facts)
            UNDERSTUDY_TRY(net::may_write_node(one, apply::permission_of(first), where_.name));
        return {};
    }

    result<apply::lasting_plan> lasting_plan() {
        apply::lasting_plan out;
        out.first = apply::begin_of(apply::new_id("sync"), where_, project_.backups);
        out.first.primaries = out_.look.servers;
        out.first.production = marks_;
        out.first.change = "sync";
        out.first.step = model::settings_step{out_.look.plan.becoming()};
        out.first.evicts = out_.look.evicts;
        if (!saves_keys())
            out.first.no_key_backup =
                out_.look.evicts ? options_.no_key_backup : "none of these settings can evict a key";
        out.settings = out_.look.here.settings;
        out.run_ids = out_.look.run_ids;
        out.log = options_.log;
        out.keys.with_keys = saves_keys();
        out.keys.no_census = out.first.no_key_backup;
        UNDERSTUDY_LET(families, apply::key_families::parse({}, out_.look.evicts));
        out.keys.families = std::move(families);
        out.keys.progress = [this](std::uint64_t done, std::uint64_t total) -> status {
            show_progress("back up keys", done, total);
            return {};
        };
        return out;
    }

    status set_and_read_back(apply::lasting& work, const apply::before_state& before) {
        show_progress("set", 0, 0);
        std::vector<model::command_run> none;
        apply::step_runner runner(work.link(), where_, work.journal(), none);
        if (auto done = runner.apply(model::settings_step{out_.look.plan.becoming()}, before); !done) {
            if (done.error().code == errc::server_error)
                done.error().what += ". A setting that this server does not take is left alone once [drift] accepts it";
            return done;
        }
        UNDERSTUDY_LET(now, apply::read_agreed_settings(work.link(), net::deadline::after(patience)));
        auto here = out_.look.here;
        here.settings = std::move(now);
        const auto left = diff::plan_settings(production_, here, {project_.accepted_drift, options_.all});
        if (!left.set.empty())
            return fail(errc::server_error,
                        fmt::format("{} is still {} after CONFIG SET to {}", left.set.front().setting,
                                    left.set.front().was, left.set.front().becomes),
                        where_.name);
        out_.after = drift_between(production_, here, project_.accepted_drift);
        return work.keep("applied");
    }

    void show_progress(std::string_view stage, std::uint64_t done, std::uint64_t total) const {
        if (options_.progress) options_.progress(stage, done, total);
    }

    net::runtime& runtime_;
    const model::project& project_;
    const model::environment& where_;
    const diff::server_side& production_;
    const settings_options& options_;
    settings_done out_;
    std::vector<model::server_mark> marks_;
};

}  // namespace

result<settings_look> look_at_settings(net::runtime& on, const model::project& project, const model::environment& where,
                                       const diff::server_side& production, const settings_options& options) {
    if (where.role == model::role::production)
        return fail(errc::unsafe_target, "settings are brought from production and never to it", where.name);
    UNDERSTUDY_LET(endpoint, apply::endpoint_of(where));
    UNDERSTUDY_LET(look, net::read_only_cluster::connect(on, endpoint, net::deadline::after(patience)));
    settings_look out;
    UNDERSTUDY_LET(settings, apply::read_agreed_settings(look, net::deadline::after(patience)));
    out.here = {where.name, look.facts().version, std::move(settings), where.scale};
    out.plan = diff::plan_settings(production, out.here, {project.accepted_drift, options.all});
    out.evicts = apply::can_evict(model::settings_step{out.plan.becoming()}, out.here.settings);
    if (out.evicts)
        if (const auto alone = apply::nothing_elsewhere(look, where.redis.database); !alone) {
            if (alone.error().code != errc::unsafe_target) return std::unexpected(alone.error());
            out.not_saved = alone.error().what;
        }
    out.run_ids = look.run_ids();
    out.servers = apply::servers_of(look);
    for (const auto& primary : look.primaries())
        out.facts.push_back(primary.facts);
    out.before = drift_between(production, out.here, project.accepted_drift);
    out.after = drift_between(production, as_planned(out.here, out.plan), project.accepted_drift);
    return out;
}

result<settings_done> bring_settings(net::runtime& on, const model::project& project, const model::environment& where,
                                     const diff::server_side& production, const settings_options& options) {
    return bringing(on, project, where, production, options).run();
}

}  // namespace understudy::sync
