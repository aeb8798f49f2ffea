// http/cache_control.h - what a response says about its own storing: Cache-Control, Age, Vary, ETag (RFC 9111, 9110).
//
// Lenient, as RFC 9111 asks of caches: what is not understood is left out, and freshness that cannot be read counts
// as none at all. Pure; cost O(bytes).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/headers.h"

namespace understudy::http {

struct cache_directive {
    std::string name;                     // in lower case
    std::optional<std::string> argument;  // without its quotes
};

// The directives in order, duplicates included.
struct cache_control {
    std::vector<cache_directive> directives;

    [[nodiscard]] bool has(std::string_view name) const noexcept;
    // With an argument ("private=\"set-cookie\"") the directive speaks of these fields only.
    [[nodiscard]] bool has_without_argument(std::string_view name) const noexcept;
    // Of the first of that name (RFC 9111 4.2.1); nullptr without one.
    [[nodiscard]] const std::string* argument(std::string_view name) const noexcept;
    // Delta-seconds of the first of that name; zero when there is one that cannot be read; at most 2^31.
    [[nodiscard]] std::optional<std::chrono::seconds> seconds(std::string_view name) const noexcept;
};

[[nodiscard]] cache_control parse_cache_control(std::string_view value);
[[nodiscard]] cache_control read_cache_control(const headers& fields);

// The first valid-looking member (RFC 9111 5.1), at most 2^31; a field that is not delta-seconds is ignored.
[[nodiscard]] std::optional<std::chrono::seconds> read_age(const headers& fields);

// Which request headers choose the variant. Two responses vary alike when their `vary` are equal.
struct vary {
    bool any = false;                // "*": no stored response ever fits
    std::vector<std::string> names;  // in lower case, sorted, each once; empty when `any`

    bool operator==(const vary&) const = default;
    [[nodiscard]] bool on(std::string_view name) const noexcept;
};
[[nodiscard]] vary read_vary(const headers& fields);

struct entity_tag {
    bool weak = false;
    std::string value;  // without quotes
};
[[nodiscard]] std::optional<entity_tag> parse_entity_tag(std::string_view text);
[[nodiscard]] bool strongly_equal(const entity_tag& left, const entity_tag& right) noexcept;
[[nodiscard]] bool weakly_equal(const entity_tag& left, const entity_tag& right) noexcept;

// May a shared cache keep the response to a GET (RFC 9111 3)? `heuristic`: nothing forbids it and nothing asks for it.
// Set-Cookie does not forbid it by the RFC, though most caches refuse; that is the caller's finding.
enum class storable : std::uint8_t { no, heuristic, yes };
struct storing_question {
    int status = 200;
    bool request_had_authorization = false;
};
[[nodiscard]] storable shared_cache_may_store(const headers& fields, const storing_question& question);

}  // namespace understudy::http
