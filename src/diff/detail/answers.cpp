#include "diff/detail/answers.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "diff/detail/mix.h"

namespace understudy::diff::detail {

namespace {

using model::drift_finding;
using model::drift_group;
using model::profile;
using model::route_profile;

namespace weight {
constexpr double page = 0.2;          // what caches in front may do with a page, of all pages together
constexpr double header = 0.02;       // of pages, one that says nothing to caches
constexpr double application = 0.01;  // a setting of the application
}  // namespace weight

// Which header it is, and what each side has. Many pages mostly share one.
struct page_difference {
    std::string what, was, is;
    auto operator<=>(const page_difference&) const = default;
};
using page_differences = std::map<page_difference, std::vector<std::string>>;  // -> "category as ada"

bool is_for_caches(std::string_view what) {
    constexpr std::array<std::string_view, 12> all{"status",
                                                   "cache",
                                                   "header cache-control",
                                                   "header cdn-cache-control",
                                                   "header surrogate-control",
                                                   "header x-accel-expires",
                                                   "header expires",
                                                   "header pragma",
                                                   "header vary",
                                                   "header etag",
                                                   "header last-modified",
                                                   "header set-cookie"};
    return std::ranges::find(all, what) != all.end();
}

std::string shown(const std::string& value) {
    return value.starts_with("hmac:") ? "a value that is not shown" : value.empty() ? "none" : value;
}

std::string value_of(const std::map<std::string, std::string>& in, const std::string& name) {
    const auto found = in.find(name);
    return found == in.end() ? std::string() : found->second;
}

std::set<std::string> names_of(const std::map<std::string, std::string>& left,
                               const std::map<std::string, std::string>& right) {
    std::set<std::string> out;
    for (const auto* side : {&left, &right})
        for (const auto& [name, value] : *side)
            out.insert(name);
    return out;
}

class answers {
public:
    answers(const profile& reference, const profile& other) : reference_(reference), other_(other) {}

    std::vector<drift_finding> compare() {
        pages();
        application();
        return std::move(out_);
    }

private:
    void pages() {
        std::map<std::pair<std::string, std::string>, const route_profile*> others;
        for (const auto& one : other_.routes)
            others.emplace(std::pair{one.route, one.identity}, &one);
        page_differences found;
        std::size_t compared = 0;
        for (const auto& one : reference_.routes)
            if (const auto there = others.find({one.route, one.identity}); there != others.end()) {
                compare_page(one, *there->second, found);
                ++compared;
            }
        std::map<std::string, int> kinds;  // of what differs, how many differences there are
        for (const auto& [difference, names] : found)
            ++kinds[difference.what];
        for (const auto& [difference, names] : found)
            add_page(difference, names, kinds[difference.what] == 1, compared);
    }

    void compare_page(const route_profile& left, const route_profile& right, page_differences& found) const {
        const std::string name = left.route + " as " + left.identity;
        const auto differ = [&](std::string what, const std::string& was, const std::string& is) {
            if (was != is) found[{std::move(what), was, is}].push_back(name);
        };
        differ("status", std::to_string(left.status), std::to_string(right.status));
        // The first answer depends on who asked before.
        differ("cache", left.second, right.second);
        for (const auto& header : names_of(left.headers, right.headers)) {
            const auto was = value_of(left.headers, header), is = value_of(right.headers, header);
            if (comparable(was, is)) differ("header " + header, was, is);
        }
    }

    void add_page(const page_difference& difference, const std::vector<std::string>& names, bool only,
                  std::size_t compared) {
        const bool for_caches = is_for_caches(difference.what);
        auto& one = add(drift_group::pages, difference.was, difference.is);
        one.id = only ? difference.what : difference.what + " " + names.front();
        one.subject = names.size() == 1 ? names.front() : fmt::format("{} pages", names.size());
        one.points = (for_caches ? weight::page : weight::header) * share_of(names.size(), compared);
        one.effect = difference.what == "status"  ? "what is measured at all"
                     : difference.what == "cache" ? "whether a second visitor is answered from a cache"
                     : for_caches                 ? "what caches may keep, and for whom"
                                                  : "the answer is another one than the reference's";
        one.effect += fmt::format(" ({})", fmt::join(names, ", "));
        one.close = "find which revision, or which configuration in front, answers otherwise";
    }

    void application() {
        if (reference_.application.empty() || other_.application.empty()) return;
        for (const auto& name : names_of(reference_.application, other_.application)) {
            const auto was = value_of(reference_.application, name), is = value_of(other_.application, name);
            if (was == is || !comparable(was, is)) continue;
            auto& one = add(drift_group::application, was, is);
            one.id = "application " + name;
            one.subject = name;
            one.points = weight::application;
            one.effect = "what the application caches, and for how long";
            one.close = "set it alike, or accept it in [drift] with the reason";
        }
    }

    [[nodiscard]] bool comparable(const std::string& left, const std::string& right) const {
        const bool digests = left.starts_with("hmac:") && right.starts_with("hmac:");
        return !digests || reference_.digest_key == other_.digest_key;
    }

    drift_finding& add(drift_group group, const std::string& was, const std::string& is) {
        auto& one = out_.emplace_back();
        one.group = group;
        one.reference = shown(was);
        one.other = shown(is);
        if (one.reference == one.other) one.other = "another one";
        one.distance = 1;
        one.method = "exact";
        return one;
    }

    const profile& reference_;
    const profile& other_;
    std::vector<drift_finding> out_;
};

}  // namespace

std::vector<drift_finding> differing_answers(const profile& reference, const profile& other) {
    return answers(reference, other).compare();
}

}  // namespace understudy::diff::detail
