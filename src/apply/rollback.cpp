#include "apply/rollback.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <set>

#include <fmt/format.h>

#include "apply/before.h"
#include "apply/restore.h"
#include "apply/settings.h"
#include "apply/steps.h"
#include "base/interrupt.h"
#include "base/units.h"
#include "net/server_info.h"
#include "net/topology.h"
#include "store/backup.h"
#include "store/secret.h"

namespace understudy::apply {

namespace {

constexpr std::chrono::seconds patience{10};
constexpr std::chrono::seconds failover_patience{30};  // a Cluster takes its cluster-node-timeout and an election
constexpr int most_looks = 3;                          // for its primaries, in the middle of one part

std::string setting_of(const settings& from, const std::string& name) {
    const auto found = from.find(name);
    return found == from.end() ? std::string{} : found->second;
}

class undoing {
public:
    undoing(net::write_link& link, const model::journal& read, journal_log& log, const rollback_options& options)
        : link_(link),
          read_(read),
          log_(log),
          options_(options),
          runner_(link, read.begin.environment, log, out_.commands) {}

    result<rollback_outcome> run() {
        const auto started = std::chrono::steady_clock::now();
        UNDERSTUDY_TRY(end_commands());
        UNDERSTUDY_TRY(look_at_backup());
        UNDERSTUDY_TRY(lasting([&] { return undo_settings(); }));
        UNDERSTUDY_TRY(undo_command());
        UNDERSTUDY_TRY(without_limit([&] { return lasting([&] { return undo_and_prove_keys(); }); }));
        UNDERSTUDY_TRY(clear_pages());
        UNDERSTUDY_TRY(prove());
        out_.command_seconds = runner_.command_seconds() + release_seconds_ + clear_seconds_;
        out_.proof.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
        UNDERSTUDY_TRY(log_.end(out_.proof.complete() ? "rolled back" : "rollback incomplete"));
        return std::move(out_);
    }

private:
    const model::journal_saved& saved() const { return *read_.saved; }

    // A command whose end the journal knows is left alone, for it may have left a daemon in its group.
    bool ended(int number) const {
        return std::any_of(read_.steps.begin(), read_.steps.end(), [&](const auto& step) {
            return step.number == number && step.state != model::step_state::planned;
        });
    }

    status end_commands() {
        for (const auto& step : read_.steps) {
            if (step.process_group <= 0 || ended(step.number)) continue;
            const exec::group_id group{static_cast<pid_t>(step.process_group), step.process_started};
            if (!exec::is_alive(group)) continue;
            options_.log.info("a command of what was interrupted still runs; waiting for it");
            UNDERSTUDY_LET(gone, exec::wait_until_gone(group, options_.patience));
            if (!gone) UNDERSTUDY_TRY(exec::end_group(group, std::chrono::seconds{5}));
        }
        return {};
    }

    // On a Cluster a slot or a primary may be another one in the middle of it. Then the primaries are found anew, and
    // the part is done again: it looks at what is there and does only what is not yet as before, so nothing of it
    // depends on what became of a command whose reply was lost.
    status lasting(const std::function<status()>& work) {
        for (int turn = 0;; ++turn) {
            auto done = work();
            if (done || !link_.shape() || turn == most_looks || !may_have_changed(done.error().code)) return done;
            options_.log.info("the Cluster changed in the middle of the rollback; its primaries are looked for again");
            UNDERSTUDY_TRY(link_.look_again(net::deadline::after(failover_patience)));
        }
    }

    static bool may_have_changed(errc code) {
        return code == errc::cluster_changed || code == errc::connection_lost || code == errc::timed_out;
    }

    // What the journal says of a primary that there is now. Null for one that became it since: CONFIG SET is not
    // replicated, so its settings are its own, and what was set on the old one never came to it.
    const model::journal_server* known(std::size_t index) const {
        const auto& all = read_.begin.primaries;
        if (const auto* shape = link_.shape()) {
            const auto found = std::ranges::find(all, shape->primaries()[index].id, &model::journal_server::node);
            return found == all.end() ? nullptr : &*found;
        }
        const bool failed_over =
            read_.begin.environment.redis.sentinels && !all.empty() && link_.where() != all.front().server;
        return failed_over || all.empty() ? nullptr : &all.front();
    }

