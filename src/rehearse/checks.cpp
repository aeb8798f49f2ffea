#include "rehearse/checks.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/units.h"
#include "rehearse/detail/check_list.h"
#include "rehearse/detail/header_checks.h"

namespace understudy::rehearse {

namespace {

using namespace detail;
using model::check_line;
using model::check_state;
using model::check_weight;

constexpr auto proof_is_old = std::chrono::hours{24 * 30};

class examiner {
public:
    explicit examiner(const environment_looks& seen) : seen_(seen) {}

    std::vector<model::check> examine() {
        for (const auto& route : seen_.routes)
            check_headers(seen_, route, out_);
        logged_in_traffic();
        for (const auto& route : seen_.routes)
            purge_of(route);
        flushes();
        for (const auto& route : seen_.routes)
            times_of(route);
        rollback();
        return out_.take();
    }

private:
    // Line 2.
    void logged_in_traffic() {
        if (seen_.logins.empty())
            out_.add({check_line::logged_in_traffic, "logs-in", required, {}, {}}, check_state::unknown,
                     "no identity but anonymous is declared, so no logged-in traffic was tested",
                     "declare two members, each with a marker");
        for (const auto& [name, wrong] : seen_.logins) {
            const about of{check_line::logged_in_traffic, "logs-in", required, {}, name};
            if (wrong.empty())
                out_.add(of, check_state::ok, "logs in, and is who it should be");
            else
                out_.add(of, check_state::not_ok, wrong, "check login, password and logged_in_when");
        }
        for (const auto& [name, wrong] : seen_.logins)
            if (wrong.empty()) own_marker(name);
        for (const auto& route : seen_.routes)
            leaks_of(route);
    }

    void own_marker(const std::string& name) {
        const about of{check_line::logged_in_traffic, "own-marker", required, {}, name};
        const auto* who = seen_.environment->who(name);
        if (who == nullptr || who->marker.empty())
            out_.add(of, check_state::unknown, "has no marker, so a leak of its pages could not be seen",
                     "give it a `marker`: text that only this identity may see");
        else if (!holds(seen_.markers_seen, name))
            out_.add(of, check_state::unknown, "its marker was on none of its own pages, so a leak could not be seen",
                     "choose a text that its pages hold, or add a route that holds it");
        else
            out_.add(of, check_state::ok, "its marker is on its own pages");
    }

    void leaks_of(const route_looks& route) {
        std::vector<std::string> evidence;
        std::set<std::string> found;
        std::size_t orders = 0;
        for (const auto& page : route.pages)
            for (const auto& one : page.looks) {
                orders += one.previously.empty() || one.previously == one.as ? 0u : 1u;
                for (const auto& owner : one.got.seen.markers_of)
                    if (owner != one.as) {
                        found.insert(fmt::format("{} saw the marker of {}", one.as, owner));
                        evidence.push_back("GET " + page.target + " " + line_of(one));
                    }
            }
        const about of{check_line::logged_in_traffic, "no-leak", required, route.route->name, {}};
        if (!found.empty())
            out_.add(of, check_state::not_ok, fmt::format("{}", fmt::join(found, "; ")),
                     "the cache's key forgets the visitor: take the page out of the cache now, then mend the key")
                .evidence = evidence;
        else if (seen_.markers_seen.empty())
            out_.add(of, check_state::unknown, "no marker could have been seen", "give members a `marker`");
        else
            out_.add(of, check_state::ok,
                     orders == 0
                         ? "nobody else's marker, asked as one identity"
                         : fmt::format("nobody else's marker, in {} changes from one visitor to another", orders));
    }

    // Line 3.
    void purge_of(const route_looks& route) {
        const about of{check_line::purge, "purge-alone", recommended, route.route->name, {}};
        if (!route.keys) {
            out_.add(of, check_state::unknown, route.keys_unknown,
                     fmt::format("name the route's keys: `keys` in [routes.{}]", route.route->name));
            return;
        }
        const auto& share = *route.keys;
        std::vector<std::string> others;
        for (const auto& [name, count] : share.shared)
            if (count > 0) others.push_back(fmt::format("{} of them also {}'s", count, name));
        if (!others.empty())
            out_.add(of, check_state::not_ok,
                     fmt::format("a purge takes {} keys, {}", share.keys, fmt::join(others, ", ")),
                     "narrow the patterns, so that a purge takes this route's keys only");
        else
            out_.add(of, share.whole ? check_state::ok : check_state::unknown,
                     share.whole ? fmt::format("a purge takes {} keys, no other route's", share.keys)
                                 : fmt::format("a purge takes {} keys and more: the walk was ended", share.keys));
    }

    void flushes() {
        const about of{check_line::purge, "no-flush", recommended, {}, {}};
        if (!seen_.flushes)
            out_.add(of, check_state::unknown, "the server does not tell its calls of FLUSHALL", "grant +info");
        else if (*seen_.flushes > 0)
            out_.add(of, check_state::not_ok,
                     fmt::format("the whole cache was cleared {} times since the server started", *seen_.flushes),
                     "purge by pattern: `understudy purge`");
        else
            out_.add(of, check_state::ok, "nobody has cleared the whole cache since the server started");
    }

