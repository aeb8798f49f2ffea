// model/detail/placeholder.h - {name} in the paths of routes and in the arguments of commands.
//
// A name opens with a small letter and goes on with small letters, digits and "_", 64 bytes at most. Any other brace is
// text.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::model::detail {

// The names in a text, in order, each as often as it stands there.
[[nodiscard]] std::vector<std::string> placeholders(std::string_view text);
[[nodiscard]] bool placeholder_name(std::string_view name);
// Each placeholder replaced by what `value` gives for its name.
[[nodiscard]] std::string fill(std::string_view text, const std::function<std::string(std::string_view)>& value);

}  // namespace understudy::model::detail
