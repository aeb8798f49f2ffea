// report/detail/html_parts.h - the pieces that sections of the page are made of. Pure.
//
// Whatever comes from an evidence passes through escaped(); all other functions that take `html` take it as it is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/evidence.h"
#include "report/detail/facts.h"

namespace understudy::report::detail {

// printable(), and & < > " ' as references: safe as text and within a quoted attribute.
[[nodiscard]] std::string escaped(std::string_view text);

// A sign and a word: colour is never the only one to tell.
[[nodiscard]] std::string badge(model::verdict);
[[nodiscard]] std::string badge(model::outcome);
[[nodiscard]] std::string badge(mark, std::string_view word);
[[nodiscard]] std::string_view sign_of(model::verdict);

// <section id> with a heading.
void open_section(std::string& out, std::string_view id, std::string_view title);
void close_section(std::string& out);

// A table whose rows become blocks on a narrow screen, each cell with its column's name before it. The first cell of
// a row is its header.
class html_table {
public:
    // Both are text of ours, without anything from outside.
    html_table(std::string_view caption, std::vector<std::string> heads);
    void add(const std::vector<std::string>& cells_html);
    [[nodiscard]] bool empty() const { return rows_ == 0; }
    [[nodiscard]] std::string html() const;

private:
    std::vector<std::string> heads_;
    std::string out_;
    std::size_t rows_ = 0;
};

// Text of more than a few lines, folded away.
[[nodiscard]] std::string folded(std::string_view summary_html, std::string_view body_html, bool open = false);

extern const std::string_view html_style;

// The sections, in the order of the page. Each is silent where it has nothing to say and that is nothing to worry at.
void write_verdict(std::string& out, const model::evidence&);
void write_expectations(std::string& out, const model::evidence&);
void write_leaks(std::string& out, const model::evidence&);
void write_rows(std::string& out, const model::evidence&);
void write_workload(std::string& out, const model::evidence&);
void write_noise(std::string& out, const model::evidence&);
void write_controls(std::string& out, const model::evidence&);
void write_disturbances(std::string& out, const model::evidence&);
void write_drift(std::string& out, const model::evidence&);
void write_change(std::string& out, const model::evidence&);
void write_proof(std::string& out, const model::evidence&);
void write_commands(std::string& out, const model::evidence&);
void write_conditions(std::string& out, const model::evidence&);

}  // namespace understudy::report::detail
