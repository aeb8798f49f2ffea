// model/detail/utf8.h - whether bytes are text that JSON can hold.
#pragma once

#include <string>
#include <string_view>

namespace understudy::model::detail {

// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view bytes);
// Each byte that is in no valid sequence replaced by U+FFFD.
[[nodiscard]] std::string as_utf8(std::string_view bytes);

}  // namespace understudy::model::detail
