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

bool sounds_secret(std::string_view variable) {
    constexpr std::string_view words[] = {"PASS", "SECRET", "TOKEN", "KEY", "CREDENTIAL"};
    return std::any_of(std::begin(words), std::end(words),
                       [&](auto word) { return variable.find(word) != std::string_view::npos; });
}

}  // namespace

std::vector<std::string> known_secrets(const model::environment& of) {
    std::vector<std::string> out;
    const auto add = [&](const model::secret_ref& reference) {
        if (auto value = reveal(reference); value && !value->empty()) out.push_back(std::move(*value));
    };
    add(of.redis.password);
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
            if (variable.find('=') == std::string::npos && sounds_secret(variable))
                add({model::secret_ref::source::environment, variable});
    return out;
}

}  // namespace understudy::store
