#include "rehearse/checklist.h"

#include <algorithm>

#include <fmt/format.h>

#include "apply/journal_log.h"
#include "apply/keys.h"
#include "apply/rollback.h"
#include "base/interrupt.h"
#include "measure/pacer.h"
#include "model/json.h"
#include "net/read_only_cluster.h"
#include "net/server_info.h"
#include "rehearse/checks.h"
#include "rehearse/preflight.h"
#include "store/file.h"
#include "store/state_folder.h"

namespace understudy::rehearse {

namespace {

constexpr std::chrono::seconds patience{10};
constexpr std::size_t bypass_requests = 2;    // of each: checks.h tells why
constexpr std::uint64_t most_keys = 200'000;  // that a walk over Redis looks at
constexpr std::uint64_t most_evidence_bytes = 256u << 20;

net::deadline soon() {
    return net::deadline::after(patience);
}

// Every visitor of the environment: anonymous twice.
std::vector<std::string> walkers_of(const model::environment& where) {
    std::vector<std::string> out;
    for (const auto& who : where.identities) {
        out.push_back(who.name);
        if (who.name == "anonymous") out.push_back(who.name);
    }
    return out;
}

class inspection {
public:
    inspection(net::runtime& on, const model::project& project, const model::environment& where,
               const checklist_options& options)
        : on_(on), project_(project), where_(where), options_(options), pace_(on, where.limits.requests_per_second) {}

    result<model::checklist> examine() {
        seen_.environment = &where_;
        seen_.at = now();
        UNDERSTUDY_TRY(choose_routes());
        UNDERSTUDY_LET(visitors, visitors_of(on_, where_, walkers_of(where_), [this]() -> status {
                           ++requests_;
                           return pace_.wait();
                       }));
        visitors_ = std::move(visitors);
        UNDERSTUDY_TRY(log_in());
        for (auto& route : seen_.routes)
            UNDERSTUDY_TRY(walk_route(route));
        UNDERSTUDY_TRY(somebody_answers());
        for (const auto& who : visitors_)
            if (who.saw_own_marker()) seen_.markers_seen.push_back(who.name());
        UNDERSTUDY_TRY(ask_redis());
        UNDERSTUDY_TRY(find_proof());
        find_open_journal();
        model::checklist out;
        out.environment = where_.name;
        out.at = seen_.at;
        out.requests = requests_;
        out.checks = checks_of(seen_);
        return out;
    }

private:
    status choose_routes() {
        for (const auto& name : options_.routes)
            if (!project_.find_route(name))
                return fail(errc::unknown_name, "there is no route " + name.substr(0, 64), project_.file);
        for (const auto& route : project_.routes) {
            if (!options_.routes.empty() && std::ranges::find(options_.routes, route.name) == options_.routes.end())
                continue;
            route_looks one;
            one.route = &route;
            one.pages = pages_of(route);
            seen_.routes.push_back(std::move(one));
            for (const auto& page : seen_.routes.back().pages)
                total_ += walk_of(static_cast<int>(walkers_on(route).size())).size() +
                          bypass_requests * bypasses_of(route, page).size();
        }
        return {};
    }

    static std::vector<page_looks> pages_of(const model::route& route) {
        std::vector<page_looks> out;
        const auto add = [&](const std::string& target, bool must_not) {
            const auto known = std::ranges::find(out, target, &page_looks::target);
            if (known == out.end()) out.push_back({target, must_not, {}, {}});
        };
        if (route.cache)
            for (const auto& target : route.cache->not_cached)
                add(target, true);
        const auto examples = out.size();
        add(route.target(route.inputs.empty() ? std::map<std::string, std::string>{} : route.inputs.front()), false);
        if (route.cache)
            for (const auto& target : route.cache->cached)
                add(target, false);
        // The route's own page first: times are taken from it.
        std::ranges::rotate(out, out.begin() + static_cast<std::ptrdiff_t>(std::min(examples, out.size() - 1)));
        return out;
    }

    // Indexes of the visitors that ask for a route.
    [[nodiscard]] std::vector<std::size_t> walkers_on(const model::route& route) const {
        std::vector<std::size_t> out;
        const auto all = walkers_of(where_);
        for (std::size_t i = 0; i < all.size(); ++i) {
            const auto login = seen_.logins.find(all[i]);
            if (login != seen_.logins.end() && !login->second.empty()) continue;
            if (std::ranges::find(route.identities, all[i]) != route.identities.end()) out.push_back(i);
        }
        return out;
    }

    static std::vector<model::bypass_condition> bypasses_of(const model::route& route, const page_looks& page) {
        if (!route.cache || page.must_not || route.cache->stored_for.empty()) return {};
        return route.cache->bypass;
    }