    // Those that the journal knows and that are no primary now.
    std::vector<const model::journal_server*> departed() const {
        std::vector<const model::journal_server*> out;
        for (const auto& one : read_.begin.primaries) {
            bool there = false;
            for (std::size_t i = 0; i < link_.primaries().size(); ++i)
                there = there || known(i) == &one;
            if (!there) out.push_back(&one);
        }
        return out;
    }

    [[nodiscard]] std::string name_on(const std::string& setting, const net::write_link& primary) const {
        return link_.shape() ? setting + " on " + primary.where() : setting;
    }

    // On production only what this journal changed is touched: the limit stays, and what a restart lost is for those
    // who run it.
    [[nodiscard]] bool on_production() const { return read_.begin.environment.role == model::role::production; }

    status undo_settings() {
        for (std::size_t i = 0; i < link_.primaries().size(); ++i)
            if (const auto* was = known(i)) UNDERSTUDY_TRY(undo_settings_of(*link_.primaries()[i], *was));
        return {};
    }

    // Settings that the step or this rollback changed; after a restart, also what the restart lost.
    status undo_settings_of(net::write_link& primary, const model::journal_server& before) {
        UNDERSTUDY_LET(is, read_settings(primary, net::deadline::after(patience)));
        const bool restarted = primary.facts().run_id != before.run_id && !on_production();
        for (const auto& [name, was] : in_order(saved().settings, is)) {
            const bool ours = is_own(name) || (name == "maxmemory" && !on_production());
            if ((!ours && !restarted) || setting_of(is, name) == was) continue;
            if (const auto set = set_setting(primary, name, was); !set && ours) return set;
        }
        return {};
    }

    status set_setting(net::write_link& primary, const std::string& name, const std::string& value) {
        UNDERSTUDY_LET(number, log_.planned("undo", text_of_set(name, value, primary, link_.shape() != nullptr)));
        if (auto reply = primary.call({"CONFIG", "SET", name, value}, net::deadline::after(patience)); !reply) {
            (void)log_.became(number, model::step_state::failed, std::string(name_of(reply.error().code)));
            return pass(std::move(reply));
        }
        ++out_.proof.settings.restored;
        return log_.became(number, model::step_state::undone);
    }

    enum class deployed { never, undone, perhaps };

    // By the last deploy or undo that the journal tells of. One that failed or was killed may have done anything.
    deployed last_deploy() const {
        const std::string undo = "command " + read_.begin.rollback.command;
        std::set<int> undoing;  // numbers of runs of the rollback command; CONFIG SETs are undone under the same action
        auto out = deployed::never;
        for (const auto& step : read_.steps) {
            if (step.action == "apply") out = deployed::perhaps;
            if (step.action != "undo") continue;
            if (step.state == model::step_state::planned && step.detail == undo) undoing.insert(step.number);
            if (!undoing.contains(step.number)) continue;
            out = step.state == model::step_state::undone ? deployed::undone : deployed::perhaps;
        }
        return out;
    }

    // Of a deploy, and of any other command. What `release` prints is asked only where the journal says that all was
    // undone: a deploy that was killed before it got as far as that may still have left something to mend.
    status undo_command() {
        const bool command = std::holds_alternative<model::command_step>(read_.begin.step);
        if (!command && !std::holds_alternative<model::deploy_step>(read_.begin.step)) return {};
        if (read_.begin.rollback.command.empty()) return {};
        const auto last = last_deploy();
        if (last == deployed::never) return {};
        if (last == deployed::undone) {
            if (command) return {};  // `release` says nothing of it
            auto is = read_release(read_.begin.environment);
            if (is && !*is) return {};  // no such command: the journal's word stands
            if (is) release_seconds_ += (*is)->seconds;
            if (is && (*is)->name == saved().release) return {};
        }
        return runner_.undo(read_.begin.step, read_.begin.rollback, {saved().settings, saved().release, {}});
    }

    result<key_backup> backup() const { return backup_of(read_); }

    // Read through once, checksums and all, before anything is changed: half a way back is worse than none.
    status look_at_backup() {
        if (saved().backup_file.empty()) return {};
        UNDERSTUDY_LET(keys, backup());
        UNDERSTUDY_TRY(known_keys(keys));
        return {};
    }

