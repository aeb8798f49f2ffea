// Design: three readers, tried in the order of the header's comment. The strict one turns a structured list into
// records; the table one asks detail/vendor_rows for each header that is present and sorts by layer; the last one looks
// at Age. Where the first two both find something, add_nearer decides. Only the first makes `malformed`.
#include "http/cache_status.h"

#include <algorithm>
#include <array>
#include <limits>
#include <ranges>
#include <utility>

#include "http/cache_control.h"
#include "http/detail/vendor_rows.h"
#include "http/structured.h"

namespace understudy::http {

namespace {

struct fwd_name {
    fwd reason;
    std::string_view name;
};
constexpr std::array fwd_names{
    fwd_name{fwd::bypass, "bypass"},       fwd_name{fwd::method, "method"},   fwd_name{fwd::uri_miss, "uri-miss"},
    fwd_name{fwd::vary_miss, "vary-miss"}, fwd_name{fwd::miss, "miss"},       fwd_name{fwd::request, "request"},
    fwd_name{fwd::stale, "stale"},         fwd_name{fwd::partial, "partial"},
};

template <class type>
bool read_as(const bare_item& from, std::optional<type>& into) {
    const auto* value = std::get_if<type>(&from);
    if (value == nullptr) return false;
    into = *value;
    return true;
}

// A token or a string, as `detail` and names of caches may be.
const std::string* text_of(const bare_item& item) {
    if (const auto* token = std::get_if<sf_token>(&item)) return &token->text;
    return std::get_if<std::string>(&item);
}

bool read_status(const bare_item& item, std::optional<int>& into) {
    const auto* value = std::get_if<std::int64_t>(&item);
    if (value == nullptr || *value < 100 || *value > 999) return false;
    into = static_cast<int>(*value);
    return true;
}

bool read_flag(const bare_item& item, bool& into) {
    const auto* value = std::get_if<bool>(&item);
    if (value == nullptr) return false;
    into = *value;
    return true;
}

// A reason that the registry does not know (it may grow) is a miss for a reason of its own.
bool read_reason(const bare_item& item, cache_record& record) {
    const auto* token = std::get_if<sf_token>(&item);
    if (token == nullptr) return false;
    record.forwarded = fwd_of(token->text);
    if (!record.forwarded) {
        record.forwarded = fwd::miss;
        record.trust = confidence::low;
    }
    return true;
}

bool read_parameter(const sf_parameter& parameter, cache_record& record) {
    const auto& [name, value] = parameter;
    if (name == "hit") return read_flag(value, record.hit);
    if (name == "fwd") return read_reason(value, record);
    if (name == "fwd-status") return read_status(value, record.fwd_status);
    if (name == "ttl") return read_as(value, record.ttl);
    if (name == "stored") return read_as(value, record.stored);
    if (name == "collapsed") return read_flag(value, record.collapsed);
    if (name == "key") return read_as(value, record.key);
    if (name == "detail") {
        const std::string* text = text_of(value);
        if (text == nullptr) return false;
        record.detail = *text;
    }
    return true;
}

std::optional<cache_record> record_of(const sf_member& member) {
    const auto* name = std::get_if<bare_item>(&member.value);
    const std::string* cache = name == nullptr ? nullptr : text_of(*name);
    if (cache == nullptr) return std::nullopt;
    cache_record record;
    record.cache = *cache;
    if (detail::is_edge_name(record.cache)) record.at = layer::edge;
    record.source = "Cache-Status";
    for (const auto& parameter : member.parameters)
        if (!read_parameter(parameter, record)) return std::nullopt;
    if (record.hit && record.forwarded) return std::nullopt;
    record.expired = record.hit && record.ttl && *record.ttl < 0;
    return record;
}

std::string_view first_word(std::string_view text) {
    return text.substr(0, text.find_first_of(" \t;(:"));
}

bool contains_word_part(std::string_view text, std::string_view part) {
    return !std::ranges::search(text, part, [](char left, char right) {
                return same_name({&left, 1}, {&right, 1});
            }).empty();
}

bool is_two_ids(std::string_view text) {
    const auto space = text.find(' ');
    return space != std::string_view::npos && parse_digits(text.substr(0, space)) &&
           parse_digits(trim(text.substr(space)));
}

bool contains(const headers& fields, std::string_view name) {
    return find(fields, name) != nullptr;
}

bool fits_row(const detail::value_row& row, std::string_view text) {
    switch (row.how) {
        case detail::fits::whole:
            return same_name(text, row.value);
        case detail::fits::word:
            return same_name(first_word(text), row.value);
        case detail::fits::within:
            return contains_word_part(text, row.value);
        case detail::fits::one_id:
            return parse_digits(text).has_value();
        case detail::fits::two_ids:
            return is_two_ids(text);
    }
    return false;
}

cache_record record_of(const detail::vendor_row& header, const detail::value_row& value, std::string_view text) {
    cache_record record;
    record.source = header.header;
    record.hit = value.means.hit;
    record.forwarded = value.means.forwarded;
    record.fwd_status = value.means.fwd_status;
    record.expired = value.means.expired;
    record.stored = value.means.stored;
    record.detail = value.means.detail;
    record.trust = value.trust;
    record.at = header.at;
    record.whose = contains_word_part(text, "akamai") ? vendor::akamai : header.whose;
    return record;
}

constexpr std::size_t max_vendor_members = 64;

// Every member of the header's value that some row of this header knows; a member that an earlier row of the same
// header knows is that row's.
void add_members(std::span<const detail::vendor_row> rows, const headers& fields, std::vector<cache_record>& found) {
    const std::string_view header = rows.front().header;
    for (const std::string_view value : find_all(fields, header))
        for (const std::string_view member : split_list(value)) {
            if (found.size() == max_vendor_members) return;
            for (const auto& row : rows) {
                if (row.header != header || (!row.beside.empty() && !contains(fields, row.beside))) continue;
                const auto fit = std::ranges::find_if(row.values, [&](const auto& r) { return fits_row(r, member); });
                if (fit == row.values.end()) continue;
                if (fit->means.hit || fit->means.forwarded) found.push_back(record_of(row, *fit, member));
                break;
            }
        }
}

std::optional<std::int64_t> whole_seconds(std::string_view text) {
    const bool negative = text.starts_with('-');
    const auto digits = text.substr(negative ? 1 : 0);
    const auto value = parse_digits(digits.substr(0, digits.find('.')));
    if (!value) return std::nullopt;
    return negative ? -*value : *value;
}

// Fastly-Debug-TTL, sent to who asks with Fastly-Debug: "H cache-jfk1026-JFK 41733294.335 864000.000 2273" is what the
// last server did, its name, the seconds that are left, those of stale-if-error, and the age; "-" where it does not
// know.
void ask_fastly_debug(const headers& fields, std::vector<cache_record>& found) {
    const std::string* value = find(fields, "Fastly-Debug-TTL");
    if (value == nullptr) return;
    auto rest = trim(*value);
    if (rest.starts_with('(') && rest.ends_with(')')) rest = trim(rest.substr(1, rest.size() - 2));
    const bool is_hit = rest.starts_with("H ");
    if (!is_hit && !rest.starts_with("M ")) return;
    rest = trim(rest.substr(1));
    rest = trim(rest.substr(std::min(rest.find(' '), rest.size())));
    if (found.empty() || found.back().whose != vendor::fastly) {
        if (found.size() == max_vendor_members) return;
        cache_record record;
        record.source = "Fastly-Debug-TTL";
        record.at = layer::edge;
        record.whose = vendor::fastly;
        record.hit = is_hit;
        if (!is_hit) record.forwarded = fwd::miss;
        record.trust = is_hit ? confidence::high : confidence::low;
        found.push_back(std::move(record));
    }
    auto& nearest = found.back();
    if (!nearest.hit) return;
    nearest.ttl = whole_seconds(rest.substr(0, rest.find(' ')));
    nearest.expired = nearest.ttl && *nearest.ttl < 0;
}

std::vector<cache_record> ask_vendors(const headers& fields) {
    const auto rows = detail::vendor_rows();
    std::vector<cache_record> found;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto before = rows.first(i);
        const bool asked = std::ranges::find(before, rows[i].header, &detail::vendor_row::header) != before.end();
        if (!asked) add_members(rows.subspan(i), fields, found);
    }
    std::vector<cache_record> members;
    for (const auto wanted : {layer::application, layer::unsaid, layer::server, layer::edge})
        for (auto& record : found)
            if (record.at == wanted) members.push_back(std::move(record));
    ask_fastly_debug(fields, members);
    return members;
}

// Whether what vendors' headers say beside this list is only what a hit of it replays, or what lies behind an edge.
bool list_stands_nearest(const cache_report& report) {
    const auto& last = report.members.back();
    return last.at == layer::edge || (last.hit && report.age.value_or(0) > 0);
}

void add_nearer(cache_report& report, std::vector<cache_record> vendors) {
    if (list_stands_nearest(report)) return;
    for (auto& record : vendors)
        if (record.at >= layer::server) report.members.push_back(std::move(record));
}

void ask_what_is_kept(const headers& fields, cache_report& report) {
    for (const auto& row : detail::keeping_rows()) {
        const std::string* value = find(fields, row.header);
        if (value == nullptr || report.stored || !same_name(first_word(trim(*value)), row.first_word)) continue;
        report.stored = row.stored;
        report.stored_source = row.header;
    }
}

std::vector<cache_record> infer_from_age(std::optional<std::int64_t> age) {
    if (!age || *age <= 0) return {};
    cache_record record;
    record.source = "Age";
    record.hit = true;
    record.trust = confidence::low;
    return {std::move(record)};
}

}  // namespace

