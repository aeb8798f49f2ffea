#include "measure/arm.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/random.h"
#include "http/storing.h"

namespace understudy::measure {

namespace {

void shuffle(auto& items, seeded_random& random) {
    for (std::size_t i = items.size(); i > 1; --i)
        std::swap(items[i - 1], items[random.below(i)]);
}

void count_cache(model::series& row, const sample& seen) {
    switch (seen.cache) {
        case http::cache_result::hit:
            ++row.cache.hit;
            break;
        case http::cache_result::miss:
            ++row.cache.miss;
            break;
        case http::cache_result::bypass:
            ++row.cache.bypass;
            break;
        case http::cache_result::stale:
            ++row.cache.stale;
            break;
        case http::cache_result::unknown:
            ++row.cache.unknown;
            row.cache_unknown = {"no header of the answers tells a cache's status", "send Cache-Status (RFC 9211)"};
    }
    if (!seen.cache_source.empty()) row.cache_source = seen.cache_source;
}

// An id of ours that is not this request's: somebody replays an answer that it stored. An id that is none of ours was
// changed on its way, and says nothing.
bool replays(const sample& seen) {
    return seen.database.outcome == http::database_outcome::replayed &&
           is_request_id(seen.database.report.request_id.value_or(""));
}

bool is_old_copy(const sample& seen) {
    const auto* by = seen.caches.answered_by();
    return by != nullptr && by->expired;
}

// Whether the application was certainly not asked. Whoever serves an old copy may have asked it, in vain or meanwhile.
bool answered_in_front(const sample& seen) {
    if (seen.database.outcome == http::database_outcome::counted || is_old_copy(seen)) return false;
    return replays(seen) || seen.caches.answered_in_front() != nullptr;
}

// A request that was to be cold, and was not: also an old copy is one.
bool came_from_front(const sample& seen) {
    const bool counted = seen.database.outcome == http::database_outcome::counted;
    const bool old = is_old_copy(seen) && seen.caches.answered_by()->at >= http::layer::server;
    return answered_in_front(seen) || (old && !counted);
}

// What the answer's headers say of the calls of its own request.
std::optional<std::uint64_t> reported_calls(const sample& seen) {
    if (seen.database.outcome == http::database_outcome::counted) return seen.database.report.count;
    // What came out of a cache in front made no call, whatever the headers that it replays say.
    if (answered_in_front(seen)) return 0;
    return std::nullopt;
}

model::unknown_reason why_no_calls(const sample& seen) {
    using outcome = http::database_outcome;
    if (is_old_copy(seen))
        return {"a cache answered with an old copy, and does not tell whether the application was asked meanwhile", ""};
    if (seen.database.outcome == outcome::malformed)
        return {"the Server-Timing header cannot be read", "see docs/instrument.md for its form"};
    if (seen.database.report.request_id)
        return {"the answers carry another id than the one that was sent",
                "echo X-Request-Id as it came, and let nothing in between replace it"};
    return {"the answers carry no Server-Timing with db;count= and this request's id",
            "see docs/instrument.md; or let the database count: `database` in understudy.toml"};
}

void count_database(model::series& row, const sample& seen) {
    if (const auto calls = reported_calls(seen)) {
        ++row.database_calls[*calls];
        if (answered_in_front(seen)) ++row.answered_in_front;
    } else if (seen.error.empty()) {  // else it is counted among the errors
        row.database_unknown = why_no_calls(seen);
    }
}

void count(model::series& row, const sample& seen) {
    ++row.requests;
    if (!seen.error.empty()) ++row.errors[seen.error];
    row.latency.record(seen.latency.count());
    count_cache(row, seen);
    count_database(row, seen);
}

// Every input is asked once before any counts: what is warm is known, not hoped for.
int warm_ups(const route_plan& plan) {
    if (plan.warm <= 0) return 0;
    return plan.input.empty() ? static_cast<int>(std::max<std::size_t>(plan.route->inputs.size(), 1)) : 1;
}

}  // namespace

struct arm_runner::visit {
    const route_plan& plan;
    visitor& who;

