#include "model/drift.h"

#include "model/detail/fields_drift.h"

namespace understudy::model {

std::string to_json(const drift& one) {
    return detail::write_document("drift", one);
}

result<drift> read_drift(std::string_view json) {
    return detail::read_document<drift>("drift", json);
}

}  // namespace understudy::model