std::string_view name_of(fwd reason) noexcept {
    return std::ranges::find(fwd_names, reason, &fwd_name::reason)->name;
}

std::optional<fwd> fwd_of(std::string_view name) noexcept {
    const auto found = std::ranges::find(fwd_names, name, &fwd_name::name);
    return found == fwd_names.end() ? std::nullopt : std::optional(found->reason);
}

std::string_view name_of(cache_result result) noexcept {
    switch (result) {
        case cache_result::hit:
            return "hit";
        case cache_result::stale:
            return "stale";
        case cache_result::miss:
            return "miss";
        case cache_result::bypass:
            return "bypass";
        case cache_result::unknown:
            break;
    }
    return "unknown";
}

cache_result cache_record::result() const noexcept {
    if (hit) return expired ? cache_result::stale : cache_result::hit;
    if (!forwarded) return cache_result::unknown;
    const bool never_asked = *forwarded == fwd::bypass || *forwarded == fwd::method;
    return never_asked ? cache_result::bypass : cache_result::miss;
}

const cache_record* cache_report::nearest() const noexcept {
    return members.empty() ? nullptr : &members.back();
}

const cache_record* cache_report::answered_by() const noexcept {
    for (const auto& member : std::views::reverse(members))
        if (member.hit) return &member;
    return nullptr;
}