    status undo_keys() {
        if (saved().backup_file.empty()) return {};
        UNDERSTUDY_LET(keys, backup());
        UNDERSTUDY_LET(number, log_.planned("restore", fmt::format("{} keys", saved().keys)));
        auto counts = restore_keys(link_, keys);
        if (!counts) {
            (void)log_.became(number, model::step_state::failed, std::string(name_of(counts.error().code)));
            return pass(std::move(counts));
        }
        refused_ = std::move(counts->refused);
        out_.proof.removed = counts->removed;
        out_.proof.keys.restored = counts->restored;
        return log_.became(number, model::step_state::undone);
    }

    // What a part that failed has counted is forgotten, for it may be done again.
    status counted_anew(const std::function<status()>& work) {
        const auto fresh = out_.proof;
        auto done = work();
        if (!done) out_.proof = fresh;
        return done;
    }

    status undo_and_prove_keys() {
        return counted_anew([&]() -> status {
            UNDERSTUDY_TRY(undo_keys());
            return prove_keys();
        });
    }

    // A server whose memory limit is lifted, and the number of the journal's record of that.
    struct lifted_limit {
        int number = 0;
        std::string node;  // of a Cluster
        std::string server;
    };

    // Under its limit a full server would evict what was just restored, and also to make room for the replies by which
    // the keys are read back. What it evicts once the limit is back is a difference as well. One that became a primary
    // since keeps the limit that it has; what it evicts meanwhile is found as a difference.
    status without_limit(const std::function<status()>& work) {
        const auto limit = setting_of(saved().settings, "maxmemory");
        if (on_production() || saved().backup_file.empty() || limit.empty() || limit == "0") return work();
        std::vector<lifted_limit> lifted;
        auto done = lasting([&] { return lift_limits(limit, lifted); });
        if (done) done = work();
        status back;
        for (const auto& one : lifted)
            if (auto set = lasting([&] { return put_limit_back(one, limit); }); !set && back) back = std::move(set);
        UNDERSTUDY_TRY(done);
        return back;
    }

    status lift_limits(const std::string& limit, std::vector<lifted_limit>& lifted) {
        for (std::size_t i = 0; i < link_.primaries().size(); ++i) {
            auto& primary = *link_.primaries()[i];
            const auto* was = known(i);
            if (!was) continue;
            // Noted before the reply: one that is lost may have been heard.
            if (std::ranges::find(lifted, was->node, &lifted_limit::node) == lifted.end()) {
                UNDERSTUDY_LET(number, log_.planned("limit", text_of_set("maxmemory", "0, then " + limit, primary,
                                                                         link_.shape() != nullptr)));
                lifted.push_back({number, was->node, primary.where()});
            }
            UNDERSTUDY_TRY(primary.call({"CONFIG", "SET", "maxmemory", "0"}, net::deadline::after(patience)));
        }
        return {};
    }

    net::write_link* primary_of(const lifted_limit& lifted) {
        for (std::size_t i = 0; i < link_.primaries().size(); ++i)
            if (const auto* was = known(i); was && was->node == lifted.node) return link_.primaries()[i];
        return nullptr;
    }

    status put_limit_back(const lifted_limit& lifted, const std::string& limit) {
        auto* primary = primary_of(lifted);
        if (!primary) {
            out_.proof.differences.push_back(
                {"maxmemory",
                 fmt::format("may still be lifted on {}, which is no longer a primary; set it there to {}",
                             lifted.server, limit),
                 1});
            return log_.became(lifted.number, model::step_state::failed);
        }
        const auto back = set_limit_again(*primary, limit);
        UNDERSTUDY_TRY(log_.became(lifted.number, back ? model::step_state::undone : model::step_state::failed));
        return back;
    }

    // Whatever became of the wait, the limit comes back.
    status set_limit_again(net::write_link& primary, const std::string& limit) {
        const auto waited = wait_for_room(primary, parse_bytes(limit).value_or(0));
        const auto before = evicted_keys(primary);
        UNDERSTUDY_TRY(primary.call({"CONFIG", "SET", "maxmemory", limit}, net::deadline::after(patience)));
        UNDERSTUDY_TRY(waited);
        if (!before) return std::unexpected(before.error());
        UNDERSTUDY_LET(after, evicted_keys(primary));
        if (after > *before)
            out_.proof.differences.push_back({name_on("maxmemory", primary),
                                              "keys were evicted when the memory limit was set again",
                                              after - *before});
        return {};
    }

