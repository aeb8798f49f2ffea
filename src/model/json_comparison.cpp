#include "model/detail/fields_finding.h"
#include "model/json.h"

namespace understudy::model {

std::string to_json(const comparison& one) {
    return detail::write_document("comparison", one);
}

}  // namespace understudy::model
