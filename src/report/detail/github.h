// report/detail/github.h - text from outside in a comment, a job's log or an XML file of a CI, without becoming a part
// of it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace understudy::report::detail {

// One line, of `most` code points at most: a longer text ends with "...".
[[nodiscard]] std::string cut(std::string_view text, std::size_t most);

// Prose on one line of a pull request's comment, also in a table's cell. Marks of Markdown and HTML are escaped, and so
// is what GitHub makes of plain text: a mention would notify somebody, "#7" would leave a trace in that issue, and an
// address would become a link. These get a zero-width space (U+200B) after their first mark, which keeps them readable.
// Source: GitHub Flavored Markdown 0.29, and "Autolinked references and URLs" of GitHub's documentation.
[[nodiscard]] std::string github_text(std::string_view text);
// The same as code. An HTML element, for a backtick's span cannot hold every "|" of a table's cell.
[[nodiscard]] std::string github_code(std::string_view text);

// The message and a property of a workflow command, "::error title=PROPERTY::MESSAGE" (GitHub's documentation,
// "Workflow commands"; the escapes are those of its own toolkit).
[[nodiscard]] std::string workflow_message(std::string_view text);
[[nodiscard]] std::string workflow_property(std::string_view text);

// Characters that XML 1.0 allows, the five marks as references: safe as text and within an attribute.
[[nodiscard]] std::string xml_text(std::string_view text);
[[nodiscard]] std::string xml_line(std::string_view text);  // on one line

}  // namespace understudy::report::detail