// Whoever is further out and only guessed to have hit, changes nothing: the certain one inside hit for this request, or
// is replayed. An old copy may have been served while the application was asked.
const cache_record* cache_report::answered_in_front() const noexcept {
    for (const auto& member : std::views::reverse(members)) {
        if (!member.hit) continue;
        if (member.expired) return nullptr;
        const bool in_front = member.at >= layer::server || (member.at == layer::unsaid && age.value_or(0) > 0);
        if (in_front && member.trust == confidence::high) return &member;
    }
    return nullptr;
}

cache_result cache_report::result() const noexcept {
    return members.empty() ? cache_result::unknown : members.back().result();
}

std::optional<std::vector<cache_record>> parse_cache_status(std::string_view value) {
    const auto list = parse_sf_list(value);
    if (!list) return std::nullopt;
    std::vector<cache_record> members;
    for (const auto& member : *list) {
        auto record = record_of(member);
        if (!record) return std::nullopt;
        members.push_back(*std::move(record));
    }
    return members;
}

cache_report read_cache_status(const headers& fields) {
    cache_report report;
    if (const auto age = read_age(fields)) report.age = age->count();
    if (const auto value = combined(fields, "Cache-Status")) {
        auto members = parse_cache_status(*value);
        report.malformed = !members;
        if (members) report.members = *std::move(members);
    }
    if (report.members.empty())
        report.members = ask_vendors(fields);
    else
        add_nearer(report, ask_vendors(fields));
    ask_what_is_kept(fields, report);
    if (report.members.empty()) report.members = infer_from_age(report.age);
    return report;
}

}  // namespace understudy::http
