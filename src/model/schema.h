// model/schema.h - JSON Schema (draft 2020-12) of the two TOML files, for editors and for CI. Pure.
//
// A schema says what a file must look like; whether its names exist and its values make sense only the readers know.
// So every file that a reader takes validates, and not the other way round.
#pragma once

#include <string_view>

namespace understudy::model {

[[nodiscard]] std::string_view project_schema();
[[nodiscard]] std::string_view change_schema();

}  // namespace understudy::model
