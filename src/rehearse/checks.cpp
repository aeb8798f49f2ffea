#include "rehearse/checks.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/hash.h"
#include "base/units.h"
#include "http/cache_control.h"
#include "http/freshness.h"
#include "http/set_cookie.h"

namespace understudy::rehearse {

namespace {

using http::storable;
using model::check;
using model::check_line;
using model::check_state;
using model::check_weight;

constexpr auto required = check_weight::required;
constexpr auto recommended = check_weight::recommended;
constexpr auto informational = check_weight::informational;
constexpr auto proof_is_old = std::chrono::hours{24 * 30};
// A cookie as short as "en" is a setting and may be everybody's.
constexpr std::size_t telling_cookie_bytes = 8;

bool holds(const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

bool answered(const measure::look& one) {
    return one.seen.status != 0;
}

bool from_cache(const measure::look& one) {
    return one.seen.caches.answered_by() != nullptr;
}

bool cache_told(const measure::look& one) {
    return one.seen.caches.result() != http::cache_result::unknown;
}

storable may_store(const measure::look& one, bool authorized) {
    return http::shared_cache_may_store(one.headers, {one.seen.status, authorized});
}

// A stored copy that fits only who sends the same cookies or credentials is nobody else's.
bool varies_by_visitor(const measure::look& one) {
    const auto vary = http::read_vary(one.headers);
    return vary.any || vary.on("Cookie") || vary.on("Authorization");
}

std::string field(const http::headers& fields, std::string_view name) {
    const auto value = http::combined(fields, name);
    return value ? fmt::format("{}: {}", name, value->substr(0, 160)) : fmt::format("no {}", name);
}

std::string words_of(const http::cache_record* said) {
    if (said == nullptr) return "no cache tells what it did";
    return fmt::format("{}: {}", said->source, http::name_of(said->result()));
}

std::string cache_words(const measure::look& one) {
    const auto* hit = one.seen.caches.answered_by();
    return words_of(hit != nullptr ? hit : one.seen.caches.nearest());
}

// The cache that answered what was to be passed on to the application; nullptr: none. Where a cache in front tells
// what it did, it alone counts: what the application then does with a cache of its own is no matter of the bypass.
const http::cache_record* kept_it_back(const measure::look& one) {
    const auto& members = one.seen.caches.members;
    const auto in_front = [](const http::cache_record& member) { return member.at >= http::layer::server; };
    if (std::ranges::none_of(members, in_front)) return one.seen.caches.answered_by();
    const auto found = std::ranges::find_if(members, [&](const auto& one) { return one.hit && in_front(one); });
    return found == members.end() ? nullptr : &*found;
}

// "ada, after anonymous: HTTP 200, Cache-Status: hit, Cache-Control: private, Vary: Cookie"
std::string line_of(const page_look& one) {
    const auto& [as, visitor, previously, got] = one;
    const std::string who = previously.empty() ? as : fmt::format("{}, after {}", as, previously);
    if (!answered(got)) return fmt::format("{}: {}", who, got.seen.error);
    return fmt::format("{}: HTTP {} in {}, {}, {}, {}", who, got.seen.status, show(got.seen.latency), cache_words(got),
                       field(got.headers, "Cache-Control"), field(got.headers, "Vary"));
}

std::vector<std::string> lines_of(const page_looks& page, std::string_view as = {}) {
    std::vector<std::string> out{"GET " + page.target};
    for (const auto& one : page.looks)
        if (as.empty() || one.as == as) out.push_back(line_of(one));
    return out;
}

class examiner {
public:
    explicit examiner(const environment_looks& seen) : seen_(seen) {}

    std::vector<check> examine() {
        for (const auto& route : seen_.routes)
            headers_of(route);
        logged_in_traffic();
        for (const auto& route : seen_.routes)
            purge_of(route);
        flushes();
        for (const auto& route : seen_.routes)
            times_of(route);
        rollback();
        return std::move(out_);
    }

private:
    struct about {
        check_line line;
        std::string_view id;
        check_weight weight;
        std::string route, as;
    };
    check& add(const about& of, check_state state, std::string text, std::string mend = {}) {
        check one{of.line, std::string(of.id), of.weight, state, of.route, of.as, std::move(text), {}, {}};
        if (state != check_state::ok) one.mend = std::move(mend);
        out_.push_back(std::move(one));
        return out_.back();
    }

    [[nodiscard]] bool sends_authorization(std::string_view name) const {
        const auto* who = seen_.environment->who(name);
        return who != nullptr && who->header && http::same_name(who->header->name, "Authorization");
    }
    [[nodiscard]] storable may_store(const page_look& one) const {
        return rehearse::may_store(one.got, sends_authorization(one.as));
    }

    // Line 1.
    void headers_of(const route_looks& route) {
        if (!route.route->cache)
            add({check_line::cache_headers, "rule-declared", recommended, route.route->name, {}}, check_state::unknown,
                "the route says nothing of caches, so nothing can be held against it",
                fmt::format("add [routes.{}.cache] with stored_for, max_age and bypass", route.route->name));
        for (const auto& page : route.pages) {
            if (route.route->cache) {
                stored_as_declared(route, page);
                bypasses(route, page);
            }
            stored_for(route, page);
            vary(route, page);
            set_cookies(route, page);
            authorization(route, page);
        }
    }

    void stored_as_declared(const route_looks& route, const page_looks& page) {
        for (const auto& as : identities_of(page)) {
            if (!page.must_not && holds(route.route->cache->stored_for, as))
                is_cached(route, page, as);
            else
                is_not_cached(route, page, as);
        }
    }

    static std::vector<std::string> identities_of(const page_looks& page) {
        std::vector<std::string> out;
        for (const auto& one : page.looks)
            if (!holds(out, one.as)) out.push_back(one.as);
        return out;
    }

    static std::vector<const page_look*> looks_of(const page_looks& page, std::string_view as) {
        std::vector<const page_look*> out;
        for (const auto& one : page.looks)
            if (one.as == as && answered(one.got)) out.push_back(&one);
        return out;
    }

    void is_cached(const route_looks& route, const page_looks& page, const std::string& as) {
        const about of{check_line::cache_headers, "cached-as-declared", required, route.route->name, as};
        const auto looks = looks_of(page, as);
        if (looks.empty()) {
            add(of, check_state::unknown, "no answer").evidence = lines_of(page, as);
            return;
        }
        const auto served = std::ranges::find_if(looks, [](const auto* one) { return from_cache(one->got); });
        const auto told = std::ranges::find_if(looks, [](const auto* one) { return cache_told(one->got); });
        auto& made =
            served != looks.end() ? add(of, check_state::ok, "came from a cache (" + cache_words((*served)->got) + ")")
            : told != looks.end()
                ? add(of, check_state::not_ok,
                      fmt::format("asked {} times and never answered from a cache ({}): not stored", looks.size(),
                                  cache_words(looks.back()->got)),
                      "find what keeps the cache from storing it: Cache-Control, Set-Cookie, or the cache's own rules")
            : may_store(*looks.back()) == storable::no
                ? add(of, check_state::not_ok,
                      fmt::format("no cache may store it ({}), and none says that it did",
                                  field(looks.back()->got.headers, "Cache-Control")),
                      "let the application send Cache-Control: public with s-maxage or max-age, or Cache-Status")
                : add(of, check_state::unknown, "no cache on the way tells what it did",
                      "let the cache send Cache-Status (RFC 9211) or X-Cache");
        made.evidence = lines_of(page, as);
    }

    void is_not_cached(const route_looks& route, const page_looks& page, const std::string& as) {
        const about of{check_line::cache_headers, "not-cached-as-declared", required, route.route->name, as};
        const auto looks = looks_of(page, as);
        if (looks.empty()) {
            add(of, check_state::unknown, "no answer").evidence = lines_of(page, as);
            return;
        }
        const auto served = std::ranges::find_if(looks, [](const auto* one) { return from_cache(one->got); });
        const auto stored = std::ranges::find_if(
            looks, [&](const auto* one) { return may_store(*one) == storable::yes && !varies_by_visitor(one->got); });
        const auto open = std::ranges::find_if(looks, [&](const auto* one) {
            return may_store(*one) == storable::heuristic && !varies_by_visitor(one->got);
        });
        const std::string mend = "send Cache-Control: private or no-store, and let the cache bypass for this visitor";
        auto& made = served != looks.end()
                         ? add(of, check_state::not_ok,
                               fmt::format("{} came from a cache ({}), which must not answer {}", page.target,
                                           cache_words((*served)->got), page.must_not ? "it" : as),
                               mend)
                     : stored != looks.end()
                         ? add(of, check_state::not_ok,
                               fmt::format("{} may be stored and given to others ({})", page.target,
                                           field((*stored)->got.headers, "Cache-Control")),
                               mend)
                         : add(of, check_state::ok,
                               "no cache answered, and " + (open != looks.end()
                                                                ? std::string("nothing asks one to store it")
                                                                : field(looks.back()->got.headers, "Cache-Control")));
        made.evidence = lines_of(page, as);
        if (open == looks.end() || made.state != check_state::ok) return;
        add({check_line::cache_headers, "says-not-to-store", recommended, route.route->name, as}, check_state::not_ok,
            "nothing forbids a shared cache to store it: no Cache-Control, no Vary by visitor", mend)
            .evidence = lines_of(page, as);
    }

    void bypasses(const route_looks& route, const page_looks& page) {
        for (const auto& [by, looks] : page.bypasses) {
            if (looks.empty()) continue;
            const about of{check_line::cache_headers, "bypass-works", required, route.route->name, {}};
            const auto name = fmt::format("{} {}", word_of(by.by), by.name);
            const auto kept = std::ranges::find_if(looks, [](const auto& one) { return kept_it_back(one) != nullptr; });
            auto& made =
                kept != looks.end()                     ? add(of, check_state::not_ok,
                                                              fmt::format("answered from a cache in spite of the {} ({})", name,
                                                                          words_of(kept_it_back(*kept))),
                                                              "let the cache pass such requests on to the application")
                : !std::ranges::all_of(looks, answered) ? add(of, check_state::unknown, "no answer with the " + name)
                : std::ranges::all_of(looks, [](const auto& one) { return cache_told(one) || may_not_be_stored(one); })
                    ? add(of, check_state::ok, fmt::format("passed on with the {}", name))
                    : add(of, check_state::unknown, fmt::format("no cache tells what it did with the {}", name),
                          "let the cache send Cache-Status (RFC 9211) or X-Cache");
            made.evidence = {"GET " + page.target + " with the " + name};
            for (const auto& one : looks)
                made.evidence.push_back(words_of(one.seen.caches.nearest()));
        }
    }

    static bool may_not_be_stored(const measure::look& got) { return rehearse::may_store(got, false) == storable::no; }

    static std::string_view word_of(model::bypass_condition::kind by) {
        using kind = model::bypass_condition::kind;
        return by == kind::cookie ? "cookie" : by == kind::header ? "header" : "query parameter";
    }

    // For whom and for how long, and whether a second request found what the first had left.
    void stored_for(const route_looks& route, const page_looks& page) {
        for (const auto& as : identities_of(page)) {
            const auto looks = looks_of(page, as);
            if (looks.empty()) continue;
            const auto& last = *looks.back();
            const auto store = may_store(last);
            const auto life = http::shared_lifetime(last.got.headers);
            add({check_line::cache_headers, "stored-for", informational, route.route->name, as}, check_state::ok,
                words_of_storing(last, store, life) + "; " + second_look(looks))
                .evidence = lines_of(page, as);
            const bool declared = route.route->cache && !page.must_not && holds(route.route->cache->stored_for, as);
            if (declared && store != storable::no) kept_no_longer(route, page, last, life);
        }
    }

    static std::string words_of_storing(const page_look& last, storable store, const http::lifetime& life) {
        if (store == storable::no) return "shared caches may not store it";
        const std::string whom = varies_by_visitor(last.got) ? "for this visitor alone" : "for everybody";
        const std::string how = store == storable::yes ? "may be stored" : "may be stored, though nothing asks for it,";
        if (!life.length) return fmt::format("{} {}, for as long as the cache likes", how, whom);
        return fmt::format("{} {}, for {} ({})", how, whom, show(*life.length), http::name_of(life.from));
    }

    static std::string second_look(const std::vector<const page_look*>& looks) {
        if (!cache_told(looks.front()->got)) return "no cache tells what it did";
        if (from_cache(looks.front()->got)) return "was stored before";
        if (looks.size() < 2) return "asked once only";
        const bool later = std::ranges::any_of(looks, [](const auto* one) { return from_cache(one->got); });
        return later ? "missed, then stored" : fmt::format("missed {} times: not stored", looks.size());
    }

    void kept_no_longer(const route_looks& route, const page_looks& page, const page_look& last,
                        const http::lifetime& life) {
        if (!route.route->cache->max_age) return;
        const auto limit = *route.route->cache->max_age;
        const about of{check_line::cache_headers, "kept-no-longer", required, route.route->name, last.as};
        const auto age = last.got.seen.caches.age;
        auto& made =
            age && std::chrono::seconds{*age} > limit
                ? add(of, check_state::not_ok,
                      fmt::format("is {} old, at most {} was declared", show(std::chrono::seconds{*age}), show(limit)),
                      "purge it, and shorten the time that the cache keeps it")
            : !life.length
                ? add(of, check_state::unknown, "nothing says for how long it may be kept", "send s-maxage or max-age")
            : *life.length > limit ? add(of, check_state::not_ok,
                                         fmt::format("may be kept {} ({}), at most {} was declared", show(*life.length),
                                                     http::name_of(life.from), show(limit)),
                                         "shorten s-maxage or max-age, or raise max_age in understudy.toml")
                                   : add(of, check_state::ok, fmt::format("{} at most", show(*life.length)));
        made.evidence = lines_of(page, last.as);
    }

    void vary(const route_looks& route, const page_looks& page) {
        std::map<std::string, std::string> by_value;  // Vary -> who first got it
        bool star = false, agent = false, cookie = false, storing = false;
        for (const auto& one : page.looks) {
            if (!answered(one.got) || one.got.seen.status != 200) continue;
            const auto said = http::read_vary(one.got.headers);
            by_value.try_emplace(said.any ? "*" : fmt::format("{}", fmt::join(said.names, ", ")), one.as);
            star = star || said.any;
            agent = agent || (!said.any && said.on("User-Agent"));
            const bool explicitly = may_store(one) == storable::yes;
            cookie = cookie || (!said.any && explicitly && said.on("Cookie"));
            storing = storing || explicitly;
        }
        const about of{check_line::cache_headers, {}, recommended, route.route->name, {}};
        const auto made = [&](std::string_view id, bool good, std::string text, std::string mend) {
            auto named = of;
            named.id = id;
            add(named, good ? check_state::ok : check_state::not_ok, std::move(text), std::move(mend)).evidence =
                lines_of(page);
        };
        if (by_value.size() > 1) {
            std::vector<std::string> parts;
            for (const auto& [value, who] : by_value)
                parts.push_back(fmt::format("{} got {}", who, value.empty() ? "none" : value));
            made("vary-same", false, fmt::format("Vary is not the same on all variants: {}", fmt::join(parts, ", ")),
                 "send the same Vary with every variant of a page: a cache goes by the one that it saw last");
        } else if (!by_value.empty()) {
            made("vary-same", true, "Vary is the same on all variants", "");
        }
        if (star) made("vary-star", false, "Vary: * keeps every cache from using what it stored", "name the headers");
        if (agent)
            made("vary-user-agent", false, "Vary: User-Agent makes a copy for each browser version",
                 "vary on a normalised header, or on none");
        if (cookie)
            made("vary-cookie", false,
                 "a page that asks to be stored varies on Cookie: one copy for each set of cookies, hardly ever a hit",
                 "vary on the one thing that matters, or send Cache-Control: private");
    }

    // A cookie that was made for one visitor and comes to another was stored with the page.
    void set_cookies(const route_looks& route, const page_looks& page) {
        std::map<std::string, std::set<int>> given;  // name and digest -> visitors
        std::map<std::string, std::string> names;
        bool storing = false;
        for (const auto& one : page.looks)
            for (const auto text : http::find_all(one.got.headers, "Set-Cookie")) {
                const auto cookie = http::parse_set_cookie(text);
                if (!cookie || cookie->value.size() < telling_cookie_bytes) continue;
                const auto key = cookie->name + "\n" + hex(sha256_of(cookie->value));
                given[key].insert(one.visitor);
                names[key] = cookie->name;
                storing = storing || (may_store(one) == storable::yes && !varies_by_visitor(one.got));
            }
        if (page.looks.empty()) return;
        const about of{check_line::cache_headers, "set-cookie-not-shared", required, route.route->name, {}};
        const auto shared = std::ranges::find_if(given, [](const auto& one) { return one.second.size() > 1; });
        if (shared != given.end())
            add(of, check_state::not_ok,
                fmt::format("the cookie {} of one visitor was given to another: it is stored with the page",
                            names[shared->first].substr(0, 64)),
                "let the cache refuse answers with Set-Cookie, or strip it before they are stored")
                .evidence = lines_of(page);
        else if (storing)
            add(of, check_state::not_ok, "an answer that asks to be stored sets a cookie of its visitor",
                "do not set cookies on pages that shared caches store, or send Cache-Control: private")
                .evidence = lines_of(page);
        else
            add(of, check_state::ok, given.empty() ? "no cookie is set" : "cookies go to their own visitor only")
                .evidence = lines_of(page);
    }

    void authorization(const route_looks& route, const page_looks& page) {
        for (const auto& as : identities_of(page)) {
            if (!sends_authorization(as)) continue;
            const auto looks = looks_of(page, as);
            const auto reused = std::ranges::find_if(looks, [](const auto* one) {
                const auto control = http::read_cache_control(one->got.headers);
                return from_cache(one->got) && !control.has("public") && !control.has("must-revalidate") &&
                       !control.has("s-maxage");
            });
            const about of{check_line::cache_headers, "authorization-not-reused", required, route.route->name, as};
            if (looks.empty()) continue;
            auto& made = reused == looks.end()
                             ? add(of, check_state::ok, "no answer to a request with Authorization is reused unasked")
                             : add(of, check_state::not_ok,
                                   fmt::format("an answer to a request with Authorization came from a cache ({}), "
                                               "without public, must-revalidate or s-maxage",
                                               cache_words((*reused)->got)),
                                   "let the cache pass requests with Authorization on");
            made.evidence = lines_of(page, as);
        }
    }

    // Line 2.
    void logged_in_traffic() {
        if (seen_.logins.empty())
            add({check_line::logged_in_traffic, "logs-in", required, {}, {}}, check_state::unknown,
                "no identity but anonymous is declared, so no logged-in traffic was tested",
                "declare two members, each with a marker");
        for (const auto& [name, wrong] : seen_.logins) {
            const about of{check_line::logged_in_traffic, "logs-in", required, {}, name};
            if (wrong.empty())
                add(of, check_state::ok, "logs in, and is who it should be");
            else
                add(of, check_state::not_ok, wrong, "check login, password and logged_in_when");
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
            add(of, check_state::unknown, "has no marker, so a leak of its pages could not be seen",
                "give it a `marker`: text that only this identity may see");
        else if (!holds(seen_.markers_seen, name))
            add(of, check_state::unknown, "its marker was on none of its own pages, so a leak could not be seen",
                "choose a text that its pages hold, or add a route that holds it");
        else
            add(of, check_state::ok, "its marker is on its own pages");
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
            add(of, check_state::not_ok, fmt::format("{}", fmt::join(found, "; ")),
                "the cache's key forgets the visitor: take the page out of the cache now, then mend the key")
                .evidence = evidence;
        else if (seen_.markers_seen.empty())
            add(of, check_state::unknown, "no marker could have been seen", "give members a `marker`");
        else
            add(of, check_state::ok,
                orders == 0 ? "nobody else's marker, asked as one identity"
                            : fmt::format("nobody else's marker, in {} changes from one visitor to another", orders));
    }

    // Line 3.
    void purge_of(const route_looks& route) {
        const about of{check_line::purge, "purge-alone", recommended, route.route->name, {}};
        if (!route.keys) {
            add(of, check_state::unknown, route.keys_unknown,
                fmt::format("name the route's keys: `keys` in [routes.{}]", route.route->name));
            return;
        }
        const auto& share = *route.keys;
        std::vector<std::string> others;
        for (const auto& [name, count] : share.shared)
            if (count > 0) others.push_back(fmt::format("{} of them also {}'s", count, name));
        if (!others.empty())
            add(of, check_state::not_ok, fmt::format("a purge takes {} keys, {}", share.keys, fmt::join(others, ", ")),
                "narrow the patterns, so that a purge takes this route's keys only");
        else
            add(of, share.whole ? check_state::ok : check_state::unknown,
                share.whole ? fmt::format("a purge takes {} keys, no other route's", share.keys)
                            : fmt::format("a purge takes {} keys and more: the walk was ended", share.keys));
    }

    void flushes() {
        const about of{check_line::purge, "no-flush", recommended, {}, {}};
        if (!seen_.flushes)
            add(of, check_state::unknown, "the server does not tell its calls of FLUSHALL", "grant +info");
        else if (*seen_.flushes > 0)
            add(of, check_state::not_ok,
                fmt::format("the whole cache was cleared {} times since the server started", *seen_.flushes),
                "purge by pattern: `understudy purge`");
        else
            add(of, check_state::ok, "nobody has cleared the whole cache since the server started");
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
            add(of, check_state::unknown, "nobody who was logged in asks for this route here, so it was not asked for",
                "see logs-in, and which identities this environment declares");
        else if (failed > 0)
            add(of, check_state::not_ok, fmt::format("{} of {} requests failed ({})", failed, all, wrong),
                "mend the page first");
        else
            add(of, check_state::ok, fmt::format("{} requests, none failed", all));
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
            add(of, check_state::unknown, "too few answers", "");
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
        add(of, check_state::unknown, "no evidence has a cold request of this page",
            "rehearse a change of this route: only staging is asked cold");
    }

    void within(const about& of, std::chrono::nanoseconds time, const std::optional<std::chrono::milliseconds>& limit,
                const std::string& how) {
        if (limit && time > *limit)
            add(of, check_state::not_ok, fmt::format("{} ({}), at most {} was declared", show(time), how, show(*limit)),
                "find what takes the time, or raise the limit");
        else
            add(of, check_state::ok,
                limit ? fmt::format("{} ({}), at most {}", show(time), how, show(*limit))
                      : fmt::format("{} ({}), no limit declared", show(time), how));
    }

    // Line 5.
    void rollback() {
        const auto declared = [&](std::string_view name, check_weight weight, std::string why) {
            const about of{
                check_line::rollback, name == "rollback" ? "rollback-command" : "other-commands", weight, {}, {}};
            if (seen_.environment->command(name) != nullptr)
                add(of, check_state::ok, fmt::format("the command {} is declared", name));
            else
                add(of, check_state::not_ok, fmt::format("no command {}: {}", name, why),
                    fmt::format("add [environments.{}.commands.{}]", seen_.environment->name, name));
        };
        declared("rollback", required, "nobody knows the way back by heart");
        declared("release", recommended, "nobody can tell which release is live");
        declared("health", recommended, "nobody can tell whether the way back has led anywhere");
        proven();
        const about of{check_line::rollback, "nothing-open", required, {}, {}};
        if (seen_.open_journal.empty())
            add(of, check_state::ok, "no change is left half done");
        else
            add(of, check_state::not_ok, "a change was not rolled back: " + seen_.open_journal,
                "understudy rollback " + seen_.open_journal);
    }

    void proven() {
        const about of{check_line::rollback, "rollback-proven", required, {}, {}};
        if (!seen_.proof) {
            add(of, check_state::unknown, "no evidence shows that it works", "rehearse a change");
            return;
        }
        const auto& proof = *seen_.proof;
        const auto when = fmt::format("{} on {}, by {}", show(proof.at), proof.environment, proof.evidence);
        if (!proof.complete)
            add(of, check_state::not_ok, "the last proof was incomplete: " + when, "see the report of that evidence");
        else
            add(of, check_state::ok, "last proven " + when);
        const about fresh{check_line::rollback, "proof-recent", recommended, {}, {}};
        const auto age = seen_.at - proof.at;
        if (age > proof_is_old)
            add(fresh, check_state::not_ok,
                fmt::format("the last proof is {} days old",
                            std::chrono::duration_cast<std::chrono::hours>(age).count() / 24),
                "rehearse again");
        else
            add(fresh, check_state::ok, "the last proof is less than 30 days old");
    }

    const environment_looks& seen_;
    std::vector<check> out_;
};

}  // namespace

std::vector<model::check> checks_of(const environment_looks& seen) {
    return examiner(seen).examine();
}

}  // namespace understudy::rehearse
