// http/html.h - the fields of a form and the value of a hidden one, to log in where the form carries a token against
// request forgery.
//
// No HTML parser: a scan for <input> tags that reads attributes as the HTML standard tokenises them (any order, any
// quotes, any case), leaves out comments, script, style and textarea, and decodes the character references that
// templates write. Pure; one pass; nothing after the first `max_html_bytes` is looked at.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::http {

inline constexpr std::size_t max_html_bytes = std::size_t{4} << 20;
inline constexpr std::size_t max_field_bytes = std::size_t{16} << 10;  // a longer value counts as not found

// The first <input type=hidden> of that name (names are compared exactly). A field without a value is "". The value is
// a secret.
[[nodiscard]] std::optional<std::string> hidden_field(std::string_view html, std::string_view name);

struct input_field {
    std::string name, type;  // decoded; the type in small letters, "text" where there is none (the standard's default)
};
inline constexpr std::size_t max_input_fields = 64;

// The <input> tags that have a name, in order, without their values; the first max_input_fields.
[[nodiscard]] std::vector<input_field> input_fields(std::string_view html);

// &amp; &lt; &gt; &quot; &apos; &nbsp; and numeric references to UTF-8; anything else stays as it is.
[[nodiscard]] std::string decode_references(std::string_view text);

}  // namespace understudy::http