    status log_in() {
        for (auto& who : visitors_) {
            if (who.name() == "anonymous") continue;
            show("logging in");
            const auto proven = who.prove();
            if (!proven && proven.error().code == errc::interrupted) return proven;
            seen_.logins[who.name()] = proven ? "" : proven.error().what;
            if (!proven && proven.error().code != errc::login_failed) login_error_ = proven.error();
        }
        return {};
    }

    void show(const std::string& what) {
        if (options_.progress) options_.progress(what, done_, total_);
    }

    status walk_route(route_looks& route) {
        const auto walkers = walkers_on(*route.route);
        if (walkers.empty()) return {};
        for (auto& page : route.pages) {
            std::string previously;
            for (const int step : walk_of(static_cast<int>(walkers.size()))) {
                const auto index = walkers[static_cast<std::size_t>(step)];
                auto& who = visitors_[index];
                UNDERSTUDY_LET(got, who.ask_whole(page.target));
                page.looks.push_back({who.name(), static_cast<int>(index), previously, std::move(got)});
                previously = who.name();
                ++done_;
                show("asking for " + route.route->name);
            }
            UNDERSTUDY_TRY(walk_bypasses(*route.route, page));
        }
        return {};
    }

    // A site that gives no answer at all has no list of things to mend.
    [[nodiscard]] status somebody_answers() const {
        std::size_t asked = 0;
        std::string wrong;
        for (const auto& route : seen_.routes)
            for (const auto& page : route.pages)
                for (const auto& one : page.looks) {
                    if (one.got.seen.status != 0) return {};
                    ++asked;
                    wrong = one.got.seen.error;
                }
        if (asked == 0 && !login_error_) return {};
        if (asked == 0) return std::unexpected(*login_error_);
        return fail(errc::unreachable, fmt::format("none of {} requests was answered ({})", asked, wrong), where_.url,
                    true);
    }

    // Asked as the first that the cache may answer, for whom the page is in the cache by now.
    status walk_bypasses(const model::route& route, page_looks& page) {
        for (const auto& by : bypasses_of(route, page)) {
            const auto who = std::ranges::find(visitors_, route.cache->stored_for.front(), &measure::visitor::name);
            if (who == visitors_.end()) continue;
            http::headers more;
            std::string target = page.target;
            switch (by.by) {
                case model::bypass_condition::kind::cookie:
                    more.push_back({"Cookie", by.name + "=" + by.value});
                    break;
                case model::bypass_condition::kind::header:
                    more.push_back({by.name, by.value});
                    break;
                case model::bypass_condition::kind::query:
                    target += (target.find('?') == std::string::npos ? "?" : "&") + by.name + "=" + by.value;
            }
            page.bypasses.push_back({by, {}});
            for (std::size_t i = 0; i < bypass_requests; ++i) {
                UNDERSTUDY_LET(got, who->ask_whole(target, more));
                page.bypasses.back().got.push_back(std::move(got));
                ++done_;
            }
        }
        return {};
    }

    // What Redis refuses is unknown, and no reason to stop.
    status ask_redis() {
        const auto unknown = [&](const std::string& why) {
            for (auto& route : seen_.routes)
                route.keys_unknown = why;
        };
        for (auto& route : seen_.routes)
            if (route.route->keys.empty()) route.keys_unknown = "no key patterns are declared";
        auto endpoint = apply::endpoint_of(where_);
        if (!endpoint) return unknown(endpoint.error().what), status{};
        show("asking Redis");
        auto redis = net::read_only_cluster::connect(on_, *endpoint, soon());
        if (!redis) {
            if (redis.error().code == errc::interrupted) return std::unexpected(redis.error());
            return unknown(redis.error().what), status{};
        }
        seen_.flushes = flushes_of(*redis);
        return count_keys(*redis);
    }

    static std::optional<std::uint64_t> flushes_of(net::read_only_cluster& redis) {
        std::uint64_t out = 0;
        for (auto& primary : redis.primaries()) {
            const auto facts = net::read_info(primary.link, soon(), "commandstats");
            if (!facts) return std::nullopt;
            for (const auto& one : facts->commands())
                if (one.name == "flushall" || one.name == "flushdb") out += one.calls;
        }
        return out;
    }

    // One walk for all routes. Names of keys are counted and forgotten. Of a Cluster each primary gives its share, for
    // keys of one route lie on all of them.
    status count_keys(net::read_only_cluster& redis) {
        key_counts counts;
        for (const auto& route : project_.routes) {
            if (route.keys.empty()) continue;
            UNDERSTUDY_LET(patterns, apply::key_families::parse(route.keys));
            counts.families.emplace_back(&route, std::move(patterns));
        }
        if (counts.families.empty()) return {};
        const auto share = most_keys / redis.primaries().size();
        for (auto& primary : redis.primaries())
            UNDERSTUDY_TRY(count_keys_of(primary.link, share, counts));
        for (auto& route : seen_.routes) {
            if (route.route->keys.empty()) continue;
            route.keys = counts.shares[route.route->name];
            route.keys->whole = counts.whole;
        }
        return {};
    }

