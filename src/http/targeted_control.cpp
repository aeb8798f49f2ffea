#include "http/targeted_control.h"

#include <array>
#include <variant>

#include "http/structured.h"

namespace understudy::http {

namespace {

// Sources: Cloudflare's "CDN-Cache-Control" (its own name first, and Surrogate-Control keeps it from Cache-Control);
// Fastly's "beresp.ttl"; Vercel's "Cache-Control headers"; Netlify's caching overview; Akamai's by its convention.
constexpr std::array<std::string_view, 3> cloudflare{"Cloudflare-CDN-Cache-Control", "CDN-Cache-Control",
                                                     "Surrogate-Control"};
constexpr std::array<std::string_view, 1> fastly{"Surrogate-Control"};
constexpr std::array<std::string_view, 2> vercel{"Vercel-CDN-Cache-Control", "CDN-Cache-Control"};
constexpr std::array<std::string_view, 2> netlify{"Netlify-CDN-Cache-Control", "CDN-Cache-Control"};
constexpr std::array<std::string_view, 2> akamai{"Akamai-Cache-Control", "CDN-Cache-Control"};
constexpr std::array<std::string_view, 1> delivery_network{"CDN-Cache-Control"};
constexpr std::array<std::string_view, 1> litespeed{"X-LiteSpeed-Cache-Control"};

// Empty optional: a member that is no directive (an inner list), or bytes.
std::optional<std::optional<std::string>> argument_of(const sf_member& member) {
    const auto* item = std::get_if<bare_item>(&member.value);
    if (item == nullptr || std::holds_alternative<sf_bytes>(*item)) return std::nullopt;
    if (const auto* flag = std::get_if<bool>(item))
        return *flag ? std::optional<std::optional<std::string>>(std::in_place) : std::nullopt;
    if (const auto* number = std::get_if<std::int64_t>(item)) return std::to_string(*number);
    if (const auto* token = std::get_if<sf_token>(item)) return token->text;
    // A lifetime in quotes or with a point is none: `seconds` must not find a number in it.
    if (const auto* text = std::get_if<std::string>(item)) return "\"" + *text + "\"";
    return std::string("decimal");
}

// Surrogate-Control is no RFC 9213 field; its `content="ESI/1.0"` alone says nothing of storing.
std::optional<cache_control> parse_surrogate_control(std::string_view value) {
    auto read = parse_cache_control(value);
    std::erase_if(read.directives, [](const cache_directive& one) { return one.name == "content"; });
    if (read.directives.empty()) return std::nullopt;
    return read;
}

std::optional<cache_control> parse_target(std::string_view field, std::string_view value) {
    const bool lenient = field == "Surrogate-Control" || field == "X-LiteSpeed-Cache-Control";
    return lenient ? parse_surrogate_control(value) : parse_targeted_control(value);
}

bool has_lifetime(const headers& fields, const effective_control& by) {
    for (const std::string_view name : {"s-maxage", "max-age"})
        if (by.control.has(name)) return true;
    return !by.targeted && find(fields, "Expires") != nullptr;
}

std::string forbidden_by(const effective_control& by) {
    for (const std::string_view name : {"no-store", "private"})
        if (by.control.has_without_argument(name)) return by.field + ": " + std::string(name);
    for (const std::string_view name : {"s-maxage", "max-age"})
        if (const auto seconds = by.control.seconds(name); seconds) {
            if (seconds->count() > 0) return {};
            return by.field + ": " + std::string(name) + "=0";
        }
    return by.control.has_without_argument("no-cache") ? by.field + ": no-cache" : std::string();
}

}  // namespace

std::optional<cache_control> parse_targeted_control(std::string_view value) {
    const auto entries = parse_sf_dictionary(value);
    if (!entries || entries->empty()) return std::nullopt;
    cache_control read;
    for (const auto& [key, member] : *entries)
        if (auto argument = argument_of(member)) read.directives.push_back({key, *std::move(argument)});
    return read;
}

std::span<const std::string_view> target_list(const cache_record& of) noexcept {
    if (of.source == "CF-Cache-Status") return cloudflare;
    if (of.source == "x-vercel-cache") return vercel;
    if (of.whose == vendor::fastly) return fastly;
    if (of.whose == vendor::akamai) return akamai;
    if (of.source == "X-LiteSpeed-Cache") return litespeed;
    if (of.cache.starts_with("Netlify ")) return netlify;
    if (of.at == layer::edge) return delivery_network;
    return {};
}

effective_control read_effective_control(const headers& fields, std::span<const std::string_view> targets) {
    for (const std::string_view name : targets) {
        const auto value = combined(fields, name);
        auto read = value ? parse_target(name, *value) : std::nullopt;
        if (read) return {std::string(name), *std::move(read), true};
    }
    return {"Cache-Control", read_cache_control(fields), false};
}

std::string what_forbids_storing(const headers& fields, const cache_record& by) {
    const auto control = read_effective_control(fields, target_list(by));
    if (auto said = forbidden_by(control); !said.empty()) return said;
    if (find(fields, "Set-Cookie") != nullptr) return "Set-Cookie";
    if (read_vary(fields).any) return "Vary: *";
    if (!has_lifetime(fields, control)) return "no lifetime (neither max-age nor Expires)";
    return {};
}

}  // namespace understudy::http
