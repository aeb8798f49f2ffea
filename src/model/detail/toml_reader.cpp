// Every getter goes the same way: ask() notes that the key was looked for, a wrong type or a wrong value is reported
// with its place and left empty, finish() tells what nobody asked for. See the header for why.
#include "model/detail/toml_reader.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/near_name.h"

namespace understudy::model::detail {

namespace {

bool is_control(char c, text_form form) {
    if (form == text_form::lines && (c == '\n' || c == '\t' || c == '\r')) return false;
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

// Keys are shown as they are where they are names; others may be anything.
std::string shown_key(std::string_view key) {
    const bool plain = !key.empty() && key.size() <= 64 && std::ranges::none_of(key, [](char c) {
        return is_control(c, text_form::one_line) || static_cast<unsigned char>(c) >= 0x80;
    });
    return plain ? fmt::format("\"{}\"", key) : "a key that is no name";
}

}  // namespace

void toml_report::add(errc code, toml_place at, std::string what) {
    if (first_ && first_->at <= at) return;
    first_ = entry{code, at, std::move(what)};
}

status toml_report::outcome() const {
    if (!first_) return {};
    return fail(first_->code, first_->what, show_place(path_, first_->at));
}

toml_table::toml_table(const toml_node& node, std::string name, toml_place at, toml_report& report)
    : members_(&std::get<toml_members>(node.value)), name_(std::move(name)), at_(at), report_(&report) {}

const toml_member* toml_table::find(std::string_view key) const {
    const auto found = std::ranges::find(*members_, key, &toml_member::key);
    return found == members_->end() ? nullptr : &*found;
}

const toml_node* toml_table::ask(std::string_view key) {
    asked_.emplace_back(key);
    const auto* member = find(key);
    return member ? &member->node : nullptr;
}

toml_place toml_table::place_of(std::string_view key) const {
    const auto* member = find(key);
    return member ? member->node.place : at_;
}

std::string_view toml_table::kind_of(std::string_view key) const {
    const auto* member = find(key);
    return member ? member->node.kind() : "";
}

std::vector<located_text> toml_table::keys() {
    std::vector<located_text> out;
    for (const auto& member : *members_) {
        asked_.push_back(member.key);
        out.push_back({member.key, member.place});
    }
    return out;
}

std::string toml_table::child_name(std::string_view key) const {
    return name_.empty() ? std::string(key) : fmt::format("{}.{}", name_, key);
}

std::string toml_table::title() const {
    return name_.empty() ? "at the top of the file" : fmt::format("in [{}]", name_);
}

void toml_table::wrong_type(std::string_view key, const toml_node& found, std::string_view expected) {
    report_->add(errc::config_wrong_type, found.place,
                 fmt::format("{} {}: expected {}, found {}", shown_key(key), title(), expected, found.kind()));
}

bool toml_table::good_text(const std::string& text, toml_place at, std::string_view key, text_form form) {
    const std::size_t limit = form == text_form::one_line ? 4096 : 65536;
    const bool control = std::ranges::any_of(text, [form](char c) { return is_control(c, form); });
    if (text.size() <= limit && !control) return true;
    const std::string why = control ? (form == text_form::one_line ? "one line without control characters"
                                                                   : "no control characters but line ends and tabs")
                                    : fmt::format("at most {} bytes", limit);
    report_->add(errc::config_bad_value, at, fmt::format("{} {}: expected {}", shown_key(key), title(), why));
    return false;
}

std::optional<located_text> toml_table::text(std::string_view key, text_form form) {
    const auto* node = ask(key);
    if (!node) return std::nullopt;
    const auto* text = std::get_if<std::string>(&node->value);
    if (!text) {
        wrong_type(key, *node, "a string");
        return std::nullopt;
    }
    if (!good_text(*text, node->place, key, form)) return std::nullopt;
    return located_text{*text, node->place};
}

std::optional<located<std::int64_t>> toml_table::integer(std::string_view key, std::int64_t low, std::int64_t high) {
    const auto* node = ask(key);
    if (!node) return std::nullopt;
    const auto* value = std::get_if<std::int64_t>(&node->value);
    if (!value) {
        wrong_type(key, *node, "an integer");
        return std::nullopt;
    }
    if (*value < low || *value > high) {
        refuse(errc::config_bad_value, key, fmt::format("expected an integer from {} to {}", low, high));
        return std::nullopt;
    }
    return located<std::int64_t>{*value, node->place};
}

std::optional<located<double>> toml_table::number(std::string_view key, double low, double high) {
    const auto* node = ask(key);
    if (!node) return std::nullopt;
    double value = 0;
    if (const auto* integer = std::get_if<std::int64_t>(&node->value)) {
        value = static_cast<double>(*integer);
    } else if (const auto* number = std::get_if<double>(&node->value)) {
        value = *number;
    } else {
        wrong_type(key, *node, "a number");
        return std::nullopt;
    }
    if (!(value >= low && value <= high)) {  // so that "nan" is refused
        refuse(errc::config_bad_value, key, fmt::format("expected a number from {} to {}", low, high));
        return std::nullopt;
    }
    return located<double>{value, node->place};
}

std::optional<located<bool>> toml_table::boolean(std::string_view key) {
    const auto* node = ask(key);
    if (!node) return std::nullopt;
    if (const auto* value = std::get_if<bool>(&node->value)) return located<bool>{*value, node->place};
    wrong_type(key, *node, "true or false");
    return std::nullopt;
}

std::optional<toml_table> toml_table::table(std::string_view key) {
    const auto* node = ask(key);
    if (!node) return std::nullopt;
    if (std::holds_alternative<toml_members>(node->value))
        return toml_table(*node, child_name(key), node->place, *report_);
    wrong_type(key, *node, "a table");
    return std::nullopt;
}

std::vector<located_text> toml_table::texts(std::string_view key) {
    std::vector<located_text> out;
    const auto* node = ask(key);
    if (!node) return out;
    const auto* array = std::get_if<toml_array>(&node->value);
    if (!array) {
        wrong_type(key, *node, "an array of strings");
        return out;
    }
    for (const auto& element : *array) {
        const auto* text = std::get_if<std::string>(&element.value);
        if (!text)
            wrong_type(key, element, "a string in the array");
        else if (good_text(*text, element.place, key, text_form::one_line))
            out.push_back({*text, element.place});
    }
    return out;
}

std::vector<toml_table> toml_table::tables(std::string_view key) {
    std::vector<toml_table> out;
    const auto* node = ask(key);
    if (!node) return out;
    const auto* array = std::get_if<toml_array>(&node->value);
    if (!array) {
        wrong_type(key, *node, "an array of tables");
        return out;
    }
    for (const auto& element : *array) {
        if (std::holds_alternative<toml_members>(element.value))
            out.emplace_back(element, child_name(key), element.place, *report_);
        else
            wrong_type(key, element, "a table in the array");
    }
    return out;
}

std::optional<std::size_t> toml_table::one_of(std::string_view key, const std::vector<std::string>& words) {
    const auto found = text(key);
    if (!found) return std::nullopt;
    const auto word = std::ranges::find(words, found->value);
    if (word != words.end()) return static_cast<std::size_t>(word - words.begin());
    refuse(errc::config_bad_value, key, fmt::format("expected {}{}", listed(words), did_you_mean(found->value, words)));
    return std::nullopt;
}

std::map<std::string, located_text> toml_table::text_map(std::string_view key) {
    std::map<std::string, located_text> out;
    auto values = table(key);
    if (!values) return out;
    for (const auto& name : values->keys())
        if (auto value = values->text(name.value)) out.emplace(name.value, std::move(*value));
    return out;
}

located_text toml_table::needed_text(std::string_view key, text_form form) {
    if (!need(key)) return {{}, at_};
    const auto found = text(key, form);
    if (!found) return {{}, at_};
    if (found->value.empty()) refuse(errc::config_bad_value, key, "expected text that is not empty");
    return *found;
}

bool toml_table::need(std::string_view key) {
    asked_.emplace_back(key);
    if (has(key)) return true;
    missing_.emplace_back(key);
    return false;
}

void toml_table::refuse(errc code, std::string_view key, std::string what) {
    report_->add(code, place_of(key), fmt::format("{} {}: {}", shown_key(key), title(), what));
}

void toml_table::finish() {
    bool unknown = false;
    for (const auto& member : *members_) {
        if (std::ranges::find(asked_, member.key) != asked_.end()) continue;
        unknown = true;
        report_->add(
            errc::config_unknown_key, member.place,
            fmt::format("{} is not known {}{}", shown_key(member.key), title(), did_you_mean(member.key, asked_)));
    }
    if (unknown || missing_.empty()) return;
    report_->add(errc::config_missing_key, at_, fmt::format("\"{}\" is missing {}", missing_.front(), title()));
}

bool good_name(std::string_view name) {
    if (name.empty() || name.size() > 64 || name.front() == '-') return false;
    return std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

void check_name(const located_text& name, std::string_view of, toml_report& report) {
    if (good_name(name.value)) return;
    report.add(errc::config_bad_value, name.at,
               fmt::format("the name of {} is made of letters, digits, \"_\" and \"-\", 64 at most", of));
}

}  // namespace understudy::model::detail
