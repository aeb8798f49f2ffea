// discover/project_text.h - what was asked and found, as the text of an understudy.toml with comments.
//
// Whatever is sure is written as TOML; whatever would have to be guessed is written as a comment, with what it takes to
// make it true. No secret can stand here, since none comes in: only the text that names it. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "discover/framework.h"
#include "discover/routes.h"

namespace understudy::discover {

struct redis_part {
    std::string host;
    std::uint16_t port = 6379;
    std::string unix_path;  // not empty: a socket, and host and port say nothing
    int database = 0;
    std::string username;
    std::string password;  // "${NAME}", "file:PATH" or empty
};

struct environment_part {
    std::string name;  // which is its role, too
    std::string url;
    redis_part redis;
    std::vector<std::string> notes;  // a comment line each
    bool basic = false;              // the web answered 401 and asked for HTTP basic
};

struct route_part {
    std::string name, path;
    std::vector<std::map<std::string, std::string>> inputs;
    std::string note;  // why it is here, or why it is only a comment
};

struct login_part {
    std::string path;
    std::string username_field, password_field, csrf_field;  // empty: not found
};

struct project_parts {
    std::vector<environment_part> environments;
    std::vector<framework_guess> frameworks;
    std::vector<std::string> sources;  // how the routes were found, a comment line each
    std::vector<route_part> routes;    // as TOML
    std::vector<route_part> aside;     // as comments
    std::vector<found_query> queries;  // as comments
    std::optional<login_part> login;
};

[[nodiscard]] std::string project_text(const project_parts& parts);

// "cookie csrftoken, keys like a:{int}:b and 2 more": the first three.
[[nodiscard]] std::string reasons_of(const framework_guess& guess);

// A basic string of TOML (1.0, "String"), quotes included. Bytes that are no UTF-8 must not come here.
[[nodiscard]] std::string toml_string(std::string_view text);

}  // namespace understudy::discover
