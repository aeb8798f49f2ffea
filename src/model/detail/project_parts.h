// model/detail/project_parts.h - the parts of understudy.toml, one reader each. Errors go to the table's report.
#pragma once

#include <string>

#include "model/detail/toml_reader.h"
#include "model/environment.h"

namespace understudy::model::detail {

// `folder` is absolute: where the file stands. Relative paths are taken from there, by name alone.
[[nodiscard]] environment read_environment(toml_table table, const located_text& name, const std::string& folder);
[[nodiscard]] identity read_identity(toml_table table, const located_text& name, const std::string& folder);
[[nodiscard]] named_command read_command(toml_table table, const located_text& name, const std::string& folder);
[[nodiscard]] route read_route(toml_table table, const located_text& name);
// The parts of a route that `checklist` asks for: `keys`, `cache`, `limits`.
void read_route_rules(toml_table& table, route& out);

// A key whose value must name a secret; a literal is refused without showing it.
[[nodiscard]] secret_ref read_secret(toml_table& table, std::string_view key, const std::string& folder);
// A path within an application: opens with one "/", printable ASCII without spaces and "#".
[[nodiscard]] bool good_path(std::string_view path);
// A header that we may send (RFC 9110, 5.6.2) and that is not the connection's own.
[[nodiscard]] bool good_header(std::string_view name);
// `path` itself if it is absolute, else below `folder`; without "." and "..".
[[nodiscard]] std::string absolute_path(const std::string& folder, const std::string& path);

}  // namespace understudy::model::detail
