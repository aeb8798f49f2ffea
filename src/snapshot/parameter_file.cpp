#include "snapshot/parameter_file.h"

#include <optional>
#include <set>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "apply/settings.h"
#include "base/units.h"
#include "snapshot/settings_text.h"

namespace understudy::snapshot {

namespace {

namespace json = boost::json;
using settings = std::map<std::string, std::string>;

std::string text_of(const json::value& value) {
    if (const auto* text = value.if_string()) return std::string(text->data(), text->size());
    if (value.is_object() || value.is_array() || value.is_null()) return {};
    return json::serialize(value);
}

void take_named(const json::array& parameters, settings& out) {
    for (const auto& one : parameters) {
        const auto* parameter = one.if_object();
        if (!parameter) continue;
        const auto* name = parameter->if_contains("ParameterName");
        const auto* value = parameter->if_contains("ParameterValue");
        // Without a value it has the engine's default, which is not said.
        if (name && value && name->is_string()) out[text_of(*name)] = text_of(*value);
    }
}

settings from_object(const json::object& root) {
    settings out;
    if (const auto* named = root.if_contains("Parameters"); named && named->is_array()) {
        take_named(named->get_array(), out);
        return out;
    }
    const json::object* from = &root;
    for (const char* name : {"redisConfigs", "redisConfiguration"})
        if (const auto* inner = root.if_contains(name); inner && inner->is_object()) from = &inner->get_object();
    for (const auto& [name, value] : *from)
        if (auto text = text_of(value); !text.empty() || value.is_string()) out[std::string(name)] = std::move(text);
    return out;
}

// As CONFIG GET has it: sizes in bytes, the lines of `save` in one. Where several lines of another setting stand, which
// of them holds is not guessed.
settings as_the_server_tells(const settings& lines) {
    settings out;
    std::set<std::string> repeated;
    for (const auto& [name, value] : lines) {
        const auto mark = name.find('#');
        const auto plain = name.substr(0, mark);
        const auto bytes =
            value.find_first_not_of("0123456789") == std::string::npos ? std::nullopt : parse_bytes(value);
        const auto told = bytes ? std::to_string(*bytes) : value;
        if (mark == std::string::npos) {
            out[plain] = told;
        } else if (plain == "save") {
            out[plain] += " " + told;
        } else {
            repeated.insert(plain);
        }
    }
    for (const auto& name : repeated)
        out.erase(name);
    return out;
}

}  // namespace

result<settings> parameters_in(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    settings out;
    if (first != std::string_view::npos && (text[first] == '{' || text[first] == '[')) {
        boost::system::error_code wrong;
        json::parse_options limits;
        limits.max_depth = 16;
        const auto root = json::parse(json::string_view(text.data(), text.size()), wrong, {}, limits);
        if (wrong) return fail(errc::bad_file, "this begins like JSON and is none: " + wrong.message());
        if (const auto* object = root.if_object()) out = from_object(*object);
        if (const auto* array = root.if_array()) take_named(*array, out);
    } else {
        out = settings_in(text);
    }
    out = as_the_server_tells(out);
    std::erase_if(out, [](const auto& one) { return apply::is_secret_setting(one.first); });
    if (out.empty()) return fail(errc::bad_file, "no setting was found in it");
    return out;
}

}  // namespace understudy::snapshot
