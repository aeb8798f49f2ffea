#include "model/detail/json_writer.h"

#include <cmath>

#include <fmt/format.h>

#include "base/hash.h"
#include "model/detail/utf8.h"

namespace understudy::model::detail {

void json_writer::line() {
    if (layout_ == json_layout::one_line || flat_ > 0) return;
    out_ += '\n';
    out_.append(any_.size() * 2, ' ');
}

void json_writer::before_value() {
    if (after_key_) {
        after_key_ = false;
        return;
    }
    if (any_.empty()) return;
    if (any_.back()) out_ += layout_ == json_layout::one_line || flat_ == 0 ? "," : ", ";
    any_.back() = true;
    line();
}

void json_writer::open(char bracket) {
    before_value();
    out_ += bracket;
    any_.push_back(false);
}

void json_writer::close(char bracket) {
    const bool any = any_.back();
    any_.pop_back();
    if (any) line();
    out_ += bracket;
}

void json_writer::open_flat_array() {
    open('[');
    ++flat_;
}

void json_writer::close_flat_array() {
    close(']');
    --flat_;
}

void json_writer::key(std::string_view name) {
    before_value();
    quoted(as_utf8(name));
    out_ += layout_ == json_layout::one_line ? ":" : ": ";
    after_key_ = true;
}

void json_writer::quoted(std::string_view utf8) {
    out_ += '"';
    for (const char c : utf8) {
        if (c == '"' || c == '\\') {
            out_ += '\\';
            out_ += c;
        } else if (c == '\n') {
            out_ += "\\n";
        } else if (c == '\t') {
            out_ += "\\t";
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            out_ += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        } else {
            out_ += c;
        }
    }
    out_ += '"';
}

void json_writer::text(std::string_view value) {
    if (is_utf8(value)) {
        before_value();
        quoted(value);
        return;
    }
    open_object();
    key("hex");
    text(hex(value));
    close_object();
}

void json_writer::integer(std::int64_t value) {
    before_value();
    out_ += fmt::format("{}", value);
}

void json_writer::count(std::uint64_t value) {
    before_value();
    out_ += fmt::format("{}", value);
}

void json_writer::number(double value) {
    before_value();
    if (!std::isfinite(value))
        out_ += "null";
    else
        out_ += fmt::format("{}", value == 0 ? 0.0 : value);  // -0 is 0
}

void json_writer::boolean(bool value) {
    before_value();
    out_ += value ? "true" : "false";
}

std::string json_writer::take() {
    if (layout_ == json_layout::indented) out_ += '\n';
    return std::move(out_);
}

}  // namespace understudy::model::detail
