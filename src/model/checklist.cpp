#include "model/checklist.h"

#include <algorithm>

#include "base/error.h"
#include "model/detail/fields_checklist.h"
#include "model/json.h"

namespace understudy::model {

int exit_code_of(const checklist& list) {
    const auto any = [&](check_state state) {
        return std::ranges::any_of(
            list.checks, [&](const check& one) { return one.weight == check_weight::required && one.state == state; });
    };
    if (any(check_state::not_ok)) return static_cast<int>(exit_code::unmet);
    return static_cast<int>(any(check_state::unknown) ? exit_code::inconclusive : exit_code::ok);
}

std::string to_json(const checklist& one) {
    return detail::write_document("checklist", one);
}

result<checklist> read_checklist(std::string_view json) {
    return detail::read_document<checklist>("checklist", json);
}

}  // namespace understudy::model
