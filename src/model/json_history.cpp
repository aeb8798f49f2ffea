#include "model/detail/fields_history.h"
#include "model/json.h"

namespace understudy::model {

std::string to_json(const std::vector<history_entry>& all) {
    return detail::write_document("history", detail::history_document{all});
}

std::string to_json(const log_line& one) {
    detail::json_writer out(detail::json_layout::one_line);
    out.open_object();
    detail::field_writer write(out);
    detail::fields(write, one);
    out.close_object();
    auto text = out.take();
    if (!text.ends_with('\n')) text += '\n';
    return text;
}

}  // namespace understudy::model
