#include "report/checklist.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "model/json.h"
#include "report/detail/grid.h"
#include "report/detail/printable.h"

namespace understudy::report {

namespace {

using detail::grid;
using detail::one_line;
using detail::paint;
using detail::tone;
using detail::wrapped;
using model::check_state;
using model::check_weight;

struct explained {
    std::string_view id, text;
};

constexpr std::array explanations{
    explained{"rule-declared",
              "Whether a page may be cached, for whom and for how long is a decision of its owner, and no program can "
              "guess it. A route without [routes.NAME.cache] is looked at, and nothing is held against it."},
    explained{"cached-as-declared",
              "A page that should be cached and is not costs the database a full rendering at every visit. It is asked "
              "at least twice by each identity of `stored_for`; one answer has to come from a cache that says so, the "
              "application's own included. A second miss tells that the first answer was not stored."},
    explained{"not-cached-as-declared",
              "A page of one visitor that a cache keeps is shown to the next. For identities that are not in "
              "`stored_for`, and for pages of `not_cached`, no answer may come from a cache, and the headers may not "
              "allow a shared cache to keep it for everybody (RFC 9111, 3)."},
    explained{"says-not-to-store",
              "A response without Cache-Control may be stored by rules of the cache's own (RFC 9111, 4.2.2). What must "
              "not be stored should say so, and not rely on every cache to bypass."},
    explained{
        "bypass-works",
        "A session cookie, a preview or a logged-in header has to reach the application. Each condition of "
        "`bypass` is sent twice with a page that is cached by then; neither answer may come from a cache. A cache "
        "in front that tells what it did is judged by itself: the application may still use one of its own."},
    explained{"stored-for",
              "For whom and for how long a shared cache may keep the answer by its headers, and whether a second "
              "request found what the first one left: missed, then stored; or missed again, so not stored."},
    explained{"kept-no-longer",
              "A page that is kept longer than `max_age` shows old prices. s-maxage counts before max-age, Expires and "
              "the rule of thumb from Last-Modified (RFC 9111, 4.2.1); an Age above the limit counts too."},
    explained{"vary-same",
              "A cache chooses a stored answer by the Vary of the answers that it has. If variants of a page carry "
              "different Vary headers, one of them is given to visitors whom it was not made for (RFC 9110, 12.5.5)."},
    explained{"vary-star", "With Vary: * no stored answer ever fits another request: it is stored in vain."},
    explained{"vary-user-agent",
              "There are thousands of User-Agent values: nearly every visitor gets a copy of their own, and the cache "
              "fills with copies of one page."},
    explained{"vary-cookie",
              "Analytics and session cookies differ for every visitor. A page that asks to be stored (public, max-age) "
              "and varies on Cookie is stored once for each of them, and hardly ever found again."},
    explained{"set-cookie-not-shared",
              "A stored Set-Cookie hands one visitor's session to the next. Two anonymous visitors and all members ask "
              "for the page: a cookie value that two of them are given was stored. So is one that comes with an answer "
              "which asks to be stored for everybody."},
    explained{"authorization-not-reused",
              "An answer to a request with Authorization may be reused by a shared cache only where it says public, "
              "must-revalidate or s-maxage (RFC 9111, 3.5)."},
    explained{"logs-in",
              "Cache faults that hurt most show only to members. Each declared identity logs in and proves "
              "itself (`logged_in_when`)."},
    explained{"own-marker",
              "A leak is seen by a text that only one identity may see. If it is on none of that identity's own pages, "
              "a leak could not have been seen, and nothing can be said."},
    explained{"no-leak",
              "Every visitor asks right after every other one, so that each order is tried: anonymous then member, "
              "member then anonymous, one member then another. A marker of somebody else is a leak."},
    explained{"purge-alone",
              "A purge that takes other pages' keys with it makes them all slow at once. The keys that match the "
              "route's `keys` are counted, and those that other routes claim too."},
    explained{"no-flush",
              "FLUSHALL empties every page's cache, and every session that lives there. INFO commandstats tells "
              "whether somebody does it."},
    explained{"answers", "An error page is quick and asks the database nothing. Nothing else counts while pages fail."},
    explained{"warm-in-time",
              "The median of each identity's requests after its first, against `limits.warm`. On "
              "production it includes whatever else happens there."},
    explained{"cold-in-time",
              "What the first visitor after a purge waits for. Production is never made cold, so this "
              "comes from the newest rehearsal."},
    explained{"rollback-command",
              "On the day when it is needed nobody has the time to look it up: it is declared, and "
              "rehearsals run it."},
    explained{"other-commands",
              "`release` tells which release is live, `health` whether it works; without them a "
              "rollback cannot be checked."},
    explained{"rollback-proven", "The newest rehearsal with a proof: every key and setting as before, by count."},
    explained{"proof-recent", "Deploy scripts change. A proof older than 30 days was of another script."},
    explained{"nothing-open", "A journal that is open says that a change was begun and not undone."},
};

std::string_view title_of(model::check_line line) {
    using enum model::check_line;
    switch (line) {
        case cache_headers:
            return "1  Inspect cache headers";
        case logged_in_traffic:
            return "2  Test logged-in traffic";
        case purge:
            return "3  Purge only the affected route";
        case response_time:
            return "4  Measure response time";
        case rollback:
            return "5  Keep a rollback command ready";
    }
    return "";
}

std::string_view word_of(check_state state) {
    return state == check_state::ok ? "ok" : state == check_state::not_ok ? "NOT OK" : "unknown";
}

tone tone_of(const model::check& one) {
    if (one.state == check_state::ok) return tone::plain;
    return one.state == check_state::not_ok && one.weight == check_weight::required ? tone::bad : tone::warn;
}

std::string subject_of(const model::check& one) {
    if (one.route.empty()) return one.identity;
    return one.identity.empty() ? one.route : one.route + " as " + one.identity;
}

std::size_t count_of(const model::checklist& list, check_state state) {
    return static_cast<std::size_t>(std::ranges::count(list.checks, state, &model::check::state));
}

class writer {
public:
    explicit writer(const checklist_look& look) : look_(look) {}

