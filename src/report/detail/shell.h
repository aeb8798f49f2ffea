// report/detail/shell.h - text from outside in a POSIX shell script or in Markdown, without becoming a part of it.
// Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace understudy::report::detail {

// One word for /bin/sh, the same bytes but NUL: as it is where all its characters are harmless, else in single quotes.
[[nodiscard]] std::string shell_quoted(std::string_view word);
[[nodiscard]] std::string shell_quoted(std::span<const std::string> words);
// A comment line, "# " before and a line end after it; line ends within the text become spaces.
[[nodiscard]] std::string comment(std::string_view text);

// Text on one line of Markdown, its own marks escaped.
[[nodiscard]] std::string markdown(std::string_view text);
// `text` as code within a line; with line ends as spaces.
[[nodiscard]] std::string markdown_code(std::string_view text);
// A fenced block; the fence is longer than any run of backticks within.
[[nodiscard]] std::string markdown_block(std::string_view language, std::string_view text);

}  // namespace understudy::report::detail
