#include "report/detail/html_parts.h"

#include <fmt/format.h>

#include "model/json.h"
#include "report/detail/printable.h"

namespace understudy::report::detail {

std::string escaped(std::string_view text) {
    std::string out;
    const std::string safe = printable(text);
    out.reserve(safe.size() + safe.size() / 8);
    for (const char c : safe) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string_view sign_of(model::verdict of) {
    switch (of) {
        case model::verdict::improved:
            return "\u2713";
        case model::verdict::same:
            return "=";
        case model::verdict::worse:
            return "\u2717";
        case model::verdict::inconclusive:
            return "?";
        case model::verdict::invalid:
            return "\u2298";
    }
    return "?";
}

std::string badge(model::verdict of) {
    return fmt::format(R"(<span class="badge {0}"><span aria-hidden="true">{1}</span> {0}</span>)", model::word(of),
                       sign_of(of));
}

std::string badge(model::outcome of) {
    const std::string_view sign = of == model::outcome::met ? "\u2713" : of == model::outcome::unmet ? "\u2717" : "?";
    return fmt::format(R"(<span class="badge {0}"><span aria-hidden="true">{1}</span> {0}</span>)", model::word(of),
                       sign);
}

std::string badge(mark of, std::string_view word) {
    switch (of) {
        case mark::good:
            return fmt::format("<span class=\"badge met\"><span aria-hidden=\"true\">\u2713</span> {}</span>", word);
        case mark::bad:
            return fmt::format("<span class=\"badge unmet\"><span aria-hidden=\"true\">\u2717</span> {}</span>", word);
        case mark::unknown:
            return fmt::format("<span class=\"badge unknown\"><span aria-hidden=\"true\">?</span> {}</span>", word);
        case mark::neutral:
            break;
    }
    return fmt::format("<span class=\"badge told\"><span aria-hidden=\"true\">\u00B7</span> {}</span>", word);
}

void open_section(std::string& out, std::string_view id, std::string_view title) {
    out += fmt::format("<section id=\"{0}\" aria-labelledby=\"{0}-h\">\n<h2 id=\"{0}-h\">{1}</h2>\n", id, title);
}

void close_section(std::string& out) {
    out += "</section>\n";
}

html_table::html_table(std::string_view caption, std::vector<std::string> heads) : heads_(std::move(heads)) {
    // The roles are said again because a table that is laid out as blocks loses them in some browsers.
    out_ =
        fmt::format("<table role=\"table\"><caption>{}</caption><thead role=\"rowgroup\"><tr role=\"row\">", caption);
    for (const auto& head : heads_)
        out_ += fmt::format("<th scope=\"col\" role=\"columnheader\">{}</th>", head);
    out_ += "</tr></thead><tbody role=\"rowgroup\">\n";
}

void html_table::add(const std::vector<std::string>& cells_html) {
    out_ += "<tr role=\"row\">";
    for (std::size_t i = 0; i < cells_html.size(); ++i) {
        if (i == 0)
            out_ += fmt::format("<th scope=\"row\" role=\"rowheader\">{}</th>", cells_html[i]);
        else
            // One block within, for a narrow screen puts the column's name beside it.
            out_ += fmt::format(R"(<td role="cell" data-head="{}">{}</td>)", i < heads_.size() ? heads_[i] : "",
                                cells_html[i].empty() ? "" : "<div>" + cells_html[i] + "</div>");
    }
    out_ += "</tr>\n";
    ++rows_;
}

std::string html_table::html() const {
    return out_ + "</tbody></table>\n";
}

std::string folded(std::string_view summary_html, std::string_view body_html, bool open) {
    return fmt::format("<details{}><summary>{}</summary>\n{}</details>\n", open ? " open" : "", summary_html,
                       body_html);
}

}  // namespace understudy::report::detail
