// Boost.JSON stays in this file: tree_builder makes the tree from what its parser sees (numbers with a fraction are
// read once more, exactly), and the rest is the cursor over it.
#include "model/detail/json_reader.h"

#include <charconv>
#include <limits>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>
#include <fmt/format.h>

namespace understudy::model::detail {

namespace {

namespace json = boost::json;

// Builds a value from what the parser sees. The whole text is given at once, but pieces of a string or number come
// apart where it holds escapes.
struct tree_builder {
    static constexpr std::size_t max_object_size = json_size_limit;
    static constexpr std::size_t max_array_size = json_size_limit;
    static constexpr std::size_t max_key_size = 1 << 16;
    static constexpr std::size_t max_string_size = json_size_limit;

    json::value_stack stack;
    std::string digits;

    tree_builder() { stack.reset(); }

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }
    bool on_object_begin(json::error_code&) { return true; }
    bool on_object_end(std::size_t n, json::error_code&) {
        stack.push_object(n);
        return true;
    }
    bool on_array_begin(json::error_code&) { return true; }
    bool on_array_end(std::size_t n, json::error_code&) {
        stack.push_array(n);
        return true;
    }
    bool on_key_part(json::string_view s, std::size_t, json::error_code&) {
        stack.push_chars(s);
        return true;
    }
    bool on_key(json::string_view s, std::size_t, json::error_code&) {
        stack.push_key(s);
        return true;
    }
    bool on_string_part(json::string_view s, std::size_t, json::error_code&) {
        stack.push_chars(s);
        return true;
    }
    bool on_string(json::string_view s, std::size_t, json::error_code&) {
        stack.push_string(s);
        return true;
    }
    bool on_number_part(json::string_view s, json::error_code&) {
        digits.append(s.data(), s.size());
        return true;
    }
    bool on_int64(std::int64_t value, json::string_view, json::error_code&) {
        digits.clear();
        stack.push_int64(value);
        return true;
    }
    bool on_uint64(std::uint64_t value, json::string_view, json::error_code&) {
        digits.clear();
        stack.push_uint64(value);
        return true;
    }
    bool on_double(double value, json::string_view s, json::error_code&) {
        digits.append(s.data(), s.size());
        double exact = 0;
        const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), exact);
        const bool whole = code == std::errc{} && end == digits.data() + digits.size();
        digits.clear();
        stack.push_double(whole ? exact : value);
        return true;
    }
    bool on_bool(bool value, json::error_code&) {
        stack.push_bool(value);
        return true;
    }
    bool on_null(json::error_code&) {
        stack.push_null();
        return true;
    }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }
};

std::optional<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::string out;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        unsigned byte = 0;
        const auto [end, code] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
        if (code != std::errc{} || end != text.data() + i + 2) return std::nullopt;
        out += static_cast<char>(byte);
    }
    return out;
}

std::string_view view(const json::string& text) {
    return {text.data(), text.size()};
}

}  // namespace

json_reader::json_reader() = default;
json_reader::json_reader(json_reader&&) noexcept = default;
json_reader& json_reader::operator=(json_reader&&) noexcept = default;
json_reader::~json_reader() = default;

result<json_reader> json_reader::parse(std::string_view text) {
    if (text.size() > json_size_limit) return fail(errc::bad_file, "the JSON is larger than 128 MB");
    json::parse_options options;
    options.max_depth = json_depth_limit;
    json::basic_parser<tree_builder> parser(options);
    json::error_code code;
    const auto used = parser.write_some(false, text.data(), text.size(), code);
    if (code) return fail(errc::bad_file, fmt::format("not valid JSON: {}, at byte {}", code.message(), used));
    // After the value only white space may follow, as for each JSON text.
    if (text.substr(used).find_first_not_of(" \t\r\n") != std::string_view::npos)
        return fail(errc::bad_file, fmt::format("more than one JSON value: the first ends at byte {}", used));
    json_reader out;
    out.root_ = std::make_unique<json::value>(parser.handler().stack.release());
    out.here_ = out.root_.get();
    if (!out.here_->is_object()) return fail(errc::bad_file, "expected a JSON object");
    return out;
}

status json_reader::outcome() const {
    if (first_) return std::unexpected(*first_);
    return {};
}

std::string json_reader::path() const {
    std::string out;
    for (const auto& step : path_) {
        if (!out.empty() && !step.starts_with('[')) out += '.';
        out += step;
    }
    return out;
}

void json_reader::refuse(std::string_view what) {
    refuse(errc::bad_file, what);
}

void json_reader::refuse(errc code, std::string_view what) {
    if (!first_) first_ = error{code, std::string(what), path(), false};
}

std::optional<bool> json_reader::boolean() {
    if (const auto* value = here_->if_bool()) return *value;
    refuse("expected true or false");
    return std::nullopt;
}

std::optional<std::int64_t> json_reader::integer() {
    if (const auto* value = here_->if_int64()) return *value;
    refuse("expected an integer of 64 bits");
    return std::nullopt;
}

std::optional<std::uint64_t> json_reader::count() {
    if (const auto* value = here_->if_uint64()) return *value;
    if (const auto* value = here_->if_int64(); value && *value >= 0) return static_cast<std::uint64_t>(*value);
    refuse("expected an integer of 64 bits that is not negative");
    return std::nullopt;
}

std::optional<double> json_reader::number() {
    if (const auto* value = here_->if_double()) return *value;
    if (const auto* value = here_->if_int64()) return static_cast<double>(*value);
    if (const auto* value = here_->if_uint64()) return static_cast<double>(*value);
    if (here_->is_null()) return std::numeric_limits<double>::quiet_NaN();
    refuse("expected a number");
    return std::nullopt;
}

std::optional<std::string> json_reader::text() {
    if (const auto* value = here_->if_string()) return std::string(view(*value));
    if (const auto* object = here_->if_object()) {
        const auto* bytes = object->size() == 1 ? object->if_contains("hex") : nullptr;
        const auto* digits = bytes ? bytes->if_string() : nullptr;
        if (auto out = digits ? from_hex(view(*digits)) : std::nullopt) return out;
    }
    refuse("expected a string");
    return std::nullopt;
}

bool json_reader::has(std::string_view key) const {
    const auto* object = here_->if_object();
    return object && object->contains(json::string_view(key.data(), key.size()));
}

void json_reader::at(const json::value& where, std::string step, const std::function<void()>& visit) {
    const auto* before = here_;
    here_ = &where;
    path_.push_back(std::move(step));
    visit();
    path_.pop_back();
    here_ = before;
}

void json_reader::member(std::string_view key, const std::function<void()>& visit) {
    const auto* object = here_->if_object();
    if (!object) {
        refuse("expected an object");
        return;
    }
    const auto* found = object->if_contains(json::string_view(key.data(), key.size()));
    if (found)
        at(*found, std::string(key), visit);
    else
        refuse(fmt::format("\"{}\" is missing", key));
}

void json_reader::each_member(const std::function<void(const std::string& key)>& visit) {
    const auto* object = here_->if_object();
    if (!object) {
        refuse("expected an object");
        return;
    }
    for (const auto& pair : *object) {
        const std::string key(pair.key().data(), pair.key().size());
        at(pair.value(), "{}", [&] { visit(key); });
    }
}

void json_reader::each_element(const std::function<void()>& visit) {
    const auto* array = here_->if_array();
    if (!array) {
        refuse("expected an array");
        return;
    }
    std::size_t index = 0;
    for (const auto& element : *array)
        at(element, fmt::format("[{}]", index++), visit);
}

}  // namespace understudy::model::detail
