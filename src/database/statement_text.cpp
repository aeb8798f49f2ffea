#include "database/statement_text.h"

#include <algorithm>
#include <array>

namespace understudy::database {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool is_word(char c) {
    return is_letter(c) || is_digit(c);
}
bool is_space(char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
}

// Reads one statement from front to back. Every step takes at least one byte.
class scanner {
public:
    scanner(std::string_view sql, dialect spoken) : sql_(sql), spoken_(spoken) {}

    std::string shown() {
        // A little more than is kept is enough: what comes later would be cut.
        while (at_ < sql_.size() && out_.size() <= max_statement_text * 2)
            step();
        if (out_.ends_with(' ')) out_.pop_back();
        cut();
        return std::move(out_);
    }

private:
    [[nodiscard]] char peek(std::size_t ahead = 0) const {
        return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0';
    }
    [[nodiscard]] bool mysql() const { return spoken_ == dialect::mysql; }
    [[nodiscard]] bool comes(std::string_view text) const { return sql_.substr(at_).starts_with(text); }

    void step() {
        const char c = peek();
        if (is_space(c)) return space();
        if (comes("/*")) return block_comment();
        if (comes("--") || (mysql() && c == '#')) return line_comment();
        if (c == '\'' || (mysql() && c == '"')) return quoted_value(mysql());
        if (c == '"' || c == '`') return identifier(c);
        if (c == '$' && !mysql()) return dollar();
        if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
        if (is_letter(c)) return word();
        out_ += c;
        ++at_;
    }

    void space() {
        ++at_;
        if (!out_.empty() && out_.back() != ' ') out_ += ' ';
    }

    // PostgreSQL's nest. In MySQL /*! ... */ is code for some versions; it goes all the same.
    void block_comment() {
        std::size_t depth = 0;
        do {
            if (comes("/*") && (depth == 0 || !mysql())) {
                ++depth;
                at_ += 2;
            } else if (comes("*/")) {
                --depth;
                at_ += 2;
            } else {
                ++at_;
            }
        } while (depth > 0 && at_ < sql_.size());
        at_ = std::min(at_, sql_.size());
        if (!out_.empty() && out_.back() != ' ') out_ += ' ';
    }

    void line_comment() {
        at_ = std::min(sql_.find('\n', at_), sql_.size());
        if (!out_.empty() && out_.back() != ' ') out_ += ' ';
    }

    void quoted_value(bool backslashes) {
        skip_quoted(peek(), backslashes);
        value();
    }

    void skip_quoted(char quote, bool backslashes) {
        for (++at_; at_ < sql_.size(); ++at_) {
            if (backslashes && peek() == '\\') {
                ++at_;
            } else if (peek() == quote) {
                if (peek(1) != quote) break;
                ++at_;
            }
        }
        at_ = std::min(at_ + 1, sql_.size());
    }

    // A quote within it is written twice, so what is copied is an identifier whole.
    void identifier(char quote) {
        const auto from = at_;
        skip_quoted(quote, false);
        for (const char c : sql_.substr(from, at_ - from))
            out_ += is_space(c) || c == '\'' ? ' ' : c;
    }

    // $1, or $tag$ ... $tag$.
    void dollar() {
        if (is_digit(peek(1))) {
            ++at_;
            return number();
        }
        auto end = at_ + 1;
        while (end < sql_.size() && is_word(sql_[end]))
            ++end;
        if (end >= sql_.size() || sql_[end] != '$') {
            out_ += '$';
            ++at_;
            return;
        }
        const auto tag = sql_.substr(at_, end + 1 - at_);
        const auto close = sql_.find(tag, end + 1);
        at_ = close == std::string_view::npos ? sql_.size() : close + tag.size();
        value();
    }

    // With all that sticks to it: 0xff, 1.5e-3, 12abc.
    void number() {
        while (
            is_word(peek()) || peek() == '.' ||
            ((peek() == '-' || peek() == '+') && (sql_[at_ - 1] == 'e' || sql_[at_ - 1] == 'E') && is_digit(peek(1))))
            ++at_;
        value();
    }

    // A word, or the letters in front of a string: E'', X'', N'', U&'', _utf8''.
    void word() {
        const auto from = at_;
        while (is_word(peek()) || (peek() == '$' && at_ > from))
            ++at_;
        const auto text = sql_.substr(from, at_ - from);
        if (peek() == '\'') {
            const bool escapes = mysql() || text == "E" || text == "e";
            return quoted_value(escapes);
        }
        out_ += text;
    }

    // "?" once; a list of them is "?, ...".
    void value() {
        if (out_.ends_with("?, ...") || out_.ends_with("?, ... ")) return;
        std::string_view before = out_;
        if (before.ends_with(' ')) before.remove_suffix(1);
        if (before.ends_with(", ... ,") || before.ends_with(", ...,")) {
            out_.resize(before.substr(0, before.size() - 1).find_last_not_of(' ') + 1);
        } else if (before.ends_with("?,") || before.ends_with("? ,")) {
            out_.resize(before.find_last_of('?') + 1);
            out_ += ", ...";
        } else {
            out_ += '?';
        }
    }

    void cut() {
        if (out_.size() <= max_statement_text) return;
        std::size_t end = max_statement_text - 3;
        while (end > 0 && (static_cast<unsigned char>(out_[end]) & 0xc0) == 0x80)
            --end;
        out_.resize(end);
        out_ += "...";
    }

    std::string_view sql_;
    dialect spoken_;
    std::size_t at_ = 0;
    std::string out_;
};

// What only steers the session or a transaction.
constexpr auto steering = std::to_array<std::string_view>(
    {"abort",     "begin",  "checkpoint", "close", "commit",   "deallocate", "discard", "end",   "fetch",
     "kill",      "listen", "lock",       "move",  "notify",   "prepare",    "release", "reset", "rollback",
     "savepoint", "set",    "show",       "start", "unlisten", "use",        "xa"});

}  // namespace

std::string shown_statement(std::string_view sql, dialect spoken) {
    return scanner(sql, spoken).shown();
}

bool asks_for_data(std::string_view sql, dialect spoken) {
    const auto shown = shown_statement(sql.substr(0, max_statement_text), spoken);
    std::string first;
    for (const char c : shown) {
        if (!is_letter(c)) {
            if (first.empty() && (c == '(' || c == ' ')) continue;
            break;
        }
        first += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    return !shown.empty() && std::ranges::find(steering, first) == steering.end();
}

}  // namespace understudy::database
