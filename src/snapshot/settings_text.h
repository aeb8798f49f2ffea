// snapshot/settings_text.h - what a program prints of its settings -> name and value of each. Pure.
//
// Understood line by line, without being told which form it is:
//   NAME = value, NAME=value, NAME='value'   manage.py diffsettings (its leading "###" too), .env, php.ini, printenv
//   name: value                              YAML as far as it is flat, HTTP-like lists
//   | name | value | ... |                   wp config list, MySQL's tables: the first two columns
//   name,value,...                           their CSV, after a line that begins with name,value
//   directive value;                         nginx -T; blocks in braces become a path: "http.server.listen"
//   directive value                          redis.conf, Apache
// Comments (#, ;, //) and what has none of these forms are passed over. A name that comes again gets "#2", "#3".
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace understudy::snapshot {

struct settings_text_limits {
    std::size_t settings = 4096;  // further ones are passed over
    std::size_t name = 200, value = 4096;
};

// Cost O(bytes). Names longer than the limit are passed over, values cut.
[[nodiscard]] std::map<std::string, std::string> settings_in(std::string_view text,
                                                             const settings_text_limits& limits = {});

// Whether a value says nothing of anybody, so that it may stand in a profile: numbers, yes and no, sizes and times,
// single plain words of 32 characters at most that are no token. What may be a secret (by the name, or as it looks), an
// address, a path or a text of several words may not. When in doubt it may not.
[[nodiscard]] bool is_harmless(std::string_view name, std::string_view value);

}  // namespace understudy::snapshot
