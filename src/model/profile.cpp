#include "model/profile.h"

#include <fmt/format.h>

#include "model/detail/fields_profile.h"

namespace understudy::model {

std::string to_json(const profile& one) {
    return detail::write_document("profile", one);
}

result<profile> read_profile(std::string_view json) {
    return detail::read_document<profile>("profile", json);
}

std::string text_of(const shown_threshold& shown) {
    if (!shown.most) return fmt::format("at least {}", shown.least);
    if (*shown.most == shown.least) return fmt::format("about {}", shown.least);
    return fmt::format("about {} to {}", shown.least, *shown.most);
}

}  // namespace understudy::model
