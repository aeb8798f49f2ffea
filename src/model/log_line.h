// model/log_line.h - one line of `--log FILE`.
#pragma once

#include <optional>
#include <string>

#include "base/units.h"

namespace understudy::model {

struct log_line {
    struct failure {
        std::string code;  // of the table of errors, or "exit 1"
        std::string what;
    };
    wall_time at{};
    std::string level;  // detail, info, warning, error
    std::string step;   // command, stage, arm, apply, undo, purge, restore, message …
    std::string what;
    std::optional<double> seconds;  // empty: it begins, or takes no time
    std::optional<failure> error;
};

}  // namespace understudy::model
