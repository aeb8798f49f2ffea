#include "store/secret.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "store/file.h"

namespace understudy::store {

result<std::string> reveal(const model::secret_ref& reference) {
    using source = model::secret_ref::source;
    if (reference.from == source::none) return std::string{};
    if (reference.from == source::environment) {
        const char* value = std::getenv(reference.name.c_str());
        if (!value || !*value)
            return fail(errc::secret_missing, "the environment variable " + reference.name + " is not set");
        return std::string(value);
    }
    auto text = read_file(reference.name, 64u << 10);
    if (!text) return fail(errc::secret_missing, "cannot read the secret: " + text.error().what, reference.name);
    std::string line = text->substr(0, text->find('\n'));
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) return fail(errc::secret_missing, "the secret's file is empty", reference.name);
    return line;
}

namespace {

// Addresses often hold a password: postgresql://shop:PASSWORD@host/shop.
bool may_hold_secret(std::string_view variable) {
    constexpr std::string_view words[] = {"URL", "URI", "DSN", "KEY"};
    return model::sounds_secret(variable) || std::any_of(std::begin(words), std::end(words), [&](auto word) {
               return variable.find(word) != std::string_view::npos;
           });
}

// Of scheme://user:PASSWORD@host; empty where there is none.
std::string password_in(const std::string& address) {
    const auto scheme = address.find("://");
    if (scheme == std::string::npos) return {};
    const auto authority = address.substr(scheme + 3, address.find_first_of("/?#", scheme + 3) - scheme - 3);
    const auto at = authority.rfind('@');
    const auto colon = authority.find(':');
    if (at == std::string::npos || colon == std::string::npos || colon > at) return {};
    return authority.substr(colon + 1, at - colon - 1);
}

}  // namespace

std::vector<std::string> known_secrets(const model::environment& of) {
    std::vector<std::string> out;
    const auto add = [&](const model::secret_ref& reference) {
        if (auto value = reveal(reference); value && !value->empty()) out.push_back(std::move(*value));
    };
    add(of.redis.password);
    if (of.database) add(of.database->password);
    if (of.redis.sentinels) add(of.redis.sentinels->password);
    if (of.basic) add(of.basic->password);
    if (of.instrument) add(of.instrument->secret);
    for (const auto& who : of.identities) {
        if (who.form) add(who.form->password);
        if (!who.header) continue;
        add(who.header->value);
        const auto value = reveal(who.header->value);
        if (!value) continue;
        if (const auto space = value->rfind(' '); space != std::string::npos && space + 1 < value->size())
            out.push_back(value->substr(space + 1));
    }
    for (const auto& command : of.commands)
        for (const auto& variable : command.environment)
            if (variable.find('=') == std::string::npos && may_hold_secret(variable)) {
                add({model::secret_ref::source::environment, variable});
                if (const char* value = std::getenv(variable.c_str()))
                    if (auto password = password_in(value); !password.empty()) out.push_back(std::move(password));
            }
    return out;
}

}  // namespace understudy::store
