#include "model/profile.h"

#include "model/detail/fields_profile.h"

namespace understudy::model {

std::string to_json(const profile& one) {
    return detail::write_document("profile", one);
}

result<profile> read_profile(std::string_view json) {
    return detail::read_document<profile>("profile", json);
}

}  // namespace understudy::model
