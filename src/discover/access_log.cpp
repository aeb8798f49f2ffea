#include "discover/access_log.h"

#include <algorithm>
#include <charconv>

namespace understudy::discover {

namespace {

constexpr auto none = std::string_view::npos;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// The end of a quoted text that begins at 0 without its quote; a backslash hides what follows it (Apache writes \").
std::size_t closing_quote(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\\')
            ++at;
        else if (text[at] == '"')
            return at;
    }
    return none;
}

std::string_view next_word(std::string_view& text) {
    while (text.starts_with(' '))
        text.remove_prefix(1);
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    return word;
}

std::optional<double> number(std::string_view text) {
    double value = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (wrong != std::errc{} || end != text.data() + text.size() || !(value >= 0) || value > 1e9) return std::nullopt;
    return value;
}

// "0.012" and longer; two decimals are a compression ratio.
std::optional<double> decimal_seconds(std::string_view field) {
    for (const std::string_view name : {"rt=", "request_time=", "time="})
        if (field.starts_with(name)) field.remove_prefix(name.size());
    const auto dot = field.find('.');
    if (dot == none || dot == 0 || field.size() - dot < 4) return std::nullopt;
    if (!std::ranges::all_of(field, [](char c) { return is_digit(c) || c == '.'; })) return std::nullopt;
    return number(field);
}

double unit_of(log_time what) {
    return what == log_time::milliseconds ? 1e-3 : what == log_time::microseconds ? 1e-6 : 1;
}

// The fields behind the size.
std::optional<double> time_in(std::string_view fields, log_time last_number) {
    std::optional<double> found;
    while (!fields.empty()) {
        while (fields.starts_with(' '))
            fields.remove_prefix(1);
        const bool quoted = fields.starts_with('"');
        std::string_view field;
        if (quoted) {
            fields.remove_prefix(1);
            const auto end = std::min(closing_quote(fields), fields.size());
            field = fields.substr(0, end);
            fields.remove_prefix(std::min(fields.size(), end + 1));
        } else {
            field = next_word(fields);
        }
        if (last_number == log_time::by_look) {
            if (!found) found = decimal_seconds(field);
        } else if (const auto value = number(field.substr(std::min(field.size(), field.find('=') + 1)))) {
            found = *value * unit_of(last_number);
        }
    }
    return found;
}

}  // namespace

std::optional<log_line> parse_log_line(std::string_view line, log_time last_number) {
    while (line.ends_with('\r') || line.ends_with(' '))
        line.remove_suffix(1);
    // The first quoted text behind the date. A user name may hold anything but a quote.
    const auto date_end = line.find("] \"");
    if (date_end == none || line.substr(0, date_end).find('[') == none) return std::nullopt;
    auto rest = line.substr(date_end + 3);
    const auto end = closing_quote(rest);
    if (end == none) return std::nullopt;
    auto request = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    log_line out;
    out.method = next_word(request);
    out.target = next_word(request);
    const auto protocol = next_word(request);
    if (!protocol.starts_with("HTTP/") || !request.empty()) return std::nullopt;
    if (!std::ranges::all_of(out.method, [](char c) { return c >= 'A' && c <= 'Z'; })) return std::nullopt;
    const auto status = next_word(rest);
    if (status.size() != 3 || !std::ranges::all_of(status, is_digit)) return std::nullopt;
    out.status = (status[0] - '0') * 100 + (status[1] - '0') * 10 + (status[2] - '0');
    const auto size = next_word(rest);
    if (size != "-" && !number(size)) return std::nullopt;
    out.seconds = time_in(rest, last_number);
    return out;
}

void log_reader::take(std::string_view line) {
    if (line.empty()) return;
    ++counts_.lines;
    const auto read = parse_log_line(line, last_number_);
    if (!read) {
        ++counts_.unreadable;
    } else if (read->method != "GET") {
        ++counts_.other_method;
    } else if (read->status < 200 || read->status > 299) {
        ++counts_.other_status;
    } else {
        ++counts_.taken;
        counts_.timed += read->seconds.has_value();
        miner_.add(read->target, read->seconds);
    }
}

void log_reader::feed(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto end = bytes.find('\n');
        const auto part = bytes.substr(0, end);
        if (!too_long_ && rest_.size() + part.size() <= max_log_line) {
            if (end != none && rest_.empty()) {
                take(part);
            } else {
                rest_ += part;
                if (end != none) finish();
            }
        } else {
            too_long_ = true;
            rest_.clear();
            if (end != none) finish();
        }
        bytes.remove_prefix(end == none ? bytes.size() : end + 1);
    }
}

void log_reader::finish() {
    if (too_long_) {
        ++counts_.lines;
        ++counts_.unreadable;
    } else {
        take(rest_);
    }
    too_long_ = false;
    rest_.clear();
}

}  // namespace understudy::discover