    [[nodiscard]] std::string target(int turn) const {
        const auto& inputs = plan.route->inputs;
        if (!plan.input.empty()) return plan.route->target(plan.input);
        if (inputs.empty()) return plan.route->target({});
        return plan.route->target(inputs[static_cast<std::size_t>(turn) % inputs.size()]);
    }
    [[nodiscard]] model::series_key key(model::temperature state) const {
        return {plan.route->name, who.name(), state};
    }
};

struct arm_runner::warm_row {
    // What Redis counted during this row's requests; a server that was reset meanwhile has told nothing.
    struct redis_share {
        std::uint64_t hits = 0, misses = 0;
        bool told = true;

        void add(const redis_counts& before, const redis_counts& after) {
            told = told && after.hits >= before.hits && after.misses >= before.misses;
            hits += after.hits - before.hits;
            misses += after.misses - before.misses;
        }
    };
    const visit* at;
    model::series row;
    redis_share redis;
};

int arm_runner::most_rounds(const std::vector<visit>& visits) {
    int out = 0;
    for (const auto& at : visits)
        out = std::max(out, at.plan.warm);
    return out;
}

std::uint64_t arm_runner::requests_of(const arm_plan& plan) {
    std::uint64_t out = 0;
    for (const auto& route : plan.routes) {
        const auto identities = static_cast<std::uint64_t>(route.identities.size());
        const int warm = route.apart ? 2 * route.warm : route.warm;
        out += identities * static_cast<std::uint64_t>(route.cold + warm + warm_ups(route));
        if (route.leaks && identities > 1) out += identities * (identities - 1) * 2;
    }
    return out;
}

visitor* arm_runner::find(const std::string& name) {
    const auto found =
        std::find_if(visitors_.begin(), visitors_.end(), [&](const auto& one) { return one.name() == name; });
    return found == visitors_.end() ? nullptr : &*found;
}

// A session that ended in the middle spoils the arm, and a new one may outlast it.
result<model::measurement> arm_runner::run(const arm_plan& plan) {
    again_ = false;
    auto arm = run_once(plan);
    if (arm || arm.error().code != errc::disturbed) return arm;
    const std::string why = arm.error().what;
    again_ = true;
    arm = run_once(plan);
    if (arm) arm->warnings.push_back("an arm was measured again: " + why);
    return arm;
}

result<model::measurement> arm_runner::run_once(const arm_plan& plan) {
    out_ = {};
    out_.arm = plan.arm;
    out_.block = plan.block;
    out_.seed = plan.seed;
    out_.from = now();
    locked_out_.clear();
    last_.clear();
    missed_.clear();
    counted_.clear();
    disagreements_.clear();
    asked_all_the_same_.clear();
    done_ = 0;
    total_ = requests_of(plan);
    seeded_random random(plan.seed + static_cast<std::uint64_t>(plan.block) * 7919);
    for (auto& who : visitors_)
        UNDERSTUDY_TRY(admit(who, plan.login_may_fail));
    if (hooks_.database) UNDERSTUDY_TRY(hooks_.database->begin_arm());
    auto routes = plan.routes;
    shuffle(routes, random);
    UNDERSTUDY_LET(visits, visits_of(routes, random));
    for (const auto& at : visits)
        if (at.plan.cold > 0 && hooks_.make_cold) UNDERSTUDY_TRY(cold_row(at));
    UNDERSTUDY_TRY(warm_rows(visits, random));
    // Only now: what became of the last cold miss, a warm request told.
    for (auto& row : out_.rows)
        row.missed = missed_[row.key];
    for (const auto& route : routes)
        if (route.leaks) UNDERSTUDY_TRY(leak_pass(route));
    for (auto& who : visitors_)
        UNDERSTUDY_TRY(see_out(who, plan));
    settle_counts();
    std::sort(out_.rows.begin(), out_.rows.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    std::sort(out_.leaks.begin(), out_.leaks.end());
    out_.leaks.erase(std::unique(out_.leaks.begin(), out_.leaks.end()), out_.leaks.end());
    out_.to = now();
    return std::move(out_);
}

// A change after which nobody can log in fails every request of a member: that is its effect, not our error.
status arm_runner::admit(visitor& who, bool may_fail) {
    const auto started = std::chrono::steady_clock::now();
    const auto proven = who.prove();
    if (proven) return {};
    if (!may_fail || proven.error().code == errc::interrupted) return proven;
    sample failed;
    failed.error = name_of(proven.error().code);
    failed.latency = std::chrono::steady_clock::now() - started;
    locked_out_.emplace(who.name(), failed);
    out_.warnings.push_back(who.name() + " could not log in: " + proven.error().what);
    ++out_.failed_looks["login as " + who.name()];
    return {};
}

result<std::vector<arm_runner::visit>> arm_runner::visits_of(const std::vector<route_plan>& routes,
                                                             seeded_random& random) {
    std::vector<visit> out;
    for (const auto& route : routes) {
        auto identities = route.identities;
        shuffle(identities, random);
        for (const auto& name : identities) {
            visitor* who = find(name);
            if (!who) return fail(errc::unknown_name, "no identity " + name);
            out.push_back({route, *who});
        }
    }
    return out;
}

// A session that ends while pages still answer 200, with a form to log in or as they do to anybody, shows nowhere else:
// what was measured as this member may have been nobody's page.
status arm_runner::see_out(visitor& who, const arm_plan& plan) {
    if (locked_out_.contains(who.name())) return {};
    const auto proven = who.still_itself();
    if (proven) return {};
    auto wrong = proven.error();
    if (wrong.code != errc::login_failed) return proven;
    // The first time it may be its age; a second time, after a change, it is the change's effect.
    if (plan.login_may_fail && (again_ || !who.can_log_in())) {
        out_.warnings.push_back(who.name() + " was logged out in the middle: " + wrong.what);
        ++out_.failed_looks["login as " + who.name()];
        return {};
    }
    // One that can log in again only has a session too short for an arm; the other can go on no further.
    if (who.can_log_in()) wrong.code = errc::disturbed;
    wrong.what = fmt::format("the session of {} ended while it was measured: {}", who.name(), wrong.what);
    return std::unexpected(std::move(wrong));
}

result<sample> arm_runner::ask(const visit& at, int turn) {
    if (const auto out = locked_out_.find(at.who.name()); out != locked_out_.end()) return out->second;
    UNDERSTUDY_LET(first, ask_and_count(at, turn));
    ++done_;
    if (hooks_.progress) hooks_.progress(done_, total_);
    if (!first.logged_out) return first;
    // A session that ended in the middle says nothing of the change: log in once more, and ask again.
    if (const auto again = at.who.prove(); !again) {
        if (again.error().code == errc::interrupted) return std::unexpected(again.error());
        if (hooks_.database) hooks_.database->pass_over();
        // A redirect to a login that does not work is no page, though its status is no error's.
        if (first.error.empty()) first.error = name_of(again.error().code);
        return first;
    }
    if (hooks_.database) hooks_.database->pass_over();
    UNDERSTUDY_LET(second, ask_and_count(at, turn));
    if (!second.logged_out) out_.warnings.push_back(at.who.name() + " had to log in again");
    return second;
}

result<sample> arm_runner::ask_and_count(const visit& at, int turn) {
    if (!hooks_.database) return at.who.ask(at.target(turn));
    UNDERSTUDY_TRY(hooks_.database->before());
    UNDERSTUDY_LET(seen, at.who.ask(at.target(turn)));
    UNDERSTUDY_LET(calls, hooks_.database->after());
    // A request that was given up goes on in the application: what it asked up to now is not what it costs.
    if (seen.status != 0) seen.counted_calls = calls;
    compare_counts(at, seen);
    return seen;
}

void arm_runner::compare_counts(const visit& at, const sample& seen) {
    if (answered_in_front(seen)) return;  // nothing was reported, and what was inferred yields: settle_row
    const auto reported = reported_calls(seen);
    if (!reported || !seen.counted_calls || *reported == *seen.counted_calls) return;
    auto& one = disagreements_[fmt::format("{} as {}", at.plan.route->name, at.who.name())];
    if (++one.times > 1) return;
    one.reported = *reported;
    one.counted = *seen.counted_calls;
}

void arm_runner::count_sample(model::series& row, const sample& seen) {
    count(row, seen);
    if (!seen.counted_calls) return;
    ++counted_[row.key][*seen.counted_calls];
    if (*seen.counted_calls > 0 && answered_in_front(seen)) ++asked_all_the_same_[row.key];
}

// Server-Timing where it is whole, else the database where that is, else what there is of Server-Timing. It is not
// whole where a zero was inferred, since an old answer came, and the database counted calls meanwhile: a page cache
// within the application may ask it before it answers.
void arm_runner::settle_row(model::series& row) {
    const bool reported = !row.database_calls.empty();
    if (reported) row.database_source = "Server-Timing";
    const auto doubted = asked_all_the_same_.find(row.key);
    const bool whole = reported && !row.database_unknown && doubted == asked_all_the_same_.end();
    if (!hooks_.database || whole) return;
    if (const auto& why = hooks_.database->why()) {
        if (!reported) row.database_unknown = *why;
        return;
    }
    const auto seen = counted_.find(row.key);
    if (seen == counted_.end()) return;
    row.database_calls = seen->second;
    row.database_unknown.reset();
    row.database_source = hooks_.database->source();
    if (doubted == asked_all_the_same_.end()) return;
    row.answered_in_front -= std::min(row.answered_in_front, doubted->second);
    out_.warnings.push_back(fmt::format(
        "{}: {} of its answers looked as if a cache in front of the application gave them, and {} counted calls while "
        "they were made; its numbers are used",
        row.key.text(), doubted->second, hooks_.database->source()));
}

void arm_runner::settle_counts() {
    bool reported = false;
    for (auto& row : out_.rows) {
        settle_row(row);
        reported = reported || row.database_source == "Server-Timing";
    }
    if (!hooks_.database) return;
    if (const auto& why = hooks_.database->why()) {
        if (reported)
            out_.warnings.push_back("what Server-Timing reports was not held against the database: " + why->why);
        return;
    }
    for (const auto& [subject, one] : disagreements_)
        out_.warnings.push_back(
            fmt::format("{}: Server-Timing reports {} database call{} where {} counted {}; the reported number is used",
                        subject, one.reported, one.reported == 1 ? "" : "s", hooks_.database->source(), one.counted));
}

status arm_runner::cold_row(const visit& at) {
    model::series row;
    row.key = at.key(model::temperature::cold);
    int answered_warm = 0;
    for (int turn = 0; turn < at.plan.cold; ++turn) {
        UNDERSTUDY_TRY(hooks_.make_cold());
        if (hooks_.database) hooks_.database->pass_over();  // emptying a cache in front may ask the database
        last_.clear();
        UNDERSTUDY_LET(seen, ask(at, turn));
        follow_up(row.key, at.target(turn), seen);
        note_leaks(at, seen);
        if (came_from_front(seen))
            ++answered_warm;
        else
            count_sample(row, seen);
    }
    if (answered_warm > 0) warn_of_warm(at, answered_warm);
    if (row.requests > 0) add_row(std::move(row));
    return {};
}

void arm_runner::warn_of_warm(const visit& at, int answered) {
    out_.warnings.push_back(fmt::format(
        "{}: a cache in front of the application answered {} of {} requests that were to be cold; they do not count. "
        "A command clear_front of the environment can empty that cache before each",
        at.key(model::temperature::cold).text(), answered, at.plan.cold));
}

// What an answer tells of the one before it to the same page and visitor. A failure is no answer of a cache.
void arm_runner::follow_up(const model::series_key& row, const std::string& page, const sample& seen) {
    const auto of = std::pair(row.identity, page);
    const auto before = last_.find(of);
    if (before != last_.end() && seen.error.empty()) {
        const auto& [first_row, first, forbids] = before->second;
        const auto told = http::judge_storing(first, seen.caches);
        auto& tally = missed_[first_row];
        if (told.is == http::storing::stored) ++tally.stored;
        if (told.is == http::storing::not_stored) {
            ++tally.not_stored;
            const bool said_otherwise = first.nearest()->stored == true;
            tally.because = forbids.empty() || said_otherwise ? std::string(told.why) : "the answers carry " + forbids;
        }
    }
    last_.erase(of);
    if (seen.error.empty()) last_.emplace(of, last_answer{row, seen.caches, seen.forbids});
}

// why  In rounds, each row once a round: a machine that is slow for a moment then spoils a few requests of every row,
//      which a median bears, and not all the requests of one.
status arm_runner::warm_rows(const std::vector<visit>& visits, seeded_random& random) {
    std::vector<warm_row> rows;
    for (const auto& at : visits) {
        if (at.plan.warm <= 0) continue;
        rows.push_back({&at, {}, {}});
        rows.back().row.key = at.key(model::temperature::warm);
        for (int turn = 0; turn < warm_ups(at.plan); ++turn)
            UNDERSTUDY_TRY(ask_in_vain(at, rows.back().row.key, turn));
    }
    for (int turn = 0; turn < most_rounds(visits); ++turn) {
        shuffle(rows, random);
        UNDERSTUDY_TRY(warm_round(rows, turn));
    }
    for (auto& one : rows) {
        if (hooks_.redis && one.redis.told) {
            one.row.redis_hits = one.redis.hits;
            one.row.redis_misses = one.redis.misses;
        }
        add_row(std::move(one.row));
    }
    return {};
}

// A request that does not count.
status arm_runner::ask_in_vain(const visit& at, const model::series_key& row, int turn) {
    UNDERSTUDY_LET(seen, ask(at, turn));
    follow_up(row, at.target(turn), seen);
    note_leaks(at, seen);
    return {};
}

status arm_runner::take_counts(redis_counts& into) {
    UNDERSTUDY_LET(counts, hooks_.redis());
    into = counts;
    return {};
}

status arm_runner::warm_round(std::vector<warm_row>& rows, int turn) {
    redis_counts before;
    if (hooks_.redis) UNDERSTUDY_TRY(take_counts(before));
    for (auto& [at, row, redis] : rows) {
        if (turn >= at->plan.warm) continue;
        if (at->plan.apart) {
            UNDERSTUDY_TRY(ask_in_vain(*at, row.key, turn));
            if (hooks_.redis) UNDERSTUDY_TRY(take_counts(before));
        }
        UNDERSTUDY_LET(seen, ask(*at, turn));
        follow_up(row.key, at->target(turn), seen);
        count_sample(row, seen);
        note_leaks(*at, seen);
        if (!hooks_.redis) continue;
        UNDERSTUDY_LET(after, hooks_.redis());
        redis.add(before, after);
        before = after;
    }
    return {};
}

void arm_runner::add_row(model::series row) {
    if (row.database_calls.empty() && !row.database_unknown) row.database_unknown = {"no request was answered", ""};
    out_.rows.push_back(std::move(row));
}

void arm_runner::note_leaks(const visit& at, const sample& seen) {
    for (const auto& owner : seen.markers_of)
        if (owner != at.who.name())
            out_.leaks.push_back(
                {at.plan.route->name, at.who.name(), owner, fmt::format("{}, then {}", owner, at.who.name())});
}

status arm_runner::leak_pass(const route_plan& plan) {
    for (const auto& first : plan.identities) {
        for (const auto& second : plan.identities) {
            if (first == second) continue;
            if (plan.purge_for_leaks && hooks_.make_cold) {
                UNDERSTUDY_TRY(hooks_.make_cold());
                if (hooks_.database) hooks_.database->pass_over();
            }
            for (const auto* name : {&first, &second}) {
                visitor* who = find(*name);
                if (!who) return fail(errc::unknown_name, "no identity " + *name);
                UNDERSTUDY_LET(seen, ask({plan, *who}, 0));
                note_leaks({plan, *who}, seen);
                if (!seen.error.empty()) ++out_.failed_looks[fmt::format("{} as {}", plan.route->name, *name)];
            }
        }
    }
    return {};
}

}  // namespace understudy::measure
