// cli/step_log.h - `--log FILE`: every step as a line of JSON. Page: docs/formats/log.md.
#pragma once

#include <string>

#include "base/error.h"
#include "base/log.h"

namespace understudy::cli {

// Opens the file for adding, made with mode 0600 where it is missing, and returns a sink that writes each message and
// each step as one line, in one write, so that several runs may share a file. A file that cannot be opened is an error
// before anything is done; one that cannot be written any more is told of once, on stderr, and ends nothing.
[[nodiscard]] result<log_sink> open_step_log(const std::string& path);

// Both get everything.
[[nodiscard]] log_sink both(log_sink first, log_sink second);

}  // namespace understudy::cli
