// model/detail/secret_text.h - `${NAME}` and `file:PATH`, the two ways to name a secret.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/environment.h"

namespace understudy::model::detail {

// Empty where the text is neither: then it may be the secret itself, and must be shown nowhere.
[[nodiscard]] std::optional<secret_ref> parse_secret(std::string_view text);
[[nodiscard]] std::string secret_text(const secret_ref& secret);  // "" for none

}  // namespace understudy::model::detail