    // The buffers that the server grew for our batches count as its memory until it has seen this link idle for two
    // seconds. It would evict keys for them.
    static status wait_for_room(net::write_link& primary, std::uint64_t limit) {
        for (int turn = 0; turn < 3; ++turn) {
            UNDERSTUDY_LET(memory, net::read_info(primary, net::deadline::after(patience), "memory"));
            if (static_cast<std::uint64_t>(memory.number("used_memory").value_or(0)) <= limit) return {};
            UNDERSTUDY_TRY(pause_for(std::chrono::milliseconds{3500}));
        }
        return {};
    }

    static result<std::uint64_t> evicted_keys(net::write_link& primary) {
        UNDERSTUDY_LET(stats, net::read_info(primary, net::deadline::after(patience), "stats"));
        return static_cast<std::uint64_t>(stats.number("evicted_keys").value_or(0));
    }

    // Pages of the change that a cache in front of the application keeps would outlive it. They end by themselves in
    // time, and the proof is not about them: so a failure is told, and hinders nothing.
    status clear_pages() {
        const auto run = clear_front(read_.begin.environment);
        if (!run && run.error().code == errc::interrupted) return std::unexpected(run.error());
        if (!run)
            options_.log.warning("the cache in front of the application was not emptied: " + run.error().text());
        else if (*run)
            clear_seconds_ += (*run)->seconds;
        return {};
    }

    status prove_keys() {
        out_.proof.elsewhere_unknown = saved().census_unknown;
        if (saved().backup_file.empty()) return {};
        UNDERSTUDY_LET(keys, backup());
        keys.refused = refused_;
        return compare_keys(link_, keys, out_.proof);
    }

    status prove() {
        auto& proof = out_.proof;
        UNDERSTUDY_TRY(lasting([&] { return counted_anew([&] { return prove_settings(); }); }));
        UNDERSTUDY_TRY(prove_release());
        proof.eviction = !read_.begin.no_key_backup.empty() ? "settings only: " + read_.begin.no_key_backup
                         : read_.begin.evicts
                             ? fmt::format("the step can evict; all {} keys were backed up", saved().keys)
                             : "the step cannot evict";
        proof.database = "not ours to roll back; a deploy that migrates it undoes that in its own rollback command";
        proof.done = true;
        return {};
    }

    // The new primary's settings are its own. On the old one, which is no longer written to, what was changed and not
    // put back may still stand: Sentinel makes a server keep its settings when it makes it a replica (CONFIG REWRITE),
    // and one of a Cluster that was failed over by hand lives on.
    void prove_departed(const model::journal_server& old) {
        auto& proof = out_.proof;
        proof.listed.push_back({"settings", what_became_of(old), 1});
        for (const auto& name : left_changed(old))
            proof.differences.push_back(
                {name,
                 fmt::format("may still be changed on {}, which is no longer {} primary; set it there to {}",
                             old.server, link_.shape() ? "a" : "the", setting_of(saved().settings, name)),
                 1});
    }

    std::string what_became_of(const model::journal_server& old) const {
        const auto* shape = link_.shape();
        if (!shape)
            return fmt::format("the primary failed over from {} to {}, whose settings are its own", old.server,
                               link_.where());
        const auto owner = shape->owner(static_cast<std::uint16_t>(std::atoi(old.slots.c_str())));
        return fmt::format("slots {} were served by {} and are served by {} now, whose settings are its own", old.slots,
                           old.server, owner ? shape->primaries()[*owner].at.text() : "nobody");
    }

    // Settings of a server that the journal tells were changed and not that they were put back.
    std::set<std::string> left_changed(const model::journal_server& on) const {
        std::set<std::string> out;
        std::map<int, std::string> names;  // of records of this server
        for (const auto& step : read_.steps) {
            const bool planned = step.state == model::step_state::planned && !step.detail.empty();
            const bool elsewhere = !on.node.empty() && !step.detail.ends_with(" on " + on.server);
            if (planned && !elsewhere) names[step.number] = changed_by(step);
            const auto& name = names[step.number];
            if (name.empty()) continue;
            if (step.state == model::step_state::undone)
                out.erase(name);
            else
                out.insert(name);
        }
        return out;
    }

