#include "apply/settings.h"

namespace understudy::apply {

bool is_secret_setting(std::string_view name) {
    return name == "requirepass" || name == "masterauth" || name == "masteruser" || name == "primaryauth" ||
           name == "primaryuser" || name.find("pass") != std::string_view::npos;
}

settings settings_from(const resp::value& reply) {
    settings out;
    for (std::size_t i = 0; i + 1 < reply.elements.size(); i += 2) {
        const auto name = reply.elements[i].as_text();
        const auto value = reply.elements[i + 1].as_text();
        if (name && value && !is_secret_setting(*name)) out.emplace(*name, *value);
    }
    return out;
}

}  // namespace understudy::apply
