// rehearse/detail/check_list.h - what the checks of all lines of the checklist share: how an answer is read and told,
// and the list that the checks go to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/cache_control.h"
#include "http/freshness.h"
#include "model/checklist.h"
#include "rehearse/checks.h"

namespace understudy::rehearse::detail {

inline constexpr auto required = model::check_weight::required;
inline constexpr auto recommended = model::check_weight::recommended;
inline constexpr auto informational = model::check_weight::informational;

// Which check, of what.
struct about {
    model::check_line line;
    std::string_view id;
    model::check_weight weight;
    std::string route, as;
};

class check_list {
public:
    // `mend` is kept where the state is not ok. The reference holds until the next one is added.
    model::check& add(const about& of, model::check_state state, std::string text, std::string mend = {});
    [[nodiscard]] std::vector<model::check> take() { return std::move(made_); }

private:
    std::vector<model::check> made_;
};

[[nodiscard]] bool holds(const std::vector<std::string>& names, std::string_view name);

[[nodiscard]] bool answered(const measure::look& one);
[[nodiscard]] bool from_cache(const measure::look& one);
// A cache on the way says what it did.
[[nodiscard]] bool cache_told(const measure::look& one);

// "Vary: Cookie", "no Vary".
[[nodiscard]] std::string field(const http::headers& fields, std::string_view name);
// "Cache-Status: hit".
[[nodiscard]] std::string words_of(const http::cache_record* said);
[[nodiscard]] std::string cache_words(const measure::look& one);
// "ada, after anonymous: HTTP 200, Cache-Status: hit, Cache-Control: private, Vary: Cookie"
[[nodiscard]] std::string line_of(const page_look& one);
// A line for each look, of one identity where one is named.
[[nodiscard]] std::vector<std::string> lines_of(const page_looks& page, std::string_view as = {});

// Everybody who asked for the page, in order.
[[nodiscard]] std::vector<std::string> identities_of(const page_looks& page);
// The answers that one identity got.
[[nodiscard]] std::vector<const page_look*> looks_of(const page_looks& page, std::string_view as);

}  // namespace understudy::rehearse::detail