    // Line 4.
    void times_of(const route_looks& route) {
        std::uint64_t failed = 0, all = 0;
        std::string wrong;
        for (const auto& page : route.pages)
            for (const auto& one : page.looks) {
                ++all;
                if (one.got.seen.error.empty()) continue;
                ++failed;
                wrong = one.got.seen.error;
            }
        const about of{check_line::response_time, "answers", required, route.route->name, {}};
        if (all == 0)
            out_.add(of, check_state::unknown,
                     "nobody who was logged in asks for this route here, so it was not asked for",
                     "see logs-in, and which identities this environment declares");
        else if (failed > 0)
            out_.add(of, check_state::not_ok, fmt::format("{} of {} requests failed ({})", failed, all, wrong),
                     "mend the page first");
        else
            out_.add(of, check_state::ok, fmt::format("{} requests, none failed", all));
        if (route.pages.empty()) return;
        for (const auto& as : identities_of(route.pages.front())) {
            warm_time(route, as);
            cold_time(route, as);
        }
    }

    static check_weight weight_of(const std::optional<std::chrono::milliseconds>& limit) {
        return limit ? required : informational;
    }

    void warm_time(const route_looks& route, const std::string& as) {
        const auto looks = looks_of(route.pages.front(), as);
        std::vector<std::chrono::nanoseconds> times;
        for (std::size_t i = 1; i < looks.size(); ++i)  // the first may have been cold
            times.push_back(looks[i]->got.seen.latency);
        const auto limit = route.route->limits.warm;
        const about of{check_line::response_time, "warm-in-time", weight_of(limit), route.route->name, as};
        if (times.empty()) {
            out_.add(of, check_state::unknown, "too few answers", "");
            return;
        }
        std::ranges::sort(times);
        within(of, times[times.size() / 2], limit, fmt::format("median of {}", times.size()));
    }

    void cold_time(const route_looks& route, const std::string& as) {
        const auto limit = route.route->limits.cold;
        const about of{check_line::response_time, "cold-in-time", weight_of(limit), route.route->name, as};
        if (seen_.proof)
            if (const auto found = seen_.proof->cold.find(route.route->name); found != seen_.proof->cold.end())
                if (const auto time = found->second.find(as); time != found->second.end()) {
                    within(of, time->second, limit, "before the change of " + seen_.proof->evidence);
                    return;
                }
        out_.add(of, check_state::unknown, "no evidence has a cold request of this page",
                 "rehearse a change of this route: only staging is asked cold");
    }

    void within(const about& of, std::chrono::nanoseconds time, const std::optional<std::chrono::milliseconds>& limit,
                const std::string& how) {
        if (limit && time > *limit)
            out_.add(of, check_state::not_ok,
                     fmt::format("{} ({}), at most {} was declared", show(time), how, show(*limit)),
                     "find what takes the time, or raise the limit");
        else
            out_.add(of, check_state::ok,
                     limit ? fmt::format("{} ({}), at most {}", show(time), how, show(*limit))
                           : fmt::format("{} ({}), no limit declared", show(time), how));
    }

    // Line 5.
    void rollback() {
        const auto declared = [&](std::string_view name, check_weight weight, std::string why) {
            const about of{
                check_line::rollback, name == "rollback" ? "rollback-command" : "other-commands", weight, {}, {}};
            if (seen_.environment->command(name) != nullptr)
                out_.add(of, check_state::ok, fmt::format("the command {} is declared", name));
            else
                out_.add(of, check_state::not_ok, fmt::format("no command {}: {}", name, why),
                         fmt::format("add [environments.{}.commands.{}]", seen_.environment->name, name));
        };
        declared("rollback", required, "nobody knows the way back by heart");
        declared("release", recommended, "nobody can tell which release is live");
        declared("health", recommended, "nobody can tell whether the way back has led anywhere");
        proven();
        const about of{check_line::rollback, "nothing-open", required, {}, {}};
        if (seen_.open_journal.empty())
            out_.add(of, check_state::ok, "no change is left half done");
        else
            out_.add(of, check_state::not_ok, "a change was not rolled back: " + seen_.open_journal,
                     "understudy rollback " + seen_.open_journal);
    }

    void proven() {
        const about of{check_line::rollback, "rollback-proven", required, {}, {}};
        if (!seen_.proof) {
            out_.add(of, check_state::unknown, "no evidence shows that it works", "rehearse a change");
            return;
        }
        const auto& proof = *seen_.proof;
        const auto when = fmt::format("{} on {}, by {}", show(proof.at), proof.environment, proof.evidence);
        if (!proof.complete)
            out_.add(of, check_state::not_ok, "the last proof was incomplete: " + when,
                     "see the report of that evidence");
        else
            out_.add(of, check_state::ok, "last proven " + when);
        const about fresh{check_line::rollback, "proof-recent", recommended, {}, {}};
        const auto age = seen_.at - proof.at;
        if (age > proof_is_old)
            out_.add(fresh, check_state::not_ok,
                     fmt::format("the last proof is {} days old",
                                 std::chrono::duration_cast<std::chrono::hours>(age).count() / 24),
                     "rehearse again");
        else
            out_.add(fresh, check_state::ok, "the last proof is less than 30 days old");
    }

    const environment_looks& seen_;
    check_list out_;
};

}  // namespace

std::vector<model::check> checks_of(const environment_looks& seen) {
    return examiner(seen).examine();
}

}  // namespace understudy::rehearse
