// Design: the grammar comes first and knows no metric; then the metrics of one name are summed up (`total`), and last
// the echoed id decides what the sum is worth. A number that cannot be read spoils the whole report, since a count that
// is too small looks like an improvement.
#include "http/server_timing.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "http/cache_status.h"

namespace understudy::http {

namespace {

constexpr std::size_t max_parameters = 64;

class cursor {
public:
    explicit cursor(std::string_view text) : text_(text) {}

    [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
    void skip_blanks() {
        while (!at_end() && (text_[at_] == ' ' || text_[at_] == '\t'))
            ++at_;
    }
    bool take(char byte) {
        skip_blanks();
        if (at_end() || text_[at_] != byte) return false;
        ++at_;
        skip_blanks();
        return true;
    }
    std::string_view token() {
        const std::size_t begin = at_;
        while (!at_end() && is_token_byte(text_[at_]))
            ++at_;
        return text_.substr(begin, at_ - begin);
    }
    // token or quoted-string
    std::optional<std::string> word() {
        if (at_end() || text_[at_] != '"') {
            const auto plain = token();
            return plain.empty() ? std::nullopt : std::optional<std::string>(plain);
        }
        std::size_t end = at_ + 1;
        while (end < text_.size() && text_[end] != '"')
            end += text_[end] == '\\' ? 2 : 1;
        if (end >= text_.size()) return std::nullopt;
        auto out = unquote(text_.substr(at_, end + 1 - at_));
        at_ = end + 1;
        return out;
    }

private:
    std::string_view text_;
    std::size_t at_ = 0;
};

std::optional<timing_metric> read_metric(cursor& at) {
    timing_metric metric;
    metric.name = at.token();
    if (metric.name.empty()) return std::nullopt;
    while (at.take(';')) {
        const std::string name = lower(at.token());
        if (name.empty()) return std::nullopt;
        std::string value;
        if (at.take('=')) {
            auto given = at.word();
            if (!given) return std::nullopt;
            value = *std::move(given);
        }
        if (metric.find(name) != nullptr) continue;
        if (metric.parameters.size() == max_parameters) return std::nullopt;
        metric.parameters.push_back({name, std::move(value)});
    }
    return metric;
}

// The number that all of `text` is.
std::optional<std::uint64_t> whole_count(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// "25 queries", "84 calls 4937 hits": the number in front of a word for database calls.
std::optional<std::uint64_t> described_count(std::string_view text) {
    constexpr std::array<std::string_view, 8> words{"query", "queries", "statement", "statements",
                                                    "call",  "calls",   "command",   "commands"};
    const auto space = text.find(' ');
    const auto value = whole_count(text.substr(0, space));
    if (!value || space == std::string_view::npos) return std::nullopt;
    text = trim(text.substr(space));
    const auto word = text.substr(0, text.find_first_of(" ,;("));
    const bool known = std::ranges::any_of(words, [&](std::string_view name) { return same_name(name, word); });
    return known ? value : std::nullopt;
}

std::optional<double> milliseconds(std::string_view text) {
    double value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (!std::isfinite(value) || value < 0) return std::nullopt;
    return value;
}

using metrics = std::vector<timing_metric>;

// What the metrics of one name say together.
struct total {
    bool present = false;
    bool broken = false;
    std::optional<std::uint64_t> count;
    std::optional<double> duration;

    void add_count(std::uint64_t more) {
        std::uint64_t sum = 0;
        broken |= __builtin_add_overflow(count.value_or(0), more, &sum);
        count = sum;
    }
};

total total_of(const metrics& all, std::string_view name) {
    total sum;
    for (const auto& metric : all) {
        if (!same_name(metric.name, name)) continue;
        sum.present = true;
        if (const auto* count = metric.find("count")) {
            const auto value = whole_count(*count);
            sum.broken |= !value;
            if (value) sum.add_count(*value);
        } else if (const auto* text = metric.find("desc")) {
            if (const auto value = described_count(*text)) sum.add_count(*value);
        }
        if (const auto* text = metric.find("dur")) {
            const auto value = milliseconds(*text);
            sum.broken |= !value;
            if (value) sum.duration = sum.duration.value_or(0) + *value;
        }
    }
    return sum;
}

total database_total(const metrics& all) {
    constexpr std::array<std::string_view, 5> names{"db", "sql", "mysql", "pg", "wpdb"};
    for (const std::string_view name : names)
        if (const auto sum = total_of(all, name); sum.present) return sum;
    return {};
}

struct echoed_id {
    std::optional<std::string> id;
    bool broken = false;  // two different ones
};

echoed_id find_id(const metrics& all) {
    echoed_id echoed;
    for (const auto& metric : all) {
        const auto* text = same_name(metric.name, "req") ? metric.find("desc") : nullptr;
        if (text == nullptr) continue;
        echoed.broken |= echoed.id && *echoed.id != *text;
        if (!echoed.id) echoed.id = *text;
    }
    return echoed;
}

database_outcome judge_id(const std::optional<std::string>& echoed, std::string_view expected, const headers& fields) {
    if (!expected.empty() && echoed)
        return *echoed == expected ? database_outcome::counted : database_outcome::replayed;
    const bool from_cache = read_cache_status(fields).answered_by() != nullptr;
    return from_cache ? database_outcome::replayed : database_outcome::unproven;
}

}  // namespace

const std::string* timing_metric::find(std::string_view parameter) const noexcept {
    const auto found = std::ranges::find_if(
        parameters, [&](const timing_parameter& known) { return same_name(known.name, parameter); });
    return found == parameters.end() ? nullptr : &found->value;
}

std::optional<std::vector<timing_metric>> parse_server_timing(std::string_view value) {
    if (value.size() > max_timing_bytes) return std::nullopt;
    std::vector<timing_metric> all;
    cursor at(value);
    for (;;) {
        // Empty members of a list are allowed (RFC 9110 5.6.1).
        while (at.take(',')) {
        }
        if (at.at_end()) return all;
        auto metric = read_metric(at);
        if (!metric || all.size() == max_timing_metrics) return std::nullopt;
        all.push_back(*std::move(metric));
        if (!at.at_end() && !at.take(',')) return std::nullopt;
    }
}

std::string_view name_of(database_outcome outcome) noexcept {
    switch (outcome) {
        case database_outcome::counted:
            return "counted";
        case database_outcome::absent:
            return "absent";
        case database_outcome::replayed:
            return "replayed";
        case database_outcome::unproven:
            return "unproven";
        case database_outcome::malformed:
            break;
    }
    return "malformed";
}

database_reading read_database_report(const headers& fields, std::string_view expected_request_id) {
    const auto value = combined(fields, "Server-Timing");
    if (!value) return {};
    const auto all = parse_server_timing(*value);
    if (!all) return {.outcome = database_outcome::malformed, .report = {}};
    const total database = database_total(*all);
    const total redis = total_of(*all, "redis");
    auto [id, ids_disagree] = find_id(*all);
    database_reading reading;
    reading.report = {database.count, database.duration, redis.count, std::move(id)};
    if (database.broken || redis.broken || ids_disagree)
        reading.outcome = database_outcome::malformed;
    else if (!database.count)
        reading.outcome = database_outcome::absent;
    else
        reading.outcome = judge_id(reading.report.request_id, expected_request_id, fields);
    return reading;
}

}  // namespace understudy::http
