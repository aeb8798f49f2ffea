// cli/instrument.h - the few lines that make a framework report its database calls, as `init --instrument` prints them.
//
// The convention is docs/instrument.md's: only to requests that carry the environment's secret, compared in constant
// time; the request's own id is sent back. Each counts in a way that holds where one process serves many requests.
#pragma once

#include <string_view>

namespace understudy::cli {

// The file for "django", "wordpress", "laravel", "rails" or "express"; empty for anything else. Static storage.
[[nodiscard]] std::string_view instrument_text(std::string_view framework);

}  // namespace understudy::cli
