#include "rehearse/detail/check_list.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/units.h"

namespace understudy::rehearse::detail {

model::check& check_list::add(const about& of, model::check_state state, std::string text, std::string mend) {
    model::check one{of.line, std::string(of.id), of.weight, state, of.route, of.as, std::move(text), {}, {}};
    if (state != model::check_state::ok) one.mend = std::move(mend);
    made_.push_back(std::move(one));
    return made_.back();
}

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

std::string line_of(const page_look& one) {
    const auto& [as, visitor, previously, got] = one;
    const std::string who = previously.empty() ? as : fmt::format("{}, after {}", as, previously);
    if (!answered(got)) return fmt::format("{}: {}", who, got.seen.error);
    return fmt::format("{}: HTTP {} in {}, {}, {}, {}", who, got.seen.status, show(got.seen.latency), cache_words(got),
                       field(got.headers, "Cache-Control"), field(got.headers, "Vary"));
}

std::vector<std::string> lines_of(const page_looks& page, std::string_view as) {
    std::vector<std::string> out{"GET " + page.target};
    for (const auto& one : page.looks)
        if (as.empty() || one.as == as) out.push_back(line_of(one));
    return out;
}

std::vector<std::string> identities_of(const page_looks& page) {
    std::vector<std::string> out;
    for (const auto& one : page.looks)
        if (!holds(out, one.as)) out.push_back(one.as);
    return out;
}

std::vector<const page_look*> looks_of(const page_looks& page, std::string_view as) {
    std::vector<const page_look*> out;
    for (const auto& one : page.looks)
        if (one.as == as && answered(one.got)) out.push_back(&one);
    return out;
}

}  // namespace understudy::rehearse::detail
