#include "model/detail/secret_text.h"

#include <algorithm>

namespace understudy::model::detail {

namespace {

// A name of an environment variable (POSIX, 8.1).
bool variable_name(std::string_view name) {
    if (name.empty() || name.size() > 256 || (name.front() >= '0' && name.front() <= '9')) return false;
    return std::ranges::all_of(name, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

}  // namespace

std::optional<secret_ref> parse_secret(std::string_view text) {
    if (text.starts_with("file:") && text.size() > 5)
        return secret_ref{secret_ref::source::file, std::string(text.substr(5))};
    if (!text.starts_with("${") || !text.ends_with('}')) return std::nullopt;
    const auto name = text.substr(2, text.size() - 3);
    if (!variable_name(name)) return std::nullopt;
    return secret_ref{secret_ref::source::environment, std::string(name)};
}

std::string secret_text(const secret_ref& secret) {
    switch (secret.from) {
        case secret_ref::source::environment:
            return "${" + secret.name + "}";
        case secret_ref::source::file:
            return "file:" + secret.name;
        case secret_ref::source::none:
            break;
    }
    return {};
}

}  // namespace understudy::model::detail
