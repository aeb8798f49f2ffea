// http/headers.h - header fields as they came, and the small grammar that every field of them shares.
//
// Names are compared without case (RFC 9110 5.1); order is kept, since lists of several lines join in it (5.3). All
// functions are pure, cost O(number of fields + bytes), and own nothing: a view or pointer that is given back lives as
// long as the headers it came from and until they are changed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace understudy::http {

struct header {
    std::string name;
    std::string value;
};
using headers = std::vector<header>;

// What a reader of responses accepts before it gives up; the defaults are wider than any server's own.
struct header_limits {
    std::size_t fields = 256;
    std::size_t field_bytes = std::size_t{32} << 10;   // name and value of one field
    std::size_t total_bytes = std::size_t{256} << 10;  // all names and values
};

// errc::over_limit when a limit is passed, errc::protocol when a name is no token or a value holds CR, LF or NUL.
// The error names neither.
[[nodiscard]] status check(const headers& fields, const header_limits& limits = {});

// Equal without regard to the case of ASCII letters.
[[nodiscard]] bool same_name(std::string_view left, std::string_view right) noexcept;
[[nodiscard]] std::string lower(std::string_view text);
// tchar of RFC 9110 5.6.2, and one or more of them.
[[nodiscard]] bool is_token_byte(char byte) noexcept;
[[nodiscard]] bool is_token(std::string_view text) noexcept;
// Without spaces and tabs at both ends (OWS).
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

// The value of the first field of that name, or nullptr.
[[nodiscard]] const std::string* find(const headers& fields, std::string_view name) noexcept;
[[nodiscard]] std::vector<std::string_view> find_all(const headers& fields, std::string_view name);
// All values of that name in order, joined by ", "; empty optional where there is none. Not for Set-Cookie.
[[nodiscard]] std::optional<std::string> combined(const headers& fields, std::string_view name);

// The members of a comma list, trimmed, empty ones left out; a comma inside a quoted-string does not divide.
[[nodiscard]] std::vector<std::string_view> split_list(std::string_view value);
// Text inside a quoted-string with its backslashes taken out; empty optional unless all of `text` is one.
[[nodiscard]] std::optional<std::string> unquote(std::string_view text);
// Digits only, whole text; a number too large for the type gives its greatest value.
[[nodiscard]] std::optional<std::int64_t> parse_digits(std::string_view text) noexcept;

}  // namespace understudy::http
