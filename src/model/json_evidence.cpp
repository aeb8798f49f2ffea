#include "model/detail/fields_evidence.h"
#include "model/json.h"

namespace understudy::model {

std::string to_json(const evidence& one) {
    return detail::write_document("evidence", one);
}

std::string to_json(const proof& one) {
    return detail::write_document("proof", one);
}

result<evidence> read_evidence(std::string_view json) {
    return detail::read_document<evidence>("evidence", json);
}

}  // namespace understudy::model
