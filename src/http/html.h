// http/html.h - the value of a hidden form field, to log in where the form carries a token against request forgery.
//
// No HTML parser: a scan for <input> tags that reads attributes as the HTML standard tokenises them (any order, any
// quotes, any case), leaves out comments, script, style and textarea, and decodes the character references that
// templates write. Pure; one pass; nothing after the first `max_html_bytes` is looked at.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace understudy::http {

inline constexpr std::size_t max_html_bytes = std::size_t{4} << 20;
inline constexpr std::size_t max_field_bytes = std::size_t{16} << 10;  // a longer value counts as not found

// The first <input type=hidden> of that name (names are compared exactly). A field without a value is "". The value is
// a secret.
[[nodiscard]] std::optional<std::string> hidden_field(std::string_view html, std::string_view name);

// &amp; &lt; &gt; &quot; &apos; &nbsp; and numeric references to UTF-8; anything else stays as it is.
[[nodiscard]] std::string decode_references(std::string_view text);

}  // namespace understudy::http
