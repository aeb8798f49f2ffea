// model/project_file.h - reads understudy.toml and change files.
//
// Errors name file, line and column, what was found, what was expected, and a "did you mean" for a key or a name that
// is nearly right. Unknown keys are errors. A literal password is refused (errc::config_literal_secret). Pure: the
// caller reads the file.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "model/change.h"
#include "model/environment.h"

namespace understudy::model {

// `path` is the file's absolute path: errors show it, and relative folders are taken from where it stands.
[[nodiscard]] result<project> read_project(std::string_view text, const std::string& path);

// A change is checked against the project: its routes, identities, commands and their declared arguments must exist.
[[nodiscard]] result<change> read_change(std::string_view text, const std::string& path, const project&);

}  // namespace understudy::model
