#include "rehearse/detail/header_checks.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/hash.h"
#include "base/units.h"
#include "http/set_cookie.h"

namespace understudy::rehearse::detail {

namespace {

using http::storable;
using model::check;
using model::check_line;
using model::check_state;

// A cookie as short as "en" is a setting and may be everybody's.
constexpr std::size_t telling_cookie_bytes = 8;

storable may_store(const measure::look& one, bool authorized) {
    return http::shared_cache_may_store(one.headers, {one.seen.status, authorized});
}

// A stored copy that fits only who sends the same cookies or credentials is nobody else's.
bool varies_by_visitor(const measure::look& one) {
    const auto vary = http::read_vary(one.headers);
    return vary.any || vary.on("Cookie") || vary.on("Authorization");
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

class header_examiner {
public:
    header_examiner(const environment_looks& seen, check_list& into) : seen_(seen), out_(into) {}

    void headers_of(const route_looks& route) {
        if (!route.route->cache)
            out_.add({check_line::cache_headers, "rule-declared", recommended, route.route->name, {}},
                     check_state::unknown, "the route says nothing of caches, so nothing can be held against it",
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

private:
    [[nodiscard]] bool sends_authorization(std::string_view name) const {
        const auto* who = seen_.environment->who(name);
        return who != nullptr && who->header && http::same_name(who->header->name, "Authorization");
    }
    [[nodiscard]] storable may_store(const page_look& one) const {
        return detail::may_store(one.got, sends_authorization(one.as));
    }

    void stored_as_declared(const route_looks& route, const page_looks& page) {
        for (const auto& as : identities_of(page)) {
            if (!page.must_not && holds(route.route->cache->stored_for, as))
                is_cached(route, page, as);
            else
                is_not_cached(route, page, as);
        }
    }

    void is_cached(const route_looks& route, const page_looks& page, const std::string& as) {
        const about of{check_line::cache_headers, "cached-as-declared", required, route.route->name, as};
        const auto looks = looks_of(page, as);
        if (looks.empty()) {
            out_.add(of, check_state::unknown, "no answer").evidence = lines_of(page, as);
            return;
        }
        const auto served = std::ranges::find_if(looks, [](const auto* one) { return from_cache(one->got); });
        const auto told = std::ranges::find_if(looks, [](const auto* one) { return cache_told(one->got); });
        auto& made =
            served != looks.end()
                ? out_.add(of, check_state::ok, "came from a cache (" + cache_words((*served)->got) + ")")
            : told != looks.end()
                ? out_.add(
                      of, check_state::not_ok,
                      fmt::format("asked {} times and never answered from a cache ({}): not stored", looks.size(),
                                  cache_words(looks.back()->got)),
                      "find what keeps the cache from storing it: Cache-Control, Set-Cookie, or the cache's own rules")
            : may_store(*looks.back()) == storable::no
                ? out_.add(of, check_state::not_ok,
                           fmt::format("no cache may store it ({}), and none says that it did",
                                       field(looks.back()->got.headers, "Cache-Control")),
                           "let the application send Cache-Control: public with s-maxage or max-age, or Cache-Status")
                : out_.add(of, check_state::unknown, "no cache on the way tells what it did",
                           "let the cache send Cache-Status (RFC 9211) or X-Cache");
        made.evidence = lines_of(page, as);
    }

    void is_not_cached(const route_looks& route, const page_looks& page, const std::string& as) {
        const about of{check_line::cache_headers, "not-cached-as-declared", required, route.route->name, as};
        const auto looks = looks_of(page, as);
        if (looks.empty()) {
            out_.add(of, check_state::unknown, "no answer").evidence = lines_of(page, as);
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
                         ? out_.add(of, check_state::not_ok,
                                    fmt::format("{} came from a cache ({}), which must not answer {}", page.target,
                                                cache_words((*served)->got), page.must_not ? "it" : as),
                                    mend)
                     : stored != looks.end()
                         ? out_.add(of, check_state::not_ok,
                                    fmt::format("{} may be stored and given to others ({})", page.target,
                                                field((*stored)->got.headers, "Cache-Control")),
                                    mend)
                         : out_.add(of, check_state::ok,
                                    "no cache answered, and " +
                                        (open != looks.end() ? std::string("nothing asks one to store it")
                                                             : field(looks.back()->got.headers, "Cache-Control")));
        made.evidence = lines_of(page, as);
        if (open == looks.end() || made.state != check_state::ok) return;
        out_.add({check_line::cache_headers, "says-not-to-store", recommended, route.route->name, as},
                 check_state::not_ok,
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
                kept != looks.end() ? out_.add(of, check_state::not_ok,
                                               fmt::format("answered from a cache in spite of the {} ({})", name,
                                                           words_of(kept_it_back(*kept))),
                                               "let the cache pass such requests on to the application")
                : !std::ranges::all_of(looks, answered)
                    ? out_.add(of, check_state::unknown, "no answer with the " + name)
                : std::ranges::all_of(looks, [](const auto& one) { return cache_told(one) || may_not_be_stored(one); })
                    ? out_.add(of, check_state::ok, fmt::format("passed on with the {}", name))
                    : out_.add(of, check_state::unknown, fmt::format("no cache tells what it did with the {}", name),
                               "let the cache send Cache-Status (RFC 9211) or X-Cache");
            made.evidence = {"GET " + page.target + " with the " + name};
            for (const auto& one : looks)
                made.evidence.push_back(words_of(one.seen.caches.nearest()));
        }
    }

    static bool may_not_be_stored(const measure::look& got) { return detail::may_store(got, false) == storable::no; }

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
            out_.add({check_line::cache_headers, "stored-for", informational, route.route->name, as}, check_state::ok,
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
                ? out_.add(
                      of, check_state::not_ok,
                      fmt::format("is {} old, at most {} was declared", show(std::chrono::seconds{*age}), show(limit)),
                      "purge it, and shorten the time that the cache keeps it")
            : !life.length         ? out_.add(of, check_state::unknown, "nothing says for how long it may be kept",
                                              "send s-maxage or max-age")
            : *life.length > limit ? out_.add(of, check_state::not_ok,
                                              fmt::format("may be kept {} ({}), at most {} was declared",
                                                          show(*life.length), http::name_of(life.from), show(limit)),
                                              "shorten s-maxage or max-age, or raise max_age in understudy.toml")
                                   : out_.add(of, check_state::ok, fmt::format("{} at most", show(*life.length)));
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
            out_.add(named, good ? check_state::ok : check_state::not_ok, std::move(text), std::move(mend)).evidence =
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
            out_.add(of, check_state::not_ok,
                     fmt::format("the cookie {} of one visitor was given to another: it is stored with the page",
                                 names[shared->first].substr(0, 64)),
                     "let the cache refuse answers with Set-Cookie, or strip it before they are stored")
                .evidence = lines_of(page);
        else if (storing)
            out_.add(of, check_state::not_ok, "an answer that asks to be stored sets a cookie of its visitor",
                     "do not set cookies on pages that shared caches store, or send Cache-Control: private")
                .evidence = lines_of(page);
        else
            out_.add(of, check_state::ok, given.empty() ? "no cookie is set" : "cookies go to their own visitor only")
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
            auto& made =
                reused == looks.end()
                    ? out_.add(of, check_state::ok, "no answer to a request with Authorization is reused unasked")
                    : out_.add(of, check_state::not_ok,
                               fmt::format("an answer to a request with Authorization came from a cache ({}), "
                                           "without public, must-revalidate or s-maxage",
                                           cache_words((*reused)->got)),
                               "let the cache pass requests with Authorization on");
            made.evidence = lines_of(page, as);
        }
    }

    const environment_looks& seen_;
    check_list& out_;
};

}  // namespace

void check_headers(const environment_looks& seen, const route_looks& route, check_list& into) {
    header_examiner(seen, into).headers_of(route);
}

}  // namespace understudy::rehearse::detail
