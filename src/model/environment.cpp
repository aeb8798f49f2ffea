#include "model/environment.h"

#include <algorithm>
#include <array>
#include <regex>

#include <fmt/format.h>

#include "model/detail/placeholder.h"

namespace understudy::model {

namespace {

constexpr std::size_t longest_argument = 256;  // std::regex recurses over what it matches

template <class T>
const T* named(const std::vector<T>& all, std::string_view name) {
    const auto found = std::ranges::find(all, name, &T::name);
    return found == all.end() ? nullptr : &*found;
}

// RFC 3986, 2.3: everything but the unreserved characters is encoded, so that a value stays one segment.
std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (letter || c == '-' || c == '.' || c == '_' || c == '~')
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

bool matches(const std::string& pattern, const std::string& value) {
    try {
        return std::regex_match(value, std::regex(pattern, std::regex::ECMAScript));
    } catch (const std::regex_error&) {  // the pattern does not compile, or needs too much to match
        return false;
    }
}

}  // namespace

status named_command::accepts(const std::map<std::string, std::string>& values) const {
    for (const auto& [argument, value] : values)
        if (!arguments.contains(argument))
            return fail(errc::config_bad_value,
                        fmt::format("the command \"{}\" declares no argument \"{}\"", name, argument));
    for (const auto& [argument, pattern] : arguments) {
        const auto given = values.find(argument);
        if (given == values.end())
            return fail(errc::config_bad_value, fmt::format("the command \"{}\" needs \"{}\"", name, argument));
        if (given->second.size() > longest_argument || !matches(pattern, given->second))
            return fail(errc::config_bad_value,
                        fmt::format("\"{}\" does not match what the command \"{}\" allows", argument, name));
    }
    return {};
}

std::vector<std::string> named_command::filled(const std::map<std::string, std::string>& values,
                                               const std::string& release) const {
    std::vector<std::string> out;
    for (const auto& part : argv)
        out.push_back(detail::fill(part, [&](std::string_view placeholder) {
            if (placeholder == "release") return release;
            const auto found = values.find(std::string(placeholder));
            return found == values.end() ? std::string() : found->second;
        }));
    return out;
}

bool named_command::wants_release() const {
    return std::ranges::any_of(argv, [](const std::string& part) {
        const auto names = detail::placeholders(part);
        return std::ranges::find(names, "release") != names.end();
    });
}

bool sounds_secret(std::string_view variable) {
    constexpr std::array<std::string_view, 4> words{"PASS", "SECRET", "TOKEN", "CREDENTIAL"};
    return variable.ends_with("KEY") ||
           std::ranges::any_of(words, [&](auto word) { return variable.find(word) != std::string_view::npos; });
}

const named_command* environment::command(std::string_view wanted) const {
    return named(commands, wanted);
}

const identity* environment::who(std::string_view wanted) const {
    return named(identities, wanted);
}

std::string route::target(const std::map<std::string, std::string>& input) const {
    return detail::fill(path, [&](std::string_view placeholder) {
        const auto found = input.find(std::string(placeholder));
        return found == input.end() ? std::string() : percent_encoded(found->second);
    });
}

const environment* project::find(std::string_view wanted) const {
    return named(environments, wanted);
}

const environment* project::with_role(role wanted) const {
    const auto found = std::ranges::find(environments, wanted, &environment::role);
    return found == environments.end() ? nullptr : &*found;
}

const route* project::find_route(std::string_view wanted) const {
    return named(routes, wanted);
}

}  // namespace understudy::model
