// report/profile.h - a profile for the terminal: what the server is, and its families of keys, the heaviest first.
// Pure.
#pragma once

#include <cstddef>
#include <string>

#include "model/profile.h"
#include "report/text.h"

namespace understudy::report {

struct profile_text_options {
    text_options look;
    std::size_t families = 40;  // so many are shown; 0: all
};

[[nodiscard]] std::string text(const model::profile&, const profile_text_options& options = {});

}  // namespace understudy::report