    // The setting of the step that a record is about, or the limit that this rollback lifts. Empty: none.
    std::string changed_by(const model::journal_step& record) const {
        if (record.action == "limit") return "maxmemory";
        if (record.action != "apply" && record.action != "undo") return {};
        for (const auto& [name, value] : model::settings_of(read_.begin.step))
            if (record.detail.starts_with("CONFIG SET " + name + " ")) return name;
        return {};
    }

    [[nodiscard]] bool is_own(const std::string& name) const {
        return model::settings_of(read_.begin.step).contains(name);
    }

    status prove_settings() {
        for (const auto* old : departed())
            prove_departed(*old);
        for (std::size_t i = 0; i < link_.primaries().size(); ++i)
            if (known(i)) UNDERSTUDY_TRY(prove_settings_of(*link_.primaries()[i]));
        return {};
    }

    status prove_settings_of(net::write_link& primary) {
        UNDERSTUDY_LET(is, read_settings(primary, net::deadline::after(patience)));
        auto& part = out_.proof.settings;
        for (const auto& [name, was] : saved().settings) {
            ++part.checked;
            if (setting_of(is, name) == was) continue;
            // On production only the change's own setting is ours; another is somebody's decision since.
            if (on_production() && !is_own(name)) {
                out_.proof.listed.push_back({name_on(name, primary), "a setting that somebody else changed since", 1});
                continue;
            }
            ++part.differ;
            out_.proof.differences.push_back({name_on(name, primary), "a setting is not as before", 1});
        }
        return {};
    }

    status prove_release() {
        auto& proof = out_.proof;
        proof.release_before = saved().release;
        if (proof.release_before.empty()) return {};
        UNDERSTUDY_LET(is, read_release(read_.begin.environment));
        proof.release_after = is ? is->name : "";
        if (is) release_seconds_ += is->seconds;
        proof.release_ok = proof.release_after == proof.release_before;
        if (!proof.release_ok)
            proof.differences.push_back(
                {"release", fmt::format("is {}, was {}", proof.release_after, proof.release_before), 1});
        return {};
    }

    net::write_link& link_;
    const model::journal& read_;
    journal_log& log_;
    const rollback_options& options_;
    rollback_outcome out_;
    std::unordered_set<std::string> refused_;  // keys that the server did not take back
    step_runner runner_;
    double release_seconds_ = 0;
    double clear_seconds_ = 0;
};

}  // namespace

bool nothing_was_done(const model::journal& read) {
    // On production nothing of ours comes between the save and the first step; on staging measuring does.
    return !read.saved || (read.begin.environment.role == model::role::production && read.steps.empty());
}

result<rollback_outcome> roll_back(net::write_link& link, const model::journal& read, journal_log& log,
                                   const rollback_options& options) {
    return undoing(link, read, log, options).run();
}

net::write_permission permission_of(const model::journal_begin& begin) {
    net::write_permission out;
    out.environment_is_read_write = begin.environment.access == model::access::read_write;
    for (const auto& mark : begin.production)
        out.production.push_back({mark.run_id, mark.replid, mark.replid2, mark.host, mark.port});
    return out;
}

result<net::redis_endpoint> endpoint_of(const model::environment& on) {
    UNDERSTUDY_LET(password, store::reveal(on.redis.password));
    std::optional<net::sentinel_endpoint> sentinels;
    if (on.redis.sentinels) {
        UNDERSTUDY_LET(sentinel_password, store::reveal(on.redis.sentinels->password));
        const auto& watch = *on.redis.sentinels;
        sentinels = net::sentinel_endpoint{watch.at, watch.master, watch.username, sentinel_password};
    }
    return net::redis_endpoint{.host = on.redis.host,
                               .port = on.redis.port,
                               .unix_path = on.redis.unix_path,
                               .database = on.redis.database,
                               .username = on.redis.username,
                               .password = password,
                               .tls = on.redis.tls,
                               .sentinels = std::move(sentinels)};
}

}  // namespace understudy::apply
