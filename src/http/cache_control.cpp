#include "http/cache_control.h"

#include <algorithm>
#include <array>

namespace understudy::http {

namespace {

constexpr std::int64_t greatest_seconds = std::int64_t{1} << 31;

const cache_directive* first_of(const cache_control& control, std::string_view name) noexcept {
    const auto found = std::ranges::find_if(
        control.directives, [&](const cache_directive& directive) { return same_name(directive.name, name); });
    return found == control.directives.end() ? nullptr : &*found;
}

bool heuristically_cacheable(int status) {
    constexpr std::array codes{200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501};
    return std::ranges::find(codes, status) != codes.end();
}

}  // namespace

bool cache_control::has(std::string_view name) const noexcept {
    return first_of(*this, name) != nullptr;
}

bool cache_control::has_without_argument(std::string_view name) const noexcept {
    return std::ranges::any_of(directives, [&](const cache_directive& directive) {
        return same_name(directive.name, name) && !directive.argument;
    });
}

const std::string* cache_control::argument(std::string_view name) const noexcept {
    const auto* directive = first_of(*this, name);
    return directive != nullptr && directive->argument ? &*directive->argument : nullptr;
}

std::optional<std::chrono::seconds> cache_control::seconds(std::string_view name) const noexcept {
    const auto* directive = first_of(*this, name);
    if (directive == nullptr) return std::nullopt;
    const auto value = directive->argument ? parse_digits(*directive->argument) : std::nullopt;
    return std::chrono::seconds(std::min(value.value_or(0), greatest_seconds));
}

cache_control parse_cache_control(std::string_view value) {
    cache_control read;
    for (const std::string_view member : split_list(value)) {
        const auto equals = member.find('=');
        const auto name = trim(member.substr(0, equals));
        if (!is_token(name)) continue;
        cache_directive directive{lower(name), std::nullopt};
        if (equals != std::string_view::npos) {
            const auto argument = trim(member.substr(equals + 1));
            directive.argument = unquote(argument).value_or(std::string(argument));
        }
        read.directives.push_back(std::move(directive));
    }
    return read;
}

cache_control read_cache_control(const headers& fields) {
    return parse_cache_control(combined(fields, "Cache-Control").value_or(std::string()));
}

std::optional<std::chrono::seconds> read_age(const headers& fields) {
    const std::string* value = find(fields, "Age");
    if (value == nullptr) return std::nullopt;
    const auto members = split_list(*value);
    const auto age = members.empty() ? std::nullopt : parse_digits(members.front());
    if (!age) return std::nullopt;
    return std::chrono::seconds(std::min(*age, greatest_seconds));
}

bool vary::on(std::string_view name) const noexcept {
    return any || std::ranges::any_of(names, [&](const std::string& known) { return same_name(known, name); });
}

vary read_vary(const headers& fields) {
    vary read;
    for (const std::string_view value : find_all(fields, "Vary"))
        for (const std::string_view member : split_list(value)) {
            if (member == "*") return {.any = true, .names = {}};
            if (is_token(member)) read.names.push_back(lower(member));
        }
    std::ranges::sort(read.names);
    const auto repeated = std::ranges::unique(read.names);
    read.names.erase(repeated.begin(), repeated.end());
    return read;
}

std::optional<entity_tag> parse_entity_tag(std::string_view text) {
    text = trim(text);
    entity_tag tag;
    if (text.starts_with("W/")) {
        tag.weak = true;
        text.remove_prefix(2);
    }
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::nullopt;
    text = text.substr(1, text.size() - 2);
    // etagc (RFC 9110 8.8.3): a backslash escapes nothing here.
    const auto forbidden = [](char byte) {
        const auto code = static_cast<unsigned char>(byte);
        return code <= 0x20 || code == 0x7f || byte == '"';
    };
    if (std::ranges::any_of(text, forbidden)) return std::nullopt;
    tag.value = text;
    return tag;
}

bool strongly_equal(const entity_tag& left, const entity_tag& right) noexcept {
    return !left.weak && !right.weak && left.value == right.value;
}

bool weakly_equal(const entity_tag& left, const entity_tag& right) noexcept {
    return left.value == right.value;
}

storable shared_cache_may_store(const headers& fields, const storing_question& question) {
    const auto control = read_cache_control(fields);
    if (question.status < 200 || question.status == 206 || question.status == 304) return storable::no;
    if (control.has("no-store") || control.has_without_argument("private")) return storable::no;
    const bool allows_shared = control.has("public") || control.has("s-maxage");
    if (question.request_had_authorization && !allows_shared && !control.has("must-revalidate")) return storable::no;
    if (read_vary(fields).any) return storable::no;
    const bool asks = allows_shared || control.has("max-age") || find(fields, "Expires") != nullptr;
    if (asks) return storable::yes;
    return heuristically_cacheable(question.status) ? storable::heuristic : storable::no;
}

}  // namespace understudy::http