    std::string page(const model::checklist& list) {
        std::string out =
            wrapped(fmt::format("{}: {} checks, {} not ok, {} unknown ({} requests)", one_line(list.environment),
                                list.checks.size(), count_of(list, check_state::not_ok),
                                count_of(list, check_state::unknown), list.requests),
                    look_.page.width) +
            "\n";
        const auto widest = [&](auto text) {
            std::size_t out = 0;
            for (const auto& one : list.checks)
                out = std::max(out, text(one).size());
            return out;
        };
        ids_ = widest([](const model::check& one) { return one.id; });
        subjects_ = widest(subject_of);
        const model::check_line* line = nullptr;
        for (const auto& one : list.checks) {
            if (line == nullptr || *line != one.line)
                out += "\n" + paint(title_of(one.line), tone::strong, look_.page.colour) + "\n";
            line = &one.line;
            out += check(one);
        }
        return out;
    }

private:
    std::string check(const model::check& one) const {
        const std::string head = fmt::format("  {:<7}  {:<{}}  {:<{}}", word_of(one.state), one.id, ids_,
                                             one_line(subject_of(one)), subjects_);
        std::string text = one_line(one.text);
        if (one.state == check_state::not_ok && one.weight != check_weight::required)
            text += fmt::format(" ({})", model::word(one.weight));
        std::string out = paint(beside(head, text), tone_of(one), look_.page.colour) + "\n";
        const bool mend = one.state != check_state::ok && one.weight != check_weight::informational;
        if ((mend || look_.explain) && !one.mend.empty())
            out +=
                paint(beside(std::string(head.size(), ' '), "-> " + one_line(one.mend)), tone::dim, look_.page.colour) +
                "\n";
        return look_.explain ? out + reasons(one) : out;
    }

    // The text in a column of its own, or below where that would be narrow.
    std::string beside(const std::string& head, const std::string& text) const {
        const std::size_t column = head.size() + 2;
        const bool narrow = look_.page.width < column + narrowest;
        const std::size_t indent = narrow ? below : column;
        std::string lines = wrapped(text, look_.page.width > indent ? look_.page.width - indent : narrowest);
        for (auto at = lines.find('\n'); at != std::string::npos; at = lines.find('\n', at + 1 + indent))
            lines.insert(at + 1, std::string(indent, ' '));
        const bool empty = head.find_first_not_of(' ') == std::string::npos;
        if (narrow) return empty ? std::string(indent, ' ') + lines : head + "\n" + std::string(indent, ' ') + lines;
        return head + "  " + lines;
    }

    std::string reasons(const model::check& one) const {
        std::string out;
        const auto add = [&](std::string_view text) {
            out +=
                paint(std::string(11, ' ') + wrapped(text, look_.page.width - 11, 13), tone::dim, look_.page.colour) +
                "\n";
        };
        if (const auto why = explanation_of(one.id); !why.empty()) add(why);
        for (const auto& line : one.evidence)
            add("- " + one_line(line));
        return out;
    }

    static constexpr std::size_t narrowest = 40, below = 11;
    const checklist_look& look_;
    std::size_t ids_ = 0, subjects_ = 0;
};

}  // namespace

std::string text(const model::checklist& list, const checklist_look& look) {
    return writer(look).page(list);
}

std::string_view explanation_of(std::string_view id) {
    const auto found = std::ranges::find(explanations, id, &explained::id);
    return found == explanations.end() ? std::string_view() : found->text;
}

std::vector<std::string_view> explained_checks() {
    std::vector<std::string_view> out;
    for (const auto& one : explanations)
        out.push_back(one.id);
    return out;
}

}  // namespace understudy::report
