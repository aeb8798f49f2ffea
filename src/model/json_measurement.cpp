#include "model/detail/fields_measurement.h"
#include "model/json.h"

namespace understudy::model {

std::string to_json(const measurement& one) {
    return detail::write_document("measurement", one);
}

result<measurement> read_measurement(std::string_view json) {
    return detail::read_document<measurement>("measurement", json);
}

}  // namespace understudy::model
