// cli/init_answers.h - what `init` has to be told: where the two environments are. From options, else from questions
// on a terminal.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "cli/options.h"
#include "discover/project_text.h"

namespace understudy::cli {

// An address of Redis as people write it: redis://[user@]host[:port][/database], host[:port], unix:/path[?db=N] or
// /path. The password may be there by name (`${NAME}`); a literal one is errc::config_literal_secret, and not repeated.
// rediss:// is errc::config_bad_value. Pure.
[[nodiscard]] result<discover::redis_part> parse_redis_address(std::string_view text);

struct init_answers {
    discover::environment_part production, staging;
};

// What the options say, and for what they leave open the answers of whoever sits at the terminal. errc::usage names the
// options that are missing where nobody does; errc::interrupted.
[[nodiscard]] result<init_answers> init_answers_of(const options& given);

// One line from standard input without its end; empty optional at its end. Heeds signals; at most 4096 bytes.
[[nodiscard]] result<std::string> read_answer();

}  // namespace understudy::cli
