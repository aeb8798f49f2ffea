#include "model/detail/fields_change.h"
#include "model/json.h"

namespace understudy::model {

std::string to_json(const change& one) {
    return detail::write_document("change", one);
}

}  // namespace understudy::model