    struct key_counts {
        std::vector<std::pair<const model::route*, apply::key_families>> families;
        std::map<std::string, key_share> shares;
        bool whole = true;
    };

    status count_keys_of(net::read_only_link& link, std::uint64_t most, key_counts& counts) {
        std::uint64_t looked = 0;
        std::string cursor = "0";
        do {
            UNDERSTUDY_LET(reply, link.call({"SCAN", cursor, "COUNT", "1000"}, soon()));
            if (reply.elements.size() != 2) return fail(errc::protocol, "SCAN gave no cursor and keys", link.where());
            cursor = reply.elements[0].text;
            for (const auto& key : reply.elements[1].elements)
                count_key(key.text, counts.families, counts.shares);
            looked += reply.elements[1].elements.size();
            UNDERSTUDY_TRY(pace_.wait());
        } while (cursor != "0" && looked < most);
        counts.whole = counts.whole && cursor == "0";
        return {};
    }

    static void count_key(const std::string& key,
                          const std::vector<std::pair<const model::route*, apply::key_families>>& families,
                          std::map<std::string, key_share>& shares) {
        std::vector<std::string> owners;
        for (const auto& [route, patterns] : families)
            if (patterns.hold(key)) owners.push_back(route->name);
        for (const auto& owner : owners) {
            ++shares[owner].keys;
            for (const auto& other : owners)
                if (other != owner) ++shares[owner].shared[other];
        }
    }

    // The newest evidence in the project's folder of runs that ended with a proof.
    status find_proof() {
        namespace fs = std::filesystem;
        std::error_code wrong;
        std::vector<fs::path> runs;
        for (const auto& entry : fs::directory_iterator(fs::path(project_.folder) / project_.runs, wrong))
            if (fs::exists(entry.path() / "evidence.json", wrong)) runs.push_back(entry.path() / "evidence.json");
        std::ranges::sort(runs, std::greater{});
        for (const auto& path : runs) {
            if (interrupt_signal() != 0) return fail(errc::interrupted, "interrupted");
            const auto text = store::read_file(path, most_evidence_bytes);
            if (!text) continue;
            const auto evidence = model::read_evidence(*text);
            if (!evidence || !evidence->proof.done) continue;
            seen_.proof = proof_of(*evidence);
            return {};
        }
        return {};
    }

    static last_proof proof_of(const model::evidence& from) {
        last_proof out;
        out.evidence = from.id;
        out.change = from.change.name;
        out.environment = from.environment;
        out.at = from.ended;
        out.complete = from.proof.complete();
        for (const auto* arms : {&from.noise_arms, &from.arms})
            for (const auto& arm : *arms) {
                if (arm.arm == "B") continue;
                for (const auto& row : arm.rows)
                    if (row.key.state == model::temperature::cold)
                        if (const auto time = row.median()) out.cold[row.key.route][row.key.identity] = *time;
            }
        return out;
    }

    void find_open_journal() {
        const auto state = store::open_state_folder();
        if (!state) return;
        const auto open = apply::newest_open_journal(state->journals());
        if (!open || !*open) return;
        const auto journal = apply::read_journal(**open);
        if (!journal || !*journal) return;
        const auto& of = (*journal)->begin.environment;
        if (of.name == where_.name && of.url == where_.url) seen_.open_journal = (*open)->string();
    }

    net::runtime& on_;
    const model::project& project_;
    const model::environment& where_;
    const checklist_options& options_;
    measure::pacer pace_;
    std::vector<measure::visitor> visitors_;
    environment_looks seen_;
    std::optional<error> login_error_;  // of a member who met no application at all
    std::uint64_t requests_ = 0, done_ = 0, total_ = 0;
};

}  // namespace

// teacher  Each ordered pair once is a closed walk over the edges of a complete directed graph, which exists since
// every
//          node has as many edges in as out (Euler). It is built here directly: for each distance d, n steps of +d
//          would be one cycle or several, so Hierholzer's way is taken instead: go on over unused edges until stuck at
//          the start, and splice in further rounds.
std::vector<int> walk_of(int count) {
    if (count <= 0) return {};
    if (count == 1) return {0, 0};
    if (count == 2) return {0, 1, 0, 1};
    std::vector<int> next(static_cast<std::size_t>(count), 0);
    std::vector<int> stack{0}, out;
    while (!stack.empty()) {
        const int at = stack.back();
        int& to = next[static_cast<std::size_t>(at)];
        if (to == at) ++to;
        if (to < count) {
            stack.push_back(to++);
        } else {
            out.push_back(at);
            stack.pop_back();
        }
    }
    std::ranges::reverse(out);
    return out;
}

result<model::checklist> examine_checklist(net::runtime& on, const model::project& project,
                                           const model::environment& where, const checklist_options& options) {
    return inspection(on, project, where, options).examine();
}

}  // namespace understudy::rehearse
